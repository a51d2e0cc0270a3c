/* Gradients of every operator, alone and in chains, against central differences.
 *
 * The loss is the sum of the output times fixed random numbers. Its derivative along random directions
 * through each parameter comes from the backward pass on one side, on the other from (L(+h) - L(-h)) / 2h of
 * a twin of the graph in double (reference.h), whose output must equal the graph's. Differences of double
 * need no compromise between truncation and rounding: what is left is the engine's own rounding, so that an
 * error of 1 % is far outside. That it would be seen is asserted for each parameter.
 *
 * No gradient flows to the network's input. What an operator passes to its input is seen by the weights of
 * the convolutions before it. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "reference.h"

#define STEP 1e-6 /* h */
#define MARGIN                                                                                               \
    3e-5 /* no activated number lies closer to a kink, or a seed is passed over: h must not cross it */
#define FORWARD 5e-5 /* largest difference of an output, as a part of the largest output */
#define GRADIENT                                                                                             \
    1e-3 /* largest difference of a derivative, as a part of what a random direction gives on average */
#define BAD_SHARE 0.01 /* the error that must not pass */

enum { MAX_LAYERS = 16, DIRECTIONS = 3, THREADS = 2, LARGE = 48 };

/* ---- cases ---- */

typedef struct Layer Layer;

/* Adds a layer to a graph and returns its output; @with is the output of layer number Layer.with, or -1. */
typedef int (*Build)(HsegGraph *g, int in, const char *name, const Layer *l, int with);

struct Layer {
    Build build;
    int out, stride, crop;
    HsegPad pad;
    HsegAct act;
    bool frozen;
    int with; /* from 1 */
};

static int
pointwise(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_conv(
        g, in, &(HsegConv){.name = name, .out = l->out, .kernel = 1, .stride = 1, .frozen_bias = l->frozen});
}

static int
dense(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    HsegConv conv = {.name = name,
                     .out = l->out,
                     .kernel = 3,
                     .stride = l->stride,
                     .pad = l->pad,
                     .frozen_bias = l->frozen};

    if (l->crop) {
        conv.h = g->tensors[in].h - l->crop;
        conv.w = g->tensors[in].w - l->crop;
    }
    return hseg_graph_conv(g, in, &conv);
}

static int
depthwise(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_depthwise(
        g, in,
        &(HsegConv){.name = name, .kernel = 3, .stride = l->stride, .pad = l->pad, .frozen_bias = l->frozen});
}

static int
transposed(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_transposed(g, in, name, l->out, 2 * g->tensors[in].h - l->crop,
                                 2 * g->tensors[in].w - l->crop);
}

static int
norm(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_norm(g, in, name, l->act, with + 1);
}

static int
squeeze(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_squeeze_excite(g, in, name, l->out);
}

static int
upsample(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_upsample(g, in, 2 * g->tensors[in].h - l->crop, 2 * g->tensors[in].w - l->crop);
}

static int
dropout(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_dropout(g, in, 0.1 * l->out);
}

static int
concat(HsegGraph *g, int in, const char *name, const Layer *l, int with)
{
    return hseg_graph_concat(g, in, with);
}

/* clang-format off */
#define PW(n)             {.build = pointwise, .out = n}
#define PW_BN(n)          {.build = pointwise, .out = n, .frozen = true} /* a norm follows */
#define DENSE(n, s, p)    {.build = dense, .out = n, .stride = s, .pad = HSEG_PAD_##p}
#define DENSE_BN(n, s, p) {.build = dense, .out = n, .stride = s, .pad = HSEG_PAD_##p, .frozen = true}
#define DENSE_CROP(n)     {.build = dense, .out = n, .stride = 1, .crop = 1}
#define DW(s, p)          {.build = depthwise, .stride = s, .pad = HSEG_PAD_##p}
#define DW_BN(s, p)       {.build = depthwise, .stride = s, .pad = HSEG_PAD_##p, .frozen = true}
#define UP_CONV(n, c)     {.build = transposed, .out = n, .crop = c}
#define BN(a)             {.build = norm, .act = HSEG_ACT_##a}
#define BN_ADD(a, layer)  {.build = norm, .act = HSEG_ACT_##a, .with = layer}
#define SE(q)             {.build = squeeze, .out = q}
#define UP(c)             {.build = upsample, .crop = c}
#define DROP(tenths)      {.build = dropout, .out = tenths}
#define CONCAT(layer)     {.build = concat, .with = layer} /* the last layer's output, then that one's */
/* clang-format on */

typedef struct {
    const char *name;
    int batch, h, w;
    Layer layers[MAX_LAYERS];
} Case;

/* clang-format off */
/* 9 and 19 channels leave padding of 7 and 5. */
static const Case cases[] = {
    /* operators */
    {"pointwise", 3, 7, 9, {PW(9), PW(19), PW(1)}},
    {"pointwise/wide", 3, 9, 11, {PW(70), PW(33)}},
    {"dense/stem", 3, 7, 9, {DENSE(9, 1, REFLECT)}},
    {"dense/stem-stride-2", 3, 8, 10, {DENSE(9, 2, ZERO)}},
    {"dense/stem-stride-2-odd", 3, 7, 9, {DENSE(19, 2, ZERO)}},
    {"dense/zero", 3, 6, 7, {PW(9), DENSE(19, 1, ZERO)}},
    {"dense/cropped", 3, 6, 8, {PW(19), DENSE_CROP(9)}},
    {"depthwise/zero", 3, 6, 7, {PW(9), DW(1, ZERO)}},
    {"depthwise/reflect", 3, 6, 7, {PW(19), DW(1, REFLECT)}},
    {"depthwise/reflect-smallest", 3, 2, 2, {PW(9), DW(1, REFLECT)}},
    {"depthwise/stride-2", 3, 6, 8, {PW(9), DW(2, ZERO)}},
    {"depthwise/stride-2-odd", 3, 7, 9, {PW(19), DW(2, ZERO)}},
    {"transposed/even", 3, 4, 5, {PW(19), UP_CONV(9, 0)}},
    {"transposed/cropped", 3, 4, 5, {PW(9), UP_CONV(19, 1)}},
    {"squeeze-excite", 3, 6, 7, {PW(19), SE(4)}},
    {"squeeze-excite/one", 3, 6, 7, {PW(9), SE(1)}},
    {"upsample/even", 3, 4, 5, {PW(9), UP(0)}},
    {"upsample/cropped", 3, 4, 5, {PW(19), UP(1)}},
    {"upsample/one-channel", 3, 4, 5, {PW(9), PW(1), UP(0)}},
    {"upsample/one-channel-cropped", 3, 4, 5, {PW(9), PW(1), UP(1)}},
    {"dropout", 3, 6, 7, {PW(19), DROP(4)}},
    {"concat/pointwise", 3, 5, 6, {PW(9), DW(1, ZERO), DW(1, ZERO), CONCAT(1), PW(5)}},
    {"concat/depthwise", 3, 5, 6, {PW(9), DW(1, ZERO), CONCAT(1), DW(1, REFLECT), PW(9)}},
    {"used-twice/depthwise", 3, 5, 6, {PW(9), DW(1, REFLECT), CONCAT(1), PW(5)}},
    {"used-twice/pointwise", 3, 5, 6, {PW(9), PW(19), CONCAT(1), PW(5)}},
    {"used-twice/dense", 3, 5, 6, {PW(9), DENSE(19, 1, ZERO), CONCAT(1), PW(5)}},
    {"used-twice/transposed", 3, 5, 6, {PW(9), UP_CONV(19, 0), DW(2, ZERO), CONCAT(1), PW(5)}},
    {"used-twice/upsample", 3, 5, 6, {PW(9), UP(0), DW(2, ZERO), CONCAT(1), PW(5)}},
    {"used-twice/residual", 3, 5, 6, {PW(9), PW_BN(9), BN_ADD(RELU6, 1), CONCAT(1), PW(5)}},

    /* norms, which share their work with what stands beside them */
    {"norm/none", 3, 6, 7, {PW_BN(9), BN(NONE)}},
    {"norm/relu", 3, 6, 7, {PW_BN(9), BN(RELU)}},
    {"norm/relu6", 3, 6, 7, {PW_BN(19), BN(RELU6)}},
    {"norm/hswish", 3, 6, 7, {PW_BN(19), BN(HSWISH)}},
    {"norm/residual", 3, 6, 7, {PW(9), PW_BN(9), BN_ADD(NONE, 1)}},
    {"norm/residual-relu6", 3, 6, 7, {PW(9), PW_BN(9), BN_ADD(RELU6, 1), PW(9)}},
    {"norm/residual-of-norm", 3, 6, 7,
     {PW_BN(9), BN(RELU6), PW_BN(9), BN_ADD(NONE, 2), PW_BN(9), BN_ADD(HSWISH, 4), PW(3)}},
    {"norm/to-pointwise", 3, 6, 7, {PW_BN(9), BN(RELU6), PW_BN(19), BN(HSWISH), PW(5)}},
    {"norm/to-depthwise", 3, 6, 7,
     {PW_BN(9), BN(HSWISH), DW_BN(1, REFLECT), BN(RELU6), DW_BN(2, ZERO), BN(RELU), PW(5)}},
    {"norm/to-dense", 3, 6, 7, {PW_BN(9), BN(RELU6), DENSE_BN(9, 1, ZERO), BN(RELU6), DENSE_CROP(9)}},
    {"norm/to-transposed", 3, 4, 5, {PW_BN(9), BN(RELU6), UP_CONV(9, 1), PW(9)}},
    {"norm/to-upsample", 3, 4, 5, {PW_BN(9), BN(RELU6), UP(1), DENSE_BN(9, 1, ZERO), BN(RELU6)}},
    {"norm/to-squeeze-excite", 3, 6, 7, {PW_BN(9), BN(HSWISH), SE(3), PW_BN(9), BN(NONE)}},
    {"norm/to-concat", 3, 6, 7,
     {PW_BN(9), BN(RELU6), DW_BN(1, ZERO), BN(RELU6), CONCAT(2), DW_BN(1, REFLECT), BN(RELU6), PW(5)}},
    {"norm/to-dropout", 3, 6, 7, {PW_BN(19), BN(RELU6), DROP(3), PW_BN(9), BN(HSWISH), SE(3), DROP(5), PW(3)}},
    {"norm/residual-to-dropout", 3, 4, 5,
     {PW(9), PW_BN(9), BN_ADD(NONE, 1), DROP(3), UP_CONV(9, 1), DW_BN(1, ZERO), BN(RELU6), DROP(2), PW(1)}},
    {"norm/from-stem", 3, 8, 9,
     {DENSE_BN(9, 1, REFLECT), BN(RELU6), DW_BN(1, REFLECT), BN(RELU6), PW_BN(19), BN(RELU6), PW(1)}},
    {"norm/from-stem-stride-2", 3, 9, 9, {DENSE_BN(9, 2, ZERO), BN(RELU6), PW_BN(19), BN(NONE)}},

    /* blocks of the family, and a small network with one skip */
    {"block/v1", 3, 7, 9,
     {PW(9), DW_BN(2, ZERO), BN(RELU6), PW_BN(19), BN(RELU6), DW_BN(1, REFLECT), BN(RELU6), PW_BN(19),
      BN(RELU6)}},
    {"block/v2", 3, 6, 7,
     {PW_BN(9), BN(RELU6), PW_BN(18), BN(RELU6), DW_BN(1, REFLECT), BN(RELU6), PW_BN(9), BN_ADD(NONE, 2),
      DW_BN(2, ZERO), BN(RELU6), PW_BN(19), BN(NONE)}},
    {"block/v3", 3, 6, 7,
     {PW(9), PW_BN(18), BN(HSWISH), DW_BN(1, REFLECT), BN(HSWISH), SE(4), PW_BN(9), BN_ADD(NONE, 1), PW(1)}},
    {"network", 3, 9, 11,
     {DENSE_BN(9, 1, REFLECT), BN(RELU6), DW_BN(2, ZERO), BN(RELU6), PW_BN(19), BN(RELU6), UP_CONV(9, 1),
      CONCAT(2), DW_BN(1, ZERO), BN(RELU6), PW_BN(9), BN(RELU6), PW(1), UP(0)}},

    /* maps large enough to be cut into several bands, parts and blocks */
    {"large/pointwise", 1, 112, 113, {PW_BN(3), BN(HSWISH), PW_BN(120), BN(RELU6), PW(1)}},
    {"large/depthwise", 1, 72, 66,
     {PW_BN(32), BN(RELU6), DW_BN(1, REFLECT), BN(RELU6), DW_BN(2, ZERO), BN(RELU6), PW(3)}},
    {"large/squeeze-excite", 2, 49, 40, {PW_BN(9), BN(HSWISH), SE(3), PW_BN(19), BN(NONE)}},
    {"large/dense", 1, 66, 67, {DENSE_BN(32, 1, REFLECT), BN(RELU6), DENSE(3, 1, ZERO)}},
};
/* clang-format on */

static int
build(HsegGraph *g, const Case *c)
{
    int outputs[MAX_LAYERS], in = hseg_graph_input(g, c->h, c->w, 3);

    for (int i = 0; i < MAX_LAYERS && c->layers[i].build; i++) {
        const Layer *l = &c->layers[i];
        g_autofree char *name = g_strdup_printf("layer%d", i + 1);

        in = outputs[i] = l->build(g, in, name, l, l->with ? outputs[l->with - 1] : -1);
    }
    return in;
}

/* ---- numbers ---- */

static float
random_value(const HsegParam *p, int fan_in, HsegRng *rng)
{
    if (p->kind != HSEG_PARAM_VECTOR)
        return hseg_rng_uniform(rng, -1, 1) * sqrtf(3.0f / fan_in);
    if (g_str_has_suffix(p->name, ".weight")) /* a norm's: of either sign, not small */
        return hseg_rng_uniform(rng, 0.5f, 1.5f) * (hseg_rng_u32(rng) & 1 ? 1 : -1);
    return hseg_rng_uniform(rng, -1, 3); /* biases, so that activations are met on all their pieces */
}

static void
fill(HsegGraph *g, guint64 seed)
{
    const HsegTensor *in = &g->tensors[0];
    HsegRng rng;

    hseg_rng_init(&rng, seed, 1);
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        size_t count = hseg_param_count(p);
        g_autofree float *plain = g_new(float, count);
        int shape[4] = {0};

        hseg_param_shape(p, shape);
        for (size_t k = 0; k < count; k++)
            plain[k] = random_value(
                p, p->kind == HSEG_PARAM_DEPTHWISE ? 9 : p->in.count * p->kernel * p->kernel, &rng);
        hseg_param_import(p, g->params.value + p->offset, plain);
    }
    hseg_graph_params_changed(g);
    for (size_t i = 0; i < hseg_tensor_pixels(g, in) * in->channels.total; i++)
        in->data[i] = hseg_rng_uniform(&rng, -2, 2);
}

/* ---- one case ---- */

typedef struct {
    HsegGraph *g;
    int output;
    size_t count;  /* of numbers put out */
    float *factor; /* [count]: what the loss multiplies the output with */
    Reference *reference;
} Fixture;

static Fixture
set_up(const Case *c)
{
    Fixture f = {.g = hseg_graph_new(c->batch, THREADS, true)};
    const HsegTensor *out;
    HsegRng rng;

    f.output = build(f.g, c);
    g_assert_true(hseg_graph_plan(f.g, f.output));
    out = &f.g->tensors[f.output];
    f.count = hseg_tensor_pixels(f.g, out) * out->channels.count;
    f.factor = g_new(float, f.count);
    hseg_rng_init(&rng, 1, 2);
    for (size_t i = 0; i < f.count; i++)
        f.factor[i] = hseg_rng_uniform(&rng, -1, 1);
    /* A point at which there is a derivative. Large maps always hold a number near a kink; it is one of many
     * there. */
    for (guint64 seed = 1;; seed++) {
        fill(f.g, seed);
        f.reference = reference_new(f.g);
        reference_run(f.reference, f.output);
        if (f.reference->kink > MARGIN || c->h > LARGE)
            break;
        reference_free(f.reference);
    }
    return f;
}

static void
tear_down(Fixture *f)
{
    reference_free(f->reference);
    hseg_graph_free(f->g);
    g_free(f->factor);
}

static void
check_forward(const Fixture *f)
{
    g_autofree double *got = g_new(double, f->count);
    const double *want = reference_run(f->reference, f->output);
    double worst = 0, largest = 0;

    reference_export(f->g, f->output, f->g->tensors[f->output].data, got);
    for (size_t i = 0; i < f->count; i++) {
        worst = fmax(worst, fabs(got[i] - want[i]));
        largest = fmax(largest, fabs(want[i]));
    }
    if (worst > FORWARD * largest)
        g_test_message("forward: largest difference %.2g of %.2g", worst, largest);
    g_assert_cmpfloat(worst, <=, FORWARD * largest);
}

static void
backward(const Fixture *f)
{
    const HsegTensor *out = &f->g->tensors[f->output];
    size_t pixels = hseg_tensor_pixels(f->g, out);
    const float *factor = f->factor;

    memset(out->grad, 0, pixels * out->pixel * sizeof(float));
    for (size_t i = 0; i < pixels; i++)
        for (int c = 0; c < out->channels.count; c++)
            out->grad[i * out->pixel + hseg_layout_at(out->channels, c)] = *factor++;
    hseg_graph_backward(f->g);
}

/* L at the parameter moved by @h along @direction. */
static double
loss_at(const Fixture *f, int param, const double *direction, double h)
{
    size_t count = hseg_param_count(&f->g->params.list[param]);
    double *value = f->reference->param[param], loss = 0;
    g_autofree double *kept = g_memdup2(value, count * sizeof *value);
    const double *out;

    for (size_t i = 0; i < count; i++)
        value[i] += h * direction[i];
    out = reference_run(f->reference, f->output);
    for (size_t i = 0; i < f->count; i++)
        loss += out[i] * f->factor[i];
    memcpy(value, kept, count * sizeof *value);
    return loss;
}

/* Derivatives along random directions of +-1: their mean square is the gradient's square. */
static void
check_gradient(const Fixture *f, int param, HsegRng *rng)
{
    const HsegParam *p = &f->g->params.list[param];
    size_t count = hseg_param_count(p);
    g_autofree float *grad = g_new(float, count);
    g_autofree double *direction = g_new(double, count);
    double size = 0, worst = 0, worst_of_bad = 0;

    hseg_param_export(p, grad, f->g->params.grad + p->offset);
    for (size_t i = 0; i < count; i++)
        size += (double)grad[i] * grad[i];
    size = sqrt(size);
    for (int d = 0; d < DIRECTIONS; d++) {
        double got = 0, want;

        for (size_t i = 0; i < count; i++) {
            direction[i] = hseg_rng_u32(rng) & 1 ? 1 : -1;
            got += grad[i] * direction[i];
        }
        want = (loss_at(f, param, direction, STEP) - loss_at(f, param, direction, -STEP)) / (2 * STEP);
        worst = fmax(worst, fabs(got - want) / size);
        worst_of_bad = fmax(worst_of_bad, fabs(got * (1 + BAD_SHARE) - want) / size);
    }
    if (!(worst <= GRADIENT) || !(worst_of_bad > GRADIENT))
        g_test_message("%s: size %.3g, relative difference %.2g, were it %g too large %.2g", p->name, size,
                       worst, BAD_SHARE, worst_of_bad);
    g_assert_cmpfloat(worst, <=, GRADIENT);
    g_assert_cmpfloat(worst_of_bad, >, GRADIENT);
}

/* Of parameters that aren't trained, nothing; of others, nothing in the padding. */
static void
check_padding(const HsegGraph *g)
{
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        size_t count = hseg_param_count(p);
        g_autofree float *ones = g_new(float, count), *used = g_new0(float, p->size);

        for (size_t k = 0; k < count; k++)
            ones[k] = p->trained;
        hseg_param_import(p, used, ones);
        for (size_t k = 0; k < p->size; k++)
            if (used[k] == 0)
                g_assert_cmpfloat(g->params.grad[p->offset + k], ==, 0);
    }
}

static void
test_case(gconstpointer data)
{
    Fixture f = set_up(data);
    HsegRng rng;

    hseg_rng_init(&rng, 2, 2);
    hseg_graph_forward(f.g);
    check_forward(&f);
    backward(&f);
    for (int i = 0; i < f.g->params.count; i++)
        if (f.g->params.list[i].trained)
            check_gradient(&f, i, &rng);
    check_padding(f.g);
    tear_down(&f);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/nn/grad/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
