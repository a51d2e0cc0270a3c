/* Channel-wise dropout (Tompson et al. 2015, "Efficient object localization using convolutional networks").
 */
#include "base/rng.h"
#include "nn/op.h"

#define CHANNEL_STREAM 0x9e3779b97f4a7c15ull /* tells operators apart */

typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int bands; /* jobs an image */
} Dropout;

static Dropout
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];

    return (Dropout){g, op, in, &g->tensors[op->out], HSEG_CLAMP(16 / g->batch, 1, in->h)};
}

void
hseg_dropout_draw(const HsegGraph *g, const HsegOp *op, int image, float *factor)
{
    int c = g->tensors[op->in].channels.total;
    uint64_t part = g->draw_pass * (uint64_t)HSEG_MAX(g->share.parts, 1) + (uint64_t)g->share.part;
    HsegRng rng;

    hseg_rng_init(&rng, g->draw_seed ^ CHANNEL_STREAM * (uint64_t)(op - g->ops + 1),
                  part * (uint64_t)g->batch + image);
    for (int i = 0; i < c; i++)
        factor[i] = hseg_rng_float(&rng) < op->drop ? 0 : 1 / (1 - op->drop);
}

/* Band @job of all images: its image's factors, and its pixels, [*at, *at + returned). */
static size_t
band_pixels(const Dropout *d, int job, const float **factor, size_t *at)
{
    size_t pixels = (size_t)d->in->h * d->in->w, from, to;
    int image = job / d->bands;

    hseg_slice(pixels, d->bands, job % d->bands, &from, &to);
    *factor = d->op->state + (size_t)image * d->in->channels.total;
    *at = image * pixels + from;
    return to - from;
}

static void
forward_band(void *data, int job, int thread)
{
    const Dropout *d = data;
    const float *factor;
    size_t at, count = band_pixels(d, job, &factor, &at);

    hseg_kernels()->channel_scale(d->out->data + at * d->out->pixel, d->out->pixel,
                                  d->in->data + at * d->in->pixel, d->in->pixel, factor, count,
                                  d->in->channels.total);
}

static void
backward_band(void *data, int job, int thread)
{
    const Dropout *d = data;
    const float *factor;
    size_t at, count = band_pixels(d, job, &factor, &at);

    hseg_kernels()->channel_scale(d->in->grad + at * d->in->pixel, d->in->pixel,
                                  d->out->grad + at * d->out->pixel, d->out->pixel, factor, count,
                                  d->in->channels.total);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Dropout d = describe(g, op);

    for (int image = 0; image < g->batch; image++)
        hseg_dropout_draw(g, op, image, op->state + (size_t)image * d.in->channels.total);
    hseg_parallel(g->threads, g->batch * d.bands, forward_band, &d);
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Dropout d = describe(g, op);

    if (op->wants_grad)
        hseg_parallel(g->threads, g->batch * d.bands, backward_band, &d);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    op->state = hseg_mem_new0((size_t)g->batch * g->tensors[op->in].channels.total * sizeof(float));
    return hseg_graph_check(g, op->state);
}

static const HsegOpClass dropout_class = {
    .kind = "dropout",
    .plan = plan,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_dropout(HsegGraph *g, int in, double p)
{
    HsegOp *op;
    int out;

    if (in < 0)
        return -1;
    out = hseg_graph_add_tensor(g, g->tensors[in].h, g->tensors[in].w, g->tensors[in].channels);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &dropout_class, "dropout", in, out);
    if (!op)
        return -1;
    op->drop = (float)p;
    return out;
}

void
hseg_graph_draw(HsegGraph *g, uint64_t seed, uint64_t pass)
{
    g->draw_seed = seed;
    g->draw_pass = pass;
}
