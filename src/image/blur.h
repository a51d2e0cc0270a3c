/* The background, blurred as if the person were not there: Gaussian of (1 - m) * frame over Gaussian of 1 -
 * m, so that nothing of the person bleeds into it (no halo). Where all is person the weights fade to a small
 * constant, and what comes out is the plain blur.
 *
 * It works on a grid of square cells, one grid for all components, gathered with the full-size mask as
 * weights. Three box means stand for the Gaussian; the gathering and the bilinear way back up are counted in.
 */
#pragma once

#include "image/frame.h"

typedef struct HsegBlur HsegBlur;

/**
 * @like: format, size and colours of the frames to come
 * @sigma: the Gaussian's standard deviation in pixels of the frame, see hseg_blur_set_sigma()
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegBlur *hseg_blur_new(const HsegFrame *like, double sigma, int threads);

/* Accepts NULL. */
void hseg_blur_free(HsegBlur *b);

/* Between frames; allocates nothing. What is below hseg_blur_least() gets that. */
void hseg_blur_set_sigma(HsegBlur *b, double sigma);

/* The smallest standard deviation that the finest grid can show, in pixels. */
double hseg_blur_least(const HsegBlur *b);

/* First step, for each band of the frame (0 .. hseg_bands(height) - 1, in any order): gathers weighted cells.
 * @mask: the frame's mask, or NULL: the plain blur */
void hseg_blur_gather(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t mask_stride,
                      int band, int thread);

/* Second step, once: blurs the cells, on the object's threads. */
void hseg_blur_finish(HsegBlur *b);

/* Third step: row @y of @plane in the frame's own layout; samples that are no colour are 0.
 * @row: hseg_format_row_bytes() bytes
 * @scratch: hseg_blur_scratch() bytes for the frame's width, from hseg_mem_new0(); for one thread and this
 * blur alone: what is kept there makes the next row cheap */
void hseg_blur_row(const HsegBlur *b, int plane, int y, void *row, void *scratch);
size_t hseg_blur_scratch(int width);
