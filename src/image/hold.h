/* The full-size mask, kept from frame to frame: held still, or as it comes. Held, it is mixed with the one
 * before, the less of it the less moves, which is known at low size: what the smoothed answer of a network
 * leaves over is the trembling of edges that follow a noisy frame. Kept, it need not be written where it
 * stays all background or all person. */
#pragma once

#include <humanseg/image.h>

typedef struct HsegHolder HsegHolder;

/**
 * @low_w, @low_h: size of the map of what moves
 * @width, @height: size of the mask
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegHolder *hseg_holder_new(int low_w, int low_h, int width, int height, int threads);

/* Accepts NULL. */
void hseg_holder_free(HsegHolder *h);

/* For the rows to come. @moves: [low_h][low_w], how much does, 0 .. 1, with HSEG_ENLARGE_SLACK floats behind
 * it that may be read; to be kept until the rows are done; NULL: the new mask stands as it is. So does the
 * first one, and that after hseg_holder_forget(). @still: the new mask's weight where nothing moves */
void hseg_holder_set(HsegHolder *h, const float *moves, float still);
void hseg_holder_forget(HsegHolder *h);

/* A row of the new mask; each row once. @row: [width], of which spans of HSEG_EDGE are looked at, and
 * anything may be written; @kinds: [spans], see spans.h; @thread: 0 .. threads - 1 */
void hseg_holder_row(HsegHolder *h, uint8_t *row, const uint8_t *kinds, int y, int thread);

/* GRAY8; and [spans], what of row @y is known. */
const HsegFrame *hseg_holder_mask(const HsegHolder *h);
const uint8_t *hseg_holder_kinds(const HsegHolder *h, int y);
