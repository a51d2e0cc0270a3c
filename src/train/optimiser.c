#include "train/optimiser.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"

HsegOptimiser *
hseg_optimiser_new(const HsegOptimiserOptions *options, const HsegParams *params)
{
    HsegOptimiser *o = g_new0(HsegOptimiser, 1);

    o->options = *options;
    o->size = params->size;
    o->m = hseg_mem_new0(o->size * sizeof(float));
    o->v = hseg_mem_new0(o->size * sizeof(float));
    o->average = hseg_mem_new0(o->size * sizeof(float));
    if (!o->m || !o->v || !o->average) {
        hseg_optimiser_free(o);
        return NULL;
    }
    memcpy(o->average, params->value, o->size * sizeof(float));
    return o;
}

void
hseg_optimiser_free(HsegOptimiser *o)
{
    if (!o)
        return;
    hseg_mem_free(o->m);
    hseg_mem_free(o->v);
    hseg_mem_free(o->average);
    g_free(o);
}

enum { SLICE = 32 * 1024 /* floats of a job: what it reads of five maps stays in the second-level cache */ };

typedef struct {
    HsegOptimiser *o;
    HsegParams *params;
    double learning_rate, correction1, correction2;
    float share; /* of the new weights in the average */
} Step;

/* Discriminative learning rates: Howard and Ruder 2018. */
static double
rate_of(const HsegOptimiser *o, const HsegParam *p, double learning_rate)
{
    return learning_rate * (g_str_has_prefix(p->name, "backbone.") ? o->options.encoder_rate : 1);
}

/* Numbers @from .. @to - 1 of the flat parameters, all of @p. */
static void
step_param(const Step *s, const HsegParam *p, size_t from, size_t to)
{
    const HsegOptimiserOptions *opt = &s->o->options;
    double rate = rate_of(s->o, p, s->learning_rate);

    hseg_kernels()->adamw(s->params->value + from, s->o->m + from, s->o->v + from, s->params->grad + from,
                          to - from, (float)(p->decays ? rate * opt->weight_decay : 0),
                          (float)(rate / s->correction1), (float)opt->beta1, (float)opt->beta2,
                          (float)(1 / sqrt(s->correction2)), (float)opt->epsilon);
}

static void
step_slice(void *data, int job, int thread)
{
    const Step *s = data;
    size_t from = (size_t)job * SLICE, to = MIN(from + SLICE, s->o->size);
    float *average = s->o->average;

    for (int i = 0; i < s->params->count; i++) {
        const HsegParam *p = &s->params->list[i];
        size_t first = MAX(from, p->offset), end = MIN(to, p->offset + p->size);

        if (p->trained && first < end)
            step_param(s, p, first, end);
    }
    memset(s->params->grad + from, 0, (to - from) * sizeof(float));
    for (size_t i = from; i < to; i++)
        average[i] += s->share * (s->params->value[i] - average[i]);
}

void
hseg_optimiser_step(HsegOptimiser *o, HsegParams *params, double learning_rate, int threads)
{
    Step s = {.o = o, .params = params, .learning_rate = learning_rate};

    o->step++;
    s.correction1 = 1 - pow(o->options.beta1, o->step);
    s.correction2 = 1 - pow(o->options.beta2, o->step);
    /* The first steps count less than the decay alone would have them. */
    s.share = (float)(1 - MIN(o->options.average_decay, (1.0 + o->step) / (10.0 + o->step)));
    hseg_parallel(threads, (int)((o->size + SLICE - 1) / SLICE), step_slice, &s);
}
