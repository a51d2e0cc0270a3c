#include "nn/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/int8.h"

/* The picture is -1 .. 1, and its zero a whole number. */
#define PICTURE_QUANT ((HsegQuant){1 / 127.0f, 128})

/* The enlargement of the answer: few numbers, and they are wanted fine. */
static bool
is_answer(const HsegGraph *g, const HsegOp *op)
{
    return strcmp(op->class->kind, "upsample") == 0 && g->tensors[op->in].channels.count == 1;
}

/* The operator in bytes that does what @op does, or NULL. */
static const HsegOpClass *
int8_class(const HsegGraph *g, const HsegOp *op)
{
    static const struct {
        const char *kind;
        const HsegOpClass *class;
    } classes[] = {
        {"depthwise", &hseg_depthwise_int8_class},
        {"transposed", &hseg_transposed_int8_class},
        {"upsample", &hseg_upsample_int8_class},
        {"squeeze-excite", &hseg_squeeze_int8_class},
    };

    if (strcmp(op->class->kind, "conv") == 0)
        return op->conv.kernel == 1 ? &hseg_pointwise_int8_class : &hseg_conv3x3_int8_class;
    if (is_answer(g, op))
        return NULL;
    for (size_t i = 0; i < HSEG_COUNT(classes); i++)
        if (strcmp(op->class->kind, classes[i].kind) == 0)
            return classes[i].class;
    return NULL;
}

bool
hseg_op_has_int8(const HsegGraph *g, const HsegOp *op)
{
    return int8_class(g, op) != NULL;
}

/* ---- steps ---- */

static int
leader(const int *group, int t)
{
    while (group[t] != t)
        t = group[t];
    return t;
}

static void
join(int *group, int a, int b)
{
    a = leader(group, a);
    b = leader(group, b);
    group[HSEG_MAX(a, b)] = HSEG_MIN(a, b);
}

void
hseg_graph_groups(const HsegGraph *g, int *group)
{
    for (int t = 0; t < g->n_tensors; t++)
        group[t] = t;
    for (int t = 0; t < g->n_tensors; t++)
        join(group, t, g->tensors[t].root);
    for (int i = 0; i < g->n_ops; i++)
        if (int8_class(g, &g->ops[i]) == &hseg_upsample_int8_class)
            join(group, g->ops[i].in, g->ops[i].out);
    for (int t = 0; t < g->n_tensors; t++)
        group[t] = leader(group, t);
}

/* Zero is always one of the numbers that a byte can say. */
static HsegQuant
quant_of(float low, float high)
{
    HsegQuant q;

    low = fminf(low, 0);
    high = fmaxf(high, 0);
    q.step = fmaxf((high - low) / 255, 1e-8f);
    q.zero = HSEG_CLAMP((int)lrintf(-low / q.step), 0, 255);
    return q;
}

static void
find_quants(const HsegGraph *g, const HsegValueRange *ranges, const int *group, HsegQuant *quants)
{
    for (int t = 0; t < g->n_tensors; t++) {
        float low = 0, high = 0;

        for (int i = 0; i < g->n_tensors; i++)
            if (group[i] == group[t] && ranges[i].low <= ranges[i].high) {
                low = fminf(low, ranges[i].low);
                high = fmaxf(high, ranges[i].high);
            }
        quants[t] = quant_of(low, high);
    }
}

uint8_t *
hseg_graph_take_bytes(HsegGraph *g)
{
    if (g->n_ops == 0 || g->ops[0].class != &hseg_quantise_class ||
        hseg_graph_only_consumer(g, 0) != &g->ops[0])
        return NULL;
    g->start = 1;
    return g->tensors[g->ops[0].out].bytes;
}

/* ---- which tensors are bytes ---- */

/* Tensors stay floats where no operator in bytes reads or writes them: but the products can write floats. */
static void
find_bytes(const HsegGraph *g, int output, const bool *int8, bool *bytes)
{
    for (int t = 0; t < g->n_tensors; t++) {
        int root = g->tensors[t].root;

        bytes[t] = bytes[t] || root != t;
        bytes[root] = bytes[root] || root != t;
    }
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        bool writes_floats = op->class->kind[0] == 'c' && op->residual < 0 && op->act != HSEG_ACT_HSWISH;

        if (!int8[i])
            continue;
        bytes[op->in] = true;
        if (op->residual >= 0)
            bytes[op->residual] = true;
        if (!writes_floats)
            bytes[op->out] = true;
    }
    bytes[0] = false;
    bytes[output] = false;
}

/* ---- the new list of operators ---- */

typedef struct {
    HsegGraph *g;
    const HsegQuant *quants; /* [n]; 0 for the tensors made on the way */
    int *other;              /* [n]: the tensor that holds the same in the other kind of number, or -1 */
    int n;                   /* tensors at the start */
    bool ok;
} Rewrite;

static bool
is_bytes(const HsegGraph *g, int t)
{
    return g->tensors[t].quant.step > 0;
}

/* A tensor like @t, but in floats, or in bytes of @quant. */
static int
add_like(HsegGraph *g, int t, HsegQuant quant)
{
    const HsegTensor like = g->tensors[t];
    HsegLayout channels = like.channels;
    int added;

    if (quant.step > 0) /* the picture's pixels are made four bytes */
        channels.total = hseg_round_up(channels.total, 4);
    added = hseg_graph_add_tensor(g, like.h, like.w, channels);
    if (added >= 0)
        g->tensors[added].quant = quant;
    return added;
}

/* @t in the kind of number that is wanted: itself, or what an added operator makes of it. */
static int
convert(Rewrite *r, int t, bool to_bytes)
{
    HsegGraph *g = r->g;

    if (t < 0 || is_bytes(g, t) == to_bytes)
        return t;
    if (r->other[t] < 0) {
        int made = add_like(g, t, to_bytes ? r->quants[t] : (HsegQuant){0});

        if (made < 0 || !hseg_graph_add_op(g, to_bytes ? &hseg_quantise_class : &hseg_dequantise_class,
                                           to_bytes ? "quantise" : "dequantise", t, made)) {
            r->ok = false;
            return t;
        }
        r->other[t] = made;
    }
    return r->other[t];
}

static void
move_op(Rewrite *r, HsegOp op, bool int8)
{
    HsegGraph *g = r->g;
    HsegOp *slot;
    int out = op.out;

    op.in = convert(r, op.in, int8);
    op.residual = convert(r, op.residual, int8);
    if (int8)
        op.class = int8_class(g, &op);
    else if (is_bytes(g, out)) {
        op.out = add_like(g, out, (HsegQuant){0});
        r->other[out] = op.out;
    }
    slot = op.out < 0 ? NULL : hseg_graph_add_op(g, op.class, op.name, op.in, op.out);
    free(op.name);
    if (!slot || !slot->name) {
        r->ok = false;
        return;
    }
    op.name = slot->name;
    op.conv.name = slot->name;
    *slot = op;
    if (op.out != out && !hseg_graph_add_op(g, &hseg_quantise_class, "quantise", op.out, out))
        r->ok = false;
}

static int
readers(const HsegGraph *g, int t)
{
    int n = g->tensors[t].root != t;

    for (int i = 0; i < g->n_ops; i++)
        n += (g->ops[i].in == t) + (g->ops[i].residual == t);
    return n;
}

/* Squeeze and excitation has its sums from the depthwise convolution that runs just before it. */
static void
sum_in_depthwise(HsegGraph *g)
{
    for (int i = 1; i < g->n_ops; i++) {
        HsegOp *op = &g->ops[i], *before = op - 1;

        if (op->class == &hseg_squeeze_int8_class && before->class == &hseg_depthwise_int8_class &&
            before->out == op->in) {
            op->fusion.sums = true;
            before->gate = i;
        }
    }
}

/* The answer has no gaps, and is enlarged in floats that are the same bits on every processor. */
static void
tighten_answer(HsegGraph *g)
{
    for (int i = 1; i < g->n_ops; i++) {
        HsegOp *op = &g->ops[i], *before = op - 1;
        HsegTensor *in = &g->tensors[op->in];

        if (is_answer(g, op) && before->class == &hseg_pointwise_int8_class && before->out == op->in &&
            readers(g, op->in) == 1) {
            in->channels = hseg_layout_tight(1);
            in->pixel = 1;
            op->class = &hseg_upsample_answer_class;
        }
    }
}

/* Gates become a part of the weights of the 1x1 convolution that alone reads what they scale, where the map
 * is large beside the weights, which then are rounded for each frame. */
static void
fold_gates(HsegGraph *g)
{
    for (int i = 1; i < g->n_ops; i++) {
        HsegOp *op = &g->ops[i], *gate = op - 1;
        const HsegTensor *out = &g->tensors[op->out];

        if (g->batch == 1 && gate->class == &hseg_squeeze_int8_class &&
            op->class == &hseg_pointwise_int8_class && op->in == gate->out && readers(g, gate->out) == 1 &&
            out->h * out->w >= 8 * out->channels.total) {
            gate->gates = true;
            op->gate = i - 1;
            op->in = gate->in;
        }
    }
}

static bool
rewrite(HsegGraph *g, const HsegQuant *quants, const bool *int8, int *other)
{
    Rewrite r = {g, quants, other, g->n_tensors, true};
    HsegOp *before = g->ops;
    int n = g->n_ops;

    for (int t = 0; t < r.n; t++)
        other[t] = -1;
    g->ops = NULL;
    g->n_ops = 0;
    for (int i = 0; i < n; i++)
        if (r.ok)
            move_op(&r, before[i], int8[i]);
        else
            free(before[i].name);
    free(before);
    sum_in_depthwise(g);
    tighten_answer(g);
    fold_gates(g);
    return r.ok && !g->failed;
}

/* Whether @op can be made one in bytes of these steps. */
static bool
takes_bytes(const HsegGraph *g, const HsegOp *op, const HsegQuant *quants)
{
    if (op->act == HSEG_ACT_HSWISH && (op->residual >= 0 || !hseg_int8_takes_hswish(quants[op->out].step)))
        return false;
    return hseg_op_has_int8(g, op);
}

bool
hseg_graph_quantise(HsegGraph *g, int output, const HsegValueRange *ranges, const bool *keep)
{
    int *numbers = calloc(2 * (size_t)g->n_tensors + 1, sizeof *numbers), *other = numbers + g->n_tensors;
    bool *flags = calloc((size_t)g->n_ops + g->n_tensors + 1, sizeof *flags), *bytes = flags + g->n_ops;
    HsegQuant *quants = calloc((size_t)g->n_tensors + 1, sizeof *quants);
    bool ok = numbers && flags && quants && !g->failed && output >= 0;

    if (ok) {
        hseg_graph_groups(g, numbers);
        find_quants(g, ranges, numbers, quants);
        quants[0] = PICTURE_QUANT;
        for (int i = 0; i < g->n_ops; i++)
            flags[i] = !keep[i] && takes_bytes(g, &g->ops[i], quants);
        find_bytes(g, output, flags, bytes);
        for (int t = 0; t < g->n_tensors; t++)
            if (bytes[t])
                g->tensors[t].quant = quants[t];
        ok = rewrite(g, quants, flags, other);
    }
    free(numbers);
    free(flags);
    free(quants);
    return ok;
}
