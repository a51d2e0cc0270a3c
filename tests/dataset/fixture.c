#include "fixture.h"
#include "../folder.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

void
desk_set_up(Desk *d, gconstpointer unused)
{
    *d = (Desk){.in = g_dir_make_tmp("humanseg-in-XXXXXX", NULL),
                .out = g_dir_make_tmp("humanseg-out-XXXXXX", NULL),
                .backgrounds = g_dir_make_tmp("humanseg-bg-XXXXXX", NULL),
                .source = {.every = 1},
                .convert = {.size = 640}};
}

void
desk_tear_down(Desk *d, gconstpointer unused)
{
    remove_folder(d->in);
    remove_folder(d->out);
    remove_folder(d->backgrounds);
    g_free(d->in);
    g_free(d->out);
    g_free(d->backgrounds);
    g_clear_error(&d->error);
}

static char *
make_path(const Desk *d, const char *path)
{
    char *file = g_build_filename(d->in, path, NULL);
    g_autofree char *parent = g_path_get_dirname(file);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    return file;
}

void
desk_put(const Desk *d, const char *path, const void *data, gssize n)
{
    g_autofree char *file = make_path(d, path);

    g_assert_true(g_file_set_contents(file, data, n, NULL));
}

void
desk_put_picture(const Desk *d, const char *path, int width, int height)
{
    g_autofree char *file = make_path(d, path);
    g_autoptr(HsegPicture) p = hseg_picture_new(width, height, 3, NULL);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = p->data + y * p->stride + 3 * (size_t)x;

            pixel[0] = (uint8_t)(x * 10);
            pixel[1] = (uint8_t)(y * 10);
            pixel[2] = 100;
        }
    g_assert_true(g_str_has_suffix(path, ".png") ? hseg_picture_save_png(p, file, NULL)
                                                 : hseg_picture_save_jpeg(p, file, 100, NULL));
}

/* ---- labels ---- */

static void
put_u32(GByteArray *out, guint32 v)
{
    guint8 bytes[4] = {(guint8)(v >> 24), (guint8)(v >> 16), (guint8)(v >> 8), (guint8)v};

    g_byte_array_append(out, bytes, 4);
}

static void
put_chunk(GByteArray *out, const char *type, const void *data, guint n)
{
    guint32 crc = ~0u;
    guint start;

    put_u32(out, n);
    start = out->len;
    g_byte_array_append(out, (const guint8 *)type, 4);
    if (n)
        g_byte_array_append(out, data, n);
    for (guint i = start; i < out->len; i++) {
        crc ^= out->data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    put_u32(out, ~crc);
}

/* What the PNG standard calls Paeth's predictor. */
static int
predict(int a, int b, int c)
{
    int p = a + b - c, pa = ABS(p - a), pb = ABS(p - b), pc = ABS(p - c);

    if (pa <= pb && pa <= pc)
        return a;
    return pb <= pc ? b : c;
}

static void
append_row(GByteArray *out, int filter, const guint8 *row, const guint8 *above, gsize n, gsize step)
{
    guint8 number = (guint8)filter;

    g_byte_array_append(out, &number, 1);
    for (gsize i = 0; i < n; i++) {
        int a = i >= step ? row[i - step] : 0, b = above[i], c = i >= step ? above[i - step] : 0;
        int guess[5] = {0, a, b, (a + b) / 2, predict(a, b, c)};
        guint8 byte = (guint8)(row[i] - guess[filter]);

        g_byte_array_append(out, &byte, 1);
    }
}

static GByteArray *
filter_rows(const guint16 *labels, int width, int height, int depth)
{
    gsize n = ((gsize)width * depth + 7) / 8;
    g_autofree guint8 *above = g_malloc0(n), *row = g_malloc0(n);
    GByteArray *out = g_byte_array_new();

    for (int y = 0; y < height; y++) {
        memset(row, 0, n);
        for (int x = 0; x < width; x++) {
            guint v = labels[y * width + x];

            if (depth == 16) {
                row[2 * x] = (guint8)(v >> 8);
                row[2 * x + 1] = (guint8)v;
            } else {
                row[x * depth / 8] |= (guint8)(v << (8 - depth - x * depth % 8));
            }
        }
        append_row(out, y % 5, row, above, n, depth == 16 ? 2 : 1);
        memcpy(above, row, n);
    }
    return out;
}

GByteArray *
desk_make_labels(const guint16 *labels, int width, int height, int colour, int depth)
{
    static const guint8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, palette[3 * 256];
    guint8 kind[5] = {(guint8)depth, (guint8)colour};
    GByteArray *png = g_byte_array_new();
    g_autoptr(GByteArray) header = g_byte_array_new(), rows = filter_rows(labels, width, height, depth);
    g_autoptr(GConverter) zlib = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 6));
    gsize room = rows->len + 1000, read, n;
    g_autofree guint8 *packed = g_malloc(room);

    g_assert_cmpint(g_converter_convert(zlib, rows->data, rows->len, packed, room, G_CONVERTER_INPUT_AT_END,
                                        &read, &n, NULL),
                    ==, G_CONVERTER_FINISHED);
    put_u32(header, (guint32)width);
    put_u32(header, (guint32)height);
    g_byte_array_append(header, kind, 5);
    g_byte_array_append(png, signature, 8);
    put_chunk(png, "IHDR", header->data, header->len);
    if (colour == 3)
        put_chunk(png, "PLTE", palette, 3u << depth); /* all black: the numbers count */
    put_chunk(png, "IDAT", packed, (guint)n / 2);     /* in two parts, as may be */
    put_chunk(png, "IDAT", packed + n / 2, (guint)(n - n / 2));
    put_chunk(png, "IEND", NULL, 0);
    return png;
}

void
desk_put_labels(const Desk *d, const char *path, const guint16 *labels, int width, int height, int colour,
                int depth)
{
    g_autoptr(GByteArray) png = desk_make_labels(labels, width, height, colour, depth);

    desk_put(d, path, png->data, png->len);
}

/* ---- results ---- */

gboolean
desk_convert(Desk *d, const char *layout)
{
    const HsegLayout *l = hseg_layouts;
    g_autoptr(HsegSource) source = NULL;

    while (strcmp(l->name, layout) != 0)
        l++;
    g_clear_error(&d->error);
    source = l->open(d->in, &d->source, &d->error);
    return source && hseg_convert(source, d->out, &d->convert, &d->counts, &d->error);
}

void
desk_expect(Desk *d, const char *layout, HsegError code, ...)
{
    va_list words;

    g_assert_false(desk_convert(d, layout));
    g_assert_error(d->error, HSEG_ERROR, (int)code);
    va_start(words, code);
    for (const char *word = va_arg(words, char *); word; word = va_arg(words, char *))
        if (!strstr(d->error->message, word))
            g_error("'%s' does not say '%s'", d->error->message, word);
    va_end(words);
}

HsegPicture *
desk_load(const Desk *d, const char *path, int channels)
{
    g_autofree char *file = g_build_filename(d->out, path, NULL);
    g_autoptr(GError) error = NULL;
    HsegPicture *p = channels == 1 ? hseg_picture_load_grey(file, &error) : hseg_picture_load(file, &error);

    g_assert_no_error(error);
    g_assert_cmpint(p->channels, ==, channels);
    return p;
}

gboolean
desk_has(const Desk *d, const char *path)
{
    g_autofree char *file = g_build_filename(d->out, path, NULL);

    return g_file_test(file, G_FILE_TEST_EXISTS);
}

void
desk_assert_mask(const Desk *d, const char *path, const char *rows, int width, int height)
{
    g_autoptr(HsegPicture) mask = desk_load(d, path, 1);

    g_assert_cmpint(mask->width, ==, width);
    g_assert_cmpint(mask->height, ==, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int want = rows[y * width + x] == '#' ? 255 : 0, got = mask->data[y * mask->stride + x];

            if (got != want)
                g_error("%s: pixel %d, %d is %d, not %d", path, x, y, got, want);
        }
}
