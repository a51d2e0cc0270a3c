/* The network's answer, made steady: a map of probabilities of the frame's content, at the network's
 * resolution. */
#pragma once

#include <humanseg/segmenter.h>

#include "image/letterbox.h"

typedef struct HsegAnswer HsegAnswer;

/* NULL where there is no memory. */
HsegAnswer *hseg_answer_new(const HsegLetterbox *box);

/* Accepts NULL. */
void hseg_answer_free(HsegAnswer *a);

/* Forgets earlier frames. */
void hseg_answer_reset(HsegAnswer *a);

/**
 * Takes a new answer.
 * @logits: [net_h][net_w], above 0 where a person is more likely than not
 * @guide: [box.h][box.w], the frame's luma in 0 .. 1
 */
void hseg_answer_take(HsegAnswer *a, const HsegSegmenterParams *params, const float *logits,
                      const float *guide);

/* [box.h][box.w]: probabilities, without the letterbox's bars; of the answer last taken. */
const float *hseg_answer_map(const HsegAnswer *a);
