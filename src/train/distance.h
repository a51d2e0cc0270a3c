/* The map that the boundary loss weighs a mask with: how far each pixel is from the target's edge. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Numbers of int32_t that @scratch must hold. */
size_t hseg_distance_scratch(int width, int height);

/* @phi [height][width] from @mask [height][width], person where 0.5 or more. Outside it is the Euclidean
 * distance to the nearest pixel of the person, at least 1; inside it is 1 less the distance to the nearest
 * pixel of the background, so that the inner rim is 0; all divided by the largest magnitude in the image
 * (Kervadec et al. 2019, with pixels made a part of the image's own scale). 0 everywhere where there is no
 * person, or nothing else. */
void hseg_distance_map(float *phi, const float *mask, int width, int height, int32_t *scratch);
