#include "model/fold.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-5f

static const float *
find(const HsegParams *params, const char *prefix, const char *suffix)
{
    g_autofree char *name = g_strconcat(prefix, suffix, NULL);
    int i = hseg_params_find(params, name);

    return i < 0 ? NULL : params->value + params->list[i].offset;
}

/* Multiplies each output channel of the weights @w by @scale. Padding has scale 0 times weight 0. */
static void
scale_weights(const HsegParam *p, float *w, const float *scale)
{
    size_t outs = p->out.total;

    for (size_t i = 0; i < p->size; i += outs)
        for (size_t c = 0; c < outs; c++)
            w[i + c] *= scale[c];
}

/* @name: a parameter of a convolution that a norm follows, "X.conv.weight" or "X.conv.bias". */
static void
fold_one(const HsegParams *trained, const HsegParam *p, float *value)
{
    g_autofree char *block = g_strndup(p->name, strstr(p->name, ".conv.") - p->name);
    const float *gamma = find(trained, block, ".bn.weight"), *beta = find(trained, block, ".bn.bias");
    const float *mean = find(trained, block, ".bn.running_mean"),
                *var = find(trained, block, ".bn.running_var");
    g_autofree float *scale = g_new0(float, p->out.total);

    for (int c = 0; c < p->out.total; c++)
        scale[c] = gamma[c] / sqrtf(var[c] + EPSILON);
    if (p->kind != HSEG_PARAM_VECTOR) {
        scale_weights(p, value, scale);
        return;
    }
    for (int c = 0; c < p->out.total; c++)
        value[c] = (value[c] - mean[c]) * scale[c] + beta[c];
}

void
hseg_fold(const HsegModel *model, HsegGraph *g)
{
    const HsegParams *trained = &model->blueprint->params;

    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        float *value = g->params.value + p->offset;

        memcpy(value, find(trained, p->name, ""), p->size * sizeof(float));
        if (strstr(p->name, ".conv."))
            fold_one(trained, p, value);
    }
    hseg_graph_params_changed(g);
}
