#include "nn/op-conv.h"

int
hseg_graph_conv(HsegGraph *g, int in, const HsegConv *conv)
{
    HsegLayout channels = hseg_layout(conv->out), inner;
    const HsegTensor *t;
    HsegOp *op;
    int out, h, w;

    if (in < 0)
        return -1;
    t = &g->tensors[in];
    inner = t->channels;
    h = conv->h ? conv->h : (t->h + conv->stride - 1) / conv->stride;
    w = conv->w ? conv->w : (t->w + conv->stride - 1) / conv->stride;
    out = hseg_graph_add_tensor(g, h, w, channels);
    op = out < 0 ? NULL
                 : hseg_graph_add_op(g, conv->kernel == 1 ? &hseg_pointwise_class : &hseg_conv3x3_class,
                                     conv->name, in, out);
    if (!op)
        return -1;
    op->conv = *conv;
    op->conv.name = op->name;
    op->act = g->training ? HSEG_ACT_NONE : conv->act;
    op->residual = g->training ? -1 : conv->residual - 1;
    op->weight = hseg_graph_add_param(g, conv->name, "weight", HSEG_PARAM_DENSE, inner, channels,
                                      conv->kernel, true, true);
    op->bias = hseg_graph_add_param(g, conv->name, "bias", HSEG_PARAM_VECTOR, inner, channels, 1,
                                    !conv->frozen_bias, false);
    op->macs = (double)conv->kernel * conv->kernel * inner.count * channels.count * h * w;
    return out;
}
