/* Squeeze and excitation (Hu et al. 2018) as MobileNetV3 has it:
 *   m = mean of x over the map;  v = W1 m + b1;  u = W2 relu(v) + b2;  y = x * hsigmoid(u),  hsigmoid(u) =
 * relu6(u + 3) / 6
 *
 * op->state, for each image: [MEAN m][HIDDEN q][GATE m][UPPER m], in floats; HIDDEN is v, UPPER is u, later
 * dL/dmean. */
#include "nn/fuse.h"
#include "nn/norm.h"
#include "nn/op.h"
#include "nn/squeeze.h"

enum { CHUNK = 128 /* pixels normed at a time */ };

typedef struct {
    float *mean, *hidden, *gate, *upper;
} State;

static State
state_of(const HsegSqueeze *s, int image)
{
    float *base = s->op->state + (size_t)image * (3 * s->m + s->q);

    return (State){base, base + s->m, base + s->m + s->q, base + 2 * s->m + s->q};
}

/* Adds up an image's bands; sum[m] lands in its first band. */
static const double *
image_sums(const HsegSqueeze *s, int image)
{
    double *sum = hseg_squeeze_sums(s, image * s->bands);

    for (int b = 1; b < s->bands; b++)
        for (int i = 0; i < s->m; i++)
            sum[i] += hseg_squeeze_sums(s, image * s->bands + b)[i];
    return sum;
}

/* Backward of hseg_fully_connected(): dx = W dy; dW += x dy^T; db += dy. */
static void
fully_connected_grad(float *dx, float *dw, float *db, const float *x, const float *dy, const float *w, int in,
                     int out)
{
    for (int i = 0; i < in; i++) {
        float sum = 0;

        for (int o = 0; o < out; o++) {
            sum += w[(size_t)i * out + o] * dy[o];
            dw[(size_t)i * out + o] += x[i] * dy[o];
        }
        dx[i] = sum;
    }
    for (int o = 0; o < out; o++)
        db[o] += dy[o];
}

/* ---- what the consumer does, where this operator gates ---- */

const float *
hseg_gate_of(const HsegGraph *g, const HsegOp *op, int image)
{
    HsegSqueeze s = hseg_squeeze_of((HsegGraph *)g, op);

    return state_of(&s, image).gate;
}

const float *
hseg_gate_grad(const HsegGraph *g, const HsegOp *op, int image)
{
    HsegSqueeze s = hseg_squeeze_of((HsegGraph *)g, op);

    return state_of(&s, image).upper;
}

double *
hseg_gate_sums(const HsegGraph *g, const HsegOp *op, int image)
{
    return op->sums + (size_t)image * HSEG_GATE_SUMS * g->tensors[op->in].channels.total;
}

/* ---- forward ---- */

/* The sums of an input that still has to be normed. */
static void
sum_normed(const HsegSqueeze *s, double *sums, float *scratch, size_t at, size_t count)
{
    HsegNormInput x = hseg_norm_input(s->g, s->op);

    for (size_t done = 0; done < count; done += CHUNK) {
        size_t n = HSEG_MIN((size_t)CHUNK, count - done);

        hseg_norm_apply(s->g, x.norm, scratch, s->m, x.data + (at + done) * s->in->pixel, n);
        hseg_kernels()->channel_sums(sums, sums + s->m, scratch, s->m, n, s->m);
    }
}

static void
sum_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    double *sums = hseg_squeeze_sums(s, job);
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    memset(sums, 0, 2 * s->m * sizeof *sums);
    if (hseg_norm_input(s->g, s->op).norm) {
        sum_normed(s, sums, s->g->scratch + thread * s->g->scratch_floats, at, count);
        return;
    }
    hseg_kernels()->channel_sums(sums, sums + s->m, s->in->data + at * s->in->pixel, s->in->pixel, count,
                                 s->m);
}

static void
gate_image(void *data, int image, int thread)
{
    const HsegSqueeze *s = data;
    State st = state_of(s, image);
    const double *sum = image_sums(s, image);

    for (int i = 0; i < s->m; i++)
        st.mean[i] = (float)(sum[i] / ((double)s->in->h * s->in->w));
    hseg_squeeze_gates(s, st.mean, st.hidden, s->g->scratch + thread * s->g->scratch_floats, st.upper,
                       st.gate);
}

static void
scale_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    hseg_kernels()->channel_scale(s->out->data + at * s->out->pixel, s->out->pixel,
                                  s->in->data + at * s->in->pixel, s->in->pixel,
                                  state_of(s, job / s->bands).gate, count, s->m);
}

static void
forward(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    if (!op->fusion.sums)
        hseg_parallel(g->threads, g->batch * s.bands, sum_band, &s);
    hseg_parallel(g->threads, g->batch, gate_image, &s);
    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, scale_band, &s);
}

/* ---- backward ---- */

static void
dot_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    double *sums = hseg_squeeze_sums(s, job);
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    memset(sums, 0, s->m * sizeof *sums);
    hseg_kernels()->channel_dot(sums, s->out->grad + at * s->out->pixel, s->out->pixel,
                                s->in->data + at * s->in->pixel, s->in->pixel, count, s->m);
}

/* The two layers' gradients of all images, in order: they are small. Leaves dL/dmean per pixel in UPPER. */
static void
gate_grads(HsegSqueeze *s)
{
    HsegGraph *g = s->g;
    const HsegOp *op = s->op;
    float *relu = g->scratch, *du = relu + s->q, *dhidden = du + s->m;

    for (int image = 0; image < g->batch; image++) {
        State st = state_of(s, image);
        const double *dgate = op->gates ? hseg_gate_sums(g, op, image) : image_sums(s, image);

        for (int i = 0; i < s->q; i++)
            relu[i] = HSEG_MAX(st.hidden[i], 0.0f);
        for (int i = 0; i < s->m; i++)
            du[i] = st.upper[i] > -3.0f && st.upper[i] < 3.0f ? (float)dgate[i] / 6.0f : 0.0f;
        fully_connected_grad(dhidden, hseg_op_grad(g, op->weight2), hseg_op_grad(g, op->bias2), relu, du,
                             hseg_op_value(g, op->weight2), s->q, s->m);
        for (int i = 0; i < s->q; i++)
            if (st.hidden[i] <= 0)
                dhidden[i] = 0;
        fully_connected_grad(st.upper, hseg_op_grad(g, op->weight), hseg_op_grad(g, op->bias), st.mean,
                             dhidden, hseg_op_value(g, op->weight), s->m, s->q);
        for (int i = 0; i < s->m; i++)
            st.upper[i] /= (float)s->in->h * s->in->w;
    }
}

static void
input_grad_band(void *data, int job, int thread)
{
    const HsegSqueeze *s = data;
    State st = state_of(s, job / s->bands);
    size_t at, count = hseg_squeeze_pixels(s, job, &at);

    hseg_kernels()->scale_shift(s->in->grad + at * s->in->pixel, s->in->pixel,
                                s->out->grad + at * s->out->pixel, s->out->pixel, st.gate, st.upper,
                                HSEG_ACT_NONE, NULL, 0, count, s->m);
}

static void
backward(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, dot_band, &s);
    gate_grads(&s);
    if (!op->gates)
        hseg_parallel(g->threads, g->batch * s.bands, input_grad_band, &s);
}

/* ---- set-up ---- */

static bool
plan(HsegGraph *g, HsegOp *op)
{
    HsegSqueeze s = hseg_squeeze_of(g, op);

    op->state = hseg_mem_new0((size_t)g->batch * (3 * s.m + s.q) * sizeof(float));
    if (op->gates && g->training) {
        op->sums = hseg_mem_new0((size_t)g->batch * HSEG_GATE_SUMS * s.m * sizeof(double));
        hseg_graph_need(g, (size_t)CHUNK * s.m, 0);
        hseg_graph_check(g, op->sums);
    }
    hseg_graph_need(g, s.m + 2 * s.q,
                    (size_t)g->batch * s.bands * 2 * s.m * (sizeof(double) / sizeof(float)));
    return hseg_graph_check(g, op->state) && !g->failed;
}

const HsegOpClass hseg_squeeze_class = {
    .kind = "squeeze-excite",
    .backward_needs_input = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};

int
hseg_graph_squeeze_excite(HsegGraph *g, int in, const char *name, int squeezed)
{
    HsegLayout c, q = hseg_layout(squeezed);
    HsegOp *op;
    int out;

    if (in < 0)
        return -1;
    c = g->tensors[in].channels;
    out = hseg_graph_add_tensor(g, g->tensors[in].h, g->tensors[in].w, c);
    op = out < 0 ? NULL : hseg_graph_add_op(g, &hseg_squeeze_class, name, in, out);
    if (!op)
        return -1;
    op->squeezed = squeezed;
    op->weight = hseg_graph_add_param(g, name, "1.weight", HSEG_PARAM_DENSE, c, q, 1, true, true);
    op->bias = hseg_graph_add_param(g, name, "1.bias", HSEG_PARAM_VECTOR, c, q, 1, true, false);
    op->weight2 = hseg_graph_add_param(g, name, "3.weight", HSEG_PARAM_DENSE, q, c, 1, true, true);
    op->bias2 = hseg_graph_add_param(g, name, "3.bias", HSEG_PARAM_VECTOR, q, c, 1, true, false);
    op->macs = 2.0 * c.count * squeezed;
    return out;
}
