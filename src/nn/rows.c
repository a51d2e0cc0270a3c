#include "nn/rows.h"

#include <string.h>

#include "kernels/window.h"

/* A map of floats or bytes, and its padding. */
typedef struct {
    const HsegTensor *t;
    size_t channels, pixel; /* bytes: of a pixel's channels, between pixels */
    int zero, columns;
    HsegPad pad;
} Map;

static void
copy_row(const Map *m, char *dst, const char *row)
{
    size_t c = m->channels;
    int w = m->t->w, left = hseg_padded(-1, w, m->pad), right = hseg_padded(w, w, m->pad);

    if (m->pixel == c)
        memcpy(dst + c, row, w * c);
    else
        for (int x = 0; x < w; x++)
            memcpy(dst + (x + 1) * c, row + x * m->pixel, c);

    memset(dst, m->zero, c);
    memset(dst + (w + 1) * c, m->zero, (m->columns - w - 1) * c);
    if (left >= 0)
        memcpy(dst, row + left * m->pixel, c);
    if (right >= 0)
        memcpy(dst + (w + 1) * c, row + right * m->pixel, c);
}

static void
copy_rows(const Map *m, char *dst, const char *image, int first, int last)
{
    size_t size = m->columns * m->channels;

    for (int y = first; y <= last; y++, dst += size) {
        int from = hseg_padded(y, m->t->h, m->pad);

        if (from < 0 || from >= m->t->h)
            memset(dst, m->zero, size);
        else
            copy_row(m, dst, image + (size_t)from * m->t->w * m->pixel);
    }
}

static Map
map_of(const HsegTensor *t, size_t number, int zero, HsegPad pad, int columns)
{
    return (Map){t, t->channels.total * number, t->pixel * number, zero, columns, pad};
}

void
hseg_copy_padded_rows(float *dst, const float *image, const HsegTensor *t, HsegPad pad, int first, int last,
                      int columns)
{
    Map m = map_of(t, sizeof *dst, 0, pad, columns);

    copy_rows(&m, (char *)dst, (const char *)image, first, last);
}

void
hseg_copy_padded_bytes(uint8_t *dst, const uint8_t *image, const HsegTensor *t, HsegPad pad, int first,
                       int last, int columns)
{
    Map m = map_of(t, sizeof *dst, t->quant.zero, pad, columns);

    copy_rows(&m, (char *)dst, (const char *)image, first, last);
}
