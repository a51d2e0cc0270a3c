/* Squeeze and excitation (op-squeeze.c) of a map in bytes: the sums are whole numbers, the two small layers
 * floats, and the gates become a part of the weights of the 1x1 convolution behind, or, where there is none
 * in bytes, the scales of one pass from bytes to bytes. */
#include "nn/int8.h"
#include "nn/squeeze.h"

static uint32_t *
band_sums(const HsegSqueeze *s, int job)
{
    return (uint32_t *)(void *)s->g->partials + (size_t)job * s->m;
}

static void
sum_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    memset(band_sums(s, job), 0, s->m * sizeof(uint32_t));
    hseg_int8_kernels()->sums(band_sums(s, job), s->in->bytes + at * s->in->pixel, s->in->pixel, count, s->m);
}

/* An image's gates: as they are for a consumer that takes them into its weights, or as constants of the pass
 * that applies them. */
static void
gate_image(void *data, int image, int thread)
{
    const HsegSqueeze *s = data;
    const HsegOp *op = s->op;
    const HsegQuant in = s->in->quant, out = s->out->quant;
    const double pixels = (double)s->in->h * s->in->w;
    float *mean = s->g->scratch + thread * s->g->scratch_floats, *hidden = mean + s->m, *gate = hidden + s->q;

    for (int i = 0; i < s->m; i++) {
        uint64_t sum = 0;

        for (int b = 0; b < s->bands; b++)
            sum += band_sums(s, image * s->bands + b)[i];
        mean[i] = (float)(((double)sum / pixels - in.zero) * in.step);
    }
    hseg_squeeze_gates(s, mean, hidden, hidden, gate, gate);
    for (int i = 0; i < s->m; i++) {
        size_t at = (size_t)image * s->m + i;

        op->int8->scale[at] = op->gates ? gate[i] : gate[i] * in.step / out.step;
        op->int8->bias[at] = (float)out.zero - (float)in.zero * op->int8->scale[at];
    }
}

static void
apply_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    const HsegRequant r = hseg_int8_requant(s->g, s->op, (size_t)(job / s->bands) * s->m);
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    hseg_int8_kernels()->rescale(s->out->bytes + at * s->out->pixel, s->out->pixel,
                                 s->in->bytes + at * s->in->pixel, s->in->pixel, &r, count, s->m);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    hseg_parallel(g->threads, g->batch * s.bands, sum_band, &s);
    hseg_parallel(g->threads, g->batch, gate_image, &s);
    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, apply_band, &s);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    hseg_graph_need(g, 2 * (size_t)s.m + s.q, (size_t)g->batch * s.bands * s.m);
    return hseg_int8_plan(g, op, 0, (size_t)g->batch * s.m);
}

const HsegOpClass hseg_squeeze_int8_class = {.kind = "squeeze-excite int8", .plan = plan, .forward = forward};
