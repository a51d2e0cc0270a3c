/* Box means by running sums: the cost does not depend on the radius. A window holds the (2r+1)^2 pixels
 * around its own, clipped at the picture's border, and the sum is divided by the number of pixels really
 * there.
 *
 * Sums run in double precision: what was added is taken off again without a trace that shows in a float. */
#pragma once

#include <stddef.h>

/* Sums over a window of rows, one for each column of some planes; the window slides down a picture. */
typedef struct {
    int width, planes;
    double *sum; /* [planes][width] */
} HsegBox;

/* Bytes that box means of one row (or an HsegBox's sums) take. */
size_t hseg_box_row_bytes(int width, int planes);

/* Takes hseg_box_row_bytes() of @memory for the sums and empties the window. */
void hseg_box_init(HsegBox *box, int width, int planes, void *memory);

/* A row of each plane comes into the window, or leaves it. row: [planes], @plane floats apart. */
void hseg_box_add(HsegBox *box, const float *row, size_t plane);
void hseg_box_take(HsegBox *box, const float *row, size_t plane);

/* Means of a window of @rows rows and 2 * radius + 1 columns, clipped, around each pixel. out:
 * [planes][width] */
void hseg_box_means(const HsegBox *box, int radius, int rows, double *out);

/* The rows [from, to) that the window around row @y covers. */
typedef struct {
    int from, to;
} HsegWindow;

HsegWindow hseg_window(int y, int radius, int height);

/* The whole way for one plane. dst, src: [height][width]; dst may not be src.
 * @scratch: 2 * hseg_box_row_bytes(width, 1), aligned for a double */
void hseg_box_mean(float *dst, const float *src, int width, int height, int radius, void *scratch);
