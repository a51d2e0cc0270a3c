/* Transposed 3x3 convolution in bytes, by the four phases of op-transposed.c. Each phase has its own steps.
 */
#include "nn/int8.h"
#include "nn/rows.h"
#include "nn/transposed.h"

enum { ROWS_PER_BAND = 4, PART_BYTES = 512 * 1024 };

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int bands;
} Transposed;

/* Bytes that one packed tap takes. */
static size_t
tap_bytes(const HsegTensor *in, const HsegTensor *out)
{
    return (size_t)in->channels.total * (out->channels.total + hseg_int8_kernels()->nr);
}

/* Columns @from .. @to - 1 of both rows of output that belong to input row i; @rows starts at the padded
 * copy's row i, column 0. */
static void
forward_row(const Transposed *t, const uint8_t *rows, int image, int i, int from, int to)
{
    const HsegTensor *in = t->in, *out = t->out;
    const int c = in->channels.total, n = out->channels.total;

    for (int phase = 0; phase < HSEG_PHASES; phase++) {
        const int py = phase / 2, px = phase % 2, y = 2 * i + py;
        HsegGemmInt8 gemm = {.m = (out->w - px + 1) / 2,
                             .n = n,
                             .segs = 1 + py,
                             .depth = (1 + px) * c,
                             .a = rows,
                             .a_row = c,
                             .a_seg = (size_t)(in->w + 2) * c,
                             .b = t->op->int8->weights + hseg_phases[phase].before * tap_bytes(in, out),
                             .c = out->bytes + (((size_t)image * out->h + y) * out->w + px) * out->pixel,
                             .c_row = 2 * out->pixel,
                             .out = hseg_int8_requant(t->g, t->op, (size_t)phase * n)};

        gemm = hseg_int8_columns(&gemm, from, to);
        if (y < out->h)
            hseg_int8_kernels()->gemm(&gemm);
    }
}

/* The weights are cut into parts that stay in the second-level cache while all rows meet them. */
static void
forward_band(void *data, int job, int thread)
{
    const Transposed *t = data;
    const HsegTensor *in = t->in, *out = t->out;
    const int n = out->channels.total, nr = hseg_int8_kernels()->nr,
              part = HSEG_MAX(PART_BYTES / (9 * in->channels.total) / nr, 1) * nr;
    const size_t row = (size_t)(in->w + 2) * in->channels.total;
    uint8_t *rows = (uint8_t *)(t->g->scratch + thread * t->g->scratch_floats);
    int image = job / t->bands;
    size_t y0, y1;

    hseg_slice(in->h, t->bands, job % t->bands, &y0, &y1);
    hseg_copy_padded_bytes(rows, in->bytes + (size_t)image * in->h * in->w * in->pixel, in, HSEG_PAD_ZERO,
                           (int)y0, (int)y1, in->w + 2);
    for (int from = 0; from < n; from += part)
        for (size_t y = y0; y < y1; y++)
            forward_row(t, rows + (y - y0) * row + in->channels.total, image, (int)y, from,
                        HSEG_MIN(from + part, n));
}

/* An image is cut into few bands, since each goes through all the weights. */
static void
forward(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];
    Transposed t = {g, op, in, &g->tensors[op->out],
                    HSEG_MIN(HSEG_CLAMP(hseg_round_up(in->h / ROWS_PER_BAND, 2), 2, 16), in->h)};

    hseg_parallel(g->threads, g->batch * t.bands, forward_band, &t);
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const float *w = hseg_op_value(g, op->weight); /* [9][out][in] */
    const int ci = in->channels.total, co = out->channels.total;

    for (int phase = 0; phase < HSEG_PHASES; phase++) {
        const int taps = hseg_phases[phase].taps;

        for (int t = 0; t < taps; t++)
            for (int i = 0; i < ci; i++)
                for (int o = 0; o < co; o++)
                    g->partials[((size_t)t * ci + i) * co + o] =
                        w[((size_t)hseg_phases[phase].tap[t] * co + o) * ci + i];
        hseg_int8_pack(g, op, op->int8->weights + hseg_phases[phase].before * tap_bytes(in, out),
                       (size_t)phase * co, (int8_t *)(g->partials + (size_t)taps * ci * co), g->partials,
                       taps * ci, co);
    }
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const size_t ci = in->channels.total, co = out->channels.total;

    hseg_graph_need(g, ((size_t)in->h + 2) * (in->w + 2) * ci / sizeof(float) + 1, 8 * ci * co);
    return hseg_int8_plan(g, op, 9 * tap_bytes(in, out), HSEG_PHASES * co);
}

const HsegOpClass hseg_transposed_int8_class = {
    .kind = "transposed int8",
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
};
