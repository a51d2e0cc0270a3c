/* One axis of a resampling: each target pixel as a weighted sum of a few neighbouring source samples. */
#pragma once

#include "image/resize.h"

typedef struct {
    int n;         /* target pixels */
    int taps;      /* of each; those at the border are filled up with zero weights */
    int *first;    /* [n]: the first source sample; first + taps never passes the last one */
    float *weight; /* [n][taps] */
    bool even;     /* first[x] = x * taps, and all weights are alike: see HsegRows.add_rows */
} HsegTaps;

/**
 * @src: source pixels, of which one sample covers 2^@sub: the axis has ceil(src / 2^sub) samples, and the
 * last may reach past the picture
 * @dst: target pixels
 *
 * NULL where there is no memory.
 */
HsegTaps *hseg_taps_new(int src, int sub, int dst, HsegResizeMode mode);

/* Accepts NULL. */
void hseg_taps_free(HsegTaps *t);
