/* What a member of the family costs: the integers of the reference's tables. */
#pragma once

#include "model/model.h"

typedef struct {
    guint64 params;         /* as PyTorch counts them: weights, biases, norms' weight and bias */
    guint64 params_with_fc; /* with the unused classifier of 1000 classes that the original carries */
    guint64 folded;         /* after norms are folded: weights and biases */
    guint64 macs;           /* multiply-adds of the convolutions for one frame; operations are twice that */
    guint64 fvcore; /* as fvcore counts "FLOPs": multiply-adds, 2 for each number normed, 1 for each pooled */
} HsegCount;

HsegCount hseg_count(const HsegModel *model);

/* Parameters of one operator of the model's blueprint, without running statistics. */
guint64 hseg_count_op_params(const HsegModel *model, const HsegOp *op);
