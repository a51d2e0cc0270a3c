/* The guided filter (He, Sun, Tang: Guided Image Filtering, TPAMI 2013): an edge-keeping filter of p whose
 * edges come from a guide I. In each window q is a linear function of I, fitted to p; all windows over a
 * pixel are averaged. */
#pragma once

#include <stddef.h>

typedef struct HsegGuided HsegGuided;

/**
 * @channels: of the guide: 1, or 3 for colour (edges also where the luma is equal and the hue is not)
 * @threads: how many may run at once; the result does not depend on it
 *
 * NULL where there is no memory.
 */
HsegGuided *hseg_guided_new(int width, int height, int channels, int threads);

/* Accepts NULL. */
void hseg_guided_free(HsegGuided *g);

/**
 * The exact filter.
 * @q: [height][width], not clamped; may be @p
 * @guide: [channels][height][width], about 0 .. 1
 * @p: height rows of width values, @p_stride floats apart
 * @radius: at least 0; windows are (2 * radius + 1) squared, clipped at the border
 * @epsilon: above 0, in squared units of the guide
 */
void hseg_guided_run(HsegGuided *g, float *q, const float *guide, const float *p, ptrdiff_t p_stride,
                     int radius, float epsilon);

/**
 * The coefficients alone, averaged over the windows: q = sum over the guide's channels of a * I, plus b.
 * @coef: [channels + 1][height][width]: a for each channel, then b
 */
void hseg_guided_fit(HsegGuided *g, float *coef, const float *guide, const float *p, ptrdiff_t p_stride,
                     int radius, float epsilon);
