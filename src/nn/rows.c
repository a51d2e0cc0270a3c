#include "nn/rows.h"

#include <string.h>

/* Where a row or column outside 0 .. n-1 takes its values; -1 for zeros. */
static int
inside(int i, int n, HsegPad pad)
{
    if (i >= 0 && i < n)
        return i;
    if (pad == HSEG_PAD_ZERO)
        return -1;
    return i < 0 ? -i : 2 * (n - 1) - i;
}

static void
copy_row(float *dst, const float *row, const HsegTensor *t, HsegPad pad, int columns)
{
    int c = t->channels.total;
    int left = inside(-1, t->w, pad), right = inside(t->w, t->w, pad);

    if (t->pixel == (size_t)c)
        memcpy(dst + c, row, (size_t)t->w * c * sizeof(float));
    else
        for (int x = 0; x < t->w; x++)
            memcpy(dst + (size_t)(x + 1) * c, row + x * t->pixel, c * sizeof(float));

    memset(dst, 0, c * sizeof(float));
    memset(dst + (size_t)(t->w + 1) * c, 0, (size_t)(columns - t->w - 1) * c * sizeof(float));
    if (left >= 0)
        memcpy(dst, row + left * t->pixel, c * sizeof(float));
    if (right >= 0)
        memcpy(dst + (size_t)(t->w + 1) * c, row + right * t->pixel, c * sizeof(float));
}

void
hseg_copy_padded_rows(float *dst, const float *image, const HsegTensor *t, HsegPad pad, int first, int last,
                      int columns)
{
    size_t size = (size_t)columns * t->channels.total;

    for (int y = first; y <= last; y++, dst += size) {
        int from = inside(y, t->h, pad);

        if (from < 0 || from >= t->h)
            memset(dst, 0, size * sizeof(float));
        else
            copy_row(dst, image + (size_t)from * t->w * t->pixel, t, pad, columns);
    }
}
