#include "nn/norm.h"

#include <string.h>

#include "nn/norm-state.h"

enum {
    GATE_CHUNK = 128,          /* pixels */
    STREAMED_FLOATS = 1 << 19, /* of a map that is gone from the caches before it is read again */
};

const HsegOp *
hseg_norm_of(const HsegGraph *g, int t)
{
    int producer = g->tensors[t].producer;

    return producer >= 0 && g->ops[producer].mean >= 0 ? &g->ops[producer] : NULL;
}

HsegNormInput
hseg_norm_input(const HsegGraph *g, const HsegOp *op)
{
    int producer = g->tensors[op->in].producer;
    HsegOp *gate = producer >= 0 && g->ops[producer].gates ? &g->ops[producer] : NULL;
    const HsegOp *norm = hseg_norm_of(g, gate ? gate->in : op->in);

    if (norm && norm->fusion.apply)
        return (HsegNormInput){g->tensors[norm->in].data, norm, gate};
    return (HsegNormInput){g->tensors[op->in].data, NULL, NULL};
}

void
hseg_norm_apply(const HsegGraph *g, const HsegOp *norm, float *y, size_t y_pixel, const float *z,
                size_t pixels)
{
    const HsegTensor *in = &g->tensors[norm->in];
    int c = in->channels.total;

    hseg_kernels()->scale_shift(y, y_pixel, z, in->pixel, hseg_norm_state(norm, HSEG_NORM_SCALE, c),
                                hseg_norm_state(norm, HSEG_NORM_SHIFT, c), norm->act, NULL, 0, pixels, c);
}

/* The pixels from @from on that lie in one image, @pixels at most. */
static size_t
run_in_image(const HsegTensor *t, size_t from, size_t pixels)
{
    size_t image = (size_t)t->h * t->w;

    return HSEG_MIN(pixels, image - from % image);
}

/* dL/dy of a run of pixels in one image behind a norm that a gate follows: dL/dout * gate + the gradient that
 * came through the mean. */
static void
undo_gate(const HsegGraph *g, const HsegOp *norm, float *dy, size_t dy_pixel, size_t from, size_t pixels)
{
    const HsegOp *squeeze = &g->ops[norm->gate];
    const HsegTensor *out = &g->tensors[squeeze->out];
    int c = out->channels.total, image = (int)(from / ((size_t)out->h * out->w));

    hseg_kernels()->scale_shift(dy, dy_pixel, out->grad + from * out->pixel, out->pixel,
                                hseg_gate_of(g, squeeze, image), hseg_gate_grad(g, squeeze, image),
                                HSEG_ACT_NONE, NULL, 0, pixels, c);
}

void
hseg_norm_take_grad(const HsegGraph *g, const HsegOp *norm, float *dz, size_t dz_pixel, size_t from,
                    size_t pixels)
{
    const HsegTensor *in = &g->tensors[norm->in], *out = &g->tensors[norm->out];
    const bool gated = norm->gate >= 0;
    int c = in->channels.total;
    size_t count;

    for (; pixels > 0; from += count, pixels -= count, dz += count * dz_pixel) {
        const float *dy = gated ? dz : out->grad + from * out->pixel;

        count = gated ? HSEG_MIN(run_in_image(in, from, pixels), (size_t)GATE_CHUNK) : pixels;
        if (gated)
            undo_gate(g, norm, dz, dz_pixel, from, count);
        hseg_kernels()->norm_grad(
            dz, dz_pixel, dy, gated ? dz_pixel : out->pixel, in->data + from * in->pixel, in->pixel,
            hseg_norm_state(norm, HSEG_NORM_SCALE, c), hseg_norm_state(norm, HSEG_NORM_SHIFT, c), norm->act,
            hseg_norm_state(norm, HSEG_NORM_KA, c), hseg_norm_state(norm, HSEG_NORM_KX, c),
            hseg_norm_state(norm, HSEG_NORM_K1, c), count, c);
    }
}

void
hseg_norm_grad_ahead(const HsegGraph *g, const HsegOp *norm, size_t from, size_t pixels,
                     HsegAhead ahead[HSEG_AHEAD])
{
    const HsegTensor *in = &g->tensors[norm->in],
                     *out = &g->tensors[norm->gate < 0 ? norm->out : g->ops[norm->gate].out];

    ahead[0] = (HsegAhead){in->data + from * in->pixel, pixels * in->pixel};
    ahead[1] = (HsegAhead){out->grad + from * out->pixel, pixels * out->pixel};
}

void
hseg_norm_begin_sums(const HsegGraph *g, const HsegOp *norm, int part)
{
    int c = g->tensors[norm->in].channels.total;

    memset(hseg_norm_part_sums(norm, part, c), 0, 2 * c * sizeof(double));
}

void
hseg_norm_sum(const HsegGraph *g, const HsegOp *norm, int part, const float *z, size_t z_pixel, size_t pixels)
{
    int c = g->tensors[norm->in].channels.total;
    double *sums = hseg_norm_part_sums(norm, part, c);

    hseg_kernels()->channel_sums(sums, sums + c, z, z_pixel, pixels, c);
}

void
hseg_norm_sum_grad(const HsegGraph *g, const HsegOp *norm, int part, const float *dy, size_t dy_pixel,
                   size_t from, size_t pixels)
{
    const HsegTensor *in = &g->tensors[norm->in];
    int c = in->channels.total;
    double *sums = hseg_norm_part_sums(norm, part, c);

    hseg_kernels()->norm_grad_sums(sums, sums + c, dy, dy_pixel, in->data + from * in->pixel, in->pixel,
                                   hseg_norm_state(norm, HSEG_NORM_SCALE, c),
                                   hseg_norm_state(norm, HSEG_NORM_SHIFT, c), norm->act, pixels, c);
}

bool
hseg_norm_streams(const HsegGraph *g, const HsegTensor *t)
{
    return t->pixel == (size_t)t->channels.total && hseg_tensor_pixels(g, t) * t->pixel >= STREAMED_FLOATS;
}

void
hseg_norm_sum_gate_grad(const HsegGraph *g, const HsegOp *norm, int image, const float *dy, size_t dy_pixel,
                        size_t from, size_t pixels)
{
    const HsegTensor *in = &g->tensors[norm->in];
    int c = in->channels.total;

    hseg_kernels()->gate_grad_sums(hseg_gate_sums(g, &g->ops[norm->gate], image), dy, dy_pixel,
                                   in->data + from * in->pixel, in->pixel,
                                   hseg_norm_state(norm, HSEG_NORM_SCALE, c),
                                   hseg_norm_state(norm, HSEG_NORM_SHIFT, c), norm->act, pixels, c);
}

/* Whether the consumer of @squeeze can do its scaling, and it the norming of its own input. */
static bool
can_gate(const HsegGraph *g, const HsegOp *squeeze)
{
    const HsegOp *consumer = hseg_graph_only_consumer(g, squeeze->out), *norm = hseg_norm_of(g, squeeze->in);

    return g->training && consumer && consumer->class->applies_gate && norm && norm->residual < 0 &&
           hseg_graph_only_consumer(g, squeeze->in) == squeeze;
}

static void
find_gates(HsegGraph *g)
{
    for (int i = 0; i < g->n_ops; i++) {
        HsegOp *op = &g->ops[i];

        if (op->squeezed == 0 || !can_gate(g, op))
            continue;
        op->gates = true;
        g->ops[g->tensors[op->in].producer].gate = i;
    }
}

void
hseg_norm_fuse(HsegGraph *g)
{
    find_gates(g);
    for (int i = 0; i < g->n_ops; i++) {
        HsegOp *norm = &g->ops[i];
        const HsegOp *producer, *consumer;

        if (norm->mean < 0)
            continue;
        producer = &g->ops[g->tensors[norm->in].producer];
        consumer = hseg_graph_only_consumer(g, norm->out);
        norm->fusion = (HsegNormFusion){
            .sums = producer->class->parts != NULL,
            .grad = producer->class->undoes_norm,
            .apply = consumer && norm->residual < 0 && (consumer->class->applies_norm || norm->gate >= 0),
            .grad_sums = consumer && consumer->class->sums_norm_grad,
        };
    }
}
