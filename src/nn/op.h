/* What an operator is, for the files that implement one: shape rule, forward and backward side by side. */
#pragma once

#include "base/mem.h"
#include "base/parallel.h"
#include "nn/graph.h"

typedef struct {
    const char *kind;          /* "conv", "depthwise", ... */
    bool backward_needs_input; /* the input's data must live until the backward pass */
    /* Fusion with norms (norm.h), in training; all may be NULL or false. */
    int (*parts)(const HsegGraph *g, const HsegOp *op); /* jobs in which it sums for norms on either side */
    bool applies_gate;   /* it can take an input that squeeze and excitation still has to scale */
    bool applies_norm;   /* it can take an input that still has to be normed */
    bool undoes_norm;    /* its backward pass can take the gradient of the norm behind it */
    bool sums_norm_grad; /* its backward pass can sum for the norm before it */

    bool (*plan)(HsegGraph *g, HsegOp *op);    /* allocates packed weights, states scratch and partials */
    void (*prepare)(HsegGraph *g, HsegOp *op); /* parameters have changed: pack them; may be NULL */
    void (*forward)(HsegGraph *g, HsegOp *op);
    void (*backward)(HsegGraph *g, HsegOp *op);
} HsegOpClass;

/* What of a norm's work its neighbours do, while the numbers are in their cache. Each pass over a map that is
 * saved is a trip to memory: the maps of a batch fit no cache. */
typedef struct {
    bool sums;  /* the producer sums its output */
    bool apply; /* the consumers norm their input as they read it; the norm's own output is never stored */
    bool grad_sums; /* the consumer sums the gradient that it writes */
    bool grad;      /* the producer takes the norm's gradient as it reads it; dL/dinput is never stored */
} HsegNormFusion;

struct HsegOp {
    const HsegOpClass *class;
    char *name;
    int in, residual, out; /* tensors; residual -1 where there is none */
    HsegConv conv;
    HsegAct act;

    int weight, bias; /* parameters, or -1; norm: gamma and beta */
    int mean, var;    /* norm: running statistics */
    int norm;         /* the norm that follows, or -1; training only */
    bool gates;       /* squeeze: its consumer scales its input itself; the output is never stored */
    int gate;         /* norm: the squeeze-and-excitation that follows it and gates, or -1; depthwise: the
                         one that follows it and has its sums from it (fuse.h); 1x1 in inference: the one
                         before it whose gates become a part of the weights */
    int expand;       /* depthwise: the 1x1 whose rows it computes itself, or -1 (fuse.h) */
    bool inside;      /* 1x1: the depthwise behind it does its work; the output is never stored */
    HsegNormFusion fusion; /* norm: what its neighbours do for it; squeeze: whether its producer sums */
    float drop;            /* dropout: the probability */
    int weight2, bias2, squeezed; /* squeeze and excitation: the second layer */

    /* Backward: does anybody need dL/din, and has somebody written part of it before? */
    bool wants_grad, accumulates, residual_accumulates;

    float *packed, *packed_back; /* weights in kernel order, forward and for dL/din */
    float *gated;                /* 1x1 behind a gate: packed, times the gates of this frame */
    double *sums; /* norm: [parts][2][channels]; squeeze that gates: [images][5][channels], norm.h */
    float *state; /* norm: [7][channels], see op-norm.c; squeeze: per image, see op-squeeze.c;
                    dropout: [images][channels], the factors of the last pass */
    size_t state_floats;
    struct HsegInt8 *int8; /* of operators in bytes: int8.h */

    double macs;  /* multiply-adds for one image, padded taps counted, channel padding not */
    size_t alive; /* bytes of maps that are in memory while it runs forward */
};

/* For builders. */
int hseg_graph_add_tensor(HsegGraph *g, int h, int w, HsegLayout channels);
HsegOp *hseg_graph_add_op(HsegGraph *g, const HsegOpClass *class, const char *name, int in, int out);
int hseg_graph_add_param(HsegGraph *g, const char *prefix, const char *suffix, HsegParamKind kind,
                         HsegLayout in, HsegLayout out, int kernel, bool trained, bool decays);

/* Grows the scratch memory of each thread, and the shared partial sums, to at least so many floats. */
void hseg_graph_need(HsegGraph *g, size_t scratch_floats, size_t partial_floats);

/* The only consumer of tensor @t; NULL where there are several, or where it lies in a concatenation. */
const HsegOp *hseg_graph_only_consumer(const HsegGraph *g, int t);

/* True, or marks the graph as failed. */
bool hseg_graph_check(HsegGraph *g, const void *allocated);

static inline float *
hseg_op_value(const HsegGraph *g, int param)
{
    return param < 0 ? NULL : g->params.value + g->params.list[param].offset;
}

static inline float *
hseg_op_grad(const HsegGraph *g, int param)
{
    return g->params.grad + g->params.list[param].offset;
}

static inline size_t
hseg_tensor_pixels(const HsegGraph *g, const HsegTensor *t)
{
    return (size_t)g->batch * t->h * t->w;
}

/* @count things cut into @jobs even parts: part @job is [*from, *to). */
static inline void
hseg_slice(size_t count, int jobs, int job, size_t *from, size_t *to)
{
    *from = count * job / jobs;
    *to = count * (job + 1) / jobs;
}

/* grad[i] += the sum over @parts of partials[part][i], in order: the same result for any number of threads.
 */
void hseg_reduce(const HsegGraph *g, float *grad, const float *partials, int parts, size_t count);

/* What dropout @op multiplies @image's channels with in the graph's present draw: [channels], 0 or 1 / (1 -
 * p). */
void hseg_dropout_draw(const HsegGraph *g, const HsegOp *op, int image, float *factor);

/* The gradient of a bias: the sum of dL/dout over all pixels, added to the parameter's gradient. */
void hseg_bias_grad(HsegGraph *g, const HsegTensor *out, int bias);
