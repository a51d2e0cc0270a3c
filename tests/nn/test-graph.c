/* Whole networks: the same bits for any number of threads and any history, and the arrangement for inference
 * against the reference in double. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "model/unet.h"
#include "reference.h"

#define FORWARD 1e-4 /* largest difference of a logit, as a part of the largest */

/* Members of the family that have every operator between them, in sizes that leave odd maps. */
typedef struct {
    const char *name;
    const char *fields[12]; /* name, value, ... */
    int width, height;
} Member;

enum { WIDTH = 54, HEIGHT = 38 };

static const Member members[] = {
    {"v1", {"block", "v1", "alpha", "0.1", "middle_blocks", "1"}, WIDTH, HEIGHT},
    {"v2-bilinear",
     {"block", "v2", "alpha", "0.1", "middle_blocks", "2", "upsample", "bilinear", "padding", "zero"},
     WIDTH,
     HEIGHT},
    {"v3-stem-2",
     {"block", "v3", "alpha", "0.15", "middle_blocks", "1", "stem_stride", "2", "padding", "zero"},
     WIDTH,
     HEIGHT},
    {"v3-pointwise",
     {"block", "v3", "alpha", "0.1", "upsample", "pointwise", "decoder_blocks", "1", "round_to", "8"},
     WIDTH,
     HEIGHT},
};

/* Wide maps that inference does not store, with eight rows of them kept, and with four. */
static const Member large[] = {
    {"v3-large", {"block", "v3", "alpha", "0.25", "middle_blocks", "1"}, 170, 97},
    {"v3-broad", {"block", "v3", "alpha", "0.25", "middle_blocks", "1", "padding", "zero"}, 601, 43},
    {"v1-large", {"block", "v1", "alpha", "0.25", "middle_blocks", "1"}, 170, 157},
};

static bool observed; /* what network() sets every_map to */

static HsegGraph *
network(const Member *m, int batch, int threads, bool training, int *output)
{
    HsegGraph *g = hseg_graph_new(batch, threads, training);
    HsegArch arch = HSEG_ARCH_REFERENCE;
    HsegRng rng;

    g->every_map = observed;
    for (int i = 0; m->fields[i]; i += 2)
        g_assert_true(hseg_arch_set(&arch, m->fields[i], m->fields[i + 1], NULL));
    *output = hseg_unet_build(g, &arch, m->width, m->height);
    g_assert_true(hseg_graph_plan(g, *output));

    hseg_rng_init(&rng, 1, 1);
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        size_t count = hseg_param_count(p);
        g_autofree float *plain = g_new(float, count);
        float bound = p->kind == HSEG_PARAM_VECTOR      ? 1
                      : p->kind == HSEG_PARAM_DEPTHWISE ? 0.5f
                                                        : sqrtf(3.0f / ((float)p->in.count * p->kernel));

        for (size_t k = 0; k < count; k++)
            plain[k] = hseg_rng_uniform(&rng, -bound, bound);
        hseg_param_import(p, g->params.value + p->offset, plain);
    }
    hseg_graph_params_changed(g);
    return g;
}

static void
fill_input(HsegGraph *g, guint64 seed)
{
    HsegRng rng;

    hseg_rng_init(&rng, seed, 3);
    for (size_t i = 0; i < hseg_tensor_pixels(g, &g->tensors[0]) * 3; i++)
        g->tensors[0].data[i] = hseg_rng_uniform(&rng, -1, 1);
}

/* The output's numbers, for the caller to free. */
static double *
forward(HsegGraph *g, int output, guint64 seed, size_t *count)
{
    const HsegTensor *out = &g->tensors[output];
    double *v;

    *count = hseg_tensor_pixels(g, out) * out->channels.count;
    v = g_new(double, *count);
    fill_input(g, seed);
    hseg_graph_forward(g);
    reference_export(g, output, out->data, v);
    return v;
}

/* A forward and backward pass with the logits' numbers for gradients; the parameters' are added to. */
static double *
train(HsegGraph *g, int output, guint64 seed, size_t *count)
{
    double *logits = forward(g, output, seed, count);
    HsegTensor *out = &g->tensors[output];

    memset(out->grad, 0, hseg_tensor_pixels(g, out) * out->pixel * sizeof(float));
    for (size_t i = 0; i < *count; i++)
        out->grad[i * out->pixel] = (float)logits[i];
    hseg_graph_backward(g);
    return logits;
}

static void
assert_same(const char *what, int threads, const void *a, const void *b, size_t bytes)
{
    if (memcmp(a, b, bytes) != 0) {
        g_test_message("%s: %d threads and 1 differ", what, threads);
        g_test_fail();
    }
}

static void
test_threads_inference(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *one = network(data, 1, 1, false, &output);
    g_autofree double *want = forward(one, output, 1, &count);

    for (int threads = 2; threads <= 3; threads++) {
        HsegGraph *g = network(data, 1, threads, false, &output);
        g_autofree double *got = forward(g, output, 1, &count);

        assert_same("logits", threads, got, want, count * sizeof *got);
        hseg_graph_free(g);
    }
    hseg_graph_free(one);
}

/* The wide maps of a block are somewhere only where they were asked for. */
static void
test_every_map(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *fused = network(data, 1, 2, false, &output), *whole;
    g_autofree double *got = forward(fused, output, 1, &count), *want = NULL;
    int inside = 0;

    observed = true;
    whole = network(data, 1, 2, false, &output);
    observed = false;
    want = forward(whole, output, 1, &count);
    for (int i = 0; i < fused->n_ops; i++) {
        inside += fused->ops[i].inside;
        g_assert_false(whole->ops[i].inside || whole->ops[i].gates);
    }
    g_assert_cmpint(inside, >, 0);
    g_assert_cmpint(fused->arena_bytes, <=, whole->arena_bytes);
    for (size_t i = 0; i < count; i++)
        g_assert_cmpfloat(fabs(got[i] - want[i]), <=, FORWARD * fmax(1, fabs(want[i])));
    hseg_graph_free(fused);
    hseg_graph_free(whole);
}

static void
test_threads_training(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *one = network(data, 3, 1, true, &output);
    g_autofree double *want = train(one, output, 1, &count);

    hseg_graph_update_statistics(one);
    for (int threads = 2; threads <= 3; threads++) {
        HsegGraph *g = network(data, 3, threads, true, &output);
        g_autofree double *got = train(g, output, 1, &count);

        hseg_graph_update_statistics(g);
        assert_same("logits", threads, got, want, count * sizeof *got);
        assert_same("gradients", threads, g->params.grad, one->params.grad, g->params.size * sizeof(float));
        assert_same("statistics", threads, g->params.value, one->params.value,
                    g->params.size * sizeof(float));
        hseg_graph_free(g);
    }
    hseg_graph_free(one);
}

/* What ran before leaves no trace: maps share memory, and sums are begun anew. */
static void
test_again(gconstpointer data)
{
    size_t count, grads;
    int output;
    HsegGraph *g = network(data, 2, 2, true, &output);
    g_autofree double *first = train(g, output, 1, &count), *other = NULL, *again = NULL;
    g_autofree float *grad = NULL;

    grads = g->params.size * sizeof(float);
    grad = g_memdup2(g->params.grad, grads);
    other = train(g, output, 2, &count);
    g_assert_cmpint(memcmp(first, other, count * sizeof *first), !=, 0);
    memset(g->params.grad, 0, grads);
    again = train(g, output, 1, &count);
    g_assert_cmpmem(first, count * sizeof *first, again, count * sizeof *again);
    g_assert_cmpmem(grad, grads, g->params.grad, grads);
    hseg_graph_free(g);
}

/* Gradients are added to what is there. */
static void
test_accumulates(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *g = network(data, 2, 2, true, &output);
    g_autofree double *first = train(g, output, 1, &count), *second = NULL;
    g_autofree float *grad = g_memdup2(g->params.grad, g->params.size * sizeof(float));

    second = train(g, output, 1, &count);
    g_assert_cmpmem(second, count * sizeof *second, first, count * sizeof *first);
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        double size = 0, difference = 0;

        for (size_t k = p->offset; k < p->offset + p->size; k++) {
            size += (double)grad[k] * grad[k];
            difference += pow(g->params.grad[k] - 2.0 * grad[k], 2);
        }
        g_assert_cmpfloat(sqrt(difference), <=, 1e-5 * sqrt(size));
    }
    hseg_graph_free(g);
}

/* Activations and residuals inside convolutions, bands and jobs of inference. */
static void
test_reference(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *g = network(data, 1, 2, false, &output);
    g_autofree double *got = forward(g, output, 1, &count);
    Reference *r;
    const double *want;
    double worst = 0, largest = 0;

    fill_input(g, 1); /* the forward pass may have used its memory for other maps */
    r = reference_new(g);
    want = reference_run(r, output);
    for (size_t i = 0; i < count; i++) {
        worst = fmax(worst, fabs(got[i] - want[i]));
        largest = fmax(largest, fabs(want[i]));
    }
    g_test_message("largest difference %.2g of %.3g", worst, largest);
    g_assert_cmpfloat(worst, <=, FORWARD * largest);
    reference_free(r);
    hseg_graph_free(g);
}

/* Timed, it computes the same; every operator has its time, and no more memory than there is. */
static void
test_account(gconstpointer data)
{
    size_t count;
    int output;
    HsegGraph *g = network(data, 1, 2, false, &output);
    g_autofree double *want = forward(g, output, 1, &count), *got = NULL;
    g_autofree gint64 *ns = g_new(gint64, g->n_ops);

    memset(ns, -1, g->n_ops * sizeof *ns);
    g->op_ns = ns;
    got = forward(g, output, 1, &count);
    g_assert_cmpmem(got, count * sizeof *got, want, count * sizeof *want);
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
        size_t bytes = hseg_tensor_pixels(g, in) * in->channels.total * sizeof(float);

        if (in->root != out->root && !op->gates)
            bytes += hseg_tensor_pixels(g, out) * out->channels.total * sizeof(float);
        g_assert_cmpint(ns[i], >=, 0);
        g_assert_cmpuint(op->alive, >=, bytes);
        g_assert_cmpuint(op->alive, <=, g->arena_bytes);
    }
    hseg_graph_free(g);
}

int
main(int argc, char **argv)
{
    const struct {
        const char *name;
        GTestDataFunc test;
    } tests[] = {{"threads/inference", test_threads_inference},
                 {"threads/training", test_threads_training},
                 {"again", test_again},
                 {"accumulates", test_accumulates},
                 {"reference", test_reference},
                 {"account", test_account}};

    g_test_init(&argc, &argv, NULL);
    for (size_t t = 0; t < G_N_ELEMENTS(tests); t++)
        for (size_t m = 0; m < G_N_ELEMENTS(members); m++) {
            g_autofree char *path = g_strdup_printf("/nn/graph/%s/%s", tests[t].name, members[m].name);

            g_test_add_data_func(path, &members[m], tests[t].test);
        }
    for (size_t m = 0; m < G_N_ELEMENTS(large); m++) {
        g_autofree char *threads = g_strconcat("/nn/graph/threads/inference/", large[m].name, NULL);
        g_autofree char *reference = g_strconcat("/nn/graph/reference/", large[m].name, NULL);
        g_autofree char *every_map = g_strconcat("/nn/graph/every-map/", large[m].name, NULL);

        g_test_add_data_func(threads, &large[m], test_threads_inference);
        g_test_add_data_func(reference, &large[m], test_reference);
        g_test_add_data_func(every_map, &large[m], test_every_map);
    }
    return g_test_run();
}
