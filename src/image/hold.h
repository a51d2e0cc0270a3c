/* The full-size mask held still: mixed with the one before, by weights that are known at low size. What the
 * smoothed answer of a network leaves over is the trembling of edges that follow a noisy frame. */
#pragma once

#include <humanseg/image.h>

typedef struct HsegHolder HsegHolder;

/**
 * @low_w, @low_h: size of the weights
 * @width, @height: size of the mask
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegHolder *hseg_holder_new(int low_w, int low_h, int width, int height, int threads);

/* Accepts NULL. */
void hseg_holder_free(HsegHolder *h);

/* For the rows to come. @weights: [low_h][low_w], of the new mask, 0 .. 1; to be kept until the rows are
 * done. The first mask, and that after hseg_holder_forget(), stands as it is. */
void hseg_holder_set(HsegHolder *h, const float *weights);
void hseg_holder_forget(HsegHolder *h);

/* Rows @y0 .. @y1-1 of @mask, GRAY8, in place; each once. @thread: 0 .. threads - 1 */
void hseg_holder_rows(HsegHolder *h, const HsegFrame *mask, int y0, int y1, int thread);
