#include "model/quantise.h"

#include <math.h>
#include <string.h>

#include "model/int8.h"
#include "model/network.h"
#include "nn/op.h"

#define BINS       2048
#define CANDIDATES 40    /* ranges tried, as parts of the widest */
#define NARROWEST  0.2   /* the last of them */
#define TRIALS     48    /* pictures on which networks in bytes are compared with float32 */
#define TOLERANCE  0.004 /* mean difference of probability that is taken without a search */
#define WORTH      0.03  /* part of the whole error that a layer in float32 must spare */

typedef struct {
    HsegModel *model;
    int pictures, threads;
    HsegPictureSource source;
    HsegQuantiseProgress progress;
    void *data;
    int done, total; /* pictures run */

    HsegNetwork *network; /* in float32 */
    const HsegGraph *g;
    int *group;             /* [n_tensors] */
    HsegValueRange *ranges; /* [n_tensors]: of groups, at their first tensor; then of all */
    double *bins;           /* [n_tensors][BINS]: the same */
    bool *keep;             /* [n_ops] */

    int trials;
    float *inputs;  /* [trials][height][width][3] */
    float *answers; /* [trials][height][width]: float32's probabilities */
} Quantiser;

static void
step_on(Quantiser *q)
{
    q->done++;
    if (q->progress)
        q->progress(q->data, MIN(q->done, q->total), q->total);
}

/* ---- what values there are ---- */

typedef void (*Look)(Quantiser *q, int group, const float *pixel, int c);

static void
look_range(Quantiser *q, int group, const float *pixel, int c)
{
    HsegValueRange *r = &q->ranges[group];

    for (int i = 0; i < c; i++) {
        r->low = MIN(r->low, pixel[i]);
        r->high = MAX(r->high, pixel[i]);
    }
}

static void
look_bins(Quantiser *q, int group, const float *pixel, int c)
{
    const HsegValueRange r = q->ranges[group];
    const float scale = (float)BINS / MAX(r.high - r.low, 1e-20f);
    double *bins = q->bins + (size_t)group * BINS;

    for (int i = 0; i < c; i++)
        bins[CLAMP((int)((pixel[i] - r.low) * scale), 0, BINS - 1)]++;
}

/* Runs every picture through the network and shows @look each layer's output as it is made: maps share
 * memory. */
static gboolean
run_pictures(Quantiser *q, Look look, GError **error)
{
    HsegGraph *g = (HsegGraph *)q->g;

    for (int k = 0; k < q->pictures; k++) {
        if (!q->source(q->data, k, hseg_network_input(q->network), error))
            return FALSE;
        for (int i = 0; i < g->n_ops; i++) {
            const HsegTensor *out = &g->tensors[g->ops[i].out];

            g->ops[i].class->forward(g, &g->ops[i]);
            if (g->ops[i].weight < 0)
                continue;
            for (size_t p = 0; p < hseg_tensor_pixels(g, out); p++)
                look(q, q->group[g->ops[i].out], out->data + p * out->pixel, out->channels.total);
        }
        step_on(q);
    }
    return TRUE;
}

/* ---- ranges ---- */

/* The squared error that @r makes of the numbers counted in @bins over @whole: what lies outside is clamped,
 * the rest rounded to one of 256 steps. */
static double
range_error(const double *bins, HsegValueRange whole, HsegValueRange r)
{
    const double width = ((double)whole.high - whole.low) / BINS, step = ((double)r.high - r.low) / 255;
    double error = 0;

    for (int i = 0; i < BINS; i++) {
        double x = whole.low + (i + 0.5) * width, beyond = MAX(MAX(r.low - x, x - r.high), 0);

        error += bins[i] * (beyond * beyond + step * step / 12);
    }
    return error;
}

static HsegValueRange
best_range(const double *bins, HsegValueRange whole)
{
    HsegValueRange best = whole;
    double least = INFINITY;

    for (int i = 0; i < CANDIDATES; i++) {
        float part = (float)(1 - (1 - NARROWEST) * i / (CANDIDATES - 1));
        HsegValueRange r = {MIN(whole.low, 0) * part, MAX(whole.high, 0) * part};
        double error = range_error(bins, whole, r);

        if (error < least) {
            least = error;
            best = r;
        }
    }
    return best;
}

static gboolean
find_ranges(Quantiser *q, GError **error)
{
    int n = q->g->n_tensors;

    q->group = g_new(int, n);
    q->ranges = g_new(HsegValueRange, n);
    q->bins = g_new0(double, (size_t)n *BINS);
    hseg_graph_groups(q->g, q->group);
    for (int t = 0; t < n; t++)
        q->ranges[t] = (HsegValueRange){0, 0};
    if (!run_pictures(q, look_range, error) || !run_pictures(q, look_bins, error))
        return FALSE;
    for (int t = 0; t < n; t++)
        if (q->group[t] == t)
            q->ranges[t] = best_range(q->bins + (size_t)t * BINS, q->ranges[t]);
    for (int t = 0; t < n; t++)
        q->ranges[t] = q->ranges[q->group[t]];
    return TRUE;
}

/* ---- which layers stay in float32 ---- */

static size_t
input_pixels(const Quantiser *q)
{
    return (size_t)q->model->arch.width * q->model->arch.height;
}

static void
to_probabilities(float *out, const float *logits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = 1 / (1 + expf(-logits[i]));
}

/* float32's answers to pictures that lie evenly among all. */
static gboolean
take_answers(Quantiser *q, GError **error)
{
    size_t n = input_pixels(q);

    q->inputs = g_new(float, q->trials *n * 3);
    q->answers = g_new(float, q->trials *n);
    for (int k = 0; k < q->trials; k++) {
        float *input = q->inputs + k * n * 3;

        if (!q->source(q->data, (int)((gint64)k * q->pictures / q->trials), input, error))
            return FALSE;
        memcpy(hseg_network_input(q->network), input, n * 3 * sizeof *input);
        to_probabilities(q->answers + k * n, hseg_network_run(q->network), n);
        step_on(q);
    }
    return TRUE;
}

/* The mean difference from float32 with q->keep as it is; negative with an error. */
static double
measure(Quantiser *q, GError **error)
{
    size_t n = input_pixels(q);
    g_autofree float *p = g_new(float, n);
    g_autoptr(HsegNetwork) network = NULL;
    double sum = 0;

    hseg_model_write_int8(q->model, q->g, q->ranges, q->keep);
    network = hseg_network_new(q->model, HSEG_PRECISION_INT8, q->model->arch.width, q->model->arch.height,
                               q->threads, error);
    if (!network)
        return -1;
    for (int k = 0; k < q->trials; k++) {
        memcpy(hseg_network_input(network), q->inputs + k * n * 3, n * 3 * sizeof(float));
        to_probabilities(p, hseg_network_run(network), n);
        for (size_t i = 0; i < n; i++)
            sum += fabs((double)p[i] - q->answers[k * n + i]);
        step_on(q);
    }
    return sum / ((double)q->trials * n);
}

/* What the error would be with each layer alone in float32, [n_ops]. */
static gboolean
measure_each(Quantiser *q, double *errors, GError **error)
{
    for (int i = 0; i < q->g->n_ops; i++) {
        errors[i] = INFINITY;
        if (!hseg_op_has_int8(q->g, &q->g->ops[i]) || q->g->ops[i].weight < 0)
            continue;
        q->keep[i] = true;
        errors[i] = measure(q, error);
        q->keep[i] = false;
        if (errors[i] < 0)
            return FALSE;
    }
    return TRUE;
}

/* Keeps layers, those that spare most first, until the error will do or no layer is worth it. */
static gboolean
keep_layers(Quantiser *q, HsegQuantiseReport *report, GError **error)
{
    g_autofree double *errors = g_new(double, q->g->n_ops);
    double now = measure(q, error), whole = now;

    q->total = q->done;
    if (now > TOLERANCE) {
        q->total += q->g->n_ops * q->trials;
        if (!measure_each(q, errors, error))
            return FALSE;
    }
    while (now > TOLERANCE) {
        int best = 0;
        double then;

        for (int i = 1; i < q->g->n_ops; i++)
            if (errors[i] < errors[best])
                best = i;
        if (!(errors[best] < whole * (1 - WORTH)))
            break;
        errors[best] = INFINITY;
        q->keep[best] = true;
        then = measure(q, error);
        if (then < 0)
            return FALSE;
        q->keep[best] = then < now * (1 - WORTH / 2);
        report->kept += q->keep[best];
        now = MIN(now, then);
    }
    report->error = now;
    return now >= 0;
}

static void
clear(Quantiser *q)
{
    hseg_network_free(q->network);
    g_free(q->group);
    g_free(q->ranges);
    g_free(q->bins);
    g_free(q->keep);
    g_free(q->inputs);
    g_free(q->answers);
}

gboolean
hseg_model_quantise(HsegModel *model, int pictures, HsegPictureSource source, HsegQuantiseProgress progress,
                    void *data, int threads, HsegQuantiseReport *report, GError **error)
{
    Quantiser q = {.model = model,
                   .pictures = pictures,
                   .threads = threads,
                   .source = source,
                   .progress = progress,
                   .data = data,
                   .trials = MIN(pictures, TRIALS)};
    gboolean ok;

    *report = (HsegQuantiseReport){0};
    q.total = 2 * pictures + 2 * q.trials;
    q.network = hseg_network_new_observed(model, model->arch.width, model->arch.height, threads, error);
    if (!q.network)
        return FALSE;
    q.g = hseg_network_graph(q.network);
    q.keep = g_new0(bool, q.g->n_ops);
    for (int i = 0; i < q.g->n_ops; i++)
        report->layers += q.g->ops[i].weight >= 0;
    ok = find_ranges(&q, error) && take_answers(&q, error) && keep_layers(&q, report, error);
    if (ok)
        hseg_model_write_int8(model, q.g, q.ranges, q.keep);
    clear(&q);
    return ok;
}
