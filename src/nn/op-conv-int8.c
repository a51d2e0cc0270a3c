/* Dense convolutions in bytes, 1x1 and 3x3: op-pointwise.c and op-conv3x3.c say how. They may write floats.
 */
#include "nn/int8.h"
#include "nn/rows.h"

enum {
    ROWS_PER_JOB = 224, /* pixels that one job of a 1x1 convolution computes, about */
    FEW_PIXELS = 512
};

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int jobs; /* 3x3: bands of an image */
} Conv;

static int
bands_of(const HsegTensor *out)
{
    return HSEG_MIN(16, out->h);
}

/* Of the weights: one that is tight has fewer channels. */
static int
columns_of(const HsegGraph *g, const HsegOp *op)
{
    return g->params.list[op->weight].out.total;
}

/* The product of @m output pixels from number @at on, that read @a. */
static HsegGemmInt8
product(const Conv *k, const uint8_t *a, size_t a_row, size_t at, int m)
{
    const HsegTensor *in = k->in, *out = k->out,
                     *residual = k->op->residual < 0 ? NULL : &k->g->tensors[k->op->residual];
    HsegGemmInt8 gemm = {.m = m,
                         .n = columns_of(k->g, k->op),
                         .segs = 1,
                         .depth = in->channels.total,
                         .a = a,
                         .a_row = a_row,
                         .b = k->op->int8->weights,
                         .next = hseg_int8_next_weights(k->g, k->op),
                         .c_row = out->pixel};

    if (out->quant.step == 0) {
        gemm.real = out->data + at * out->pixel;
        gemm.affine = hseg_int8_affine(k->g, k->op, 0);
        return gemm;
    }
    gemm.c = out->bytes + at * out->pixel;
    gemm.out = hseg_int8_requant(k->g, k->op, 0);
    if (residual)
        gemm.residual =
            (HsegResidual){residual->bytes + at * residual->pixel, residual->pixel, residual->quant.zero,
                           hseg_int8_residual_factor(residual->quant, out->quant)};
    return gemm;
}

/* ---- 1x1 ---- */

static void
pointwise_job(void *data, int job, int thread)
{
    const Conv *k = data;
    size_t from, to;
    HsegGemmInt8 gemm;

    hseg_slice(hseg_tensor_pixels(k->g, k->out), k->jobs, job, &from, &to);
    gemm = product(k, k->in->bytes + from * k->in->pixel, k->in->pixel, from, (int)(to - from));
    hseg_int8_kernels()->gemm(&gemm);
}

/* Of few pixels: a part of the weights with all of them. */
static void
pointwise_columns(void *data, int job, int thread)
{
    const Conv *k = data;
    const int nr = hseg_int8_kernels()->nr, n = columns_of(k->g, k->op);
    HsegGemmInt8 gemm = product(k, k->in->bytes, k->in->pixel, 0, (int)hseg_tensor_pixels(k->g, k->out));
    size_t from, to;

    hseg_slice((n + nr - 1) / nr, k->jobs, job, &from, &to);
    gemm = hseg_int8_columns(&gemm, (int)from * nr, HSEG_MIN((int)to * nr, n));
    hseg_int8_kernels()->gemm(&gemm);
}

/* Rounds the weights of some panels anew, times the gates of this frame. */
static void
gate_weights(void *data, int job, int thread)
{
    const Conv *k = data;
    const HsegOp *op = k->op;
    const float *bias = hseg_op_value(k->g, op->bias), *gates = k->g->ops[op->gate].int8->scale;
    const int nr = hseg_int8_kernels()->nr, n = columns_of(k->g, op), depth = k->in->channels.total,
              from = job * nr, count = HSEG_MIN(nr, n - from);
    int32_t *sum = (int32_t *)(void *)k->g->partials + 2 * from;
    float *step = k->g->partials + 2 * from + count;

    hseg_int8_kernels()->gemm_round(op->int8->weights + (size_t)from * depth, step, sum,
                                    hseg_op_value(k->g, op->weight) + from, n, gates,
                                    hseg_int8_least_step(k->g, op), depth, count);
    for (int j = 0; j < count; j++)
        hseg_int8_set_constants(k->g, op, from + j, step[j], sum[j], bias[from + j]);
}

static void
pointwise_forward(HsegGraph *g, HsegOp *op)
{
    Conv k = {g, op, &g->tensors[op->in], &g->tensors[op->out], 0};
    const int pixels = (int)hseg_tensor_pixels(g, k.out), n = columns_of(g, op), nr = hseg_int8_kernels()->nr;

    if (op->gate >= 0)
        hseg_parallel(g->threads, (n + nr - 1) / nr, gate_weights, &k);
    if (pixels < n && pixels <= FEW_PIXELS) {
        k.jobs = HSEG_CLAMP(n / (2 * nr) & ~1, 2, 16);
        hseg_parallel(g->threads, k.jobs, pointwise_columns, &k);
        return;
    }
    k.jobs = HSEG_CLAMP((pixels + ROWS_PER_JOB / 2) / ROWS_PER_JOB, 1, 256);
    if (pixels >= 28)
        k.jobs = hseg_round_up(k.jobs, 2); /* two cores are the common case */
    hseg_parallel(g->threads, k.jobs, pointwise_job, &k);
}

/* ---- 3x3 ---- */

static void
conv3x3_band(void *data, int job, int thread)
{
    const Conv *k = data;
    const HsegTensor *in = k->in, *out = k->out;
    const int stride = k->op->conv.stride, columns = in->w + 2, image = job / k->jobs;
    const size_t c = in->channels.total, row = columns * c;
    uint8_t *rows = (uint8_t *)(k->g->scratch + thread * k->g->scratch_floats);
    size_t y0, y1;

    hseg_slice(out->h, k->jobs, job % k->jobs, &y0, &y1);
    hseg_copy_padded_bytes(rows, in->bytes + (size_t)image * in->h * in->w * in->pixel, in, k->op->conv.pad,
                           (int)y0 * stride - 1, (int)(y1 - 1) * stride + 1, columns);
    for (size_t y = y0; y < y1; y++) {
        HsegGemmInt8 gemm = product(k, rows + (y - y0) * stride * row, stride * c,
                                    ((size_t)image * out->h + y) * out->w, out->w);

        gemm.segs = 3;
        gemm.depth = 3 * (int)c;
        gemm.a_seg = row;
        hseg_int8_kernels()->gemm(&gemm);
    }
}

static void
conv3x3_forward(HsegGraph *g, HsegOp *op)
{
    Conv k = {g, op, &g->tensors[op->in], &g->tensors[op->out], bands_of(&g->tensors[op->out])};

    hseg_parallel(g->threads, g->batch * k.jobs, conv3x3_band, &k);
}

/* ---- set-up ---- */

/* The parameter's rows of input channels, with zeros where the map has more of them: the picture in bytes has
 * four. */
static void
spread_rows(float *b, const float *w, int taps, int w_rows, int rows, int n)
{
    for (int t = 0; t < taps; t++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < n; j++)
                *b++ = i < w_rows ? w[((size_t)t * w_rows + i) * n + j] : 0;
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    const int rows = g->tensors[op->in].channels.total, n = columns_of(g, op),
              taps = op->conv.kernel * op->conv.kernel;

    spread_rows(g->partials, hseg_op_value(g, op->weight), taps, g->params.list[op->weight].in.total, rows,
                n);
    hseg_int8_pack(g, op, op->int8->weights, 0, (int8_t *)(g->partials + (size_t)taps * rows * n),
                   g->partials, taps * rows, n);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const size_t taps = (size_t)op->conv.kernel * op->conv.kernel, c = in->channels.total,
                 n = columns_of(g, op), nr = hseg_int8_kernels()->nr,
                 rows = (size_t)(out->h / bands_of(out) + 2) * op->conv.stride + 2;

    hseg_graph_need(g, taps > 1 ? rows * (in->w + 2) * c / sizeof(float) + 1 : 0, 2 * taps * c * n);
    return hseg_int8_plan(g, op, taps * c * (n + nr), n);
}

const HsegOpClass hseg_pointwise_int8_class = {
    .kind = "conv int8",
    .plan = plan,
    .prepare = prepare,
    .forward = pointwise_forward,
};

const HsegOpClass hseg_conv3x3_int8_class = {
    .kind = "conv int8",
    .plan = plan,
    .prepare = prepare,
    .forward = conv3x3_forward,
};
