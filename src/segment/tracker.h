/* The main person among several: the largest, most central one, and from then on the same. */
#pragma once

#include <stdbool.h>

typedef struct HsegTracker HsegTracker;

/* For maps of @width x @height. NULL where there is no memory. */
HsegTracker *hseg_tracker_new(int width, int height);

/* Accepts NULL. */
void hseg_tracker_free(HsegTracker *s);

/* Forgets who it was: the next map's main person is chosen afresh. */
void hseg_tracker_reset(HsegTracker *s);

/**
 * Takes everybody else out of a map.
 * @p: [height][width], probabilities 0 .. 1
 * @threshold: above it a pixel is one of a person
 */
void hseg_tracker_run(HsegTracker *s, float *p, float threshold);
