#include "nn/fuse.h"

#include "nn/op-conv.h"
#include "nn/squeeze.h"

enum {
    WIDE_BYTES = 1536 * 1024, /* of a map that is better not stored: it would fill a second-level cache */
    ROWS = 40,               /* fewer, and the rows that two threads both compute cost more than that saves */
    KEPT_BYTES = 512 * 1024, /* of the rows that are kept instead */
    STRIP = 8,               /* rows that are computed together, at most */
};

/* ---- decisions ---- */

/* The operator of @class that alone puts out @t for @reader, or NULL. */
static HsegOp *
private_producer(HsegGraph *g, int t, const HsegOp *reader, const HsegOpClass *class)
{
    HsegOp *op = g->tensors[t].producer < 0 ? NULL : &g->ops[g->tensors[t].producer];

    return op && op->class == class && hseg_graph_only_consumer(g, t) == reader ? op : NULL;
}

/* The gates go into the weights where there are fewer of these than numbers in the map. */
static void
fold_gate(HsegGraph *g, HsegOp *op)
{
    HsegOp *squeeze = private_producer(g, op->in, op, &hseg_squeeze_class);

    if (!squeeze || g->batch > 1 || hseg_graph_only_consumer(g, squeeze->in) != squeeze ||
        hseg_tensor_pixels(g, &g->tensors[op->in]) < (size_t)g->tensors[op->out].channels.total)
        return;
    squeeze->gates = true;
    op->gate = g->tensors[op->in].producer;
}

static void
sum_in_depthwise(HsegGraph *g, HsegOp *squeeze)
{
    HsegOp *depthwise = private_producer(g, squeeze->in, squeeze, &hseg_depthwise_class);

    if (!depthwise)
        return;
    squeeze->fusion.sums = true;
    depthwise->gate = (int)(squeeze - g->ops);
}

static void
expand_in_depthwise(HsegGraph *g, HsegOp *depthwise)
{
    HsegOp *expand = private_producer(g, depthwise->in, depthwise, &hseg_pointwise_class);
    const HsegTensor *wide = &g->tensors[depthwise->in];

    if (!expand || expand->residual >= 0 || expand->gate >= 0 || wide->h < ROWS ||
        (size_t)wide->h * wide->w * wide->channels.total * sizeof(float) < WIDE_BYTES)
        return;
    expand->inside = true;
    depthwise->expand = g->tensors[depthwise->in].producer;
}

void
hseg_fuse(HsegGraph *g, int output)
{
    for (int i = 0; i < g->n_ops; i++) {
        HsegOp *op = &g->ops[i];

        if (op->in == output || op->residual == output)
            continue;
        if (op->class == &hseg_pointwise_class)
            fold_gate(g, op);
        else if (op->class == &hseg_squeeze_class)
            sum_in_depthwise(g, op);
        else if (op->class == &hseg_depthwise_class)
            expand_in_depthwise(g, op);
    }
}

/* ---- the depthwise convolution ---- */

/* An image is cut into slices, each with its own sums, and for each thread into parts of whole slices: what
 * comes out does not depend on the threads, and few rows of the wide map are computed by two of them. */
typedef struct {
    const HsegGraph *g;
    const HsegOp *op;
    const HsegOp *expand;   /* or NULL: the input is there */
    const HsegOp *squeezes; /* or NULL: no sums are wanted */
    const HsegTensor *in, *out;
    HsegDepthwise shape;
    int slices, parts; /* of an image */
    int strip;         /* rows of output that are computed together */
} Depthwise;

/* A part's rows of the wide map. */
typedef struct {
    float *rows;    /* shape.in_rows of them */
    int image, end; /* rows before @end have been computed */
} Wide;

/* Eight rows, or four where they are long. */
static int
rows_kept(const HsegTensor *in)
{
    return (size_t)8 * in->w * in->channels.total * sizeof(float) <= KEPT_BYTES ? 8 : 4;
}

static Depthwise
describe(HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in], *out = &g->tensors[op->out];
    const int stride = op->conv.stride, c = in->channels.total;
    Depthwise d = {.g = g, .op = op, .in = in, .out = out, .strip = STRIP};

    d.shape = (HsegDepthwise){in->h, in->w, c, stride, op->conv.pad, in->pixel, out->pixel, 0};
    d.slices = d.parts = HSEG_CLAMP(16 / g->batch, 1, out->h);
    if (op->gate >= 0)
        d.squeezes = &g->ops[op->gate];
    if (op->expand >= 0) {
        d.expand = &g->ops[op->expand];
        d.shape.in_rows = rows_kept(in);
        d.shape.in_pixel = c;
        d.strip = (d.shape.in_rows - 3) / stride + 1;
        d.parts = HSEG_MIN(g->threads, d.slices);
    }
    return d;
}

/* Computes rows of the wide map until the one before @end is there. */
static void
expand_rows(const Depthwise *d, Wide *wide, int end)
{
    const size_t c = d->shape.in_pixel, w = d->in->w;
    const int kept = d->shape.in_rows;

    for (int count; wide->end < end; wide->end += count) {
        const int at = wide->end % kept;
        HsegGemm gemm;

        count = HSEG_MIN(end - wide->end, kept - at);
        gemm = hseg_pointwise_product(d->g, d->expand, ((size_t)wide->image * d->in->h + wide->end) * w,
                                      count * w);
        gemm.c = wide->rows + at * w * c;
        gemm.c_row = c;
        hseg_kernels()->gemm(&gemm);
    }
}

/* Rows @from .. @to - 1 of the output, of one slice whose sums are @sums or NULL. */
static void
compute_rows(const Depthwise *d, Wide *wide, double *sums, int from, int to)
{
    const HsegTensor *in = d->in, *out = d->out;
    const size_t pixel = out->pixel, row = out->w * pixel;
    float *image = out->data + (size_t)wide->image * out->h * row;
    const float *source = d->expand ? wide->rows : in->data + (size_t)wide->image * in->h * in->w * in->pixel;
    const int c = d->shape.c;

    for (int y = from, next; y < to; y = next) {
        next = HSEG_MIN(y + d->strip, to);
        if (d->expand)
            expand_rows(d, wide, HSEG_MIN((next - 1) * d->shape.stride + 2, in->h));
        hseg_kernels()->depthwise(&d->shape, image, source, hseg_op_value(d->g, d->op->weight),
                                  hseg_op_value(d->g, d->op->bias), d->op->act, y, next);
        if (sums)
            hseg_kernels()->channel_sums(sums, sums + c, image + y * row, pixel, (size_t)(next - y) * out->w,
                                         c);
    }
}

static void
infer_part(void *data, int job, int thread)
{
    const Depthwise *d = data;
    const int image = job / d->parts;
    Wide wide = {d->g->scratch + thread * d->g->scratch_floats, image, 0};
    size_t first, end, from, to;

    hseg_slice(d->slices, d->parts, job % d->parts, &first, &end);
    for (size_t slice = first; slice < end; slice++) {
        double *sums = NULL;

        hseg_slice(d->out->h, d->slices, (int)slice, &from, &to);
        if (slice == first)
            wide.end = HSEG_MAX((int)from * d->shape.stride - 1, 0);
        if (d->squeezes) {
            const HsegSqueeze s = hseg_squeeze_of((HsegGraph *)d->g, d->squeezes);

            sums = hseg_squeeze_sums(&s, image * d->slices + (int)slice);
            memset(sums, 0, 2 * (size_t)s.m * sizeof *sums);
        }
        compute_rows(d, &wide, sums, (int)from, (int)to);
    }
}

void
hseg_depthwise_infer(HsegGraph *g, const HsegOp *op)
{
    Depthwise d = describe(g, op);

    hseg_parallel(g->threads, g->batch * d.parts, infer_part, &d);
}

void
hseg_depthwise_plan_infer(HsegGraph *g, const HsegOp *op)
{
    const Depthwise d = describe(g, op);

    hseg_graph_need(g, (size_t)d.shape.in_rows * d.in->w * d.shape.c, 0);
}
