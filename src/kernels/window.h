/* Where a 3x3 window stands and how rows are shared out: what the kernels in floats and in bytes count alike.
 */
#pragma once

#include "base/base.h"
#include "kernels/kernels.h"

/* The row or column that padding puts at @i of 0 .. n-1, or -1 for zeros. */
static inline int
hseg_padded(int i, int n, HsegPad pad)
{
    if (i >= 0 && i < n)
        return i;
    if (pad == HSEG_PAD_ZERO)
        return -1;
    return i < 0 ? -i : 2 * n - 2 - i;
}

static inline int
hseg_out_size(int in, int stride)
{
    return (in + stride - 1) / stride;
}

/* How many outputs from the second on have their whole window inside. */
static inline int
hseg_interior(int in, int stride)
{
    return HSEG_MAX((in - 2) / stride, 0);
}

/* Rows of the next tile where @left rows are left and a tile has @most: of equal height, lest the last one is
 * too low to keep the multipliers busy; even, or 1, since each height costs code. */
static inline int
hseg_tile_rows(int left, int most)
{
    int tiles = (left + most - 1) / most, rows = (left + tiles - 1) / tiles;

    return rows == 1 ? 1 : HSEG_MIN((rows + 1) & ~1, left & ~1);
}
