/* Hard negatives: of which pictures without people does the network mark how much? */
#pragma once

#include "model/model.h"
#include "train/trainset.h"

/* Writes into @marked [items->len] the mean probability over each picture, letterboxed, its bars included: of
 * every picture where @epoch is 0, else of every HSEG_MINE_PARTS-th, another part in each epoch. FALSE where
 * the network can't be made. */
#define HSEG_MINE_PARTS 4

gboolean hseg_mine(HsegModel *model, const GPtrArray *items, int epoch, int threads, float *marked,
                   GError **error);
