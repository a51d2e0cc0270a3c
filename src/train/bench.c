#include "train/bench.h"

#include <humanseg/error.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "model/count.h"
#include "train/loss.h"
#include "train/optimiser.h"

enum { FORWARD, LOSS, BACKWARD, STEP, PHASES };

typedef struct {
    HsegModel *model;
    HsegGraph *graph;
    HsegOptimiser *optimiser;
    int output;
    float *target; /* [batch][h][w] */
} Run;

static void
clear(Run *r)
{
    hseg_optimiser_free(r->optimiser);
    hseg_graph_free(r->graph);
    hseg_model_unref(r->model);
    g_free(r->target);
}

static gboolean
prepare(Run *r, const HsegArch *arch, int batch, int threads, GError **error)
{
    size_t pixels = (size_t)batch * arch->width * arch->height;
    HsegRng rng;

    r->model = hseg_model_new(arch, "bench", error);
    if (!r->model)
        return FALSE;
    hseg_model_randomise(r->model, 1);
    r->graph = hseg_graph_new(batch, threads, true);
    r->output = r->graph ? hseg_unet_build(r->graph, arch, arch->width, arch->height) : -1;
    if (r->output < 0 || !hseg_graph_plan(r->graph, r->output)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "bench: no memory for batches of %d", batch);
        return FALSE;
    }
    hseg_model_get_params(r->model, &r->graph->params);
    hseg_graph_params_changed(r->graph);
    r->optimiser = hseg_optimiser_new(&HSEG_OPTIMISER_REFERENCE, &r->graph->params);
    r->target = g_new(float, pixels);
    hseg_rng_init(&rng, 1, 1);
    for (size_t i = 0; i < pixels; i++)
        r->target[i] = hseg_rng_float(&rng) < 0.3f;
    return r->optimiser != NULL;
}

static void
one_step(Run *r, const float *noise, gint64 at[PHASES + 1])
{
    HsegGraph *g = r->graph;
    const HsegTensor *in = &g->tensors[0], *out = &g->tensors[r->output];
    HsegLossBatch loss = {.images = g->batch,
                          .pixels = (size_t)out->h * out->w,
                          .z = out->data,
                          .z_pixel = out->pixel,
                          .target = r->target,
                          .grad = out->grad,
                          .scale = 1};

    memcpy(in->data, noise, (size_t)g->batch * in->h * in->w * 3 * sizeof(float));
    at[FORWARD] = g_get_monotonic_time();
    hseg_graph_forward(g);
    at[LOSS] = g_get_monotonic_time();
    hseg_loss(&HSEG_LOSS_REFERENCE, &loss, g->threads);
    at[BACKWARD] = g_get_monotonic_time();
    hseg_graph_backward(g);
    hseg_graph_update_statistics(g);
    at[STEP] = g_get_monotonic_time();
    hseg_optimiser_step(r->optimiser, &g->params, 1e-3, g->threads);
    hseg_graph_params_changed(g);
    at[PHASES] = g_get_monotonic_time();
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median(double *values, int count)
{
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

gboolean
hseg_train_bench(const HsegArch *arch, int batch, int threads, int steps, HsegTrainBench *bench,
                 GError **error)
{
    Run r = {0};
    g_autofree double *ms = g_new(double, (PHASES + 1) * steps);
    g_autofree float *noise = g_new(float, (size_t)batch * arch->width * arch->height * 3);
    double total;
    HsegRng rng;

    if (!prepare(&r, arch, batch, threads, error)) {
        clear(&r);
        return FALSE;
    }
    hseg_rng_init(&rng, 2, 1);
    for (size_t i = 0; i < (size_t)batch * arch->width * arch->height * 3; i++)
        noise[i] = hseg_rng_uniform(&rng, -1, 1);
    for (int s = -1; s < steps; s++) { /* the first warms up */
        gint64 at[PHASES + 1];

        one_step(&r, noise, at);
        for (int p = 0; p < PHASES && s >= 0; p++)
            ms[p * steps + s] = (at[p + 1] - at[p]) / 1e3;
        if (s >= 0)
            ms[PHASES * steps + s] = (at[PHASES] - at[0]) / 1e3;
    }
    total = median(ms + PHASES * steps, steps);
    *bench = (HsegTrainBench){batch * 1e3 / total,
                              median(ms, steps),
                              median(ms + LOSS * steps, steps),
                              median(ms + BACKWARD * steps, steps),
                              median(ms + STEP * steps, steps),
                              6.0 * hseg_count(r.model).macs * batch / total / 1e6};
    clear(&r);
    return TRUE;
}
