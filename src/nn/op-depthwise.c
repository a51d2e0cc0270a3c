/* Depthwise 3x3 convolution, stride 1 or 2. */
#include <string.h>

#include "nn/op.h"

enum { MAX_PARTS = 16 };

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    HsegDepthwise shape;
    int bands; /* jobs an image */
} Depthwise;

static Depthwise
describe(const HsegGraph *g, const HsegOp *op, int height)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];

    return (Depthwise){.g = g, .op = op, .in = in, .out = out,
                       .shape = {in->h, in->w, in->channels.total, op->conv.stride, op->conv.pad, in->pixel, out->pixel},
                       .bands = HSEG_CLAMP(16 / g->batch, 1, height)};
}

static size_t
image_at(const HsegTensor *t, int image)
{
    return (size_t)image * t->h * t->w * t->pixel;
}

static void
forward_band(void *data, int job, int thread)
{
    const Depthwise *d = data;
    int image = job / d->bands;
    size_t y0, y1;

    hseg_slice(d->out->h, d->bands, job % d->bands, &y0, &y1);
    hseg_kernels()->depthwise(&d->shape, d->out->data + image_at(d->out, image), d->in->data + image_at(d->in, image),
                              hseg_op_value(d->g, d->op->weight), hseg_op_value(d->g, d->op->bias), d->op->act,
                              (int)y0, (int)y1);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Depthwise d = describe(g, op, g->tensors[op->out].h);

    hseg_parallel(g->threads, g->batch * d.bands, forward_band, &d);
}

static void
input_grad_band(void *data, int job, int thread)
{
    const Depthwise *d = data;
    int image = job / d->bands;
    size_t y0, y1;

    hseg_slice(d->in->h, d->bands, job % d->bands, &y0, &y1);
    hseg_kernels()->depthwise_grad_input(&d->shape, d->in->grad + image_at(d->in, image),
                                         d->out->grad + image_at(d->out, image), hseg_op_value(d->g, d->op->weight),
                                         d->op->accumulates, (int)y0, (int)y1);
}

/* Images job, job + MAX_PARTS, ...: the first writes the partial sum, the others add. */
static void
weight_grad_images(void *data, int job, int thread)
{
    const Depthwise *d = data;
    size_t count = (size_t)9 * d->shape.c;
    float *partial = d->g->partials + job * count;
    float *one = d->g->scratch + thread * d->g->scratch_floats;

    memset(partial, 0, count * sizeof(float));
    for (int image = job; image < d->g->batch; image += MAX_PARTS) {
        hseg_kernels()->depthwise_grad_weight(&d->shape, one, d->in->data + image_at(d->in, image),
                                              d->out->grad + image_at(d->out, image), 0, d->out->h);
        for (size_t i = 0; i < count; i++)
            partial[i] += one[i];
    }
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Depthwise d = describe(g, op, g->tensors[op->in].h);
    int parts = HSEG_MIN(g->batch, MAX_PARTS);

    if (op->bias >= 0 && g->params.list[op->bias].trained)
        hseg_bias_grad(g, d.out, op->bias);
    hseg_parallel(g->threads, parts, weight_grad_images, &d);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, parts, (size_t)9 * d.shape.c);
    if (op->wants_grad)
        hseg_parallel(g->threads, g->batch * d.bands, input_grad_band, &d);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    size_t count = (size_t)9 * g->tensors[op->in].channels.total;

    if (g->training)
        hseg_graph_need(g, count, count * HSEG_MIN(g->batch, MAX_PARTS));
    return true;
}

static const HsegOpClass depthwise_class = {
    .kind = "depthwise",
    .backward_needs_input = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_depthwise(HsegGraph *g, int in, const HsegConv *conv)
{
    HsegLayout channels;
    HsegOp *op;
    int out, h, w;

    if (in < 0)
        return -1;
    channels = g->tensors[in].channels;
    h = (g->tensors[in].h + conv->stride - 1) / conv->stride;
    w = (g->tensors[in].w + conv->stride - 1) / conv->stride;
    out = hseg_graph_add_tensor(g, h, w, channels);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &depthwise_class, conv->name, in, out);
    if (!op)
        return -1;
    op->conv = *conv;
    op->conv.name = op->name;
    op->act = g->training ? HSEG_ACT_NONE : conv->act;
    op->weight = hseg_graph_add_param(g, conv->name, "weight", HSEG_PARAM_DEPTHWISE, channels, channels, 3, true, true);
    op->bias = hseg_graph_add_param(g, conv->name, "bias", HSEG_PARAM_VECTOR, channels, channels, 1,
                                    !conv->frozen_bias, false);
    op->macs = 9.0 * channels.count * h * w;
    return out;
}
