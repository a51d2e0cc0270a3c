/* A batch that two graphs share out between them, each in a thread of its own, against one graph with all of
 * it. */
#include <glib.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/rng.h"
#include "nn/graph.h"

enum { PARTS = 2, BATCH = 2, W = 11, H = 9 };

/* Adds numbers up over the threads that call it, as often as they do so together. */
typedef struct {
    pthread_mutex_t lock; /* not GLib's: the thread sanitizer sees these */
    pthread_cond_t cond;
    double sums[1024];
    int arrived, left, calls;
} Meeting;

static void
sum(void *data, double *numbers, int count)
{
    Meeting *m = data;

    g_assert_cmpint(count, <=, (int)G_N_ELEMENTS(m->sums));
    pthread_mutex_lock(&m->lock);
    while (m->left > 0) /* of the round before */
        pthread_cond_wait(&m->cond, &m->lock);
    for (int i = 0; i < count; i++)
        m->sums[i] = numbers[i] + (m->arrived > 0 ? m->sums[i] : 0);
    if (++m->arrived == PARTS) {
        m->left = PARTS;
        m->calls++;
        pthread_cond_broadcast(&m->cond);
    }
    while (m->left == 0)
        pthread_cond_wait(&m->cond, &m->lock);
    memcpy(numbers, m->sums, count * sizeof *numbers);
    if (--m->left == 0) {
        m->arrived = 0;
        pthread_cond_broadcast(&m->cond);
    }
    pthread_mutex_unlock(&m->lock);
}

typedef struct {
    HsegGraph *g;
    int out;
    float *put_out; /* of the forward pass; the backward pass may use the map for something else */
} Net;

/* Norms of every kind: behind a stem, a depthwise and a pointwise convolution, before a gate, with a
 * residual. */
static Net
make_net(int batch)
{
    HsegGraph *g = hseg_graph_new(batch, 2, true);
    HsegConv stem = {.name = "stem", .out = 9, .kernel = 3, .stride = 1, .frozen_bias = true};
    HsegConv middle = {.name = "middle", .kernel = 3, .stride = 2, .frozen_bias = true};
    HsegConv wide = {.name = "wide", .out = 19, .kernel = 1, .stride = 1, .frozen_bias = true};
    HsegConv again = {.name = "again", .out = 19, .kernel = 1, .stride = 1, .frozen_bias = true};
    HsegConv last = {.name = "last", .out = 1, .kernel = 1, .stride = 1};
    int x = hseg_graph_input(g, H, W, 3), residual;

    x = hseg_graph_norm(g, hseg_graph_conv(g, x, &stem), "stem_bn", HSEG_ACT_RELU6, 0);
    x = hseg_graph_norm(g, hseg_graph_depthwise(g, x, &middle), "middle_bn", HSEG_ACT_HSWISH, 0);
    x = hseg_graph_squeeze_excite(g, x, "se", 4);
    x = residual = hseg_graph_norm(g, hseg_graph_conv(g, x, &wide), "wide_bn", HSEG_ACT_RELU6, 0);
    x = hseg_graph_norm(g, hseg_graph_conv(g, x, &again), "again_bn", HSEG_ACT_NONE, residual + 1);
    x = hseg_graph_conv(g, hseg_graph_dropout(g, x, 0.3), &last);
    g_assert_true(hseg_graph_plan(g, x));
    return (Net){g, x, NULL};
}

static void
fill_params(HsegGraph *g, guint32 seed)
{
    HsegParams *params = &g->params;
    HsegRng rng;

    hseg_rng_init(&rng, seed, 1);
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        gboolean positive = g_str_has_suffix(p->name, "_bn.weight") || g_str_has_suffix(p->name, "var");
        g_autofree float *plain = g_new(float, hseg_param_count(p));

        for (size_t k = 0; k < hseg_param_count(p); k++)
            plain[k] = positive ? hseg_rng_uniform(&rng, 0.5f, 1.5f) : hseg_rng_uniform(&rng, -0.7f, 0.7f);
        hseg_param_import(p, params->value + p->offset, plain);
    }
    hseg_graph_params_changed(g);
}

/* Images and gradients number @first and on of the whole batch, a pass there and back, new statistics. */
static void
run_net(Net *net, guint32 seed, int first)
{
    HsegGraph *g = net->g;
    const HsegTensor *out = &g->tensors[net->out];
    size_t in_floats = (size_t)W * H * 3, out_pixels = (size_t)out->h * out->w;

    for (int i = 0; i < g->batch; i++) {
        HsegRng rng;

        hseg_rng_init(&rng, seed, 2 + first + i);
        for (size_t k = 0; k < in_floats; k++)
            g->tensors[0].data[i * in_floats + k] = hseg_rng_uniform(&rng, -1, 1) + 0.3f * (float)(first + i);
    }
    hseg_graph_draw(g, seed, 3);
    hseg_graph_forward(g);
    net->put_out = g_memdup2(out->data, g->batch * out_pixels * out->pixel * sizeof(float));
    memset(out->grad, 0, g->batch * out_pixels * out->pixel * sizeof(float));
    for (int i = 0; i < g->batch; i++) {
        HsegRng rng;

        hseg_rng_init(&rng, seed, 100 + first + i);
        for (size_t k = 0; k < out_pixels; k++)
            out->grad[(i * out_pixels + k) * out->pixel] = hseg_rng_uniform(&rng, -1, 1);
    }
    hseg_graph_backward(g);
    hseg_graph_update_statistics(g);
}

typedef struct {
    Net net;
    guint32 seed;
    int first;
} Part;

static void *
run_part(void *data)
{
    Part *p = data;

    run_net(&p->net, p->seed, p->first);
    return NULL;
}

static void
check_near(const char *what, double got, double want, double size)
{
    if (!(fabs(got - want) <= 2e-5 * size))
        g_error("%s: %.9g, not %.9g", what, got, want);
}

/* What the parts put out, their gradients together, and the statistics of each are those of the whole. */
static void
compare(const Net *whole, Part *parts)
{
    const HsegTensor *want = &whole->g->tensors[whole->out];
    size_t pixels = (size_t)BATCH * want->h * want->w;

    for (int p = 0; p < PARTS; p++)
        for (size_t k = 0; k < pixels; k++)
            check_near("output", parts[p].net.put_out[k * want->pixel],
                       whole->put_out[(p * pixels + k) * want->pixel], 1);
    for (int i = 0; i < whole->g->params.count; i++) {
        const HsegParam *param = &whole->g->params.list[i];
        double size = 1e-3;

        for (size_t k = param->offset; k < param->offset + param->size; k++)
            size = MAX(size, fabs(whole->g->params.grad[k]));
        for (size_t k = param->offset; k < param->offset + param->size; k++) {
            double sum_of_parts = 0;

            for (int p = 0; p < PARTS; p++) {
                sum_of_parts += parts[p].net.g->params.grad[k];
                check_near(param->name, parts[p].net.g->params.value[k], whole->g->params.value[k], 1);
            }
            check_near(param->name, sum_of_parts, whole->g->params.grad[k], size);
        }
    }
}

static void
free_net(Net *net)
{
    g_free(net->put_out);
    hseg_graph_free(net->g);
}

static void
test_share(void)
{
    guint32 seed = (guint32)g_test_rand_int();
    Net whole = make_net(PARTS * BATCH);
    Meeting meeting = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    pthread_t threads[PARTS];
    Part parts[PARTS];

    fill_params(whole.g, seed);
    run_net(&whole, seed, 0);
    for (int p = 0; p < PARTS; p++) {
        parts[p] = (Part){make_net(BATCH), seed, p * BATCH};
        parts[p].net.g->share = (HsegShare){p, PARTS, sum, &meeting};
        fill_params(parts[p].net.g, seed);
        g_assert_cmpint(pthread_create(&threads[p], NULL, run_part, &parts[p]), ==, 0);
    }
    for (int p = 0; p < PARTS; p++)
        pthread_join(threads[p], NULL);
    g_assert_cmpint(meeting.calls, ==, 8); /* four norms, there and back */
    compare(&whole, parts);
    for (int p = 0; p < PARTS; p++)
        free_net(&parts[p].net);
    free_net(&whole);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nn/share", test_share);
    return g_test_run();
}
