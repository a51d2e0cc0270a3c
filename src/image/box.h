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
    size_t plane;       /* doubles from plane to plane */
    double *sum, *mean; /* [planes][width] */
} HsegBox;

/* Bytes of memory for sums and means. */
size_t hseg_box_bytes(int width, int planes);

/* Takes hseg_box_bytes() of @memory, aligned for a double, and empties the window. */
void hseg_box_init(HsegBox *box, int width, int planes, void *memory);

/* A row of each plane comes into the window, or leaves it. row: [planes], @plane floats apart. */
void hseg_box_add(HsegBox *box, const float *row, size_t plane);
void hseg_box_take(HsegBox *box, const float *row, size_t plane);
/* One comes and one leaves. */
void hseg_box_slide(HsegBox *box, const float *in, const float *out, size_t plane);

/* Sets the means: of the @rows rows in the window and the columns within @radius of each, clipped. */
void hseg_box_means(HsegBox *box, int radius, int rows);

/* The rows [from, to) that the window around row @y covers. */
typedef struct {
    int from, to;
} HsegWindow;

HsegWindow hseg_window(int y, int radius, int height);

/* Moves the window, of rows @have that become @want, over src: [planes][height][width], @plane floats from
 * one to the next. */
void hseg_box_move(HsegBox *box, HsegWindow *have, HsegWindow want, const float *src, size_t plane);

/* The whole way for some planes, side by side: running sums of several don't wait for each other. dst, src:
 * [planes][height][width], @plane floats from one to the next; dst may not be src.
 * @scratch: hseg_box_bytes(width, planes), aligned for a double */
void hseg_box_mean(float *dst, const float *src, size_t plane, int planes, int width, int height, int radius,
                   void *scratch);
