/* From a frame to the network's input: scaled to fit, in the middle, black bars around.
 *
 * Each component is scaled on its own grid (area average where it shrinks, bilinear where it grows) and the
 * colour matrix is applied to the small result: no full-size RGB picture ever exists. */
#pragma once

#include "image/frame.h"

/* Where a frame's content lies in the network's picture, in the network's pixels. */
typedef struct {
    int x, y, w, h;
    int net_w, net_h;
} HsegLetterbox;

/* @par_n / @par_d: a pixel's width over its height (1/1 for square ones). The content keeps the frame's
 * displayed shape, and at least one pixel each way. */
HsegLetterbox hseg_letterbox_fit(int width, int height, int par_n, int par_d, int net_w, int net_h);

typedef struct HsegLetterboxer HsegLetterboxer;

/**
 * @like: format, size and colours of the frames to come; its planes are not looked at
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegLetterboxer *hseg_letterboxer_new(const HsegFrame *like, const HsegLetterbox *box, int threads);

/* Accepts NULL. */
void hseg_letterboxer_free(HsegLetterboxer *l);

/**
 * @net: [net_h][net_w][3], RGB, -1 .. 1: (v - 0.5) / 0.5 of v in 0 .. 1; bars are -1
 * @luma: [h][w], the content's luma in 0 .. 1, unclamped: the small guide of the fast guided filter; or NULL
 */
void hseg_letterboxer_run(HsegLetterboxer *l, const HsegFrame *frame, float *net, float *luma);

/* The same in bytes, [net_h][net_w][4]: 127 times that, plus 128; the fourth bytes are of no meaning. */
void hseg_letterboxer_run_u8(HsegLetterboxer *l, const HsegFrame *frame, uint8_t *net, float *luma);
