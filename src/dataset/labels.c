/* PNG: ISO/IEC 15948. Checksums of the chunks are left to what wrote the file; zlib's own holds the pixels.
 */
#include "dataset/labels.h"
#include "dataset/inflate.h"
#include "files/picture.h"

#include <humanseg/error.h>
#include <stdlib.h>
#include <string.h>

enum { GREY = 0, PALETTE = 3 };

typedef struct {
    guint32 width, height;
    guint8 depth, colour, packing, filtering, interlace;
    gsize row; /* bytes of a row without its filter's number */
} Header;

void
hseg_labels_free(HsegLabels *labels)
{
    if (!labels)
        return;
    g_free(labels->data);
    g_free(labels);
}

static gboolean
broken(GError **error, const char *what)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s", what);
    return FALSE;
}

static guint32
get_u32(const guint8 *p)
{
    return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

static gboolean
read_header(Header *h, const guint8 *p, gsize n, GError **error)
{
    if (n != 13)
        return broken(error, "its header has a wrong length");
    *h = (Header){get_u32(p), get_u32(p + 4), p[8], p[9], p[10], p[11], p[12], 0};
    if (h->colour != GREY && h->colour != PALETTE)
        return broken(error, "it has colours, where labels are expected: a palette's indices or grey");
    if (h->interlace)
        return broken(error, "it is interlaced, which no data set's labels are known to be");
    if (h->width == 0 || h->height == 0 || h->width > HSEG_PICTURE_MAX_PIXELS / h->height)
        return broken(error, "no picture has its size");
    if ((h->depth != 1 && h->depth != 2 && h->depth != 4 && h->depth != 8 && h->depth != 16) ||
        (h->colour == PALETTE && h->depth == 16) || h->packing || h->filtering)
        return broken(error, "its header makes no sense");
    h->row = ((gsize)h->width * h->depth + 7) / 8;
    return TRUE;
}

/* Reads the chunks: the header, and the packed pixels put together. */
static gboolean
read_chunks(Header *h, GByteArray *packed, const guint8 *p, gsize n, GError **error)
{
    static const guint8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    gsize at = sizeof signature;

    if (n < at || memcmp(p, signature, at) != 0)
        return broken(error, "it is no PNG");
    for (;;) {
        gsize length = n - at >= 12 ? get_u32(p + at) : 0;
        const guint8 *type = p + at + 4, *body = p + at + 8;

        if (n - at < 12 || length > n - at - 12)
            return broken(error, "it ends early");
        if (!h->row && memcmp(type, "IHDR", 4) != 0)
            return broken(error, "it has no header");
        if (!h->row && !read_header(h, body, length, error))
            return FALSE;
        if (memcmp(type, "IDAT", 4) == 0)
            g_byte_array_append(packed, body, (guint)length);
        if (memcmp(type, "IEND", 4) == 0)
            return TRUE;
        at += length + 12;
    }
}

static guint8
paeth(int left, int above, int corner)
{
    int p = left + above - corner;
    int l = abs(p - left), a = abs(p - above), c = abs(p - corner);

    return (guint8)(l <= a && l <= c ? left : a <= c ? above : corner);
}

/* Undoes the filter of a row in place. @step: bytes of a pixel, at least 1; @above: NULL over the first row.
 */
static gboolean
unfilter(guint8 *row, const guint8 *above, gsize n, gsize step, guint8 filter)
{
    if (filter > 4)
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        int left = i >= step ? row[i - step] : 0, up = above ? above[i] : 0;
        int corner = above && i >= step ? above[i - step] : 0;
        int guesses[5] = {0, left, up, (left + up) / 2, 0};

        row[i] += (guint8)(filter == 4 ? paeth(left, up, corner) : guesses[filter]);
    }
    return TRUE;
}

/* Sample @x of a row. */
static guint16
sample(const guint8 *row, gsize x, int depth)
{
    gsize bit = x * (gsize)depth;

    if (depth == 16)
        return (guint16)(row[2 * x] << 8 | row[2 * x + 1]);
    return (row[bit / 8] >> (8 - depth - bit % 8)) & ((1 << depth) - 1);
}

static gboolean
unpack(HsegLabels *labels, const Header *h, const GByteArray *packed, GError **error)
{
    gsize step = h->depth == 16 ? 2 : 1, stride = h->row + 1, all = stride * h->height;
    g_autoptr(GByteArray) rows = hseg_inflate(packed->data, packed->len, all, error);

    if (!rows)
        return FALSE;
    if (rows->len != all)
        return broken(error, "it has fewer pixels than its size says");
    labels->data = g_try_new(guint16, (gsize)h->width * h->height);
    if (!labels->data)
        return broken(error, "no memory for its pixels");
    for (gsize y = 0; y < h->height; y++) {
        guint8 *row = rows->data + y * stride;

        if (!unfilter(row + 1, y ? row + 1 - stride : NULL, h->row, step, row[0]))
            return broken(error, "a row has an unknown filter");
        for (gsize x = 0; x < h->width; x++)
            labels->data[y * h->width + x] = sample(row + 1, x, h->depth);
    }
    return TRUE;
}

HsegLabels *
hseg_labels_load(const char *file, GError **error)
{
    g_autoptr(HsegLabels) labels = g_new0(HsegLabels, 1);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    g_autoptr(GError) fault = NULL;
    g_autofree char *data = NULL;
    Header h = {0};
    gsize n;

    if (!g_file_get_contents(file, &data, &n, &fault)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read %s: %s", file, fault->message);
        return NULL;
    }
    if (!read_chunks(&h, packed, (const guint8 *)data, n, error) || !unpack(labels, &h, packed, error)) {
        g_prefix_error(error, "%s cannot be read as labels: ", file);
        return NULL;
    }
    labels->width = (int)h.width;
    labels->height = (int)h.height;
    return g_steal_pointer(&labels);
}
