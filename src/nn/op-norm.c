/* Batch norm over the batch at hand, its activation, and a residual (training only).
 *
 * With mean m and biased variance v over the batch: y = act(gamma (x - m) / sqrt(v + eps) + beta) + residual.
 * Backward, with g = dy act'(.), x' = (x - m) / sqrt(v + eps) and means over the batch (Ioffe and Szegedy
 * 2015): dx = gamma / sqrt(v + eps) * (g - mean(g) - x' mean(g x')),  dgamma = sum g x',  dbeta = sum g
 * folded into dx = ka g + kx x + k1. */
#include <math.h>
#include <string.h>

#include "nn/norm-state.h"
#include "nn/norm.h"

#define EPSILON  1e-5f
#define MOMENTUM 0.1f

enum {
    PIXELS_PER_PART = 2048,
    MAX_PARTS = 64,
};

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    size_t pixels; /* here */
    double all;    /* and in the other parts of a batch that is shared out */
    int c, parts;
} Norm;

static int
own_parts(const HsegGraph *g, const HsegOp *op)
{
    return (int)HSEG_CLAMP(hseg_tensor_pixels(g, &g->tensors[op->in]) / PIXELS_PER_PART, 1, MAX_PARTS);
}

static double
all_pixels(const HsegGraph *g, const HsegTensor *t)
{
    return (double)hseg_tensor_pixels(g, t) * HSEG_MAX(g->share.parts, 1);
}

static Norm
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];

    return (Norm){.g = g,
                  .op = op,
                  .in = in,
                  .out = &g->tensors[op->out],
                  .pixels = hseg_tensor_pixels(g, in),
                  .all = all_pixels(g, in),
                  .c = in->channels.total,
                  .parts = own_parts(g, op)};
}

/* Adds up the parts, in order, into the first. */
static double *
gather(const Norm *n, int parts)
{
    double *sums = n->op->sums;

    for (int p = 1; p < parts; p++)
        for (int i = 0; i < 2 * n->c; i++)
            sums[i] += hseg_norm_part_sums(n->op, p, n->c)[i];
    return sums;
}

static void
sum_shares(const Norm *n, double *sums)
{
    if (n->g->share.parts > 1)
        n->g->share.sum(n->g->share.data, sums, 2 * n->c);
}

/* ---- forward ---- */

static void
sum_part(void *data, int job, int thread)
{
    const Norm *n = data;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_norm_begin_sums(n->g, n->op, job);
    hseg_norm_sum(n->g, n->op, job, n->in->data + from * n->in->pixel, n->in->pixel, to - from);
}

static void
find_scale(const Norm *n, const double *sums)
{
    const float *gamma = hseg_op_value(n->g, n->op->weight), *beta = hseg_op_value(n->g, n->op->bias);

    for (int i = 0; i < n->c; i++) {
        double mean = sums[i] / n->all;
        double var = HSEG_MAX(sums[n->c + i] / n->all - mean * mean, 0.0);
        float inverse = (float)(1.0 / sqrt(var + EPSILON));

        hseg_norm_state(n->op, HSEG_NORM_MEAN, n->c)[i] = (float)mean;
        hseg_norm_state(n->op, HSEG_NORM_INVERSE_STD, n->c)[i] = inverse;
        hseg_norm_state(n->op, HSEG_NORM_SCALE, n->c)[i] = gamma[i] * inverse;
        hseg_norm_state(n->op, HSEG_NORM_SHIFT, n->c)[i] = beta[i] - (float)mean * gamma[i] * inverse;
    }
}

static void
apply_part(void *data, int job, int thread)
{
    const Norm *n = data;
    const HsegTensor *residual = n->op->residual < 0 ? NULL : &n->g->tensors[n->op->residual];
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_kernels()->scale_shift(
        n->out->data + from * n->out->pixel, n->out->pixel, n->in->data + from * n->in->pixel, n->in->pixel,
        hseg_norm_state(n->op, HSEG_NORM_SCALE, n->c), hseg_norm_state(n->op, HSEG_NORM_SHIFT, n->c),
        n->op->act, residual ? residual->data + from * residual->pixel : NULL, residual ? residual->pixel : 0,
        to - from, n->c);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Norm n = describe(g, op);
    const HsegOp *producer = &g->ops[n.in->producer];
    double *sums;

    if (!op->fusion.sums)
        hseg_parallel(g->threads, n.parts, sum_part, &n);
    sums = gather(&n, op->fusion.sums ? producer->class->parts(g, producer) : n.parts);
    sum_shares(&n, sums);
    find_scale(&n, sums);
    if (!op->fusion.apply)
        hseg_parallel(g->threads, n.parts, apply_part, &n);
}

/* ---- backward ---- */

static void
grad_sums_part(void *data, int job, int thread)
{
    const Norm *n = data;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_norm_begin_sums(n->g, n->op, job);
    hseg_norm_sum_grad(n->g, n->op, job, n->out->grad + from * n->out->pixel, n->out->pixel, from, to - from);
}

/* Where a gate follows, dL/dy = dL/dout * gate + m, with m what comes through the mean: an image's sums of g
 * and g x are made of those that the gate's consumer left. */
static double *
sum_gated_grad(const Norm *n)
{
    const HsegOp *squeeze = &n->g->ops[n->op->gate];
    double *sums = n->op->sums;

    memset(sums, 0, 2 * n->c * sizeof *sums);
    for (int image = 0; image < n->g->batch; image++) {
        const float *gate = hseg_gate_of(n->g, squeeze, image), *m = hseg_gate_grad(n->g, squeeze, image);
        const double *left = hseg_gate_sums(n->g, squeeze, image) + n->c;

        for (int i = 0; i < 2 * n->c; i++)
            sums[i] += gate[i % n->c] * left[i] + m[i % n->c] * left[2 * n->c + i];
    }
    return sums;
}

static int
consumer_parts(const HsegGraph *g, const HsegOp *op)
{
    const HsegOp *consumer = hseg_graph_only_consumer(g, op->out);

    return consumer->class->parts(g, consumer);
}

/* Sums of g and g x over all pixels, [2][c]. */
static double *
grad_sums(const Norm *n)
{
    if (n->op->gate >= 0)
        return sum_gated_grad(n);
    if (n->op->fusion.grad_sums)
        return gather(n, consumer_parts(n->g, n->op));
    hseg_parallel(n->g->threads, n->parts, grad_sums_part, (void *)n);
    return gather(n, n->parts);
}

/* Sum g x' of channel @i. */
static double
sum_of_gx(const Norm *n, const double *sums, int i)
{
    double mean = hseg_norm_state(n->op, HSEG_NORM_MEAN, n->c)[i],
           inverse = hseg_norm_state(n->op, HSEG_NORM_INVERSE_STD, n->c)[i];

    return inverse * (sums[n->c + i] - mean * sums[i]);
}

/* From the sums over the pixels here: other parts of the batch have gradients of their own. */
static void
add_gradients(const Norm *n, const double *sums)
{
    float *dgamma = hseg_op_grad(n->g, n->op->weight), *dbeta = hseg_op_grad(n->g, n->op->bias);

    for (int i = 0; i < n->c; i++) {
        dgamma[i] += (float)sum_of_gx(n, sums, i);
        dbeta[i] += (float)sums[i];
    }
}

static void
find_terms(const Norm *n, const double *sums)
{
    for (int i = 0; i < n->c; i++) {
        double scale = hseg_norm_state(n->op, HSEG_NORM_SCALE, n->c)[i];
        double kx =
            -scale * hseg_norm_state(n->op, HSEG_NORM_INVERSE_STD, n->c)[i] * sum_of_gx(n, sums, i) / n->all;

        hseg_norm_state(n->op, HSEG_NORM_KA, n->c)[i] = (float)scale;
        hseg_norm_state(n->op, HSEG_NORM_KX, n->c)[i] = (float)kx;
        hseg_norm_state(n->op, HSEG_NORM_K1, n->c)[i] =
            (float)(-scale * sums[i] / n->all - kx * hseg_norm_state(n->op, HSEG_NORM_MEAN, n->c)[i]);
    }
}

/* The norm's input is tight: only what it puts out may lie in a concatenation. */
static void
grad_part(void *data, int job, int thread)
{
    const Norm *n = data;
    size_t from, to;

    hseg_slice(n->pixels, n->parts, job, &from, &to);
    hseg_norm_take_grad(n->g, n->op, n->in->grad + from * n->in->pixel, n->in->pixel, from, to - from);
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
    double *sums = grad_sums(&n);

    add_gradients(&n, sums);
    sum_shares(&n, sums);
    find_terms(&n, sums);
    if (!op->fusion.grad)
        hseg_parallel(g->threads, n.parts, grad_part, &n);
    if (op->residual >= 0)
        hseg_parallel(g->threads, n.parts, residual_part, &n);
}

/* ---- statistics ---- */

static void
update_statistics(HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    double pixels = all_pixels(g, in);
    int c = in->channels.total;
    float *mean = hseg_op_value(g, op->mean), *var = hseg_op_value(g, op->var);

    for (int i = 0; i < c; i++) {
        double inverse = hseg_norm_state(op, HSEG_NORM_INVERSE_STD, c)[i];
        double batch_var = 1.0 / (inverse * inverse) - EPSILON;

        /* The running variance takes the unbiased one. */
        if (pixels > 1)
            batch_var *= pixels / (pixels - 1);
        mean[i] += MOMENTUM * (hseg_norm_state(op, HSEG_NORM_MEAN, c)[i] - mean[i]);
        var[i] += MOMENTUM * ((float)HSEG_MAX(batch_var, 0.0) - var[i]);
    }
}

/* ---- set-up ---- */

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    const HsegOp *producer = &g->ops[in->producer];
    int parts = own_parts(g, op);

    if (op->fusion.sums)
        parts = HSEG_MAX(parts, producer->class->parts(g, producer));
    if (op->fusion.grad_sums)
        parts = HSEG_MAX(parts, consumer_parts(g, op));
    op->state = hseg_mem_new0((size_t)HSEG_NORM_STATES * in->channels.total * sizeof(float));
    op->sums = hseg_mem_new0((size_t)parts * 2 * in->channels.total * sizeof(double));
    return hseg_graph_check(g, op->state) && hseg_graph_check(g, op->sums);
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
    g->ops[g->tensors[in].producer].norm = g->n_ops - 1;
    op->act = act;
    op->residual = residual - 1;
    op->weight = hseg_graph_add_param(g, name, "weight", HSEG_PARAM_VECTOR, c, c, 1, true, false);
    op->bias = hseg_graph_add_param(g, name, "bias", HSEG_PARAM_VECTOR, c, c, 1, true, false);
    op->mean = hseg_graph_add_param(g, name, "running_mean", HSEG_PARAM_VECTOR, c, c, 1, false, false);
    op->var = hseg_graph_add_param(g, name, "running_var", HSEG_PARAM_VECTOR, c, c, 1, false, false);
    return out;
}
