/* What operators in floats do for each other in inference, so that the wide maps of a block are passed over
 * as rarely as can be: a depthwise convolution computes the rows that the 1x1 convolution in front of it
 * would have put out, as it needs them, and sums what it puts out for the squeeze and excitation behind it,
 * whose gates become a part of the weights of the 1x1 convolution behind that. */
#pragma once

#include "nn/op.h"

extern const HsegOpClass hseg_depthwise_class, hseg_squeeze_class;

/* Decides who does what, before @g's memory is planned. */
void hseg_fuse(HsegGraph *g, int output);

/* The depthwise convolution's inference. */
void hseg_depthwise_plan_infer(HsegGraph *g, const HsegOp *op);
void hseg_depthwise_infer(HsegGraph *g, const HsegOp *op);
