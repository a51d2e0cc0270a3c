/* The network's answer, made a mask of the frame's size. */
#pragma once

#include <humanseg/segmenter.h>

#include "image/letterbox.h"
#include "segment/coverage.h"

typedef struct HsegRefiner HsegRefiner;

/* @frame: what the segmenter was made for. NULL where there is no memory. */
HsegRefiner *hseg_refiner_new(const HsegFrame *frame, const HsegLetterbox *box, int threads);

/* Accepts NULL. */
void hseg_refiner_free(HsegRefiner *r);

/**
 * The mask of @frame, GRAY8 of its size; holds until the next run.
 * @guide: [box.h][box.w], the frame's luma in 0 .. 1
 * @p: [box.h][box.w], probabilities of a person
 * @moves: [box.h][box.w], how much does since the mask before, see hseg_holder_set()
 * @coverage: of the mask, written
 */
const HsegFrame *hseg_refiner_run(HsegRefiner *r, const HsegSegmenterParams *params, const HsegFrame *frame,
                                  const float *guide, const float *p, const float *moves,
                                  HsegCoverage *coverage);
