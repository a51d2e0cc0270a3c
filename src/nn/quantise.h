/* From a graph in float32 to one in 8-bit integers. */
#pragma once

#include "nn/graph.h"

/* What values a tensor takes; low > high where nothing is known of it. */
typedef struct {
    float low, high;
} HsegValueRange;

/* Whether @op exists in bytes. */
bool hseg_op_has_int8(const HsegGraph *g, const HsegOp *op);

/* group[t]: the first of the tensors that share tensor @t's step, because one is laid inside the other or is
 * its enlargement. [n_tensors] */
void hseg_graph_groups(const HsegGraph *g, int *group);

/* Between building and planning: puts operators in bytes in the place of all but those that do not exist so
 * or are marked in @keep, [n_ops], and operators between that go from floats to bytes and back. Activations
 * are kept in one byte with a step for each group of tensors, made from its members' ranges, [n_tensors]; a
 * group that needs one has it. The tensors so far keep their numbers, and the output stays float32. False
 * without memory. */
bool hseg_graph_quantise(HsegGraph *g, int output, const HsegValueRange *ranges, const bool *keep);

/* Of a planned graph whose picture becomes bytes first, and is read as such alone: where the bytes lie,
 * [h][w][4] with a last one of no meaning, 127 v + 128. From now on they are the caller's to fill, before
 * each forward pass, instead of the input. Else NULL. */
uint8_t *hseg_graph_take_bytes(HsegGraph *g);
