/* Losses of one batch of logits and their gradients. For logit z, p = sigmoid(z), target g in 0 .. 1:
 *
 * BCE: max(z, 0) - z g + log(1 + exp(-|z|)), the mean over all pixels of the batch.
 * A region loss, for each image, then the mean over images; one of
 *   Tversky (Salehi et al. 2017): 1 - (TP + 1) / (TP + alpha FP + beta FN + 1) with TP = sum p g,
 *   FP = sum p (1 - g), FN = sum (1 - p) g. Of an image without a person this would be 1 unless every last
 *   pixel is right, which taught networks to drop people when in doubt. Such a one has, times the option
 *   "empty", the cubic mean of its pixels' BCE instead: a speck of one pixel in a thousand weighs a tenth as
 *   much as if it filled the image, where in BCE's own mean it all but vanishes.
 *   Generalised Dice (Sudre et al. 2017) over the classes g and 1 - g, weighed with w = 1 / (sum of the
 *   class)^2: 1 - 2 I / U with I = w1 sum p g + w0 sum (1 - p)(1 - g), U = w1 sum (p + g) + w0 sum (2 - p -
 *   g). A class with no pixels takes the other's weight.
 * Boundary loss (Kervadec et al. 2019): phi p, the mean over all pixels; phi is the target's distance map.
 *
 * Together: (1 - w) (bce BCE + region R) + w B, with w the boundary's weight. */
#pragma once

#include <stddef.h>

typedef enum {
    HSEG_REGION_TVERSKY,
    HSEG_REGION_GDL,
} HsegRegionLoss;

typedef struct {
    double bce, region;  /* weights of the two in the sum */
    double alpha, beta;  /* Tversky's weights of false positives and false negatives */
    HsegRegionLoss kind; /* of the region loss */
    double boundary;     /* the boundary loss's share of all, 0 .. 1 */
    double empty;        /* weight, within Tversky's, of the loss of an image without a person */
} HsegLossOptions;

#define HSEG_LOSS_REFERENCE ((HsegLossOptions){0.6, 0.4, 0.3, 0.7, HSEG_REGION_TVERSKY, 0, 0})

typedef struct {
    double total, bce, region, boundary; /* the parts as they are, not weighed */
} HsegLoss;

/* One batch of logits [images][pixels], z_pixel floats apart, padding between them; target [images][pixels],
 * tight.
 * @phi (layout of target, or NULL): the targets' distance maps (distance.h); without them the boundary loss
 * is 0.
 * @grad (layout of z, or NULL) takes @scale * dtotal/dz, and 0 in the padding. */
typedef struct {
    int images;
    size_t pixels; /* of one image */
    const float *z;
    size_t z_pixel;
    const float *target;
    float *grad;
    double scale;
    const float *phi;
} HsegLossBatch;

HsegLoss hseg_loss(const HsegLossOptions *options, const HsegLossBatch *batch, int threads);
