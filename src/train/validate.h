/* Scores of weights on held-out pictures, through the same folded network that ships. */
#pragma once

#include "eval/metrics.h"
#include "model/model.h"
#include "train/trainset.h"

/* Every item whole, letterboxed; NULL with an error where the network can't be made. */
HsegMetrics *hseg_validate(HsegModel *model, const GPtrArray *items, int threads, GError **error);
