/* Dropout: what it drops, how often, and that a draw is a function of seed and pass alone. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "model/unet.h"
#include "nn/op.h"

enum { BATCH = 3, H = 5, W = 7, CHANNELS = 200 };

/* Ones through dropout; tensor 0 is the input. */
static HsegGraph *
make_graph(double p, int threads, int *output)
{
    HsegGraph *g = hseg_graph_new(BATCH, threads, true);

    *output = hseg_graph_dropout(g, hseg_graph_input(g, H, W, CHANNELS), p);
    g_assert_true(hseg_graph_plan(g, *output));
    for (int i = 0; i < BATCH * H * W * CHANNELS; i++)
        g->tensors[0].data[i] = 1;
    return g;
}

/* A channel of an image is 0 or 1 / (1 - p) throughout; a share of p of them is 0. */
static void
test_channels(void)
{
    static const double shares[] = {0.2, 0.5};

    for (size_t s = 0; s < G_N_ELEMENTS(shares); s++) {
        int output, dropped = 0, draws = 20;
        HsegGraph *g = make_graph(shares[s], 2, &output);
        const float *y = g->tensors[output].data;
        double expected = shares[s] * draws * BATCH * CHANNELS, deviation = sqrt(expected * (1 - shares[s]));

        for (int pass = 0; pass < draws; pass++) {
            hseg_graph_draw(g, 11, pass);
            hseg_graph_forward(g);
            for (int i = 0; i < BATCH * H * W * CHANNELS; i++) {
                float first = y[i / (H * W * CHANNELS) * H * W * CHANNELS + i % CHANNELS];

                g_assert_cmpfloat(y[i], ==, first);
                g_assert_true(first == 0 || fabs(first - 1 / (1 - shares[s])) < 1e-6);
            }
            for (int i = 0; i < BATCH * CHANNELS; i++)
                dropped += y[i / CHANNELS * H * W * CHANNELS + i % CHANNELS] == 0;
        }
        g_test_message("%d of %g dropped", dropped, expected);
        g_assert_cmpfloat(fabs(dropped - expected), <, 4 * deviation);
        hseg_graph_free(g);
    }
}

/* The same again for seed and pass, whatever the threads and what was drawn before; else another. */
static void
test_draws(void)
{
    static const struct {
        guint64 seed, pass;
        gboolean same;
    } draws[] = {{5, 8, FALSE}, {6, 7, FALSE}, {5, 7, TRUE}};
    size_t bytes = BATCH * H * W * CHANNELS * sizeof(float);
    int output;
    HsegGraph *g = make_graph(0.5, 1, &output), *other = make_graph(0.5, 3, &output);

    hseg_graph_draw(g, 5, 7);
    hseg_graph_forward(g);
    for (size_t i = 0; i < G_N_ELEMENTS(draws); i++) {
        hseg_graph_draw(other, draws[i].seed, draws[i].pass);
        hseg_graph_forward(other);
        g_assert_cmpint(memcmp(g->tensors[output].data, other->tensors[output].data, bytes) == 0, ==,
                        draws[i].same);
    }
    hseg_graph_free(g);
    hseg_graph_free(other);
}

/* Two in one graph do not drop the same channels. */
static void
test_two(void)
{
    HsegGraph *g = hseg_graph_new(BATCH, 1, true);
    int a = hseg_graph_input(g, H, W, CHANNELS), b = hseg_graph_dropout(g, a, 0.5),
        c = hseg_graph_dropout(g, b, 0.5), kept = 0;

    g_assert_true(hseg_graph_plan(g, c));
    for (int i = 0; i < BATCH * H * W * CHANNELS; i++)
        g->tensors[0].data[i] = 1;
    hseg_graph_forward(g);
    for (int i = 0; i < CHANNELS; i++)
        kept += g->tensors[c].data[i] == 4;
    g_assert_cmpint(abs(kept - CHANNELS / 4), <, 4 * 7); /* four deviations */
    hseg_graph_free(g);
}

/* In the network: behind each step of the decoder where asked for, in training alone. */
static void
test_network(void)
{
    static const double want[] = {0.25, 0.2, 0.15, 0.1};
    HsegArch arch = HSEG_ARCH_REFERENCE;

    hseg_arch_set(&arch, "alpha", "0.1", NULL);
    for (int training = 0; training <= 1; training++)
        for (int asked = 0; asked <= 1; asked++) {
            HsegGraph *g = hseg_graph_new(1, 1, training);
            int found = 0;

            g->dropout = 0.5 * asked;
            g_assert_true(hseg_graph_plan(g, hseg_unet_build(g, &arch, 64, 48)));
            for (int i = 0; i < g->n_ops; i++)
                if (strcmp(g->ops[i].class->kind, "dropout") == 0) {
                    g_assert_cmpint(found, <, 4);
                    g_assert_cmpfloat_with_epsilon(g->ops[i].drop, want[found++], 1e-6);
                }
            g_assert_cmpint(found, ==, training && asked ? 4 : 0);
            hseg_graph_free(g);
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nn/dropout/channels", test_channels);
    g_test_add_func("/nn/dropout/draws", test_draws);
    g_test_add_func("/nn/dropout/two", test_two);
    g_test_add_func("/nn/dropout/network", test_network);
    return g_test_run();
}
