/* Squeeze and excitation (op-squeeze.c) of a map in bytes: the sums are whole numbers, the two small layers
 * floats, and the gates become a part of the weights of the 1x1 convolution behind, or, where there is none
 * in bytes, the scales of one pass from bytes to bytes. */
#include <string.h>

#include "nn/int8.h"

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int m, q;  /* channels and squeezed channels, padded */
    int bands; /* jobs an image */
} Squeeze;

static Squeeze
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];

    return (Squeeze){g,
                     op,
                     in,
                     &g->tensors[op->out],
                     in->channels.total,
                     hseg_layout(op->squeezed).total,
                     HSEG_CLAMP(16 / g->batch, 1, in->h)};
}

/* The pixels of one job: [*at, *at + returned). */
static size_t
band_pixels(const Squeeze *s, int job, size_t *at)
{
    size_t pixels = (size_t)s->in->h * s->in->w, from, to;

    hseg_slice(pixels, s->bands, job % s->bands, &from, &to);
    *at = (size_t)(job / s->bands) * pixels + from;
    return to - from;
}

static uint32_t *
band_sums(const Squeeze *s, int job)
{
    return (uint32_t *)(void *)s->g->partials + (size_t)job * s->m;
}

static void
sum_band(void *data, int job, int thread)
{
    const Squeeze *s = data;
    size_t at, count = band_pixels(s, job, &at);

    memset(band_sums(s, job), 0, s->m * sizeof(uint32_t));
    hseg_int8_kernels()->sums(band_sums(s, job), s->in->bytes + at * s->in->pixel, s->in->pixel, count, s->m);
}

/* y[out] = x W + b, W: [in][out]. */
static void
fully_connected(float *y, const float *x, const float *w, const float *b, int in, int out)
{
    memcpy(y, b, out * sizeof *y);
    for (int i = 0; i < in; i++)
        for (int o = 0; o < out; o++)
            y[o] += x[i] * w[(size_t)i * out + o];
}

/* An image's gates: as they are for a consumer that takes them into its weights, or as constants of the pass
 * that applies them. */
static void
gate_image(void *data, int image, int thread)
{
    const Squeeze *s = data;
    const HsegOp *op = s->op;
    const HsegQuant in = s->in->quant, out = s->out->quant;
    const double pixels = (double)s->in->h * s->in->w;
    float *mean = s->g->scratch + thread * s->g->scratch_floats, *hidden = mean + s->m, *u = hidden + s->q;

    for (int i = 0; i < s->m; i++) {
        uint64_t sum = 0;

        for (int b = 0; b < s->bands; b++)
            sum += band_sums(s, image * s->bands + b)[i];
        mean[i] = (float)(((double)sum / pixels - in.zero) * in.step);
    }
    fully_connected(hidden, mean, hseg_op_value(s->g, op->weight), hseg_op_value(s->g, op->bias), s->m, s->q);
    for (int i = 0; i < s->q; i++)
        hidden[i] = HSEG_MAX(hidden[i], 0.0f);
    fully_connected(u, hidden, hseg_op_value(s->g, op->weight2), hseg_op_value(s->g, op->bias2), s->q, s->m);
    for (int i = 0; i < s->m; i++) {
        size_t at = (size_t)image * s->m + i;
        float gate = HSEG_CLAMP(u[i] + 3, 0.0f, 6.0f) / 6;

        op->int8->scale[at] = op->gates ? gate : gate * in.step / out.step;
        op->int8->bias[at] = (float)out.zero - (float)in.zero * op->int8->scale[at];
    }
}

static void
apply_band(void *data, int job, int thread)
{
    const Squeeze *s = data;
    const HsegRequant r = hseg_int8_requant(s->g, s->op, (size_t)(job / s->bands) * s->m);
    size_t at, count = band_pixels(s, job, &at);

    hseg_int8_kernels()->rescale(s->out->bytes + at * s->out->pixel, s->out->pixel,
                                 s->in->bytes + at * s->in->pixel, s->in->pixel, &r, count, s->m);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Squeeze s = describe(g, op);

    hseg_parallel(g->threads, g->batch * s.bands, sum_band, &s);
    hseg_parallel(g->threads, g->batch, gate_image, &s);
    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, apply_band, &s);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    Squeeze s = describe(g, op);

    hseg_graph_need(g, 2 * (size_t)s.m + s.q, (size_t)g->batch * s.bands * s.m);
    return hseg_int8_plan(g, op, 0, (size_t)g->batch * s.m);
}

const HsegOpClass hseg_squeeze_int8_class = {.kind = "squeeze-excite int8", .plan = plan, .forward = forward};
