/* Depthwise 3x3 convolution in bytes. */
#include "nn/int8.h"

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    HsegDepthwiseInt8 shape;
} Depthwise;

static void
forward_band(void *data, int job, int thread)
{
    const Depthwise *d = data;
    const size_t image = job / hseg_int8_bands(d->out);
    int y0, y1;

    hseg_int8_band_rows(d->out, job, &y0, &y1);
    hseg_int8_kernels()->depthwise(&d->shape, d->out->bytes + image * d->out->h * d->out->w * d->out->pixel,
                                   d->in->bytes + image * d->in->h * d->in->w * d->in->pixel,
                                   d->op->int8->weights, y0, y1);
    if (d->op->gate >= 0)
        hseg_int8_sum_band(d->g, d->out, job);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Depthwise d = {
        .g = g,
        .op = op,
        .in = in,
        .out = out,
        .shape = {{in->h, in->w, in->channels.total, op->conv.stride, op->conv.pad, in->pixel, out->pixel, 0},
                  in->quant.zero,
                  hseg_int8_requant(g, op, 0)}};

    hseg_parallel(g->threads, g->batch * hseg_int8_bands(out), forward_band, &d);
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    const int c = g->tensors[op->in].channels.total;
    const float *w = hseg_op_value(g, op->weight), *bias = hseg_op_value(g, op->bias); /* [9][c], [c] */
    const float least = hseg_int8_least_step(g, op);
    int8_t *q = op->int8->weights; /* [3][c][4] */

    for (int ch = 0; ch < c; ch++) {
        float column[12] = {0};
        int8_t rounded[12];
        float step;
        int sum = 0;

        for (int tap = 0; tap < 9; tap++)
            column[tap % 3 * 4 + hseg_int8_place(tap / 3)] = w[tap * c + ch];
        step = hseg_int8_round(rounded, 1, column, 1, 12, least);
        for (int i = 0; i < 12; i++) {
            q[((size_t)i / 4 * c + ch) * 4 + i % 4] = rounded[i];
            sum += rounded[i];
        }
        hseg_int8_set_constants(g, op, ch, step, sum, bias[ch]);
    }
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const size_t c = g->tensors[op->in].channels.total;

    return hseg_int8_plan(g, op, 12 * c, c);
}

const HsegOpClass hseg_depthwise_int8_class = {
    .kind = "depthwise int8",
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
};
