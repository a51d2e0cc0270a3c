/* Augmentations of an image's colours: the mask stays as it is, but for dropout. After Albumentations 2.0 and
 * OpenCV. */
#pragma once

#include "base/rng.h"
#include "train/warp.h"

/* Values 0 .. 255 through trunc(table): v -> 255 (v / 255)^gamma. */
void hseg_gamma(HsegCanvas *canvas, float gamma);

/* v -> 255 / (1 + exp(-gain (v / 255 - 0.5))), truncated, not stretched to the full range. */
void hseg_sigmoid_contrast(HsegCanvas *canvas, float gain);

/* v -> v * gain + offset, clamped to 0 .. 255. */
void hseg_brightness(HsegCanvas *canvas, float gain, float offset);

/* All three channels become BT.601 luma. */
void hseg_grayscale(HsegCanvas *canvas);

/* In HSV: hue moved by @hue of a full circle, saturation times @saturation, clamped; value and greys stay. */
void hseg_hue_saturation(HsegCanvas *canvas, float hue, float saturation);

/* Contrast-limited adaptive histogram equalisation of the luma in 8 x 8 tiles (OpenCV's, with its rounding);
 * the three channels move with their luma. Albumentations equalises Lab's L: the same curve up to its slope,
 * at many times the cost. */
void hseg_clahe(HsegCanvas *canvas, float clip);

/* Adds bell-shaped noise to each value: standard deviation @sigma, cut off at one sigma as in the client's
 * work. */
void hseg_noise(HsegCanvas *canvas, HsegRng *rng, float sigma);

/* The mean of @taps points (odd) on a line through each pixel. */
void hseg_motion_blur(HsegCanvas *canvas, int taps, float radians);

/* Gaussian blur, kernel @taps (odd, 3 .. 11), of one plane; edges reflect without repeating (OpenCV's
 * REFLECT_101). */
void hseg_gaussian_plane(HsegCanvas *canvas, float *plane, int taps);

/* Gaussian blur of what the mask leaves out. */
void hseg_background_blur(HsegCanvas *canvas, int taps);

/* Darkens @count polygons of @corners random points below @top (0 .. 1 of the height) to 1 - @intensity;
 * where an outline crosses itself, even-odd. */
void hseg_shadow(HsegCanvas *canvas, HsegRng *rng, int count, int corners, float top, float intensity);

/* @count holes of one random colour each, sides @lo .. @hi pixels, wholly inside; nobody is in a hole. */
void hseg_dropout(HsegCanvas *canvas, HsegRng *rng, int count, int lo, int hi);
