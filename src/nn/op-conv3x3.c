/* The dense 3x3 convolution, padding 1, stride 1 or 2, as matrix products.
 *
 * It reads a padded copy of its input rows, in which the three taps of a row are contiguous: the GEMM's A has
 * three segments (rows) of 3 * channels numbers, and consecutive output pixels start stride * channels apart.
 *
 * Gradients: dW = X^T dY; dX is a convolution of dY with the taps turned round. dX is there for stride 1 with
 * zero padding, all that the family needs (the stem's input needs none). */
#include <string.h>

#include "nn/norm.h"
#include "nn/op-conv.h"
#include "nn/rows.h"

enum {
    MAX_PARTS = 16, /* partial sums of dW: one for each image, or for several where the batch is larger */
    BAND_FLOATS = 64 * 1024, /* of a band of output in training: what follows finds it in the cache */
};

/* A convolution from one map to another, forward or back. */
typedef struct {
    const HsegGraph *g;
    const HsegTensor *from, *to;
    const float *source; /* from->data, or ->grad going back */
    float *target;
    const float *packed, *bias;
    const HsegOp *behind; /* the norm to sum for, or NULL */
    HsegAct act;
    HsegPad pad;
    int stride;
    bool accumulate;
    int columns; /* of a padded row */
    int bands;   /* jobs an image */
} Conv3x3;

static int
bands_of(const HsegGraph *g, const HsegTensor *t)
{
    if (!g->training)
        return HSEG_MIN(16, t->h);
    return HSEG_CLAMP((int)((size_t)t->h * t->w * t->pixel / BAND_FLOATS), 1, t->h);
}

static int
parts(const HsegGraph *g, const HsegOp *op)
{
    return g->batch * bands_of(g, &g->tensors[op->out]);
}

static void
conv_band(void *data, int job, int thread)
{
    const Conv3x3 *k = data;
    const HsegTensor *from = k->from, *to = k->to;
    int image = job / k->bands, channels = from->channels.total, nr = hseg_kernels()->nr;
    size_t y0, y1, row = (size_t)k->columns * channels, first = (size_t)image * to->h;
    float *rows = k->g->scratch + thread * k->g->scratch_floats;

    hseg_slice(to->h, k->bands, job % k->bands, &y0, &y1);
    hseg_copy_padded_rows(rows, k->source + (size_t)image * from->h * from->w * from->pixel, from, k->pad,
                          (int)y0 * k->stride - 1, (int)(y1 - 1) * k->stride + 1, k->columns);
    for (size_t y = y0; y < y1; y++) {
        HsegGemm gemm = {.m = to->w,
                         .n = to->channels.total,
                         .segs = 3,
                         .depth = 3 * channels,
                         .a = rows + (y - y0) * k->stride * row,
                         .a_row = (size_t)k->stride * channels,
                         .a_seg = row,
                         .a_depth = 1,
                         .b = k->packed,
                         .b_depth = nr,
                         .b_panel = (size_t)nr * 9 * channels,
                         .c = k->target + (first + y) * to->w * to->pixel,
                         .c_row = to->pixel,
                         .bias = k->bias,
                         .act = k->act,
                         .accumulate = k->accumulate};

        hseg_kernels()->gemm(&gemm);
    }
    if (k->behind) {
        hseg_norm_begin_sums(k->g, k->behind, job);
        hseg_norm_sum(k->g, k->behind, job, k->target + (first + y0) * to->w * to->pixel, to->pixel,
                      (y1 - y0) * to->w);
    }
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {.g = g,
                 .from = in,
                 .to = out,
                 .source = in->data,
                 .target = out->data,
                 .packed = op->packed,
                 .bias = hseg_op_value(g, op->bias),
                 .behind = hseg_norm_behind(g, op),
                 .act = op->act,
                 .pad = op->conv.pad,
                 .stride = op->conv.stride,
                 .columns = in->w + 2,
                 .bands = bands_of(g, out)};

    hseg_parallel(g->threads, g->batch * k.bands, conv_band, &k);
}

/* ---- backward ---- */

static void
take_input_grad(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {.g = g,
                 .from = out,
                 .to = in,
                 .source = out->grad,
                 .target = in->grad,
                 .packed = op->packed_back,
                 .act = HSEG_ACT_NONE,
                 .pad = HSEG_PAD_ZERO,
                 .stride = 1,
                 .accumulate = op->accumulates,
                 .columns = in->w + 2,
                 .bands = bands_of(g, in)};

    hseg_parallel(g->threads, g->batch * k.bands, conv_band, &k);
}

/* Images job, job + MAX_PARTS, ...: [9 * in][out] += X^T dY, one row of taps at a time. */
static void
weight_grad_images(void *data, int job, int thread)
{
    const Conv3x3 *k = data;
    const HsegTensor *in = k->from, *out = k->to;
    int channels = in->channels.total, n = out->channels.total;
    size_t row = (size_t)k->columns * channels, count = (size_t)9 * channels * n;
    float *rows = k->g->scratch + thread * k->g->scratch_floats;
    float *partial = k->g->partials + job * count;

    memset(partial, 0, count * sizeof(float));
    for (int image = job; image < k->g->batch; image += MAX_PARTS) {
        hseg_copy_padded_rows(rows, in->data + (size_t)image * in->h * in->w * in->pixel, in, k->pad, -1,
                              (out->h - 1) * k->stride + 1, k->columns);
        for (int ky = 0; ky < 3; ky++) {
            HsegGemm gemm = {.m = 3 * channels,
                             .n = n,
                             .segs = out->h,
                             .depth = out->w,
                             .a = rows + ky * row,
                             .a_row = 1,
                             .a_seg = k->stride * row,
                             .a_depth = (size_t)k->stride * channels,
                             .b = out->grad + (size_t)image * out->h * out->w * out->pixel,
                             .b_depth = out->pixel,
                             .b_panel = hseg_kernels()->nr,
                             .c = partial + (size_t)ky * 3 * channels * n,
                             .c_row = n,
                             .accumulate = true};

            hseg_kernels()->gemm(&gemm);
        }
    }
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    Conv3x3 k = {
        .g = g, .from = in, .to = out, .pad = op->conv.pad, .stride = op->conv.stride, .columns = in->w + 2};
    int n = HSEG_MIN(g->batch, MAX_PARTS);

    if (g->params.list[op->bias].trained)
        hseg_bias_grad(g, out, op->bias);
    hseg_parallel(g->threads, n, weight_grad_images, &k);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, n,
                (size_t)9 * in->channels.total * out->channels.total);
    if (op->wants_grad)
        take_input_grad(g, op);
}

/* ---- set-up ---- */

/* Taps turned round, each transposed: [9][out][in]. */
static void
turn_round(float *turned, const float *w, int ci, int co)
{
    for (int t = 0; t < 9; t++)
        for (int o = 0; o < co; o++)
            for (int i = 0; i < ci; i++)
                turned[((size_t)t * co + o) * ci + i] = w[((size_t)(8 - t) * ci + i) * co + o];
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    int ci = g->tensors[op->in].channels.total, co = g->tensors[op->out].channels.total;
    const float *w = hseg_op_value(g, op->weight);

    hseg_kernels()->gemm_pack(op->packed, w, co, 9 * ci, co);
    if (!op->packed_back)
        return;
    turn_round(g->partials, w, ci, co);
    hseg_kernels()->gemm_pack(op->packed_back, g->partials, ci, 9 * co, ci);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    size_t nr = hseg_kernels()->nr, ci = in->channels.total, co = out->channels.total;
    /* A band needs its share of rows; dW a whole image. */
    size_t rows =
        g->training ? (size_t)in->h + 4 : (size_t)(out->h / bands_of(g, out) + 2) * op->conv.stride + 2;

    op->packed = hseg_mem_new0(9 * ci * (co + nr) * sizeof(float));
    hseg_graph_need(g, rows * (in->w + 2) * ci, 0);
    if (g->training)
        hseg_graph_need(g, 0, 9 * ci * co * HSEG_MIN(g->batch, MAX_PARTS));
    if (op->wants_grad) {
        hseg_graph_need(g, ((size_t)in->h + 4) * (in->w + 2) * co, 0);
        op->packed_back = hseg_mem_new0(9 * co * (ci + nr) * sizeof(float));
        hseg_graph_check(g, op->packed_back);
    }
    return hseg_graph_check(g, op->packed) && !g->failed;
}

const HsegOpClass hseg_conv3x3_class = {
    .kind = "conv",
    .backward_needs_input = true,
    .parts = parts,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
