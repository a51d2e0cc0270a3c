#include "model/count.h"

#include "nn/op.h"

static guint64
param_count(const HsegModel *model, int index)
{
    return index < 0 ? 0 : hseg_param_count(&model->blueprint->params.list[index]);
}

guint64
hseg_count_op_params(const HsegModel *model, const HsegOp *op)
{
    return param_count(model, op->weight) + param_count(model, op->bias) + param_count(model, op->weight2) +
           param_count(model, op->bias2);
}

static guint64
elements(const HsegTensor *t)
{
    return (guint64)t->h * t->w * t->channels.count;
}

HsegCount
hseg_count(const HsegModel *model)
{
    const HsegGraph *g = model->blueprint;
    HsegCount count = {0};

    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        guint64 params = hseg_count_op_params(model, op);
        gboolean norm = op->mean >= 0, squeeze = op->weight2 >= 0;

        count.params += params;
        count.folded += norm ? 0 : params;
        count.macs += (guint64)op->macs;
        count.fvcore += (guint64)op->macs;
        if (norm)
            count.fvcore += 2 * elements(&g->tensors[op->out]);
        if (squeeze)
            count.fvcore += elements(&g->tensors[op->in]);
    }
    count.params_with_fc = count.params + (guint64)hseg_arch_encoder_width(&model->arch, 1024) * 1000 + 1000;
    return count;
}
