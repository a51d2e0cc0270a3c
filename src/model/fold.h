/* Batch norms folded into the convolutions before them: W' = W s, b' = (b - mean) s + beta, s = gamma /
 * sqrt(var + eps). */
#pragma once

#include "model/model.h"

/* Fills @g's parameters, an inference graph of the model's architecture, and tells it so. */
void hseg_fold(const HsegModel *model, HsegGraph *g);
