/* Losses of one batch of logits and their gradients. For logit z, p = sigmoid(z), target g in 0 .. 1:
 *
 * BCE: max(z, 0) - z g + log(1 + exp(-|z|)), the mean over all pixels of the batch.
 * Tversky (Salehi et al. 2017): 1 - (TP + 1) / (TP + alpha FP + beta FN + 1) with TP = sum p g, FP = sum p (1
 * - g), FN = sum (1 - p) g for each image, then the mean over images. An image without a person has no such
 * term: there it would be 1 unless every last pixel is right, which taught networks to drop people when in
 * doubt. */
#pragma once

#include <stddef.h>

typedef struct {
    double bce, tversky; /* weights of the two in the sum */
    double alpha, beta;  /* Tversky's weights of false positives and false negatives */
} HsegLossOptions;

#define HSEG_LOSS_REFERENCE ((HsegLossOptions){0.6, 0.4, 0.3, 0.7})

typedef struct {
    double total, bce, tversky;
} HsegLoss;

/* One batch of logits [images][pixels], z_pixel floats apart, padding between them; target [images][pixels],
 * tight.
 * @grad (layout of z, or NULL) takes @scale * dtotal/dz, and 0 in the padding. */
typedef struct {
    int images;
    size_t pixels; /* of one image */
    const float *z;
    size_t z_pixel;
    const float *target;
    float *grad;
    double scale;
} HsegLossBatch;

HsegLoss hseg_loss(const HsegLossOptions *options, const HsegLossBatch *batch, int threads);
