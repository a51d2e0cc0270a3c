#include "nn/param.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
hseg_params_init(HsegParams *params)
{
    memset(params, 0, sizeof *params);
}

void
hseg_params_clear(HsegParams *params)
{
    for (int i = 0; i < params->count; i++)
        free(params->list[i].name);
    free(params->list);
    hseg_mem_free(params->value);
    hseg_mem_free(params->grad);
    memset(params, 0, sizeof *params);
}

static size_t
engine_size(const HsegParam *p)
{
    size_t taps = (size_t)p->kernel * p->kernel;

    switch (p->kind) {
    case HSEG_PARAM_VECTOR:
        return p->out.total;
    case HSEG_PARAM_DEPTHWISE:
        return taps * p->out.total;
    default:
        return taps * p->in.total * p->out.total;
    }
}

int
hseg_params_add(HsegParams *params, const char *name, HsegParamKind kind, HsegLayout in, HsegLayout out,
                int kernel, bool trained, bool decays)
{
    HsegParam *list = realloc(params->list, (params->count + 1) * sizeof *list);
    HsegParam *p;

    if (!list)
        return -1;
    params->list = list;
    p = &list[params->count];
    *p = (HsegParam){.name = strdup(name),
                     .kind = kind,
                     .in = in,
                     .out = out,
                     .kernel = kernel,
                     .trained = trained,
                     .decays = decays,
                     .offset = params->size};
    if (!p->name)
        return -1;
    p->size = engine_size(p);
    /* Each starts on a cache line. */
    params->size += (p->size + 15) & ~(size_t)15;
    return params->count++;
}

bool
hseg_params_allocate(HsegParams *params, bool training)
{
    params->value = hseg_mem_new0(params->size * sizeof(float));
    if (training)
        params->grad = hseg_mem_new0(params->size * sizeof(float));
    return params->value && (params->grad || !training);
}

int
hseg_params_find(const HsegParams *params, const char *name)
{
    for (int i = 0; i < params->count; i++)
        if (strcmp(params->list[i].name, name) == 0)
            return i;
    return -1;
}

int
hseg_param_shape(const HsegParam *p, int shape[4])
{
    shape[0] = p->out.count;
    if (p->kind == HSEG_PARAM_VECTOR)
        return 1;
    shape[1] = p->kind == HSEG_PARAM_DEPTHWISE ? 1 : p->in.count;
    if (p->kind == HSEG_PARAM_TRANSPOSED) {
        shape[0] = p->in.count;
        shape[1] = p->out.count;
    }
    shape[2] = shape[3] = p->kernel;
    return 4;
}

size_t
hseg_param_count(const HsegParam *p)
{
    int shape[4];
    int n = hseg_param_shape(p, shape);
    size_t count = 1;

    for (int i = 0; i < n; i++)
        count *= shape[i];
    return count;
}

/* Place in engine order of the number that stands at [a][b][t] in PyTorch's, t the tap. */
static size_t
engine_index(const HsegParam *p, int a, int b, int t)
{
    switch (p->kind) {
    case HSEG_PARAM_VECTOR:
    case HSEG_PARAM_DEPTHWISE:
        return (size_t)t * p->out.total + hseg_layout_at(p->out, a);
    case HSEG_PARAM_DENSE:
        return ((size_t)t * p->in.total + hseg_layout_at(p->in, b)) * p->out.total +
               hseg_layout_at(p->out, a);
    default:
        return ((size_t)t * p->out.total + hseg_layout_at(p->out, b)) * p->in.total +
               hseg_layout_at(p->in, a);
    }
}

static void
copy(const HsegParam *p, float *engine, float *plain, bool import)
{
    int shape[4] = {1, 1, 1, 1};
    size_t i = 0;

    hseg_param_shape(p, shape);
    for (int a = 0; a < shape[0]; a++)
        for (int b = 0; b < shape[1]; b++)
            for (int t = 0; t < shape[2] * shape[3]; t++, i++) {
                float *e = &engine[engine_index(p, a, b, t)];

                if (import)
                    *e = plain[i];
                else
                    plain[i] = *e;
            }
}

void
hseg_param_import(const HsegParam *p, float *engine, const float *plain)
{
    copy(p, engine, (float *)plain, true);
}

void
hseg_param_export(const HsegParam *p, float *plain, const float *engine)
{
    copy(p, (float *)engine, plain, false);
}
