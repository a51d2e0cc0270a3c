/* Masks: 8 bits a pixel, 0 background, 255 person; how a probability becomes one, and how one lies over a
 * plane. */
#pragma once

#include "image/frame.h"

/* mask = clamp((q - centre) * scale + bias, 0, 255), cut to an integer. */
typedef struct {
    float centre, scale, bias;
} HsegRamp;

/**
 * A straight ramp of width @softness around @threshold, both in units of the probability: half at the
 * threshold, 0 and 255 at half a width from it. Threshold 0.5 with softness 1 leaves probabilities as they
 * are; softness 0 is a hard step: person where q > threshold. Near 0 and 1 it is steeper than asked for: what
 * is surely background or person is 0 or 255 with any threshold between.
 */
HsegRamp hseg_ramp(float threshold, float softness);

/* mask[x] = ramp of q[x] clamped to 0 .. 1. */
void hseg_ramp_row(const HsegRamp *ramp, uint8_t *mask, const float *q, int n);

/**
 * The mask as row @y of a plane wants it: one byte for each of the row's samples (hseg_plane_samples()), that
 * of a subsampled component being the rounded mean over its footprint. Samples that are no colour (alpha,
 * padding) get 255: they stay what they are.
 * @mask: the mask's first row; @width x @height pixels
 * @scratch: hseg_mask_scratch() bytes
 *
 * Returns a row in @scratch, or one of the mask itself where the plane is laid out alike.
 */
const uint8_t *hseg_mask_plane_row(const HsegFormatInfo *info, int plane, int y, int width, int height,
                                   const uint8_t *mask, ptrdiff_t mask_stride, uint8_t *scratch);
size_t hseg_mask_scratch(int width);

/* Whether that is the mask itself, row for row. */
bool hseg_mask_fits_plane(const HsegFormatInfo *info, int plane);
