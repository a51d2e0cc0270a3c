/* The background, blurred as if the person were not there: Gaussian of (1 - m) * frame over Gaussian of 1 - m, so that
 * nothing of the person bleeds into it (no halo). Where all is person the weights fade to a small constant, and what
 * comes out is the plain blur.
 *
 * It works on a grid of square cells, the same for all components, gathered with full-size weights. */
#pragma once

#include "image/frame.h"

typedef struct HsegBlur HsegBlur;

/**
 * @like: format, size and colours of the frames to come
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegBlur *hseg_blur_new(const HsegFrame *like, int threads);

/* Accepts NULL. */
void hseg_blur_free(HsegBlur *b);

/* @sigma: the Gaussian's standard deviation in pixels of the frame; below hseg_blur_least() that is what it gets.
 * Before the first frame, and at any time between frames; allocates nothing. */
void hseg_blur_set_sigma(HsegBlur *b, double sigma);

/* The smallest standard deviation that the grid can show, in pixels. */
double hseg_blur_least(const HsegBlur *b);

/* First step, for every band of the frame (band 0 .. hseg_bands(height) - 1, in any order): gathers weighted cells.
 * @mask: the frame's mask, or NULL: the plain blur */
void hseg_blur_gather(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t mask_stride, int band,
                      int thread);

/* Second step, once: blurs the cells, on the object's threads. */
void hseg_blur_finish(HsegBlur *b);

/* Third step: row @y of @plane in the frame's own layout, hseg_format_row_bytes() bytes; samples that are no colour
 * come out as 0. */
void hseg_blur_row(const HsegBlur *b, int plane, int y, uint8_t *row, int thread);
