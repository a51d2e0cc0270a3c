/* Bilinear x2 with half-pixel centres. */
#include <string.h>

#include "nn/op.h"

typedef struct {
    const HsegTensor *in, *out;
    HsegUpsample shape;
    int bands;
    bool accumulates;
} Upsample;

static Upsample
describe(const HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];

    /* A single channel leaves its padding behind. */
    return (Upsample){in,
                      out,
                      {in->h, in->w, out->h, out->w, out->channels.total, in->pixel, out->pixel},
                      HSEG_CLAMP(16 / g->batch, 1, in->h),
                      op->accumulates};
}

static void
forward_band(void *data, int job, int thread)
{
    const Upsample *u = data;
    int image = job / u->bands;
    size_t y0, y1;

    hseg_slice(u->out->h, u->bands, job % u->bands, &y0, &y1);
    hseg_kernels()->upsample(&u->shape, u->out->data + (size_t)image * u->out->h * u->out->w * u->out->pixel,
                             u->in->data + (size_t)image * u->in->h * u->in->w * u->in->pixel, (int)y0,
                             (int)y1);
}

static void
backward_band(void *data, int job, int thread)
{
    const Upsample *u = data;
    int image = job / u->bands;
    float *grad = u->in->grad + (size_t)image * u->in->h * u->in->w * u->in->pixel;
    size_t y0, y1;

    hseg_slice(u->in->h, u->bands, job % u->bands, &y0, &y1);
    /* The padding that a single channel left behind has no gradient. */
    if (u->in->channels.total != u->shape.c)
        memset(grad + y0 * u->in->w * u->in->pixel, 0, (y1 - y0) * u->in->w * u->in->pixel * sizeof(float));
    hseg_kernels()->upsample_grad(&u->shape, grad,
                                  u->out->grad + (size_t)image * u->out->h * u->out->w * u->out->pixel,
                                  u->accumulates, (int)y0, (int)y1);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    Upsample u = describe(g, op);

    hseg_parallel(g->threads, g->batch * u.bands, forward_band, &u);
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    Upsample u = describe(g, op);

    if (op->wants_grad)
        hseg_parallel(g->threads, g->batch * u.bands, backward_band, &u);
}

static bool
plan(HsegGraph *g, HsegOp *op)
{
    return true;
}

static const HsegOpClass upsample_class = {
    .kind = "upsample",
    .plan = plan,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_upsample(HsegGraph *g, int in, int h, int w)
{
    HsegLayout c;
    int out;

    if (in < 0)
        return -1;
    c = g->tensors[in].channels;
    if (c.count == 1)
        c = hseg_layout_tight(1);
    out = hseg_graph_add_tensor(g, h, w, c);
    if (out < 0 || !hseg_graph_add_op(g, &upsample_class, "upsample", in, out))
        return -1;
    return out;
}
