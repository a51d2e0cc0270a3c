/* A model made ready to run at one input size: planned memory, folded and packed weights. */
#pragma once

#include "model/model.h"

typedef struct HsegNetwork HsegNetwork;

/** What @wanted comes to for @model: HSEG_PRECISION_FLOAT32 or HSEG_PRECISION_INT8. */
HsegPrecision hseg_network_precision(const HsegModel *model, HsegPrecision wanted);

/**
 * @precision: HSEG_PRECISION_INT8 is HSEG_ERROR_ARGUMENT where the model has no ranges for it
 * @width, @height: of the network's input, pixels; any from 32 on
 * @threads: at least 1; the result does not depend on it
 * @error: HSEG_ERROR_SHAPE, HSEG_ERROR_NO_MEMORY, or HSEG_ERROR_FORMAT of ranges that make no sense
 *
 * One network is for one thread at a time; networks may share a model.
 */
HsegNetwork *hseg_network_new(HsegModel *model, HsegPrecision precision, int width, int height, int threads,
                              GError **error);

/** The same in float32, slower: each operator's output can be read once it has run. */
HsegNetwork *hseg_network_new_observed(HsegModel *model, int width, int height, int threads, GError **error);

/** Accepts NULL. */
void hseg_network_free(HsegNetwork *network);

/** [height][width][3], RGB in -1 .. 1, to be filled before each run. */
float *hseg_network_input(HsegNetwork *network);

/**
 * The same in bytes, to be filled instead from now on: [height][width][4], RGB as 127 v + 128 and a byte of
 * no meaning. NULL where the network begins in floats: then they stay.
 */
uint8_t *hseg_network_take_bytes(HsegNetwork *network);

/** Runs the network. Returns [height][width] logits, person where positive; valid until the next run. */
const float *hseg_network_run(HsegNetwork *network);

/** @op_ns: [n_ops of the graph] or NULL: takes what each operator takes in the runs to come, nanoseconds */
void hseg_network_time(HsegNetwork *network, gint64 *op_ns);

/** The planned graph, for reports of layers and memory. */
const HsegGraph *hseg_network_graph(const HsegNetwork *network);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegNetwork, hseg_network_free)
