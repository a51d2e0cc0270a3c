/* The fast guided filter (He and Sun 2015, arXiv 1505.00996): coefficients are fitted and averaged at low
 * size, bilinearly enlarged, and applied to the full-size luma, row by row. Where no luma could lead to
 * anything but background or person, nothing is enlarged nor looked at. */
#pragma once

#include "image/frame.h"
#include "image/mask.h"

typedef struct HsegFastGuided HsegFastGuided;

/**
 * @low_w, @low_h: size of the small guide and of p: the letterbox's content
 * @width, @height: size of the frame
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegFastGuided *hseg_fast_guided_new(int low_w, int low_h, int width, int height, int threads);

/* Accepts NULL. */
void hseg_fast_guided_free(HsegFastGuided *f);

/**
 * Fits the coefficients for the rows to come; runs on the object's threads.
 * @guide: [low_h][low_w], luma 0 .. 1 as hseg_letterboxer_run() gives it
 * @p: probabilities, low_w x low_h, rows @p_stride floats apart: the network's answer without its bars
 * @radius: at low size
 * @epsilon: above 0
 */
void hseg_fast_guided_fit(HsegFastGuided *f, const float *guide, const float *p, ptrdiff_t p_stride,
                          int radius, float epsilon);

/* No filter: the rows to come are p itself, bilinearly enlarged. */
void hseg_fast_guided_plain(HsegFastGuided *f, const float *p, ptrdiff_t p_stride);

/**
 * Row @y of the mask: q clamped to 0 .. 1, then shaped by @ramp. Best called for row after row of a band;
 * rows come out the same in any order.
 * @mask: [width]; only its spans of HSEG_EDGE are written
 * @kinds: [spans] of what each span is, see spans.h; an edge may still turn out to be all the same
 * @thread: 0 .. threads - 1
 */
void hseg_fast_guided_row(HsegFastGuided *f, const HsegFrame *frame, const HsegRamp *ramp, uint8_t *mask,
                          uint8_t *kinds, int y, int thread);

/* Rows @y0 .. @y1-1 unshaped: q in 0 .. 1; @q_stride in floats. */
void hseg_fast_guided_rows_f32(HsegFastGuided *f, const HsegFrame *frame, float *q, ptrdiff_t q_stride,
                               int y0, int y1, int thread);
