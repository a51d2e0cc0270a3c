/* Steadiness in time, at the network's resolution: what is still is held still, what moves is followed. */
#pragma once

#include <stdbool.h>

typedef struct HsegSmoother HsegSmoother;

/* For maps of @width x @height. NULL where there is no memory. */
HsegSmoother *hseg_smoother_new(int width, int height);

/* Accepts NULL. */
void hseg_smoother_free(HsegSmoother *s);

/* Forgets what was: the next map stands as it is. */
void hseg_smoother_reset(HsegSmoother *s);

/**
 * Mixes what was known into a new map.
 * @p: [height][width], probabilities 0 .. 1; the smoothed ones afterwards
 * @guide: [height][width], the frame's luma, 0 .. 1
 * @strength: 0 (the map stays as it is) to 1
 *
 * Returns whether it started anew, at the first map or because the scene was cut.
 */
bool hseg_smoother_run(HsegSmoother *s, float *p, const float *guide, float strength);
