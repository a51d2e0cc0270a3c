/* Operators in bytes that go through their maps row by row: bilinear upsampling, and the ways from floats to
 * bytes and back. */
#include "nn/int8.h"

typedef struct {
    const HsegGraph *g;
    const HsegTensor *in, *out;
    size_t pixels;
    int jobs;
} Rows;

static Rows
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];

    return (Rows){g, in, out, hseg_tensor_pixels(g, out), HSEG_CLAMP(16 / g->batch, 1, in->h)};
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    return true;
}

/* ---- upsampling ---- */

static void
upsample_band(void *data, int job, int thread)
{
    const Rows *r = data;
    const HsegTensor *in = r->in, *out = r->out;
    const HsegUpsample u = {in->h, in->w, out->h, out->w, out->channels.total, in->pixel, out->pixel};
    size_t image = job / r->jobs, y0, y1;

    hseg_slice(out->h, r->jobs, job % r->jobs, &y0, &y1);
    hseg_int8_kernels()->upsample(&u, out->bytes + image * out->h * out->w * out->pixel,
                                  in->bytes + image * in->h * in->w * in->pixel, (int)y0, (int)y1);
}

static void
upsample(HsegGraph *g, HsegOp *op)
{
    Rows r = describe(g, op);

    hseg_parallel(g->threads, g->batch * r.jobs, upsample_band, &r);
}

const HsegOpClass hseg_upsample_int8_class = {.kind = "upsample int8", .plan = plan, .forward = upsample};

/* The network's answer, one channel of floats without gaps. */
static void
answer_band(void *data, int job, int thread)
{
    const Rows *r = data;
    const HsegTensor *in = r->in, *out = r->out;
    const HsegUpsample u = {in->h, in->w, out->h, out->w, 1, 1, 1};
    size_t image = job / r->jobs, y0, y1;

    hseg_slice(out->h, r->jobs, job % r->jobs, &y0, &y1);
    hseg_int8_kernels()->upsample_answer(&u, out->data + image * out->h * out->w,
                                         in->data + image * in->h * in->w,
                                         r->g->scratch + thread * r->g->scratch_floats, (int)y0, (int)y1);
}

static void
upsample_answer(HsegGraph *g, HsegOp *op)
{
    Rows r = describe(g, op);

    hseg_parallel(g->threads, g->batch * r.jobs, answer_band, &r);
}

static bool
plan_answer(HsegGraph *g, HsegOp *op)
{
    hseg_graph_need(g, g->tensors[op->in].w + 2, 0);
    return true;
}

const HsegOpClass hseg_upsample_answer_class = {
    .kind = "upsample",
    .plan = plan_answer,
    .forward = upsample_answer,
};

/* ---- floats to bytes ---- */

static void
quantise_job(void *data, int job, int thread)
{
    const Rows *r = data;
    const HsegTensor *in = r->in, *out = r->out;
    const float unit = 1 / out->quant.step;
    size_t from, to;

    hseg_slice(r->pixels, r->jobs, job, &from, &to);
    if (from == to)
        return;
    if (in->channels.total == 3)
        hseg_int8_kernels()->quantise_rgb(out->bytes + 4 * from, in->data + 3 * from, unit, out->quant.zero,
                                          to - from);
    else
        hseg_int8_kernels()->quantise(out->bytes + from * out->pixel, out->pixel, in->data + from * in->pixel,
                                      in->pixel, unit, out->quant.zero, to - from, out->channels.total);
}

static void
quantise(HsegGraph *g, HsegOp *op)
{
    Rows r = describe(g, op);

    hseg_parallel(g->threads, r.jobs, quantise_job, &r);
}

const HsegOpClass hseg_quantise_class = {.kind = "quantise", .plan = plan, .forward = quantise};

/* ---- and back ---- */

static void
dequantise_job(void *data, int job, int thread)
{
    const Rows *r = data;
    const HsegTensor *in = r->in, *out = r->out;
    size_t from, to;

    hseg_slice(r->pixels, r->jobs, job, &from, &to);
    hseg_int8_kernels()->dequantise(out->data + from * out->pixel, out->pixel, in->bytes + from * in->pixel,
                                    in->pixel, in->quant.step, in->quant.zero, to - from, in->channels.total);
}

static void
dequantise(HsegGraph *g, HsegOp *op)
{
    Rows r = describe(g, op);

    hseg_parallel(g->threads, r.jobs, dequantise_job, &r);
}

const HsegOpClass hseg_dequantise_class = {.kind = "dequantise", .plan = plan, .forward = dequantise};
