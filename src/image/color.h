/* Colour spaces as affine maps between a frame's sample values and RGB. */
#pragma once

#include "image/frame.h"

/* out[i] = sum over j of m[i][j] * in[j], plus m[i][3] */
typedef struct {
    double m[3][4];
} HsegAffine;

/* Sample values (without the zero bits below them) -> RGB 0 .. 1, unclamped. Grey takes its one value as
 * in[0]. */
HsegAffine hseg_color_to_rgb(const HsegFrame *like);

/* RGB 0 .. 1 -> sample values, unrounded. Of grey only out[0] means anything. */
HsegAffine hseg_color_from_rgb(const HsegFrame *like);

/* First @b, then @a. */
HsegAffine hseg_affine_compose(const HsegAffine *a, const HsegAffine *b);

/* The sample values of an 0xAARRGGBB colour, rounded and clamped; alpha, where the frame has one, is left
 * out. */
void hseg_color_samples(const HsegFrame *like, uint32_t argb, uint16_t samples[3]);

/* Luma of RGB in 15-bit fixed point: the weights of R, G, B add up to 32768. */
void hseg_color_luma_weights(HsegMatrix matrix, int weight[3]);
