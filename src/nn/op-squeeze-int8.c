/* Squeeze and excitation (op-squeeze.c) of a map in bytes: the sums are whole numbers, made by the depthwise
 * convolution before it where that runs just before, the two small layers floats, and the gates become a part
 * of the weights of the 1x1 convolution behind, or, where there is none in bytes, the scales of one pass from
 * bytes to bytes. */
#include "nn/int8.h"
#include "nn/squeeze.h"

static HsegSqueeze
describe(HsegGraph *g, const HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    s.bands = hseg_int8_bands(s.in);
    return s;
}

static uint32_t *
band_sums(const HsegGraph *g, int channels, int job)
{
    return (uint32_t *)(void *)g->partials + (size_t)job * channels;
}

void
hseg_int8_sum_band(const HsegGraph *g, const HsegTensor *t, int job)
{
    const int c = t->channels.total;
    const size_t image = job / hseg_int8_bands(t);
    int y0, y1;

    hseg_int8_band_rows(t, job, &y0, &y1);
    memset(band_sums(g, c, job), 0, c * sizeof(uint32_t));
    hseg_int8_kernels()->sums(band_sums(g, c, job), t->bytes + (image * t->h + y0) * t->w * t->pixel,
                              t->pixel, (size_t)(y1 - y0) * t->w, c);
}

static void
sum_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;

    hseg_int8_sum_band(s->g, s->in, job);
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
            sum += band_sums(s->g, s->m, image * s->bands + b)[i];
        mean[i] = (float)(((double)sum / pixels - in.zero) * in.step);
    }
    hseg_squeeze_gates(s, mean, hidden, hidden, gate, gate);
    for (int i = 0; i < s->m; i++) {
        size_t at = (size_t)image * s->m + i;

        op->int8->scale[at] = op->gates ? gate[i] : gate[i] * in.step / out.step;
        op->int8->offset[at] = (float)out.zero - (float)in.zero * op->int8->scale[at];
    }
}

static void
apply_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    const struct HsegInt8 *k = s->op->int8;
    const size_t from = (size_t)(job / s->bands) * s->m;
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    hseg_int8_kernels()->rescale(s->out->bytes + at * s->out->pixel, s->out->pixel,
                                 s->in->bytes + at * s->in->pixel, s->in->pixel, k->scale + from,
                                 k->offset + from, count, s->m);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = describe(g, op);

    if (!op->fusion.sums)
        hseg_parallel(g->threads, g->batch * s.bands, sum_band, &s);
    hseg_parallel(g->threads, g->batch, gate_image, &s);
    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, apply_band, &s);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = describe(g, op);

    hseg_graph_need(g, 2 * (size_t)s.m + s.q, (size_t)g->batch * s.bands * s.m);
    return hseg_int8_plan(g, op, 0, (size_t)g->batch * s.m);
}

const HsegOpClass hseg_squeeze_int8_class = {.kind = "squeeze-excite int8", .plan = plan, .forward = forward};
