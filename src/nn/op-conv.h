/* The two kinds of dense convolution behind hseg_graph_conv(). */
#pragma once

#include "nn/op.h"

extern const HsegOpClass hseg_pointwise_class; /* 1x1 */
extern const HsegOpClass hseg_conv3x3_class;
