/* What squeeze and excitation in floats and in bytes share: see op-squeeze.c. */
#pragma once

#include <string.h>

#include "nn/op.h"

typedef struct {
    HsegGraph *g;
    const HsegOp *op;
    const HsegTensor *in, *out;
    int m, q;  /* channels and squeezed channels, padded */
    int bands; /* jobs an image */
} HsegSqueeze;

static inline HsegSqueeze
hseg_squeeze_of(HsegGraph *g, const HsegOp *op)
{
    const HsegTensor *in = &g->tensors[op->in];

    return (HsegSqueeze){g,
                         op,
                         in,
                         &g->tensors[op->out],
                         in->channels.total,
                         hseg_layout(op->squeezed).total,
                         HSEG_CLAMP(16 / g->batch, 1, in->h)};
}

/* Where the sums of an image's band are left: [2][m] at job image * bands + band; the second half is scratch.
 */
static inline double *
hseg_squeeze_sums(const HsegSqueeze *s, int job)
{
    return (double *)(void *)s->g->partials + (size_t)job * 2 * s->m;
}

/* The pixels of one job: [*at, *at + returned). */
static inline size_t
hseg_squeeze_pixels(const HsegSqueeze *s, int job, size_t *at)
{
    size_t pixels = (size_t)s->in->h * s->in->w, from, to;

    hseg_slice(pixels, s->bands, job % s->bands, &from, &to);
    *at = (size_t)(job / s->bands) * pixels + from;
    return to - from;
}

/* y[out] = x W + b, W: [in][out]. */
static inline void
hseg_fully_connected(float *y, const float *x, const float *w, const float *b, int in, int out)
{
    memcpy(y, b, out * sizeof *y);
    for (int i = 0; i < in; i++)
        for (int o = 0; o < out; o++)
            y[o] += x[i] * w[(size_t)i * out + o];
}

/* The two layers behind the means, of m, q and m channels: @v = W1 mean + b1, @upper = W2 relu(v) + b2 and
 * @gate = hsigmoid(upper). @relu: room for q; @v may be @relu, and @gate may be @upper. */
static inline void
hseg_squeeze_gates(const HsegSqueeze *s, const float *mean, float *v, float *relu, float *upper, float *gate)
{
    const HsegGraph *g = s->g;
    const HsegOp *op = s->op;

    hseg_fully_connected(v, mean, hseg_op_value(g, op->weight), hseg_op_value(g, op->bias), s->m, s->q);
    for (int i = 0; i < s->q; i++)
        relu[i] = HSEG_MAX(v[i], 0.0f);
    hseg_fully_connected(upper, relu, hseg_op_value(g, op->weight2), hseg_op_value(g, op->bias2), s->q, s->m);
    for (int i = 0; i < s->m; i++)
        gate[i] = HSEG_CLAMP(upper[i] + 3.0f, 0.0f, 6.0f) / 6.0f;
}
