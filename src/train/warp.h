/* The working picture of a sample, and the one resampling that fills it. */
#pragma once

#include "files/picture.h"
#include <stdbool.h>

typedef struct {
    int w, h;
    float *rgb[3];     /* each [h][w], 0 .. 255 */
    float *mask;       /* [h][w], 0 .. 1 */
    float *scratch[2]; /* each [h][w], free for a function's own use */
    size_t capacity;   /* pixels that there is memory for */
} HsegCanvas;

/* Memory for up to @w x @h pixels; hseg_canvas_clear() gives it back, and accepts a zeroed canvas. */
void hseg_canvas_init(HsegCanvas *canvas, int w, int h);
void hseg_canvas_clear(HsegCanvas *canvas);

/* Makes the canvas @w x @h pixels, within its capacity; what it holds is undefined then. */
void hseg_canvas_set_size(HsegCanvas *canvas, int w, int h);

/* Canvas position -> source position, both in pixels with centres at .5: u = xx x + xy y + x0, v = yx x + yy
 * y + y0. */
typedef struct {
    float xx, xy, x0;
    float yx, yy, y0;
} HsegAffine;

typedef enum {
    HSEG_BORDER_REFLECT, /* abc|cba: the picture goes on mirrored */
    HSEG_BORDER_CLEAR,   /* black, and no person */
} HsegBorder;

/* Fills the canvas from @source, [h][w][4] with the mask as the fourth channel: bilinear where it enlarges, and the
 * mean of a grid of bilinear samples, one a source pixel and way, where it shrinks. Image and mask are sampled alike.
 * @half: (nullable): @source at half its size, taken where that is large enough, for speed. */
void hseg_warp(HsegCanvas *canvas, const HsegPicture *source, const HsegPicture *half, const HsegAffine *map,
               HsegBorder border);

/* @source, of four channels, at half its size, rounded up: each pixel the mean of 2 x 2. */
HsegPicture *hseg_warp_half(const HsegPicture *source, GError **error);
