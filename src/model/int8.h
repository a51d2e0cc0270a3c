/* What a model's file says of 8-bit integers, in two notes: the range of each layer's output
 * ("int8_ranges": "NAME LOW HIGH; ..."), and the layers that stay in float32 ("int8_float32": "NAME; ...").
 * The weights themselves are there once, as they were trained: bytes are made of them at load. */
#pragma once

#include "model/model.h"
#include "nn/quantise.h"

/* Whether the file has ranges. */
gboolean hseg_model_has_int8(const HsegModel *model);

/* Forgets them: for weights that have changed. */
void hseg_model_drop_int8(HsegModel *model);

/* Of the inference graph @g, not yet quantised: @ranges [n_tensors], @keep [n_ops]. HSEG_ERROR_FORMAT names
 * the layer that lacks a range or has a strange one; HSEG_ERROR_ARGUMENT: there are none at all. */
gboolean hseg_model_read_int8(const HsegModel *model, const HsegGraph *g, HsegValueRange *ranges, bool *keep,
                              GError **error);
void hseg_model_write_int8(HsegModel *model, const HsegGraph *g, const HsegValueRange *ranges,
                           const bool *keep);

/* Whether the layer @name is computed in bytes where a network is made so. */
gboolean hseg_model_layer_is_int8(const HsegModel *model, const char *name);
