/* The two kinds of dense convolution behind hseg_graph_conv(). */
#pragma once

#include "nn/op.h"

extern const HsegOpClass hseg_pointwise_class; /* 1x1 */
extern const HsegOpClass hseg_conv3x3_class;

/* Inference: what the 1x1 convolution @op computes for pixels @from .. @from + @count - 1 of the batch. */
HsegGemm hseg_pointwise_product(const HsegGraph *g, const HsegOp *op, size_t from, size_t count);
