#include "nn/int8.h"

#include <math.h>
#include <string.h>

enum {
    BYTE_BITS = 12, /* of the factor that makes a byte's steps of 16 bits */
    EIGHTH_BITS = 14,
    HSWISH_BITS = 15,
    BIAS_BITS = 30,
};

bool
hseg_int8_plan(HsegGraph *g, HsegOp *op, size_t weights, size_t constants)
{
    const size_t head = (sizeof *op->int8 + HSEG_ALIGN - 1) & ~(size_t)(HSEG_ALIGN - 1);
    const size_t each = hseg_round_up((int)constants + hseg_int8_kernels()->nr, HSEG_ALIGN / 4);
    uint8_t *memory = hseg_mem_new0(head + 5 * each * sizeof(float) + weights);
    struct HsegInt8 *k = (struct HsegInt8 *)(void *)memory;

    if (!hseg_graph_check(g, memory))
        return false;
    op->int8 = k;
    k->bias = (int32_t *)(void *)(memory + head);
    k->shift = k->bias + each;
    k->factor = k->shift + each;
    k->scale = (float *)(void *)(k->factor + each);
    k->offset = k->scale + each;
    k->weights = (int8_t *)(k->offset + each);
    return true;
}

/* What 16 bits hold between a sum and its byte. */
typedef struct {
    double unit; /* of them in 1 */
    double zero; /* where they are counted from */
    int bits;    /* of the factor */
} Shorts;

/* h-swish multiplies two numbers of 16 bits, x in units that are y's and x + 3 in others; x in both makes
 * 2^15 / 6 of the output's steps. The others are as fine as they can be, but not finer than y's. Returns how
 * many of them are 3. */
static int
hswish_three(float step)
{
    return (int)fmin(0.99 * 3 * sqrt((1 << 15) / (6.0 * step)), (1 << 13) - 1);
}

static double
hswish_unit(float step)
{
    return (1 << 14) / ((double)hswish_three(step) * step);
}

bool
hseg_int8_takes_hswish(float step)
{
    return hswish_three(step) > 0 && 255 * step * hswish_unit(step) <= INT16_MAX;
}

static Shorts
shorts_of(const HsegGraph *g, const HsegOp *op)
{
    const HsegQuant out = g->tensors[op->out].quant;

    if (op->act == HSEG_ACT_HSWISH)
        return (Shorts){hswish_unit(out.step), 0, HSWISH_BITS};
    if (op->residual >= 0)
        return (Shorts){8.0 / out.step, 8 * out.zero + 4, EIGHTH_BITS};
    return (Shorts){1.0 / out.step, out.zero, BYTE_BITS};
}

HsegRequant
hseg_int8_requant(const HsegGraph *g, const HsegOp *op, size_t from)
{
    const HsegQuant out = g->tensors[op->out].quant;
    const Shorts s = shorts_of(g, op);
    const struct HsegInt8 *k = op->int8;
    HsegRequant r = {.bias = k->bias + from,
                     .shift = k->shift + from,
                     .factor = k->factor + from,
                     .low = INT16_MIN,
                     .high = INT16_MAX};

    if (op->act == HSEG_ACT_RELU || op->act == HSEG_ACT_RELU6)
        r.low = (int)s.zero;
    if (op->act == HSEG_ACT_RELU6)
        r.high = (int)fmin(s.zero + 6 * s.unit + 0.5, INT16_MAX);
    if (op->act == HSEG_ACT_HSWISH) {
        r.hswish = true;
        r.three = hswish_three(out.step);
        r.part = (int)((1 << 15) / s.unit * r.three / 3 + 0.5);
        r.zero = out.zero;
    }
    return r;
}

HsegAffine
hseg_int8_affine(const HsegGraph *g, const HsegOp *op, size_t from)
{
    return (HsegAffine){
        .scale = op->int8->scale + from,
        .offset = op->int8->offset + from,
        .low = op->act == HSEG_ACT_RELU || op->act == HSEG_ACT_RELU6 ? 0 : -INFINITY,
        .high = op->act == HSEG_ACT_RELU6 ? 6 : INFINITY,
    };
}

int
hseg_int8_residual_factor(HsegQuant residual, HsegQuant out)
{
    return (int)lrintf(HSEG_MIN(residual.step / out.step, 7.9f) * (1 << 11));
}

float
hseg_int8_least_step(const HsegGraph *g, const HsegOp *op)
{
    Shorts s;

    if (g->tensors[op->out].quant.step == 0)
        return 0;
    s = shorts_of(g, op);
    return (float)(ldexp(1, s.bits - BIAS_BITS) / (s.unit * g->tensors[op->in].quant.step));
}

void
hseg_int8_set_constants(const HsegGraph *g, const HsegOp *op, size_t at, float step, int sum, float bias)
{
    const struct HsegInt8 *k = op->int8;
    const HsegQuant in = g->tensors[op->in].quant;
    const double real = (double)in.step * step, most = ldexp(1, BIAS_BITS);
    Shorts s;
    double start;
    int exponent, shift;

    if (g->tensors[op->out].quant.step == 0) {
        k->scale[at] = (float)real;
        k->offset[at] = (float)(bias - real * in.zero * sum);
        return;
    }
    s = shorts_of(g, op);
    frexp(real * s.unit, &exponent);
    shift = HSEG_CLAMP(s.bits - 15 - exponent, 0, 30);
    start = (bias + s.zero / s.unit) / real - (double)in.zero * sum;
    k->bias[at] = (int32_t)(lrint(HSEG_CLAMP(start, -most, most)) + (1 << shift >> 1));
    k->shift[at] = shift;
    k->factor[at] = (int32_t)HSEG_MIN(lrint(ldexp(real * s.unit, 15 + shift)), INT16_MAX);
}
float
hseg_int8_round(int8_t *q, size_t q_row, const float *w, size_t w_row, int count, float least)
{
    float most = 0, step;

    for (int i = 0; i < count; i++) {
        float size = fabsf(w[i * w_row]), pair = size + (i % 2 ? fabsf(w[(i - 1) * w_row]) : 0);

        /* Rounding may add a half to each of a pair. */
        most = fmaxf(most, fmaxf(size / 127, pair / (HSEG_INT8_PAIR - 1)));
    }
    step = most > 0 ? fmaxf(most, least) : 1;
    for (int i = 0; i < count; i++)
        q[i * q_row] = (int8_t)lrintf(HSEG_CLAMP(w[i * w_row] / step, -127.0f, 127.0f));
    return step;
}

void
hseg_int8_pack(const HsegGraph *g, const HsegOp *op, int8_t *packed, size_t from, int8_t *rounded,
               const float *b, int depth, int n)
{
    const float *bias = hseg_op_value(g, op->bias), least = hseg_int8_least_step(g, op);

    for (int j = 0; j < n; j++) {
        float step = hseg_int8_round(rounded + j, n, b + j, n, depth, least);
        int sum = 0;

        for (int d = 0; d < depth; d++)
            sum += rounded[(size_t)d * n + j];
        hseg_int8_set_constants(g, op, from + j, step, sum, bias[j]);
    }
    hseg_int8_kernels()->gemm_pack(packed, rounded, depth, n);
}

static int
pairs_of(const HsegTensor *t)
{
    return (t->h + 1) / 2;
}

int
hseg_int8_bands(const HsegTensor *t)
{
    return HSEG_MIN(HSEG_CLAMP(pairs_of(t) / 2 & ~1, 2, 16), pairs_of(t));
}

void
hseg_int8_band_rows(const HsegTensor *t, int job, int *y0, int *y1)
{
    const int bands = hseg_int8_bands(t);
    size_t from, to;

    hseg_slice(pairs_of(t), bands, job % bands, &from, &to);
    *y0 = 2 * (int)from;
    *y1 = HSEG_MIN(2 * (int)to, t->h);
}

const int8_t *
hseg_int8_next_weights(const HsegGraph *g, const HsegOp *op)
{
    for (const HsegOp *next = op + 1; next < g->ops + g->n_ops; next++)
        if (next->class == &hseg_pointwise_int8_class)
            return next->int8->weights;
    return NULL;
}

HsegGemmInt8
hseg_int8_columns(const HsegGemmInt8 *product, int from, int to)
{
    HsegGemmInt8 g = *product;

    g.n = to - from;
    g.b += (size_t)from * g.segs * g.depth;
    if (to < product->n)
        g.next = product->b + (size_t)to * g.segs * g.depth;
    if (g.real) {
        g.real += from;
        g.affine.scale += from;
        g.affine.offset += from;
        return g;
    }
    g.c += from;
    g.out.bias += from;
    g.out.shift += from;
    g.out.factor += from;
    if (g.residual.bytes)
        g.residual.bytes += from;
    return g;
}
