#include "dataset/inflate.h"

#include <gio/gio.h>
#include <humanseg/error.h>

#define STEP 65536 /* bytes */

static GByteArray *
fail(GByteArray *out, GError **error, const char *what)
{
    g_byte_array_unref(out);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "packed data: %s", what);
    return NULL;
}

GByteArray *
hseg_inflate(const guint8 *data, gsize n, gsize limit, GError **error)
{
    g_autoptr(GConverter) zlib = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
    GByteArray *out = g_byte_array_new();
    GConverterResult result = G_CONVERTER_CONVERTED;
    gsize used = 0;

    while (result != G_CONVERTER_FINISHED) {
        g_autoptr(GError) fault = NULL;
        gsize have = out->len, read, written;

        if (have > limit)
            return fail(out, error, "more than there should be");
        g_byte_array_set_size(out, have + STEP);
        result = g_converter_convert(zlib, data + used, n - used, out->data + have, STEP,
                                     G_CONVERTER_INPUT_AT_END, &read, &written, &fault);
        if (result == G_CONVERTER_ERROR)
            return fail(out, error, fault->message);
        used += read;
        g_byte_array_set_size(out, have + written);
    }
    return out->len > limit ? fail(out, error, "more than there should be") : out;
}
