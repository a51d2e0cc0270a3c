/* Depthwise 3x3 convolution, stride 1 or 2.
 *
 * In training an image is cut into bands that stay in the cache: a band's input rows are normed as they are
 * read, its output is summed for the norm behind as it is written; going back, the norm's gradient is taken
 * once for dW and dX, on the band and the rows beside it. A job takes several bands, one after the other: it
 * keeps the rows that two of them share. */
#include <string.h>

#include "nn/fuse.h"
#include "nn/norm.h"
#include "nn/op.h"

enum {
    BAND_FLOATS = 40 * 1024, /* of a band of input in training */
    MAX_JOBS = 32,
};

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    HsegDepthwise shape; /* of maps as stored */
    int bands;           /* jobs an image */
} Depthwise;

static int
bands_of(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];

    return HSEG_CLAMP((int)((size_t)in->h * in->w * in->channels.total / BAND_FLOATS), 1, out->h);
}

static int
parts(const HsegGraph *g, const HsegOp *op)
{
    return g->batch * bands_of(g, op);
}

static Depthwise
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];

    return (Depthwise){
        .g = g,
        .op = op,
        .in = in,
        .out = out,
        .shape = {in->h, in->w, in->channels.total, op->conv.stride, op->conv.pad, in->pixel, out->pixel, 0},
        .bands = bands_of(g, op)};
}

/* Pixels before image @image. */
static size_t
first_pixel(const HsegTensor *t, int image)
{
    return (size_t)image * t->h * t->w;
}

typedef struct {
    int from, to; /* rows */
} Rows;

static Rows
output_rows(const Depthwise *d, int job)
{
    size_t from, to;

    hseg_slice(d->out->h, d->bands, job % d->bands, &from, &to);
    return (Rows){(int)from, (int)to};
}

/* The input rows whose gradients a job takes: those under its output rows. */
static Rows
input_rows(const Depthwise *d, Rows out)
{
    int s = d->shape.stride;

    return (Rows){out.from * s, out.to == d->out->h ? d->in->h : out.to * s};
}

/* Rows of an image in scratch memory: those that one band had, the next one finds there. */
typedef struct {
    float *rows;    /* [end - first][w][c] */
    int image;      /* -1: no rows yet */
    int first, end; /* rows of it */
} Kept;

/* Makes room for rows @first .. @end - 1 of @image, @row floats each, behind those of them that are there.
 * Returns the first that isn't. */
static int
keep_rows(Kept *k, int image, int first, int end, size_t row)
{
    int from = k->image == image ? HSEG_MAX(k->end, first) : first;

    if (from > first)
        memmove(k->rows, k->rows + (first - k->first) * row, (from - first) * row * sizeof(float));
    *k = (Kept){k->rows, image, first, end};
    return from;
}

/* The input rows that output rows @out read. */
static Rows
rows_read(const Depthwise *d, Rows out)
{
    int s = d->shape.stride;

    return (Rows){HSEG_MAX(out.from * s - 1, 0), HSEG_MIN((out.to - 1) * s + 2, d->in->h)};
}

/* The output rows that input rows @in went into. */
static Rows
rows_written(const Depthwise *d, Rows in)
{
    int s = d->shape.stride;

    return (Rows){HSEG_MAX(in.from - 1, 0) / s, HSEG_MIN(in.to / s + 1, d->out->h)};
}

/* Image @image's input with row y at y * in.w * pixel, of which the rows that output rows @out read are
 * valid: normed into @kept where that is still to be done. */
static const float *
band_input(const Depthwise *d, int image, Rows out, Kept *kept, size_t *pixel)
{
    HsegNormInput x = hseg_norm_input(d->g, d->op);
    Rows rows = rows_read(d, out);
    size_t at = first_pixel(d->in, image), row = (size_t)d->in->w * d->shape.c;
    int from;

    *pixel = x.norm ? (size_t)d->shape.c : d->in->pixel;
    if (!x.norm)
        return x.data + at * d->in->pixel;
    from = keep_rows(kept, image, rows.from, rows.to, row);
    hseg_norm_apply(d->g, x.norm, kept->rows + (from - rows.from) * row, d->shape.c,
                    x.data + (at + (size_t)from * d->in->w) * d->in->pixel,
                    (size_t)(rows.to - from) * d->in->w);
    return kept->rows - rows.from * row;
}

/* Room for a band's input and the rows beside it, and for what comes out of it. */
static size_t
input_scratch(const Depthwise *d)
{
    int rows = (d->out->h + d->bands - 1) / d->bands * d->shape.stride + 3;

    return (size_t)rows * d->in->w * d->shape.c;
}

static size_t
output_scratch(const Depthwise *d)
{
    int rows = (d->out->h + d->bands - 1) / d->bands + 3;

    return (size_t)rows * d->out->w * d->shape.c;
}

/* ---- forward ---- */

static void
forward_band(const Depthwise *d, int band, Kept *kept, float *room)
{
    const HsegOp *behind = hseg_norm_behind(d->g, d->op);
    int image = band / d->bands;
    Rows rows = output_rows(d, band);
    HsegDepthwise shape = d->shape;
    const float *in = band_input(d, image, rows, kept, &shape.in_pixel);
    size_t before = (size_t)rows.from * d->out->w, pixels = (size_t)(rows.to - rows.from) * d->out->w,
           step = d->out->pixel;
    float *stored = d->out->data + (first_pixel(d->out, image) + before) * step;
    const bool streams = behind && hseg_norm_streams(d->g, d->out);
    float *out = streams ? room : stored;

    hseg_kernels()->depthwise(&shape, out - before * step, in, hseg_op_value(d->g, d->op->weight),
                              hseg_op_value(d->g, d->op->bias), d->op->act, rows.from, rows.to);
    if (behind) {
        hseg_norm_begin_sums(d->g, behind, band);
        hseg_norm_sum(d->g, behind, band, out, step, pixels);
    }
    if (streams)
        hseg_kernels()->stream(stored, out, pixels * step);
}

static int
jobs(const Depthwise *d)
{
    return HSEG_MIN(d->g->batch * d->bands, MAX_JOBS);
}

static void
forward_job(void *data, int job, int thread)
{
    const Depthwise *d = data;
    float *scratch = d->g->scratch + thread * d->g->scratch_floats;
    Kept kept = {.rows = scratch, .image = -1};
    size_t band, end;

    hseg_slice((size_t)d->g->batch * d->bands, jobs(d), job, &band, &end);
    for (; band < end; band++)
        forward_band(d, (int)band, &kept, scratch + input_scratch(d));
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Depthwise d = describe(g, op);

    if (g->training)
        hseg_parallel(g->threads, jobs(&d), forward_job, &d);
    else
        hseg_depthwise_infer(g, op);
}

/* ---- backward ---- */

/* dL/dout of the image, as band_input() has it, of the rows that @in of the input went into. */
static const float *
band_grad(const Depthwise *d, int image, Rows in, Kept *kept, size_t *pixel)
{
    const HsegOp *behind = hseg_norm_behind(d->g, d->op);
    Rows rows = rows_written(d, in);
    size_t at = first_pixel(d->out, image), row = (size_t)d->out->w * d->shape.c;
    int from;

    *pixel = behind ? (size_t)d->shape.c : d->out->pixel;
    if (!behind)
        return d->out->grad + at * d->out->pixel;
    from = keep_rows(kept, image, rows.from, rows.to, row);
    hseg_norm_take_grad(d->g, behind, kept->rows + (from - rows.from) * row, d->shape.c,
                        at + (size_t)from * d->out->w, (size_t)(rows.to - from) * d->out->w);
    return kept->rows - rows.from * row;
}

/* dL/din of rows @in of @image from @dy, by way of @room where it is streamed to memory. */
static void
take_input_grad(const Depthwise *d, HsegDepthwise *shape, int band, Rows in, const float *dy, float *room)
{
    const HsegOp *before = hseg_norm_of(d->g, d->op->in);
    const bool streams = !d->op->accumulates && hseg_norm_streams(d->g, d->in);
    size_t before_band = (size_t)in.from * d->in->w, at = first_pixel(d->in, band / d->bands) + before_band,
           pixels = (size_t)(in.to - in.from) * d->in->w, step = d->in->pixel;
    float *stored = d->in->grad + at * step, *dx = streams ? room : stored;

    shape->in_pixel = step;
    hseg_kernels()->depthwise_grad_input(shape, dx - before_band * step, dy,
                                         hseg_op_value(d->g, d->op->weight), d->op->accumulates, in.from,
                                         in.to);
    if (before && before->fusion.grad_sums) {
        hseg_norm_begin_sums(d->g, before, band);
        hseg_norm_sum_grad(d->g, before, band, dx, step, at, pixels);
    }
    if (streams)
        hseg_kernels()->stream(stored, dx, pixels * step);
}

static void
backward_band(const Depthwise *d, int band, Kept *kept_x, Kept *kept_dy, float *room)
{
    int image = band / d->bands;
    Rows out = output_rows(d, band), in = input_rows(d, out);
    HsegDepthwise shape = d->shape;
    const float *x = band_input(d, image, out, kept_x, &shape.in_pixel);
    const float *dy = band_grad(d, image, in, kept_dy, &shape.out_pixel);

    hseg_kernels()->depthwise_grad_weight(&shape, d->g->partials + (size_t)band * 9 * shape.c, x, dy,
                                          out.from, out.to);
    if (!d->op->wants_grad)
        return;
    take_input_grad(d, &shape, band, in, dy, room);
}

static void
backward_job(void *data, int job, int thread)
{
    const Depthwise *d = data;
    float *scratch = d->g->scratch + thread * d->g->scratch_floats;
    Kept x = {.rows = scratch, .image = -1}, dy = {.rows = scratch + input_scratch(d), .image = -1};
    size_t band, end;

    hseg_slice((size_t)d->g->batch * d->bands, jobs(d), job, &band, &end);
    for (; band < end; band++)
        backward_band(d, (int)band, &x, &dy, dy.rows + output_scratch(d));
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Depthwise d = describe(g, op);

    if (g->params.list[op->bias].trained)
        hseg_bias_grad(g, d.out, op->bias);
    hseg_parallel(g->threads, jobs(&d), backward_job, &d);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, g->batch * d.bands, (size_t)9 * d.shape.c);
}

/* ---- set-up ---- */

static bool
plan(HsegGraph *g, HsegOp *op)
{
    Depthwise d = describe(g, op);

    if (g->training)
        hseg_graph_need(g, 2 * input_scratch(&d) + output_scratch(&d),
                        (size_t)g->batch * d.bands * 9 * d.shape.c);
    else
        hseg_depthwise_plan_infer(g, op);
    return true;
}

const HsegOpClass hseg_depthwise_class = {
    .kind = "depthwise",
    .backward_needs_input = true,
    .parts = parts,
    .applies_norm = true,
    .undoes_norm = true,
    .sums_norm_grad = true,
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
    op = out < 0 ? NULL : hseg_graph_add_op(g, &hseg_depthwise_class, conv->name, in, out);
    if (!op)
        return -1;
    op->conv = *conv;
    op->conv.name = op->name;
    op->act = g->training ? HSEG_ACT_NONE : conv->act;
    op->weight = hseg_graph_add_param(g, conv->name, "weight", HSEG_PARAM_DEPTHWISE, channels, channels, 3,
                                      true, true);
    op->bias = hseg_graph_add_param(g, conv->name, "bias", HSEG_PARAM_VECTOR, channels, channels, 1,
                                    !conv->frozen_bias, false);
    op->macs = 9.0 * channels.count * h * w;
    return out;
}
