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

/* Looks at each frame. @guide: [box.h][box.w], its luma in 0 .. 1. Returns whether the answer last taken is
 * of another scene, or there is none yet. */
bool hseg_answer_look(HsegAnswer *a, const float *guide);

/* Takes a new answer, to the frame last looked at. @logits: [net_h][net_w], above 0 where a person is more
 * likely than not */
void hseg_answer_take(HsegAnswer *a, const HsegSegmenterParams *params, const float *logits);

/* [box.h][box.w]: probabilities, without the letterbox's bars; of the answer last taken. */
const float *hseg_answer_map(const HsegAnswer *a);

/* [box.h][box.w]: how much moves in the frame last looked at, see hseg_smoother_moves(). */
const float *hseg_answer_moves(const HsegAnswer *a);
