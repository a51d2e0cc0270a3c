/* Operators in bytes: what their files share. They are put in the place of float operators by
 * hseg_graph_quantise(), read and write tensors with a quant.step, and exist for inference only. */
#pragma once

#include "kernels/int8.h"
#include "nn/op.h"

extern const HsegOpClass hseg_pointwise_int8_class, hseg_conv3x3_int8_class, hseg_depthwise_int8_class,
    hseg_transposed_int8_class, hseg_upsample_int8_class, hseg_squeeze_int8_class;

/* Of the network's answer, in floats that are the same bits on every processor. */
extern const HsegOpClass hseg_upsample_answer_class;

/* From floats to bytes and back. */
extern const HsegOpClass hseg_quantise_class, hseg_dequantise_class;

/* An operator's weights as the kernels take them, and the constants of HsegRequant or of HsegAffine. */
struct HsegInt8 {
    int8_t *weights;
    int32_t *bias, *shift, *factor;
    float *scale, *offset;
};

/* Whether h-swish can put out bytes of @step. */
bool hseg_int8_takes_hswish(float step);

/* Gives @op room for so many weights and constants. False without memory. */
bool hseg_int8_plan(HsegGraph *g, HsegOp *op, size_t weights, size_t constants);

/* What to do with the sums of @op, whose constants start at number @from: where bytes come of them, and where
 * floats do. */
HsegRequant hseg_int8_requant(const HsegGraph *g, const HsegOp *op, size_t from);
HsegAffine hseg_int8_affine(const HsegGraph *g, const HsegOp *op, size_t from);

/* HsegResidual's, at most 8 of the output's steps for one of the residual's. */
int hseg_int8_residual_factor(HsegQuant residual, HsegQuant out);

/* The least step of @op's weights: were it smaller, a bias would have more of the sums' steps than fit. */
float hseg_int8_least_step(const HsegGraph *g, const HsegOp *op);

/* Constants @at for a channel with weights of @step, that sum to @sum, and a bias. */
void hseg_int8_set_constants(const HsegGraph *g, const HsegOp *op, size_t at, float step, int sum,
                             float bias);

/* Rounds @count weights, w[i * w_row], to q[i * q_row], each pair of neighbours within HSEG_INT8_PAIR.
 * Returns their step, at least @least. */
float hseg_int8_round(int8_t *q, size_t q_row, const float *w, size_t w_row, int count, float least);

/* Packs the matrix @b, [depth][n] floats, to @packed, with constants from number @from on. @rounded: room for
 * depth * n bytes. */
void hseg_int8_pack(const HsegGraph *g, const HsegOp *op, int8_t *packed, size_t from, int8_t *rounded,
                    const float *b, int depth, int n);

/* Jobs an image for an operator that puts out @t, and the rows of one: whole pairs, which kernels compute
 * together. */
int hseg_int8_bands(const HsegTensor *t);
void hseg_int8_band_rows(const HsegTensor *t, int job, int *y0, int *y1);

/* What @job's band of @t sums to, for the squeeze and excitation that follows: [channels] in the graph's
 * partials. */
void hseg_int8_sum_band(const HsegGraph *g, const HsegTensor *t, int job);

/* The weights of the 1x1 convolution behind @op, or NULL. */
const int8_t *hseg_int8_next_weights(const HsegGraph *g, const HsegOp *op);

/* Columns @from .. @to - 1 of @product; @from is a multiple of the kernels' panels. */
HsegGemmInt8 hseg_int8_columns(const HsegGemmInt8 *product, int from, int to);
