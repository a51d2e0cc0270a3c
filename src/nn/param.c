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

/* Where the engine keeps the number that stands at [a][b][t] in PyTorch's order, t the tap:
 * t * tap + at(inner, b) * step + at(outer, a). */
typedef struct {
    HsegLayout outer, inner;
    size_t tap, step;
} Order;

static Order
engine_order(const HsegParam *p)
{
    switch (p->kind) {
    case HSEG_PARAM_VECTOR:
    case HSEG_PARAM_DEPTHWISE:
        return (Order){p->out, hseg_layout_tight(1), p->out.total, 0};
    case HSEG_PARAM_DENSE:
        return (Order){p->out, p->in, (size_t)p->in.total * p->out.total, p->out.total};
    default:
        return (Order){p->in, p->out, (size_t)p->in.total * p->out.total, p->in.total};
    }
}

/* In tiles of a cache line in the engine's order, which runs across PyTorch's. */
static void
copy(const HsegParam *p, float *engine, float *plain, bool import)
{
    enum { TILE = 16 };
    const Order order = engine_order(p);
    int shape[4] = {1, 1, 1, 1}, taps;

    hseg_param_shape(p, shape);
    taps = shape[2] * shape[3];
    for (int a0 = 0; a0 < shape[0]; a0 += TILE)
        for (int b = 0; b < shape[1]; b++)
            for (int t = 0; t < taps; t++) {
                float *e = engine + t * order.tap + hseg_layout_at(order.inner, b) * order.step;
                float *q = plain + (size_t)b * taps + t;

                for (int a = a0; a < HSEG_MIN(a0 + TILE, shape[0]); a++) {
                    size_t from = (size_t)a * shape[1] * taps, to = hseg_layout_at(order.outer, a);

                    if (import)
                        e[to] = q[from];
                    else
                        q[from] = e[to];
                }
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
