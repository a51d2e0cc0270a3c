/* Transposed 3x3 convolution, stride 2, padding 1, output padding 1.
 *
 * Forward: four phases by the parity (py, px) of the output pixel, of 1, 2, 2 and 4 taps, never zero-stuffed:
 *   out(2i,   2j)   = w11 x(i,j)
 *   out(2i,   2j+1) = w12 x(i,j) + w10 x(i,j+1)
 *   out(2i+1, 2j)   = w21 x(i,j) + w01 x(i+1,j)
 *   out(2i+1, 2j+1) = w22 x(i,j) + w20 x(i,j+1) + w02 x(i+1,j) + w00 x(i+1,j+1)
 * with x = 0 beyond the last row and column. dX is a convolution of dY with stride 2 and the same taps, dW
 * its weight gradient: both read a padded copy of dY. */
#include <string.h>

#include "nn/op.h"
#include "nn/rows.h"
#include "nn/transposed.h"

enum { MAX_PARTS = 16 };

const struct HsegPhase hseg_phases[HSEG_PHASES] = {
    {1, 0, {4}}, {2, 1, {5, 3}}, {2, 3, {7, 1}}, {4, 5, {8, 6, 2, 0}}};

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int bands;
} Transposed;

static Transposed
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];

    return (Transposed){g, op, in, &g->tensors[op->out], HSEG_CLAMP(16 / g->batch, 1, in->h)};
}

/* ---- forward ---- */

static const float *
packed_phase(const HsegOp *op, int phase, size_t tap_floats)
{
    return op->packed + hseg_phases[phase].before * tap_floats;
}

/* Floats that one packed tap takes: its share of panels rounded up to nr columns. */
static size_t
tap_floats(const HsegTensor *in, const HsegTensor *out)
{
    return (size_t)in->channels.total * (out->channels.total + hseg_kernels()->nr);
}

/* Both rows of output that belong to input row i; @rows starts at the padded copy's row i, column 0. */
static void
forward_row(const Transposed *t, const float *rows, int image, int i)
{
    const HsegTensor *in = t->in, *out = t->out;
    int c = in->channels.total, nr = hseg_kernels()->nr;
    size_t row = (size_t)(in->w + 2) * c;

    for (int phase = 0; phase < HSEG_PHASES; phase++) {
        int py = phase / 2, px = phase % 2;
        int y = 2 * i + py, columns = (out->w - px + 1) / 2;
        HsegGemm gemm = {.m = columns,
                         .n = out->channels.total,
                         .segs = 1 + py,
                         .depth = (1 + px) * c,
                         .a = rows,
                         .a_row = c,
                         .a_seg = row,
                         .a_depth = 1,
                         .b = packed_phase(t->op, phase, tap_floats(in, out)),
                         .b_depth = nr,
                         .b_panel = (size_t)nr * hseg_phases[phase].taps * c,
                         .c = out->data + (((size_t)image * out->h + y) * out->w + px) * out->pixel,
                         .c_row = 2 * out->pixel,
                         .bias = hseg_op_value(t->g, t->op->bias)};

        if (y < out->h)
            hseg_kernels()->gemm(&gemm);
    }
}

static void
forward_band(void *data, int job, int thread)
{
    const Transposed *t = data;
    const HsegTensor *in = t->in;
    int image = job / t->bands;
    size_t y0, y1, row = (size_t)(in->w + 2) * in->channels.total;
    float *rows = t->g->scratch + thread * t->g->scratch_floats;

    hseg_slice(in->h, t->bands, job % t->bands, &y0, &y1);
    hseg_copy_padded_rows(rows, in->data + (size_t)image * in->h * in->w * in->pixel, in, HSEG_PAD_ZERO,
                          (int)y0, (int)y1, in->w + 2);
    for (size_t y = y0; y < y1; y++)
        forward_row(t, rows + (y - y0) * row + in->channels.total, image, (int)y);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Transposed t = describe(g, op);

    hseg_parallel(g->threads, g->batch * t.bands, forward_band, &t);
}

/* ---- backward ---- */

/* Columns of a padded row of dY: two for each input pixel, one to the left, and one to spare. */
static int
out_columns(const HsegTensor *in)
{
    return 2 * in->w + 2;
}

static void
input_grad_band(void *data, int job, int thread)
{
    const Transposed *t = data;
    const HsegTensor *in = t->in, *out = t->out;
    int image = job / t->bands, c = out->channels.total, nr = hseg_kernels()->nr;
    size_t y0, y1, row = (size_t)out_columns(in) * c;
    float *rows = t->g->scratch + thread * t->g->scratch_floats;

    hseg_slice(in->h, t->bands, job % t->bands, &y0, &y1);
    hseg_copy_padded_rows(rows, out->grad + (size_t)image * out->h * out->w * out->pixel, out, HSEG_PAD_ZERO,
                          2 * (int)y0 - 1, 2 * (int)(y1 - 1) + 1, out_columns(in));
    for (size_t y = y0; y < y1; y++) {
        HsegGemm gemm = {.m = in->w,
                         .n = in->channels.total,
                         .segs = 3,
                         .depth = 3 * c,
                         .a = rows + 2 * (y - y0) * row,
                         .a_row = 2 * (size_t)c,
                         .a_seg = row,
                         .a_depth = 1,
                         .b = t->op->packed_back,
                         .b_depth = nr,
                         .b_panel = (size_t)nr * 9 * c,
                         .c = in->grad + ((size_t)image * in->h + y) * in->w * in->pixel,
                         .c_row = in->pixel,
                         .accumulate = t->op->accumulates};

        hseg_kernels()->gemm(&gemm);
    }
}

/* dW as the parameter lies, [3][3 * out][in]: dY^T X, one row of taps at a time. */
static void
weight_grad_images(void *data, int job, int thread)
{
    const Transposed *t = data;
    const HsegTensor *in = t->in, *out = t->out;
    int c = out->channels.total, columns = in->channels.total;
    size_t row = (size_t)out_columns(in) * c, count = (size_t)9 * c * columns;
    float *rows = t->g->scratch + thread * t->g->scratch_floats;
    float *partial = t->g->partials + job * count;

    memset(partial, 0, count * sizeof(float));
    for (int image = job; image < t->g->batch; image += MAX_PARTS) {
        hseg_copy_padded_rows(rows, out->grad + (size_t)image * out->h * out->w * out->pixel, out,
                              HSEG_PAD_ZERO, -1, 2 * (in->h - 1) + 1, out_columns(in));
        for (int ky = 0; ky < 3; ky++) {
            HsegGemm gemm = {.m = 3 * c,
                             .n = columns,
                             .segs = in->h,
                             .depth = in->w,
                             .a = rows + ky * row,
                             .a_row = 1,
                             .a_seg = 2 * row,
                             .a_depth = 2 * (size_t)c,
                             .b = in->data + (size_t)image * in->h * in->w * in->pixel,
                             .b_depth = in->pixel,
                             .b_panel = hseg_kernels()->nr,
                             .c = partial + (size_t)ky * 3 * c * columns,
                             .c_row = columns,
                             .accumulate = true};

            hseg_kernels()->gemm(&gemm);
        }
    }
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Transposed t = describe(g, op);
    int parts = HSEG_MIN(g->batch, MAX_PARTS);

    hseg_bias_grad(g, t.out, op->bias);
    hseg_parallel(g->threads, parts, weight_grad_images, &t);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, parts,
                (size_t)9 * t.in->channels.total * t.out->channels.total);
    if (op->wants_grad)
        hseg_parallel(g->threads, g->batch * t.bands, input_grad_band, &t);
}

/* ---- set-up ---- */

static void
prepare(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const float *w = hseg_op_value(g, op->weight); /* [9][out][in] */
    int ci = in->channels.total, co = out->channels.total;

    for (int phase = 0; phase < HSEG_PHASES; phase++) {
        for (int t = 0; t < hseg_phases[phase].taps; t++)
            for (int i = 0; i < ci; i++)
                for (int o = 0; o < co; o++)
                    g->partials[((size_t)t * ci + i) * co + o] =
                        w[((size_t)hseg_phases[phase].tap[t] * co + o) * ci + i];
        hseg_kernels()->gemm_pack((float *)packed_phase(op, phase, tap_floats(in, out)), g->partials, co,
                                  hseg_phases[phase].taps * ci, co);
    }
    if (op->packed_back)
        hseg_kernels()->gemm_pack(op->packed_back, w, ci, 9 * co, ci);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    size_t ci = in->channels.total, co = out->channels.total, count = 9 * ci * co;

    op->packed = hseg_mem_new0(9 * tap_floats(in, out) * sizeof(float));
    hseg_graph_need(g, ((size_t)in->h + 2) * (in->w + 2) * ci, 4 * ci * co);
    if (g->training) {
        op->packed_back = hseg_mem_new0(9 * co * (ci + hseg_kernels()->nr) * sizeof(float));
        hseg_graph_need(g, (2 * (size_t)in->h + 2) * out_columns(in) * co,
                        count * HSEG_MIN(g->batch, MAX_PARTS));
        if (!hseg_graph_check(g, op->packed_back))
            return false;
    }
    return hseg_graph_check(g, op->packed);
}

static const HsegOpClass transposed_class = {
    .kind = "transposed",
    .backward_needs_input = true,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_transposed(HsegGraph *g, int in, const char *name, int out_channels, int h, int w)
{
    HsegLayout inner, channels = hseg_layout(out_channels);
    HsegOp *op;
    int out;

    if (in < 0)
        return -1;
    inner = g->tensors[in].channels;
    out = hseg_graph_add_tensor(g, h, w, channels);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &transposed_class, name, in, out);
    if (!op)
        return -1;
    op->weight =
        hseg_graph_add_param(g, name, "weight", HSEG_PARAM_TRANSPOSED, inner, channels, 3, true, true);
    op->bias = hseg_graph_add_param(g, name, "bias", HSEG_PARAM_VECTOR, inner, channels, 1, true, false);
    op->macs = 9.0 * inner.count * channels.count * g->tensors[in].h * g->tensors[in].w;
    return out;
}
