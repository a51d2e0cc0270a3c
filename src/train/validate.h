/* Scores of weights on held-out pictures, through the same folded network that ships. */
#pragma once

#include "eval/metrics.h"
#include "model/model.h"
#include "train/trainset.h"

/* A model at its own input's size, ready for pictures. */
typedef struct HsegValidator HsegValidator;

/* What the network was shown of one picture, and its answer: valid until the next. */
typedef struct {
    int width, height;        /* pixels of the network's input */
    const float *image;       /* [height][width][3], -1 .. 1 */
    const uint8_t *truth;     /* [height][width], 0 .. 255 */
    const float *probability; /* [height][width], 0 .. 1 */
} HsegValidated;

HsegValidator *hseg_validator_new(HsegModel *model, int threads, GError **error);

/* Accepts NULL. */
void hseg_validator_free(HsegValidator *v);

/* @item whole, letterboxed. */
const HsegValidated *hseg_validator_run(HsegValidator *v, const HsegTrainItem *item);

/* All @items. @iou: (nullable) [items->len], takes each picture's own IoU. NULL with an error where the
 * network can't be made. */
HsegMetrics *hseg_validate(HsegModel *model, const GPtrArray *items, int threads, double *iou,
                           GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegValidator, hseg_validator_free)
