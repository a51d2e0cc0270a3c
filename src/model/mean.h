/* The mean of several models' weights. Models that were trained on from the same weights lie in one valley of
 * the loss, and their mean lower in it than each of them (Wortsman et al. 2022, "Model soups"). */
#pragma once

#include "model/model.h"

/**
 * @models: @n of one architecture, at least one
 * @error: HSEG_ERROR_SHAPE, naming the model that differs from the first, and in what
 *
 * Notes are the first model's; the training commands of all follow each other in training_command.
 *
 * Returns: (transfer full) (nullable)
 */
HsegModel *hseg_model_mean(HsegModel *const *models, int n, GError **error);
