/* Dense convolutions as matrix products: 1x1, and 3x3 with padding 1 at stride 1 or 2.
 *
 * A 3x3 convolution reads a padded copy of its input rows, in which the three taps of a row are contiguous: the GEMM's
 * A has three segments (rows) of 3 * channels numbers and consecutive output pixels start stride * channels apart.
 *
 * Gradients: dW = X^T dY; dX = dY W^T, which for 3x3 is a convolution of dY with the taps turned round. dX of 3x3 is
 * there for stride 1 with zero padding, all that the family needs (the stem's input needs none). */
#include <stdlib.h>
#include <string.h>

#include "nn/op.h"
#include "nn/rows.h"

enum {
    ROWS_PER_JOB = 224, /* rows of a product that one job computes, about */
    MAX_PARTS = 16, /* partial weight gradients at most */
    PARTIAL_LIMIT = 32 * 1024, /* weights up to which pixels, not rows, are shared out for dW */
    DEPTH_BLOCK = 2048, /* pixels of a partial sum: dY of a block stays in the cache */
};

/* ---- 1x1 forward and dX: rows of the batch shared out ---- */

typedef struct {
    HsegGemm gemm;
    int jobs;
} Product;

static void
product_rows(void *data, int job, int thread)
{
    const Product *p = data;
    HsegGemm gemm = p->gemm;
    size_t from, to;

    hseg_slice(p->gemm.m, p->jobs, job, &from, &to);
    gemm.m = (int)(to - from);
    gemm.a += from * gemm.a_row;
    gemm.c += from * gemm.c_row;
    if (gemm.residual)
        gemm.residual += from * gemm.residual_row;
    hseg_kernels()->gemm(&gemm);
}

static void
run_product(const HsegGraph *g, Product *p)
{
    p->jobs = HSEG_CLAMP((p->gemm.m + ROWS_PER_JOB / 2) / ROWS_PER_JOB, 1, 256);
    if (p->gemm.m >= 28)
        p->jobs = hseg_round_up(p->jobs, 2); /* two cores are the common case */
    hseg_parallel(g->threads, p->jobs, product_rows, p);
}

static void
forward_1x1(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Product p = {.gemm = {
        .m = (int)hseg_tensor_pixels(g, in), .n = out->channels.total, .segs = 1, .depth = in->channels.total,
        .a = in->data, .a_row = in->pixel, .a_depth = 1,
        .b = op->packed, .b_depth = hseg_kernels()->nr, .b_panel = (size_t)hseg_kernels()->nr * in->channels.total,
        .c = out->data, .c_row = out->pixel, .bias = hseg_op_value(g, op->bias), .act = op->act}};

    if (op->residual >= 0) {
        p.gemm.residual = g->tensors[op->residual].data;
        p.gemm.residual_row = g->tensors[op->residual].pixel;
    }
    run_product(g, &p);
}

static void
input_grad_1x1(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Product p = {.gemm = {
        .m = (int)hseg_tensor_pixels(g, in), .n = in->channels.total, .segs = 1, .depth = out->channels.total,
        .a = out->grad, .a_row = out->pixel, .a_depth = 1,
        .b = op->packed_back, .b_depth = hseg_kernels()->nr,
        .b_panel = (size_t)hseg_kernels()->nr * out->channels.total,
        .c = in->grad, .c_row = in->pixel, .accumulate = op->accumulates}};

    run_product(g, &p);
}

/* ---- 1x1 dW ---- */

typedef struct {
    HsegGemm gemm; /* all of X^T dY */
    int parts; /* 1: jobs share out the weight's rows; else the pixels, each into its own partial sum */
    int jobs;
    float *partials;
} WeightGrad;

static void
weight_grad_job(void *data, int job, int thread)
{
    const WeightGrad *wg = data;
    HsegGemm gemm = wg->gemm;
    size_t from, to, end;

    if (wg->parts > 1) {
        hseg_slice(wg->gemm.depth, wg->jobs, job, &from, &end);
        gemm.c = wg->partials + (size_t)job * gemm.m * gemm.n;
        memset(gemm.c, 0, (size_t)gemm.m * gemm.n * sizeof(float));
    } else {
        hseg_slice(wg->gemm.m, wg->jobs, job, &from, &to);
        gemm.m = (int)(to - from);
        gemm.a += from;
        gemm.c += from * gemm.c_row;
        from = 0;
        end = wg->gemm.depth;
    }
    gemm.accumulate = true;
    for (size_t at = from; at < end; at += DEPTH_BLOCK) {
        HsegGemm block = gemm;

        block.depth = (int)HSEG_MIN(DEPTH_BLOCK, end - at);
        block.a += at * gemm.a_depth;
        block.b += at * gemm.b_depth;
        hseg_kernels()->gemm(&block);
    }
}

/* How many partial sums the gradient of @count weights over @pixels is cut into: by the shape alone, so that the
 * result is the same for any number of threads. */
static int
weight_grad_parts(size_t count, size_t pixels)
{
    if (count > PARTIAL_LIMIT)
        return 1;
    return (int)HSEG_CLAMP(pixels / 512, 2, MAX_PARTS);
}

static void
weight_grad_1x1(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    int rows = in->channels.total, columns = out->channels.total;
    size_t pixels = hseg_tensor_pixels(g, in);
    WeightGrad wg = {
        .gemm = {.m = rows, .n = columns, .segs = 1, .depth = (int)pixels, .a = in->data, .a_row = 1,
                 .a_depth = in->pixel, .b = out->grad, .b_depth = out->pixel, .b_panel = hseg_kernels()->nr,
                 .c = hseg_op_grad(g, op->weight), .c_row = columns},
        .parts = weight_grad_parts((size_t)rows * columns, pixels),
        .partials = g->partials};

    wg.jobs = wg.parts > 1 ? wg.parts : 4;
    hseg_parallel(g->threads, wg.jobs, weight_grad_job, &wg);
    if (wg.parts > 1)
        hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, wg.parts, (size_t)rows * columns);
}

/* ---- 3x3 ---- */

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *from, *to; /* a convolution from one to the other */
    const float *source; /* from->data, or ->grad going back */
    float *target;
    const float *packed, *bias;
    HsegAct act;
    HsegPad pad;
    int stride;
    bool accumulate;
    int columns; /* of a padded row */
    int bands; /* jobs an image */
} Conv3x3;

static void
conv_band(void *data, int job, int thread)
{
    const Conv3x3 *k = data;
    const HsegTensor *from = k->from, *to = k->to;
    int image = job / k->bands, channels = from->channels.total, nr = hseg_kernels()->nr;
    size_t y0, y1, row = (size_t)k->columns * channels;
    float *rows = k->g->scratch + thread * k->g->scratch_floats;

    hseg_slice(to->h, k->bands, job % k->bands, &y0, &y1);
    hseg_copy_padded_rows(rows, k->source + (size_t)image * from->h * from->w * from->pixel, from, k->pad,
                          (int)y0 * k->stride - 1, (int)(y1 - 1) * k->stride + 1, k->columns);
    for (size_t y = y0; y < y1; y++) {
        HsegGemm gemm = {.m = to->w, .n = to->channels.total, .segs = 3, .depth = 3 * channels,
                         .a = rows + (y - y0) * k->stride * row, .a_row = (size_t)k->stride * channels, .a_seg = row,
                         .a_depth = 1, .b = k->packed, .b_depth = nr, .b_panel = (size_t)nr * 9 * channels,
                         .c = k->target + ((size_t)image * to->h + y) * to->w * to->pixel, .c_row = to->pixel,
                         .bias = k->bias, .act = k->act, .accumulate = k->accumulate};

        hseg_kernels()->gemm(&gemm);
    }
}

static int
bands_of(const HsegGraph *g, int height)
{
    return HSEG_CLAMP(16 / g->batch, 1, height);
}

static void
forward_3x3(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {.g = g, .op = op, .from = in, .to = out, .source = in->data, .target = out->data,
                 .packed = op->packed, .bias = hseg_op_value(g, op->bias), .act = op->act, .pad = op->conv.pad,
                 .stride = op->conv.stride, .columns = in->w + 2, .bands = bands_of(g, out->h)};

    hseg_parallel(g->threads, g->batch * k.bands, conv_band, &k);
}

static void
input_grad_3x3(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {.g = g, .op = op, .from = out, .to = in, .source = out->grad, .target = in->grad,
                 .packed = op->packed_back, .act = HSEG_ACT_NONE, .pad = HSEG_PAD_ZERO, .stride = 1,
                 .accumulate = op->accumulates, .columns = in->w + 2, .bands = bands_of(g, in->h)};

    hseg_parallel(g->threads, g->batch * k.bands, conv_band, &k);
}

/* One image and one row of taps: [3 * in][out] += X^T dY over all its pixels, into the image's partial sum. */
static void
weight_grad_image(void *data, int job, int thread)
{
    const Conv3x3 *k = data;
    const HsegTensor *in = k->from, *out = k->to;
    int channels = in->channels.total, columns = out->channels.total;
    size_t row = (size_t)k->columns * channels, count = (size_t)9 * channels * columns;
    float *rows = k->g->scratch + thread * k->g->scratch_floats;
    float *partial = k->g->partials + job * count;

    memset(partial, 0, count * sizeof(float));
    for (int image = job; image < k->g->batch; image += MAX_PARTS) {
        hseg_copy_padded_rows(rows, in->data + (size_t)image * in->h * in->w * in->pixel, in, k->pad, -1,
                              (out->h - 1) * k->stride + 1, k->columns);
        for (int ky = 0; ky < 3; ky++) {
            HsegGemm gemm = {.m = 3 * channels, .n = columns, .segs = out->h, .depth = out->w,
                             .a = rows + ky * row, .a_row = 1, .a_seg = k->stride * row,
                             .a_depth = (size_t)k->stride * channels,
                             .b = out->grad + (size_t)image * out->h * out->w * out->pixel, .b_depth = out->pixel,
                             .b_panel = hseg_kernels()->nr, .c = partial + (size_t)ky * 3 * channels * columns,
                             .c_row = columns, .accumulate = true};

            hseg_kernels()->gemm(&gemm);
        }
    }
}

static void
weight_grad_3x3(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {.g = g, .op = op, .from = in, .to = out, .pad = op->conv.pad, .stride = op->conv.stride,
                 .columns = in->w + 2};
    int parts = HSEG_MIN(g->batch, MAX_PARTS);

    hseg_parallel(g->threads, parts, weight_grad_image, &k);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, parts,
                (size_t)9 * in->channels.total * out->channels.total);
}

/* ---- the operator ---- */

static void
forward(HsegGraph *g, HsegOp *op)
{
    if (op->conv.kernel == 1)
        forward_1x1(g, op);
    else
        forward_3x3(g, op);
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    if (op->bias >= 0 && g->params.list[op->bias].trained)
        hseg_bias_grad(g, &g->tensors[op->out], op->bias);
    if (op->conv.kernel == 1)
        weight_grad_1x1(g, op);
    else
        weight_grad_3x3(g, op);
    if (!op->wants_grad)
        return;
    if (op->conv.kernel == 1)
        input_grad_1x1(g, op);
    else
        input_grad_3x3(g, op);
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    const HsegKernels *k = hseg_kernels();
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const float *w = hseg_op_value(g, op->weight);
    int taps = op->conv.kernel * op->conv.kernel, ci = in->channels.total, co = out->channels.total;

    k->gemm_pack(op->packed, w, co, taps * ci, co);
    if (!op->packed_back)
        return;
    if (taps == 1) {
        k->gemm_pack_transposed(op->packed_back, w, co, co, ci);
        return;
    }
    /* Taps turned round, each transposed: [9][out][in]. */
    for (int t = 0; t < 9; t++)
        for (int o = 0; o < co; o++)
            for (int i = 0; i < ci; i++)
                g->partials[((size_t)t * co + o) * ci + i] = w[((size_t)(8 - t) * ci + i) * co + o];
    k->gemm_pack(op->packed_back, g->partials, ci, 9 * co, ci);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    size_t taps = (size_t)op->conv.kernel * op->conv.kernel, nr = hseg_kernels()->nr;
    size_t ci = in->channels.total, co = out->channels.total, count = taps * ci * co;

    op->packed = hseg_mem_new0(taps * ci * (co + nr) * sizeof(float));
    if (!hseg_graph_check(g, op->packed))
        return false;
    if (op->conv.kernel == 3) {
        /* A band needs its share of rows; dW a whole image. */
        size_t rows = g->training ? (size_t)in->h + 4
                                  : (size_t)(out->h / bands_of(g, out->h) + 2) * op->conv.stride + 2;

        hseg_graph_need(g, rows * (in->w + 2) * ci, 0);
        if (op->wants_grad)
            hseg_graph_need(g, ((size_t)in->h + 4) * (in->w + 2) * co, 0);
    }
    if (!g->training)
        return true;
    if (taps == 9)
        hseg_graph_need(g, 0, count * HSEG_MIN(g->batch, MAX_PARTS));
    else
        hseg_graph_need(g, 0, count * weight_grad_parts(count, hseg_tensor_pixels(g, in)));
    if (op->wants_grad) {
        op->packed_back = hseg_mem_new0(taps * co * (ci + nr) * sizeof(float));
        return hseg_graph_check(g, op->packed_back);
    }
    return true;
}

static const HsegOpClass conv_class = {
    .kind = "conv",
    .backward_needs_input = true,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_conv(HsegGraph *g, int in, const HsegConv *conv)
{
    const HsegTensor *t = &g->tensors[in];
    HsegLayout channels, inner;
    HsegOp *op;
    int out, h, w;

    if (in < 0)
        return -1;
    inner = t->channels;
    channels = hseg_layout(conv->out);
    h = conv->h ? conv->h : (t->h + conv->stride - 1) / conv->stride;
    w = conv->w ? conv->w : (t->w + conv->stride - 1) / conv->stride;
    out = hseg_graph_add_tensor(g, h, w, channels);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &conv_class, conv->name, in, out);
    if (!op)
        return -1;
    op->conv = *conv;
    op->conv.name = op->name;
    op->act = g->training ? HSEG_ACT_NONE : conv->act;
    op->residual = g->training ? -1 : conv->residual - 1;
    op->weight = hseg_graph_add_param(g, conv->name, "weight", HSEG_PARAM_DENSE, inner, channels, conv->kernel, true, true);
    op->bias = hseg_graph_add_param(g, conv->name, "bias", HSEG_PARAM_VECTOR, inner, channels, 1, !conv->frozen_bias, false);
    op->macs = (double)conv->kernel * conv->kernel * inner.count * channels.count * h * w;
    return out;
}
