/* Steadiness in time, at the network's resolution: what is still is held still, what moves is followed. */
#pragma once

#include <stdbool.h>

typedef struct HsegSmoother HsegSmoother;

/* For maps of @width x @height. NULL where there is no memory. */
HsegSmoother *hseg_smoother_new(int width, int height);

/* Accepts NULL. */
void hseg_smoother_free(HsegSmoother *s);

/* Forgets what was: the next frame stands as it is. */
void hseg_smoother_reset(HsegSmoother *s);

/* Looks at each frame's luma for what moves. @guide: [height][width], 0 .. 1. Returns whether it shows
 * another scene than what is known does, or nothing is known yet. */
bool hseg_smoother_look(HsegSmoother *s, const float *guide);

/**
 * Mixes what was known into a new map, that of the frame last looked at.
 * @p: [height][width], probabilities 0 .. 1; the smoothed ones afterwards
 * @strength: 0 (the map stays as it is) to 1
 *
 * Returns whether it started anew, at the first map or because the scene was cut.
 */
bool hseg_smoother_take(HsegSmoother *s, float *p, float strength);

/* How much of what the frame last looked at shows is to be believed, against what was known: the weight
 * hseg_still_weight() where nothing moves, 1 where something does, and everywhere at a new start. */
float hseg_still_weight(float strength);

/* [height][width]: how much moves, 0 .. 1, with HSEG_ENLARGE_SLACK floats behind it that may be read. */
const float *hseg_smoother_moves(const HsegSmoother *s);
