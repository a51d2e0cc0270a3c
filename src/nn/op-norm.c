/* Batch norm over the batch at hand, its activation, and a residual (training only).
 *
 * With mean m and biased variance v over the batch: y = act(gamma (x - m) / sqrt(v + eps) + beta) + residual.
 * Backward, with g = dy act'(.), x' = (x - m) / sqrt(v + eps) and means over the batch (Ioffe and Szegedy 2015):
 *   dx = gamma / sqrt(v + eps) * (g - mean(g) - x' mean(g x')),  dgamma = sum g x',  dbeta = sum g
 * folded into dx = ka g + kx x + k1. */
#include <math.h>
#include <string.h>

#include "nn/op.h"

#define EPSILON  1e-5f
#define MOMENTUM 0.1f

enum { PIXELS_PER_PART = 2048, MAX_PARTS = 64 };

/* What the forward pass leaves in op->state, each [channels.total]. */
enum { SCALE, SHIFT, MEAN, INVERSE_STD, KA, KX, K1, STATES };

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    size_t pixels;
    int c, parts;
    double *sums; /* [parts][2][c] */
} Norm;

static float *
state(const HsegOp *op, int which, int c)
{
    return op->state + (size_t)which * c;
}

static int
parts_of(size_t pixels)
{
    return (int)HSEG_CLAMP(pixels / PIXELS_PER_PART, 1, MAX_PARTS);
}

static Norm
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    size_t pixels = hseg_tensor_pixels(g, in);

    return (Norm){g, op, in, &g->tensors[op->out], pixels, in->channels.total, parts_of(pixels), (double *)g->partials};
}

/* Adds up the parts, in order, into the first. */
static void
gather(const Norm *n)
{
    for (int p = 1; p < n->parts; p++)
        for (int i = 0; i < 2 * n->c; i++)
            n->sums[i] += n->sums[(size_t)p * 2 * n->c + i];
}

/* ---- forward ---- */

static void
sum_part(void *data, int job, int thread)
{
    const Norm *n = data;
    double *sums = n->sums + (size_t)job * 2 * n->c;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    memset(sums, 0, 2 * n->c * sizeof *sums);
    hseg_kernels()->channel_sums(sums, sums + n->c, n->in->data + from * n->in->pixel, n->in->pixel, to - from, n->c);
}

static void
find_scale(const Norm *n)
{
    const float *gamma = hseg_op_value(n->g, n->op->weight), *beta = hseg_op_value(n->g, n->op->bias);

    for (int i = 0; i < n->c; i++) {
        double mean = n->sums[i] / n->pixels;
        double var = HSEG_MAX(n->sums[n->c + i] / n->pixels - mean * mean, 0.0);
        float inverse = (float)(1.0 / sqrt(var + EPSILON));

        state(n->op, MEAN, n->c)[i] = (float)mean;
        state(n->op, INVERSE_STD, n->c)[i] = inverse;
        state(n->op, SCALE, n->c)[i] = gamma[i] * inverse;
        state(n->op, SHIFT, n->c)[i] = beta[i] - (float)mean * gamma[i] * inverse;
    }
}

static void
apply_part(void *data, int job, int thread)
{
    const Norm *n = data;
    const HsegTensor *residual = n->op->residual < 0 ? NULL : &n->g->tensors[n->op->residual];
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_kernels()->scale_shift(n->out->data + from * n->out->pixel, n->out->pixel, n->in->data + from * n->in->pixel,
                                n->in->pixel, state(n->op, SCALE, n->c), state(n->op, SHIFT, n->c), n->op->act,
                                residual ? residual->data + from * residual->pixel : NULL,
                                residual ? residual->pixel : 0, to - from, n->c);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Norm n = describe(g, op);

    hseg_parallel(g->threads, n.parts, sum_part, &n);
    gather(&n);
    find_scale(&n);
    hseg_parallel(g->threads, n.parts, apply_part, &n);
}

/* ---- backward ---- */

static void
grad_sums_part(void *data, int job, int thread)
{
    const Norm *n = data;
    double *sums = n->sums + (size_t)job * 2 * n->c;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    memset(sums, 0, 2 * n->c * sizeof *sums);
    hseg_kernels()->norm_grad_sums(sums, sums + n->c, n->out->grad + from * n->out->pixel, n->out->pixel,
                                   n->in->data + from * n->in->pixel, n->in->pixel, state(n->op, SCALE, n->c),
                                   state(n->op, SHIFT, n->c), n->op->act, to - from, n->c);
}

static void
find_terms(const Norm *n)
{
    float *dgamma = hseg_op_grad(n->g, n->op->weight), *dbeta = hseg_op_grad(n->g, n->op->bias);

    for (int i = 0; i < n->c; i++) {
        double mean = state(n->op, MEAN, n->c)[i], inverse = state(n->op, INVERSE_STD, n->c)[i];
        double scale = state(n->op, SCALE, n->c)[i];
        double sum_g = n->sums[i], sum_gx = inverse * (n->sums[n->c + i] - mean * sum_g);
        double kx = -scale * inverse * sum_gx / n->pixels;

        dgamma[i] += (float)sum_gx;
        dbeta[i] += (float)sum_g;
        state(n->op, KA, n->c)[i] = (float)scale;
        state(n->op, KX, n->c)[i] = (float)kx;
        state(n->op, K1, n->c)[i] = (float)(-scale * sum_g / n->pixels - kx * mean);
    }
}

static void
grad_part(void *data, int job, int thread)
{
    const Norm *n = data;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_kernels()->norm_grad(n->in->grad + from * n->in->pixel, n->in->pixel, n->out->grad + from * n->out->pixel,
                              n->out->pixel, n->in->data + from * n->in->pixel, n->in->pixel,
                              state(n->op, SCALE, n->c), state(n->op, SHIFT, n->c), n->op->act,
                              state(n->op, KA, n->c), state(n->op, KX, n->c), state(n->op, K1, n->c), to - from, n->c);
}

static void
residual_part(void *data, int job, int thread)
{
    const Norm *n = data;
    const HsegTensor *residual = &n->g->tensors[n->op->residual];
    size_t from, to;
    float *to_grad;
    const float *from_grad;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    to_grad = residual->grad + from * residual->pixel;
    from_grad = n->out->grad + from * n->out->pixel;
    if (n->op->residual_accumulates)
        hseg_kernels()->add(to_grad, residual->pixel, from_grad, n->out->pixel, to - from, n->c);
    else
        for (size_t p = from; p < to; p++, to_grad += residual->pixel, from_grad += n->out->pixel)
            memcpy(to_grad, from_grad, n->c * sizeof(float));
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Norm n = describe(g, op);

    hseg_parallel(g->threads, n.parts, grad_sums_part, &n);
    gather(&n);
    find_terms(&n);
    hseg_parallel(g->threads, n.parts, grad_part, &n);
    if (op->residual >= 0)
        hseg_parallel(g->threads, n.parts, residual_part, &n);
}

/* ---- statistics ---- */

static void
update_statistics(HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    size_t pixels = hseg_tensor_pixels(g, in);
    int c = in->channels.total;
    float *mean = hseg_op_value(g, op->mean), *var = hseg_op_value(g, op->var);

    for (int i = 0; i < c; i++) {
        double inverse = state(op, INVERSE_STD, c)[i];
        double batch_var = 1.0 / (inverse * inverse) - EPSILON;

        /* The running variance takes the unbiased one. */
        if (pixels > 1)
            batch_var *= (double)pixels / (pixels - 1);
        mean[i] += MOMENTUM * (state(op, MEAN, c)[i] - mean[i]);
        var[i] += MOMENTUM * ((float)HSEG_MAX(batch_var, 0.0) - var[i]);
    }
}

/* ---- set-up ---- */

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    size_t parts = parts_of(hseg_tensor_pixels(g, in));

    op->state = hseg_mem_new0((size_t)STATES * in->channels.total * sizeof(float));
    hseg_graph_need(g, 0, parts * 2 * in->channels.total * (sizeof(double) / sizeof(float)));
    return hseg_graph_check(g, op->state);
}

static const HsegOpClass norm_class = {
    .kind = "norm",
    .backward_needs_input = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};

void
hseg_graph_update_statistics(HsegGraph *g)
{
    for (int i = 0; i < g->n_ops; i++)
        if (g->ops[i].class == &norm_class)
            update_statistics(g, &g->ops[i]);
}

int
hseg_graph_norm(HsegGraph *g, int in, const char *name, HsegAct act, int residual)
{
    HsegLayout c;
    HsegOp *op;
    int out;

    if (in < 0)
        return -1;
    c = g->tensors[in].channels;
    out = hseg_graph_add_tensor(g, g->tensors[in].h, g->tensors[in].w, c);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &norm_class, name, in, out);
    if (!op)
        return -1;
    op->act = act;
    op->residual = residual - 1;
    op->weight = hseg_graph_add_param(g, name, "weight", HSEG_PARAM_VECTOR, c, c, 1, true, false);
    op->bias = hseg_graph_add_param(g, name, "bias", HSEG_PARAM_VECTOR, c, c, 1, true, false);
    op->mean = hseg_graph_add_param(g, name, "running_mean", HSEG_PARAM_VECTOR, c, c, 1, false, false);
    op->var = hseg_graph_add_param(g, name, "running_var", HSEG_PARAM_VECTOR, c, c, 1, false, false);
    return out;
}
