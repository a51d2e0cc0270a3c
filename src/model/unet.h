/* The UNet_MobileNet family as a graph: MODEL.md of the reference in code. */
#pragma once

#include "model/arch.h"
#include "nn/graph.h"

/* Adds the network to the empty graph @g for input of @width x @height (tensor 0) and returns the tensor of
 * the logits, [batch][height][width], or -1 without memory. The pixels of the logits are
 * g->tensors[output].pixel floats apart. In a training graph norms stand behind their convolutions; in
 * inference the weights are to be folded (fold.h). */
int hseg_unet_build(HsegGraph *g, const HsegArch *arch, int width, int height);
