/* Which part of a picture a sample shows, and where in the sample. */
#pragma once

#include "base/rng.h"
#include "train/trainset.h"
#include "train/warp.h"

/* A frame inside the sample, black around it as letterboxing leaves it, and the map from it into the picture.
 */
typedef struct {
    int x, y, w, h; /* of the frame, sample pixels */
    HsegAffine map; /* frame -> picture */
} HsegView;

/* The whole of @picture_w x @picture_h, letterboxed into @w x @h. */
HsegView hseg_view_whole(int picture_w, int picture_h, int w, int h);

/* A view of a real picture for training:
 * - p 0.5: whole, letterboxed; half of these cropped by up to 15 % a side, a quarter shrunk and set anywhere
 * - p 0.2: a window of the sample's shape, 0.55 .. 1.2 times the largest that fits
 * - p 0.15: the upper part of a person's box: head and shoulders, or a little more
 * - p 0.15: RandomCropNearRandomObjBBox: a person's box grown to a common shape, its sides shifted
 *
 * Always: flip p 0.5, rotation by up to @max_degrees p 0.5, aspect jitter 0.9 .. 1.1. What a window shows
 * beyond the picture is its mirror image. */
HsegView hseg_view_random(HsegRng *rng, const HsegTrainItem *item, int w, int h, float max_degrees);

/* A view of a background: a window of one of the common shapes, or the whole with p 0.25; else as above. */
HsegView hseg_view_background(HsegRng *rng, const HsegTrainItem *item, int w, int h, float max_degrees);
