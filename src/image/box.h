/* Box means by running sums: the cost does not depend on the radius. A window holds the (2r+1)^2 pixels around its own,
 * clipped at the picture's border, and the sum is divided by the number of pixels really there.
 *
 * Sums run in double precision: what was added is taken off again without a trace that shows in a float. */
#pragma once

#include <stddef.h>

/* The sums over a window of rows, one for each column of some planes; it slides down a picture. */
typedef struct {
    int width, planes;
    int rows; /* in the window now */
    double *sum; /* [planes][width] */
} HsegBox;

/* Bytes of an HsegBox's sums. */
size_t hseg_box_bytes(int width, int planes);

/* Empties the window. */
void hseg_box_reset(HsegBox *box);

/* One row of @plane comes into the window, or leaves it. The caller keeps count in @rows. */
void hseg_box_add(HsegBox *box, int plane, const float *row);
void hseg_box_take(HsegBox *box, int plane, const float *row);

/* Means over the window across: out[plane][x], planes @out_plane doubles apart. */
void hseg_box_means(const HsegBox *box, int radius, double *out, size_t out_plane);

/* The whole way for planes at once. dst, src: [planes][height][width]; dst may not be src.
 * @scratch: hseg_box_scratch(width, planes) bytes, aligned for a double. */
void hseg_box_mean(float *dst, const float *src, int width, int height, int planes, int radius, void *scratch);
size_t hseg_box_scratch(int width, int planes);
