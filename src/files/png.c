/* Writes PNG (ISO/IEC 15948): gdk-pixbuf cannot write grey, and GIO has the deflate that is needed. */
#include "files/picture.h"
#include "files/save.h"

#include <gio/gio.h>
#include <humanseg/error.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER_NONE, FILTER_SUB, FILTER_UP, N_FILTERS };

static void
put_u32(GByteArray *out, uint32_t v)
{
    uint8_t b[4] = {v >> 24, v >> 16, v >> 8, v};

    g_byte_array_append(out, b, sizeof b);
}

/* CRC-32 of PNG's annex D, bit by bit: a few nanoseconds a byte, beside deflate's dozens. */
static uint32_t
crc32(const uint8_t *p, size_t n)
{
    uint32_t c = ~0u;

    while (n--) {
        c ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
    }
    return ~c;
}

static void
put_chunk(GByteArray *out, const char *type, const uint8_t *data, size_t n)
{
    size_t start;

    put_u32(out, n);
    start = out->len;
    g_byte_array_append(out, (const uint8_t *)type, 4);
    if (n)
        g_byte_array_append(out, data, n);
    put_u32(out, crc32(out->data + start, out->len - start));
}

/* The filtered row; returns the sum of its absolute values, which says how well it will deflate. */
static unsigned
filter_row(uint8_t *out, int filter, const uint8_t *row, const uint8_t *above, size_t n, int channels)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t guess = 0;

        if (filter == FILTER_SUB && i >= (size_t)channels)
            guess = row[i - channels];
        if (filter == FILTER_UP && above)
            guess = above[i];
        out[i] = row[i] - guess;
        sum += abs((int8_t)out[i]);
    }
    return sum;
}

/* The rows, each behind the number of the filter that suits it. */
static GByteArray *
filter_rows(const HsegPicture *p)
{
    size_t n = (size_t)p->width * p->channels;
    g_autofree uint8_t *tried = g_malloc(n), *best = g_malloc(n);
    GByteArray *out = g_byte_array_new();

    for (int y = 0; y < p->height; y++) {
        const uint8_t *row = p->data + y * p->stride;
        unsigned least = 0;
        uint8_t chosen = 0;

        for (int filter = 0; filter < N_FILTERS; filter++) {
            unsigned sum = filter_row(tried, filter, row, y ? row - p->stride : NULL, n, p->channels);

            if (filter == 0 || sum < least) {
                uint8_t *swap = best;

                best = tried;
                tried = swap;
                least = sum;
                chosen = filter;
            }
        }
        g_byte_array_append(out, &chosen, 1);
        g_byte_array_append(out, best, n);
    }
    return out;
}

static GBytes *
deflate(const GByteArray *rows, GError **error)
{
    g_autoptr(GZlibCompressor) zlib = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 6);
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(zlib));

    if (!g_output_stream_write_all(stream, rows->data, rows->len, NULL, NULL, error) ||
        !g_output_stream_close(stream, NULL, error))
        return NULL;
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

gboolean
hseg_picture_save_png(const HsegPicture *picture, const char *file, GError **error)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    static const uint8_t colour_types[5] = {[1] = 0, [3] = 2, [4] = 6};
    g_autoptr(GByteArray) rows = filter_rows(picture), png = g_byte_array_new(), header = g_byte_array_new();
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) body = deflate(rows, &fault);
    uint8_t kind[5] = {8,
                       colour_types[picture->channels]}; /* bits; type; the only methods of packing are 0 */

    if (body) {
        gsize n;
        const uint8_t *data = g_bytes_get_data(body, &n);

        put_u32(header, picture->width);
        put_u32(header, picture->height);
        g_byte_array_append(header, kind, sizeof kind);
        g_byte_array_append(png, signature, sizeof signature);
        put_chunk(png, "IHDR", header->data, header->len);
        put_chunk(png, "IDAT", data, n);
        put_chunk(png, "IEND", NULL, 0);
        return hseg_save_file(file, png->data, png->len, FALSE, error);
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot write %s: %s", file, fault->message);
    return FALSE;
}
