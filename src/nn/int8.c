#include "nn/int8.h"

#include <math.h>
#include <string.h>

bool
hseg_int8_plan(HsegGraph *g, HsegOp *op, size_t weights, size_t constants)
{
    size_t head = (sizeof *op->int8 + HSEG_ALIGN - 1) & ~(size_t)(HSEG_ALIGN - 1);
    uint8_t *memory = hseg_mem_new0(head + 2 * constants * sizeof(float) + weights);

    if (!hseg_graph_check(g, memory))
        return false;
    op->int8 = (struct HsegInt8 *)(void *)memory;
    op->int8->scale = (float *)(void *)(memory + head);
    op->int8->bias = op->int8->scale + constants;
    op->int8->weights = (int8_t *)(op->int8->bias + constants);
    return true;
}

/* What @op's results are counted in until they are rounded: real numbers for floats and where h-swish still
 * has to be taken. */
static float
result_step(const HsegGraph *g, const HsegOp *op)
{
    const HsegQuant out = g->tensors[op->out].quant;

    return out.step > 0 && op->act != HSEG_ACT_HSWISH ? out.step : 1;
}

HsegRequant
hseg_int8_requant(const HsegGraph *g, const HsegOp *op, size_t from)
{
    const HsegQuant out = g->tensors[op->out].quant;
    const bool clamps = op->act == HSEG_ACT_RELU || op->act == HSEG_ACT_RELU6;
    const float zero = (float)out.zero;

    return (HsegRequant){.scale = op->int8->scale + from,
                         .bias = op->int8->bias + from,
                         .low = clamps ? zero : -INFINITY,
                         .high = op->act == HSEG_ACT_RELU6 ? zero + 6 / result_step(g, op) : INFINITY,
                         .hswish = op->act == HSEG_ACT_HSWISH,
                         .unit = out.step > 0 ? 1 / (6 * out.step) : 1.0f / 6,
                         .zero = zero};
}

void
hseg_int8_set_constants(const HsegGraph *g, const HsegOp *op, size_t at, float step, int sum, float bias)
{
    const HsegQuant in = g->tensors[op->in].quant;
    const double real = (double)in.step * step, unit = result_step(g, op);
    const int zero = op->act == HSEG_ACT_HSWISH ? 0 : g->tensors[op->out].quant.zero;

    op->int8->scale[at] = (float)(real / unit);
    op->int8->bias[at] = (float)((bias - real * in.zero * sum) / unit + zero);
}

float
hseg_int8_round(int8_t *q, size_t q_row, const float *w, size_t w_row, int count)
{
    float most = 0, step;

    for (int i = 0; i < count; i++) {
        float size = fabsf(w[i * w_row]), pair = size + (i % 2 ? fabsf(w[(i - 1) * w_row]) : 0);

        /* Rounding may add a half to each of a pair. */
        most = fmaxf(most, fmaxf(size / 127, pair / (HSEG_INT8_PAIR - 1)));
    }
    step = most > 0 ? most : 1;
    for (int i = 0; i < count; i++)
        q[i * q_row] = (int8_t)lrintf(HSEG_CLAMP(w[i * w_row] / step, -127.0f, 127.0f));
    return step;
}

void
hseg_int8_pack(const HsegGraph *g, const HsegOp *op, int8_t *packed, size_t from, int8_t *rounded,
               const float *b, int depth, int n)
{
    const float *bias = hseg_op_value(g, op->bias);

    for (int j = 0; j < n; j++) {
        float step = hseg_int8_round(rounded + j, n, b + j, n, depth);
        int sum = 0;

        for (int d = 0; d < depth; d++)
            sum += rounded[(size_t)d * n + j];
        hseg_int8_set_constants(g, op, from + j, step, sum, bias[j]);
    }
    hseg_int8_kernels()->gemm_pack(packed, rounded, depth, n);
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
    if (g.real)
        g.real += from;
    else
        g.c += from;
    if (g.residual)
        g.residual += from;
    g.out.scale += from;
    g.out.bias += from;
    return g;
}
