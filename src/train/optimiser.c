#include "train/optimiser.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

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

static void
update_average(HsegOptimiser *o, const HsegParams *params)
{
    /* The first steps count less than the decay alone would have them. */
    double decay = MIN(o->options.average_decay, (1.0 + o->step) / (10.0 + o->step));
    float share = (float)(1 - decay);

    for (size_t i = 0; i < o->size; i++)
        o->average[i] += share * (params->value[i] - o->average[i]);
}

/* Discriminative learning rates: Howard and Ruder 2018. */
static double
rate_of(const HsegOptimiser *o, const HsegParam *p, double learning_rate)
{
    return learning_rate * (g_str_has_prefix(p->name, "backbone.") ? o->options.encoder_rate : 1);
}

void
hseg_optimiser_step(HsegOptimiser *o, HsegParams *params, double learning_rate)
{
    const HsegOptimiserOptions *opt = &o->options;
    double correction1, correction2;

    o->step++;
    correction1 = 1 - pow(opt->beta1, o->step);
    correction2 = 1 - pow(opt->beta2, o->step);
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        double rate = rate_of(o, p, learning_rate);

        if (!p->trained)
            continue;
        hseg_kernels()->adamw(
            params->value + p->offset, o->m + p->offset, o->v + p->offset, params->grad + p->offset, p->size,
            (float)(p->decays ? rate * opt->weight_decay : 0), (float)(rate / correction1), (float)opt->beta1,
            (float)opt->beta2, (float)(1 / sqrt(correction2)), (float)opt->epsilon);
    }
    memset(params->grad, 0, params->size * sizeof(float));
    update_average(o, params);
}
