/* A depthwise convolution in training on maps so large that they are cut into bands, of which a job takes
 * several: a batch of one picture over and over, against that picture alone, whose jobs have a band each. */
#include <glib.h>
#include <math.h>

#include "base/rng.h"
#include "nn/graph.h"

enum { BATCH = 16, W = 48, H = 67, CHANNELS = 40 };

typedef struct {
    const char *name;
    int stride;
    HsegPad pad;
} Case;

static const Case cases[] = {
    {"zero", 1, HSEG_PAD_ZERO}, {"reflect", 1, HSEG_PAD_REFLECT}, {"stride-2", 2, HSEG_PAD_ZERO}};

static HsegGraph *
network(const Case *c, int batch, int *out)
{
    HsegGraph *g = hseg_graph_new(batch, 2, true);
    HsegConv stem = {.name = "stem", .out = CHANNELS, .kernel = 3, .stride = 1, .frozen_bias = true};
    HsegConv middle = {
        .name = "middle", .kernel = 3, .stride = c->stride, .pad = c->pad, .frozen_bias = true};
    HsegConv last = {.name = "last", .out = 1, .kernel = 1, .stride = 1};
    HsegRng rng;
    int x = hseg_graph_input(g, H, W, 3);

    x = hseg_graph_norm(g, hseg_graph_conv(g, x, &stem), "stem_bn", HSEG_ACT_RELU6, 0);
    x = hseg_graph_norm(g, hseg_graph_depthwise(g, x, &middle), "middle_bn", HSEG_ACT_HSWISH, 0);
    *out = hseg_graph_conv(g, hseg_graph_squeeze_excite(g, x, "se", 8), &last);
    g_assert_true(hseg_graph_plan(g, *out));
    hseg_rng_init(&rng, 1, 1);
    for (size_t i = 0; i < g->params.size; i++)
        g->params.value[i] = hseg_rng_uniform(&rng, -0.5f, 1);
    hseg_graph_params_changed(g);
    return g;
}

/* Forward and back, with the same picture and the same gradient for each of the batch. */
static void
run(HsegGraph *g, int output)
{
    const HsegTensor *out = &g->tensors[output];
    size_t in_floats = (size_t)W * H * 3, pixels = (size_t)out->h * out->w;

    for (int image = 0; image < g->batch; image++) {
        HsegRng rng;

        hseg_rng_init(&rng, 2, 1);
        for (size_t i = 0; i < in_floats; i++)
            g->tensors[0].data[image * in_floats + i] = hseg_rng_uniform(&rng, -1, 1);
    }
    hseg_graph_forward(g);
    for (int image = 0; image < g->batch; image++) {
        HsegRng rng;

        hseg_rng_init(&rng, 3, 1);
        for (size_t i = 0; i < pixels * out->pixel; i++)
            out->grad[image * pixels * out->pixel + i] =
                i % out->pixel == 0 ? hseg_rng_uniform(&rng, -1, 1) : 0;
    }
}

static void
check_outputs(const HsegTensor *one, const HsegTensor *many)
{
    size_t pixels = (size_t)one->h * one->w;

    for (size_t p = 0; p < BATCH * pixels; p++)
        g_assert_cmpfloat_with_epsilon(many->data[p * many->pixel], one->data[p % pixels * one->pixel], 1e-4);
}

static void
test_same_picture(gconstpointer data)
{
    int out;
    HsegGraph *one = network(data, 1, &out), *many = network(data, BATCH, &out);

    run(one, out);
    run(many, out);
    check_outputs(&one->tensors[out], &many->tensors[out]);
    hseg_graph_backward(one);
    hseg_graph_backward(many);
    for (int i = 0; i < one->params.count; i++) {
        const HsegParam *p = &one->params.list[i];
        const float *a = one->params.grad + p->offset, *b = many->params.grad + p->offset;
        float largest = 0;

        for (size_t k = 0; k < p->size; k++)
            largest = fmaxf(largest, fabsf(a[k]));
        g_test_message("%s %g", p->name, largest);
        for (size_t k = 0; k < p->size; k++)
            g_assert_cmpfloat_with_epsilon(b[k] / BATCH, a[k], 1e-4f * largest + 1e-4f);
    }
    hseg_graph_free(one);
    hseg_graph_free(many);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/nn/bands/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_same_picture);
    }
    return g_test_run();
}
