/* Steadiness, taught without videos: two views of one scene, the second moved and with light, noise and blur
 * of its own, are to get the same answer.
 *
 * For a pair of views a and b, b moved by d, and the logits z of which p = sigmoid(z):
 *
 *   C = mean over the pixels x that both see of (p_a(x) - p_b(x + d))^2, the mean over all pairs
 *   dC/dz_a(x) = 2 (p_a(x) - p_b(x + d)) p_a(x) (1 - p_a(x)) / (pixels * pairs), and likewise for b
 *
 * It is the squared dtSSD of two frames whose truth moves along (Erofeev et al. 2015), as a loss. A constant
 * answer has none either: labels of both views, in the other losses, keep that away. */
#pragma once

#include <stddef.h>

#define HSEG_MOTION_MOST 4 /* pixels, each way */

/* How a pair's second view lies to the first: what is at (x, y) in the first is at (x + dx, y + dy) in the
 * second. Both see the pixels x .. x + w - 1, y .. y + h - 1 of the first; w or h 0: none. */
typedef struct {
    int dx, dy;
    int x, y, w, h;
} HsegMotion;

/* One batch of logits and their gradients as in HsegLossBatch (loss.h): [images][height][width], z_pixel
 * floats apart. Images 2 i and 2 i + 1 are the views of pair i. */
typedef struct {
    int images, width, height;
    const float *z;
    size_t z_pixel;
    const HsegMotion *motions; /* [images / 2] */
    float *grad;               /* (nullable): @scale * dC/dz is added; what is there stays */
    double scale;
} HsegConsistencyBatch;

double hseg_consistency(const HsegConsistencyBatch *batch, int threads);
