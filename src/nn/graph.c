#include "nn/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "nn/fuse.h"
#include "nn/norm.h"
#include "nn/op.h"
#include "nn/plan.h"

HsegGraph *
hseg_graph_new(int batch, int threads, bool training)
{
    HsegGraph *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->batch = batch;
    g->threads = threads;
    g->training = training;
    hseg_params_init(&g->params);
    return g;
}

void
hseg_graph_free(HsegGraph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->n_ops; i++) {
        free(g->ops[i].name);
        hseg_mem_free(g->ops[i].packed);
        hseg_mem_free(g->ops[i].packed_back);
        hseg_mem_free(g->ops[i].gated);
        hseg_mem_free(g->ops[i].state);
        hseg_mem_free(g->ops[i].sums);
        hseg_mem_free(g->ops[i].int8);
    }
    free(g->ops);
    free(g->tensors);
    hseg_params_clear(&g->params);
    hseg_mem_free(g->arena);
    hseg_mem_free(g->scratch);
    hseg_mem_free(g->partials);
    free(g);
}

bool
hseg_graph_check(HsegGraph *g, const void *allocated)
{
    if (!allocated)
        g->failed = true;
    return allocated != NULL;
}

/* ---- building ---- */

int
hseg_graph_add_tensor(HsegGraph *g, int h, int w, HsegLayout channels)
{
    HsegTensor *list = realloc(g->tensors, (g->n_tensors + 1) * sizeof *list);

    if (!hseg_graph_check(g, list))
        return -1;
    g->tensors = list;
    list[g->n_tensors] = (HsegTensor){
        .h = h, .w = w, .channels = channels, .pixel = channels.total, .root = g->n_tensors, .producer = -1};
    return g->n_tensors++;
}

HsegOp *
hseg_graph_add_op(HsegGraph *g, const HsegOpClass *class, const char *name, int in, int out)
{
    HsegOp *list = realloc(g->ops, (g->n_ops + 1) * sizeof *list);
    HsegOp *op;

    if (!hseg_graph_check(g, list))
        return NULL;
    g->ops = list;
    op = &list[g->n_ops++];
    *op = (HsegOp){.class = class,
                   .name = strdup(name),
                   .in = in,
                   .out = out,
                   .residual = -1,
                   .weight = -1,
                   .bias = -1,
                   .mean = -1,
                   .var = -1,
                   .weight2 = -1,
                   .bias2 = -1,
                   .norm = -1,
                   .gate = -1,
                   .expand = -1};
    g->tensors[out].producer = g->n_ops - 1;
    hseg_graph_check(g, op->name);
    return op;
}

int
hseg_graph_add_param(HsegGraph *g, const char *prefix, const char *suffix, HsegParamKind kind, HsegLayout in,
                     HsegLayout out, int kernel, bool trained, bool decays)
{
    size_t length = strlen(prefix) + strlen(suffix) + 2;
    char *name = malloc(length);
    int index = -1;

    if (hseg_graph_check(g, name)) {
        memcpy(name, prefix, strlen(prefix));
        name[strlen(prefix)] = '.';
        strcpy(name + strlen(prefix) + 1, suffix);
        index = hseg_params_add(&g->params, name, kind, in, out, kernel, trained, decays);
        if (index < 0)
            g->failed = true;
    }
    free(name);
    return index;
}

int
hseg_graph_input(HsegGraph *g, int h, int w, int channels)
{
    return hseg_graph_add_tensor(g, h, w, hseg_layout_tight(channels));
}

int
hseg_graph_concat(HsegGraph *g, int a, int b)
{
    int out;

    if (a < 0 || b < 0)
        return -1;
    out = hseg_graph_add_tensor(g, g->tensors[a].h, g->tensors[a].w,
                                hseg_layout_join(g->tensors[a].channels, g->tensors[b].channels));
    if (out < 0)
        return -1;
    g->tensors[a].root = g->tensors[b].root = out;
    g->tensors[a].pixel = g->tensors[b].pixel = g->tensors[out].pixel;
    g->tensors[b].first = g->tensors[a].channels.total;
    return out;
}

void
hseg_graph_need(HsegGraph *g, size_t scratch_floats, size_t partial_floats)
{
    scratch_floats = (scratch_floats + 15) & ~(size_t)15;
    g->scratch_floats = HSEG_MAX(g->scratch_floats, scratch_floats);
    g->partial_floats = HSEG_MAX(g->partial_floats, partial_floats);
}

/* ---- planning ----
 * Steps of time: forward operators 0 .. n-1, the loss at n, the backward pass of operator i at 2n - i. */

static int
backward_step(const HsegGraph *g, int op)
{
    return 2 * g->n_ops - op;
}

static void
extend(HsegPlanItem *item, int step)
{
    item->first = HSEG_MIN(item->first, step);
    item->last = HSEG_MAX(item->last, step);
}

/* Whether dL/dtensor is needed: all but the network's own input. */
static bool
has_grad(const HsegGraph *g, int tensor)
{
    return g->training && tensor != 0;
}

/* Where the numbers of tensor @t are really kept: those before the norm, where its consumers apply it; those
 * that it is computed from, where its consumer does that. */
static int
stored_data(const HsegGraph *g, int t)
{
    const HsegOp *producer = g->tensors[t].producer < 0 ? NULL : &g->ops[g->tensors[t].producer], *norm;

    if (producer && (producer->gates || producer->inside))
        t = producer->in;
    norm = hseg_norm_of(g, t);
    return norm && norm->fusion.apply ? norm->in : t;
}

/* The same for gradients: those behind the norm, where the producer takes its gradient. */
static int
stored_grad(const HsegGraph *g, int t)
{
    int producer = g->tensors[t].producer, norm = producer < 0 ? -1 : g->ops[producer].norm;

    const HsegOp *behind;

    if (norm >= 0 && g->ops[norm].fusion.grad)
        t = g->ops[norm].out;
    behind = hseg_norm_of(g, t);
    return behind && behind->gate >= 0 ? g->ops[behind->gate].out : t;
}

/* items[root]: data, items[n_tensors + root]: gradients. */
static void
find_lifetimes(const HsegGraph *g, HsegPlanItem *items, int output)
{
    int n = g->n_tensors;

    for (int t = 0; t < n; t++) {
        size_t bytes = hseg_tensor_pixels(g, &g->tensors[t]) * g->tensors[t].pixel *
                       (g->tensors[t].quant.step > 0 ? 1 : sizeof(float));

        items[t] = items[n + t] = (HsegPlanItem){.size = bytes, .first = 1 << 30, .last = -1};
        items[t].size = stored_data(g, t) == t ? bytes : 0;
        items[n + t].size = stored_grad(g, t) == t ? bytes : 0;
    }
    extend(&items[g->tensors[0].root], 0);
    extend(&items[g->tensors[output].root], g->n_ops);
    extend(&items[n + g->tensors[output].root], g->n_ops);

    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        int used[] = {op->in, op->out, op->residual};

        for (int k = 0; k < 3; k++) {
            if (used[k] < 0)
                continue;
            extend(&items[g->tensors[stored_data(g, used[k])].root], i);
            if (g->training)
                extend(&items[n + g->tensors[stored_grad(g, used[k])].root], backward_step(g, i));
        }
        if (g->training && op->class->backward_needs_input)
            extend(&items[g->tensors[stored_data(g, op->in)].root], backward_step(g, i));
        if (op->norm >= 0) /* taking its gradient needs its input too */
            extend(&items[g->tensors[op->out].root], backward_step(g, i));
    }
}

/* What of the arena holds numbers that are still wanted, as each operator runs forward. */
static void
count_alive(HsegGraph *g, const HsegPlanItem *items, int count)
{
    for (int i = 0; i < g->n_ops; i++)
        for (int k = 0; k < count; k++)
            if (items[k].first <= i && i <= items[k].last)
                g->ops[i].alive += items[k].size;
}

static void
place_tensors(HsegGraph *g, const HsegPlanItem *items)
{
    int n = g->n_tensors;

    for (int t = 0; t < n; t++) {
        HsegTensor *tensor = &g->tensors[t];

        if (tensor->quant.step > 0) {
            tensor->bytes = (uint8_t *)g->arena + items[tensor->root].offset + tensor->first;
            continue;
        }
        if (stored_data(g, t) == t)
            tensor->data = g->arena + items[tensor->root].offset / sizeof(float) + tensor->first;
        if (has_grad(g, t) && stored_grad(g, t) == t)
            tensor->grad = g->arena + items[n + tensor->root].offset / sizeof(float) + tensor->first;
    }
}

/* In the backward pass the first to reach a gradient writes it, the others add. A concatenation's reader
 * writes the gradients of both parts. */
static bool
plan_accumulation(HsegGraph *g)
{
    bool *written = calloc(g->n_tensors, sizeof *written);

    if (!hseg_graph_check(g, written))
        return false;
    for (int i = g->n_ops - 1; i >= 0; i--) {
        HsegOp *op = &g->ops[i];

        op->wants_grad = has_grad(g, op->in);
        op->accumulates = written[op->in];
        written[op->in] = true;
        for (int t = 0; t < g->n_tensors; t++)
            if (g->tensors[t].root == op->in)
                written[t] = true;
        if (op->residual >= 0) {
            op->residual_accumulates = written[op->residual];
            written[op->residual] = true;
        }
    }
    free(written);
    return true;
}

bool
hseg_graph_plan(HsegGraph *g, int output)
{
    const int count = g->training ? 2 * g->n_tensors : g->n_tensors;
    HsegPlanItem *items;

    if (g->failed || output < 0)
        return false;
    hseg_norm_fuse(g);
    if (!g->training && !g->every_map)
        hseg_fuse(g, output);
    items = calloc(2 * g->n_tensors, sizeof *items);
    if (!items)
        return false;
    find_lifetimes(g, items, output);
    if (!hseg_plan(items, count, &g->arena_bytes)) {
        free(items);
        return false;
    }
    count_alive(g, items, count);
    g->arena = hseg_mem_new0(g->arena_bytes);
    if (g->arena)
        place_tensors(g, items);
    free(items);

    if (!g->arena || !hseg_params_allocate(&g->params, g->training) || !plan_accumulation(g))
        return false;
    for (int i = 0; i < g->n_ops; i++)
        if (!g->ops[i].class->plan(g, &g->ops[i]))
            return false;
    g->scratch = hseg_mem_new0((g->threads * g->scratch_floats + 16) * sizeof(float));
    g->partials = hseg_mem_new0((g->partial_floats + 16) * sizeof(float));
    return g->scratch && g->partials && !g->failed;
}

/* ---- running ---- */

void
hseg_graph_params_changed(HsegGraph *g)
{
    for (int i = 0; i < g->n_ops; i++)
        if (g->ops[i].class->prepare)
            g->ops[i].class->prepare(g, &g->ops[i]);
}

void
hseg_graph_forward(HsegGraph *g)
{
    int64_t before = g->op_ns ? hseg_clock_ns() : 0;

    for (int i = g->start; i < g->n_ops; i++) {
        g->ops[i].class->forward(g, &g->ops[i]);
        if (g->op_ns) {
            int64_t now = hseg_clock_ns();

            g->op_ns[i] = now - before;
            before = now;
        }
    }
}

void
hseg_graph_backward(HsegGraph *g)
{
    for (int i = g->n_ops - 1; i >= 0; i--)
        g->ops[i].class->backward(g, &g->ops[i]);
}

/* ---- for operators ---- */

const HsegOp *
hseg_graph_only_consumer(const HsegGraph *g, int t)
{
    const HsegOp *found = NULL;

    if (g->tensors[t].root != t)
        return NULL;
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];

        if (op->residual == t || (op->in == t && found))
            return NULL;
        if (op->in == t)
            found = op;
    }
    return found;
}

typedef struct {
    float *grad;
    const float *partials;
    int parts;
    size_t count;
} Reduction;

enum { REDUCTION_SLICE = 4096 };

static void
reduce_slice(void *data, int job, int thread)
{
    const Reduction *r = data;
    size_t from = (size_t)job * REDUCTION_SLICE, to = HSEG_MIN(from + REDUCTION_SLICE, r->count);

    for (int p = 0; p < r->parts; p++) {
        const float *part = r->partials + p * r->count;

        for (size_t i = from; i < to; i++)
            r->grad[i] += part[i];
    }
}

void
hseg_reduce(const HsegGraph *g, float *grad, const float *partials, int parts, size_t count)
{
    Reduction r = {grad, partials, parts, count};

    hseg_parallel(g->threads, (int)((count + REDUCTION_SLICE - 1) / REDUCTION_SLICE), reduce_slice, &r);
}

void
hseg_bias_grad(HsegGraph *g, const HsegTensor *out, int bias)
{
    enum { SLICE = 256 };
    int c = out->channels.total;
    float *grad = hseg_op_grad(g, bias);
    double sum[SLICE], sum2[SLICE];

    for (int first = 0; first < c; first += SLICE) {
        int n = HSEG_MIN(SLICE, c - first);

        memset(sum, 0, sizeof sum);
        memset(sum2, 0, sizeof sum2);
        hseg_kernels()->channel_sums(sum, sum2, out->grad + first, out->pixel, hseg_tensor_pixels(g, out), n);
        for (int i = 0; i < n; i++)
            grad[first + i] += (float)sum[i];
    }
}
