/* The network's answer, made a mask of the frame's size. */
#pragma once

#include <humanseg/segmenter.h>

#include "image/letterbox.h"

typedef struct HsegRefiner HsegRefiner;

/* @frame: what the segmenter was made for. NULL where there is no memory. */
HsegRefiner *hseg_refiner_new(const HsegFrame *frame, const HsegLetterbox *box, int threads);

/* Accepts NULL. */
void hseg_refiner_free(HsegRefiner *r);

/**
 * The mask of @frame.
 * @guide: [box.h][box.w], the frame's luma in 0 .. 1
 * @p: [box.h][box.w], probabilities of a person
 * @weights: [box.h][box.w], of this mask against the one before
 * @mask: GRAY8 of the frame's size, written
 */
void hseg_refiner_run(HsegRefiner *r, const HsegSegmenterParams *params, const HsegFrame *frame,
                      const float *guide, const float *p, const float *weights, const HsegFrame *mask);
