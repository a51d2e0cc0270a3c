/* The 1x1 convolution: one matrix product over all pixels of the batch.
 *
 * In training the pixels are cut into parts, each into blocks that stay in the cache; while one is
 * multiplied, the next one is asked for from memory. A block is normed as it is read, and summed for the norm
 * behind as it is written; going back, the norm's gradient is taken once for both products, dW = X^T dY and
 * dX = dY W^T. Parts have their own sums of dW, added up in order. */
#include <string.h>

#include "nn/norm.h"
#include "nn/op-conv.h"

enum {
    ROWS_PER_JOB = 224, /* pixels that one job of inference computes, about */
    MAX_PARTS = 16,
    PIXELS_PER_PART = 300,    /* fewer, and adding up the sums of dW takes longer than making them */
    BLOCK_FLOATS = 24 * 1024, /* of a block's input and output */
    MIN_BLOCK = 128,          /* pixels: fewer, and weights and sums of dW are read too often */
};

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    size_t pixels;
    int parts, block; /* jobs; pixels of a block */
    int ci, co;
    size_t x_pixel, dy_pixel; /* distances of pixels in scratch memory */
} Pointwise;

static int
parts(const HsegGraph *g, const HsegOp *op)
{
    int pixels = (int)hseg_tensor_pixels(g, &g->tensors[op->in]), n = MAX_PARTS;

    if (hseg_norm_input(g, op).gate)
        return g->batch;                                         /* a gate is one image's */
    while (n > 1 && pixels / n < (n > 4 ? PIXELS_PER_PART : 64)) /* four, for as many processors */
        n /= 2;
    return n;
}

/* How far apart pixels of @c channels stand where they are read across, one channel of many pixels: whole
 * lines, an odd number of them, lest a few sets of the first-level cache have to hold them all. */
static size_t
spaced(int c)
{
    const int line = 16;

    return (size_t)line * ((c + line - 1) / line | 1);
}

static Pointwise
describe(const HsegGraph *g, const HsegOp *op)
{
    const bool gated = !g->training && op->gate >= 0; /* then the input is not scaled yet */
    const HsegTensor *in = &g->tensors[gated ? g->ops[op->gate].in : op->in], *out = &g->tensors[op->out];
    int ci = in->channels.total, co = out->channels.total;

    return (Pointwise){g,
                       op,
                       in,
                       out,
                       hseg_tensor_pixels(g, in),
                       parts(g, op),
                       HSEG_CLAMP(BLOCK_FLOATS / (ci + co), MIN_BLOCK, 1024),
                       ci,
                       co,
                       spaced(ci),
                       spaced(co)};
}

/* ---- forward ---- */

/* Pixels from .. from + count, of which @x are the inputs. What is done inside another operator's work goes
 * where that says. */
static HsegGemm
product(const Pointwise *p, const float *x, size_t x_pixel, size_t from, size_t count)
{
    const HsegTensor *residual = p->op->residual < 0 ? NULL : &p->g->tensors[p->op->residual];
    int nr = hseg_kernels()->nr;

    return (HsegGemm){.m = (int)count,
                      .n = p->co,
                      .segs = 1,
                      .depth = p->ci,
                      .a = x,
                      .a_row = x_pixel,
                      .a_depth = 1,
                      .b = p->op->gated ? p->op->gated : p->op->packed,
                      .b_depth = nr,
                      .b_panel = (size_t)nr * p->ci,
                      .c = p->op->inside ? NULL : p->out->data + from * p->out->pixel,
                      .c_row = p->out->pixel,
                      .bias = hseg_op_value(p->g, p->op->bias),
                      .residual = residual ? residual->data + from * residual->pixel : NULL,
                      .residual_row = residual ? residual->pixel : 0,
                      .act = p->op->act,
                      .far = !p->g->training};
}

HsegGemm
hseg_pointwise_product(const HsegGraph *g, const HsegOp *op, size_t from, size_t count)
{
    Pointwise p = describe(g, op);

    return product(&p, p.in->data + from * p.in->pixel, p.in->pixel, from, count);
}

static void
infer_job(void *data, int job, int thread)
{
    const Pointwise *p = data;
    size_t from, to;
    HsegGemm gemm;

    hseg_slice(p->pixels, p->parts, job, &from, &to);
    gemm = product(p, p->in->data + from * p->in->pixel, p->in->pixel, from, to - from);
    hseg_kernels()->gemm(&gemm);
}

/* One panel of the weights, times the gates of this frame. */
static void
gate_panel(void *data, int job, int thread)
{
    const Pointwise *p = data;
    const int nr = hseg_kernels()->nr;
    const size_t at = (size_t)job * nr * p->ci;

    hseg_kernels()->gemm_scale(p->op->gated + at, p->op->packed + at,
                               hseg_gate_of(p->g, &p->g->ops[p->op->gate], 0), p->ci, nr);
}

static void
infer(Pointwise *p)
{
    const int nr = hseg_kernels()->nr;

    if (p->op->inside)
        return;
    if (p->op->gated)
        hseg_parallel(p->g->threads, (p->co + nr - 1) / nr, gate_panel, p);
    p->parts = HSEG_CLAMP(((int)p->pixels + ROWS_PER_JOB / 2) / ROWS_PER_JOB, 1, 256);
    if (p->pixels >= 28)
        p->parts = hseg_round_up(p->parts, 2); /* two cores are the common case */
    hseg_parallel(p->g->threads, p->parts, infer_job, p);
}

/* A thread's scratch memory: a block of inputs, one of dL/dout, and one of what is streamed to memory. */
static float *
scratch_x(const Pointwise *p, int thread)
{
    return p->g->scratch + thread * p->g->scratch_floats;
}

static float *
scratch_dy(const Pointwise *p, int thread)
{
    return scratch_x(p, thread) + p->block * p->x_pixel;
}

static float *
scratch_out(const Pointwise *p, int thread)
{
    return scratch_dy(p, thread) + p->block * p->dy_pixel;
}

/* A block's inputs, normed into @scratch where that is still to be done, but not gated. */
static const float *
block_input(const Pointwise *p, float *scratch, size_t from, size_t count, size_t *pixel)
{
    HsegNormInput x = hseg_norm_input(p->g, p->op);

    *pixel = x.norm ? p->x_pixel : p->in->pixel;
    if (!x.norm)
        return x.data + from * p->in->pixel;
    hseg_norm_apply(p->g, x.norm, scratch, p->x_pixel, x.data + from * p->in->pixel, count);
    return scratch;
}

/* Scales a block that block_input() has normed. @image: the part, since a gate's consumer has a part for
 * each. */
static void
gate_block(const Pointwise *p, float *x, int image, size_t count)
{
    HsegOp *gate = hseg_norm_input(p->g, p->op).gate;

    if (gate)
        hseg_kernels()->channel_scale(x, p->x_pixel, x, p->x_pixel, hseg_gate_of(p->g, gate, image), count,
                                      p->ci);
}

/* How many pixels the block behind the one at @from has; the part ends before @to. */
static size_t
next_count(const Pointwise *p, size_t from, size_t to)
{
    return from + p->block < to ? HSEG_MIN((size_t)p->block, to - from - p->block) : 0;
}

/* What block_input() is going to read of the block behind. */
static HsegAhead
input_ahead(const Pointwise *p, size_t from, size_t to)
{
    const size_t next = HSEG_MIN(from + p->block, to);

    return (HsegAhead){hseg_norm_input(p->g, p->op).data + next * p->in->pixel,
                       next_count(p, from, to) * p->in->pixel};
}

static void
forward_part(void *data, int job, int thread)
{
    const Pointwise *p = data;
    const HsegOp *behind = hseg_norm_behind(p->g, p->op);
    const bool streams = behind && hseg_norm_streams(p->g, p->out);
    float *scratch = scratch_x(p, thread);
    size_t from, to, x_pixel;

    hseg_slice(p->pixels, p->parts, job, &from, &to);
    if (behind)
        hseg_norm_begin_sums(p->g, behind, job);
    for (; from < to; from += p->block) {
        size_t count = HSEG_MIN((size_t)p->block, to - from);
        const float *x = block_input(p, scratch, from, count, &x_pixel);
        HsegGemm gemm = product(p, x, x_pixel, from, count);
        float *stored = gemm.c;

        if (streams)
            gemm.c = scratch_out(p, thread);
        gate_block(p, scratch, job, count);
        gemm.ahead[0] = input_ahead(p, from, to);
        hseg_kernels()->gemm(&gemm);
        if (behind)
            hseg_norm_sum(p->g, behind, job, gemm.c, gemm.c_row, count);
        if (streams)
            hseg_kernels()->stream(stored, gemm.c, count * gemm.c_row);
    }
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Pointwise p = describe(g, op);

    if (g->training)
        hseg_parallel(g->threads, p.parts, forward_part, &p);
    else
        infer(&p);
}

/* ---- backward ---- */

static void
add_weight_grad(const Pointwise *p, float *dw, const float *x, size_t x_pixel, const float *dy,
                size_t dy_pixel, size_t count, bool first, HsegAhead ahead)
{
    HsegGemm gemm = {.m = p->ci,
                     .n = p->co,
                     .segs = 1,
                     .depth = (int)count,
                     .a = x,
                     .a_row = 1,
                     .a_depth = x_pixel,
                     .b = dy,
                     .b_depth = dy_pixel,
                     .b_panel = hseg_kernels()->nr,
                     .c = dw,
                     .c_row = p->co,
                     .accumulate = !first,
                     .ahead = {ahead}};

    hseg_kernels()->gemm(&gemm);
}

/* dL/din of @count pixels from @dy into @dx, while the block behind is asked for. */
static void
take_input_grad(const Pointwise *p, float *dx, const float *dy, size_t dy_pixel, size_t count, size_t from,
                size_t to)
{
    const HsegOp *behind = hseg_norm_behind(p->g, p->op);
    int nr = hseg_kernels()->nr;
    HsegGemm gemm = {.m = (int)count,
                     .n = p->ci,
                     .segs = 1,
                     .depth = p->co,
                     .a = dy,
                     .a_row = dy_pixel,
                     .a_depth = 1,
                     .b = p->op->packed_back,
                     .b_depth = nr,
                     .b_panel = (size_t)nr * p->co,
                     .c = dx,
                     .c_row = p->in->pixel,
                     .accumulate = p->op->accumulates};

    if (behind)
        hseg_norm_grad_ahead(p->g, behind, HSEG_MIN(from + p->block, to), next_count(p, from, to),
                             gemm.ahead);
    hseg_kernels()->gemm(&gemm);
}

/* All that is to be done backwards with the block at @from of a part that ends before @to. */
static void
backward_block(const Pointwise *p, int job, int thread, size_t from, size_t to, float *dw, bool first)
{
    const HsegOp *behind = hseg_norm_behind(p->g, p->op), *before = hseg_norm_of(p->g, p->op->in);
    const HsegOp *gate = hseg_norm_input(p->g, p->op).gate;
    const bool streams = p->op->wants_grad && !p->op->accumulates && hseg_norm_streams(p->g, p->in);
    size_t count = HSEG_MIN((size_t)p->block, to - from);
    size_t x_pixel, dy_pixel = behind ? p->dy_pixel : p->out->pixel, dx_pixel = p->in->pixel;
    const float *x = block_input(p, scratch_x(p, thread), from, count, &x_pixel);
    const float *dy = behind ? scratch_dy(p, thread) : p->out->grad + from * dy_pixel;
    float *stored = p->op->wants_grad ? p->in->grad + from * dx_pixel : NULL;
    float *dx = streams ? scratch_out(p, thread) : stored;

    if (behind)
        hseg_norm_take_grad(p->g, behind, scratch_dy(p, thread), dy_pixel, from, count);
    if (p->op->wants_grad)
        take_input_grad(p, dx, dy, dy_pixel, count, from, to);
    if (gate)
        hseg_norm_sum_gate_grad(p->g, hseg_norm_input(p->g, p->op).norm, job, dx, dx_pixel, from, count);
    gate_block(p, scratch_x(p, thread), job, count);
    add_weight_grad(p, dw, x, x_pixel, dy, dy_pixel, count, first, input_ahead(p, from, to));
    if (before && before->fusion.grad_sums)
        hseg_norm_sum_grad(p->g, before, job, dx, dx_pixel, from, count);
    if (streams)
        hseg_kernels()->stream(stored, dx, count * dx_pixel);
}

static void
backward_part(void *data, int job, int thread)
{
    const Pointwise *p = data;
    const HsegOp *before = hseg_norm_of(p->g, p->op->in), *gate = hseg_norm_input(p->g, p->op).gate;
    float *dw = p->g->partials + (size_t)job * p->ci * p->co;
    size_t start, to;

    hseg_slice(p->pixels, p->parts, job, &start, &to);
    if (gate)
        memset(hseg_gate_sums(p->g, gate, job), 0, HSEG_GATE_SUMS * p->ci * sizeof(double));
    if (before && before->fusion.grad_sums)
        hseg_norm_begin_sums(p->g, before, job);
    for (size_t from = start; from < to; from += p->block)
        backward_block(p, job, thread, from, to, dw, from == start);
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Pointwise p = describe(g, op);

    if (g->params.list[op->bias].trained)
        hseg_bias_grad(g, p.out, op->bias);
    hseg_parallel(g->threads, p.parts, backward_part, &p);
    hseg_reduce(g, hseg_op_grad(g, op->weight), g->partials, p.parts, (size_t)p.ci * p.co);
}

/* ---- set-up ---- */

/* Job 0, which takes longer: the weights for dL/din; the other, or the only one: those of the forward pass.
 */
static void
pack(void *data, int job, int thread)
{
    const Pointwise *p = data;
    const float *w = hseg_op_value(p->g, p->op->weight);

    if (p->op->packed_back && job == 0)
        hseg_kernels()->gemm_pack_transposed(p->op->packed_back, w, p->co, p->co, p->ci);
    else
        hseg_kernels()->gemm_pack(p->op->packed, w, p->co, p->ci, p->co);
}

static void
prepare(HsegGraph *g, HsegOp *op)
{
    Pointwise p = describe(g, op);

    hseg_parallel(g->threads, op->packed_back ? 2 : 1, pack, &p);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    Pointwise p = describe(g, op);
    size_t nr = hseg_kernels()->nr;

    op->packed = hseg_mem_new0((size_t)p.ci * (p.co + nr) * sizeof(float));
    if (g->training)
        hseg_graph_need(g, (size_t)p.block * (p.x_pixel + p.dy_pixel + HSEG_MAX(p.ci, p.co)),
                        (size_t)p.parts * p.ci * p.co);
    if (!g->training && op->gate >= 0) {
        op->gated = hseg_mem_new0((size_t)p.ci * (p.co + nr) * sizeof(float));
        hseg_graph_check(g, op->gated);
    }
    if (op->wants_grad) {
        op->packed_back = hseg_mem_new0((size_t)p.co * (p.ci + nr) * sizeof(float));
        hseg_graph_check(g, op->packed_back);
    }
    return hseg_graph_check(g, op->packed) && !g->failed;
}

const HsegOpClass hseg_pointwise_class = {
    .kind = "conv",
    .backward_needs_input = true,
    .parts = parts,
    .applies_gate = true,
    .applies_norm = true,
    .undoes_norm = true,
    .sums_norm_grad = true,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
