/* Batch norms as their neighbours see them: what a producer or consumer does on a norm's behalf
 * (HsegNormFusion). */
#pragma once

#include "nn/op.h"

/* Decides for each norm of a training graph what its neighbours do. */
void hseg_norm_fuse(HsegGraph *g);

/* The norm that puts out tensor @t, or NULL. */
const HsegOp *hseg_norm_of(const HsegGraph *g, int t);

/* The norm behind @op, or NULL. */
static inline const HsegOp *
hseg_norm_behind(const HsegGraph *g, const HsegOp *op)
{
    return op->norm < 0 ? NULL : &g->ops[op->norm];
}

/* @op's input: its numbers as stored, and what @op still has to apply to them: a norm, then a gate; or NULL.
 */
typedef struct {
    const float *data;
    const HsegOp *norm;
    HsegOp *gate; /* squeeze and excitation; only together with a norm */
} HsegNormInput;

HsegNormInput hseg_norm_input(const HsegGraph *g, const HsegOp *op);

/* @pixels pixels from @z on, as many floats apart as the norm's input: y = act(norm(z)). */
void hseg_norm_apply(const HsegGraph *g, const HsegOp *norm, float *y, size_t y_pixel, const float *z,
                     size_t pixels);

/* dL/dz of pixels @from .. @from + @pixels of the batch into @dz. After the norm's own backward pass. */
void hseg_norm_take_grad(const HsegGraph *g, const HsegOp *norm, float *dz, size_t dz_pixel, size_t from,
                         size_t pixels);

/* What hseg_norm_take_grad() is going to read of these pixels, for a kernel to ask for. */
void hseg_norm_grad_ahead(const HsegGraph *g, const HsegOp *norm, size_t from, size_t pixels,
                          HsegAhead ahead[HSEG_AHEAD]);

#define HSEG_GATE_SUMS 5 /* of HsegKernels.gate_grad_sums */

/* Squeeze and excitation as its neighbours see it: the gate of an image, [channels], and going back, where
 * the image's sums of that kernel are to be left, [HSEG_GATE_SUMS][channels], and what then is to be added
 * to dL/dout * gate. */
const float *hseg_gate_of(const HsegGraph *g, const HsegOp *squeeze, int image);
double *hseg_gate_sums(const HsegGraph *g, const HsegOp *squeeze, int image);
const float *hseg_gate_grad(const HsegGraph *g, const HsegOp *squeeze, int image);

/* Sums for part @part: begin, then any number of runs of @pixels pixels of the norm's input @z, or of dL/dout
 * @dy, whose first one is number @from of the batch. */
void hseg_norm_begin_sums(const HsegGraph *g, const HsegOp *norm, int part);
void hseg_norm_sum(const HsegGraph *g, const HsegOp *norm, int part, const float *z, size_t z_pixel,
                   size_t pixels);
void hseg_norm_sum_grad(const HsegGraph *g, const HsegOp *norm, int part, const float *dy, size_t dy_pixel,
                        size_t from, size_t pixels);

/* The sums for a gate, and for the norm @norm before it, of @pixels pixels of @image from number @from of the
 * batch on. @dy: the gradient behind the gate. */
void hseg_norm_sum_gate_grad(const HsegGraph *g, const HsegOp *norm, int image, const float *dy,
                             size_t dy_pixel, size_t from, size_t pixels);

/* Whether whoever fills tensor @t should do so by the run: into scratch memory, which it sums for a norm, and
 * from there by the kernel `stream`. */
bool hseg_norm_streams(const HsegGraph *g, const HsegTensor *t);
