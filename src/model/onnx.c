#include "model/onnx.h"

#include <humanseg/error.h>
#include <string.h>

#include "files/save.h"
#include "model/network.h"
#include "model/onnx-proto.h"
#include "nn/op.h"

#define NETWORK_BYTES (64 << 20) /* more than all of a file but its weights takes */

typedef struct {
    HsegOnnx *onnx;
    const HsegGraph *g;
    HsegOnnxForm form;
    gboolean *joined; /* [n_tensors]: concatenations that have their node */
    int output;
} Export;

/* ---- names ---- */

/* (transfer full): what a tensor of the graph is called. Operators without weights have no name of their own.
 */
static char *
name_of(const Export *e, int tensor)
{
    int producer = e->g->tensors[tensor].producer;
    const HsegOp *op = producer < 0 ? NULL : &e->g->ops[producer];

    if (tensor == 0)
        return g_strdup(HSEG_ONNX_INPUT);
    if (tensor == e->output)
        return g_strdup(HSEG_ONNX_LOGITS);
    if (!op)
        return g_strdup_printf("concat.%d", tensor);
    return op->weight < 0 ? g_strdup_printf("%s.%d", op->name, tensor) : g_strdup(op->name);
}

/* ---- constants ---- */

/* Adds a parameter under its PyTorch name and hands it to the node. */
static void
put_param(const Export *e, HsegOnnxNode *node, int index)
{
    const HsegParam *p = &e->g->params.list[index];
    g_autofree float *plain = g_new(float, hseg_param_count(p));
    int shape[4], n_dims = hseg_param_shape(p, shape);
    gint64 dims[4];

    for (int i = 0; i < n_dims; i++)
        dims[i] = shape[i];
    hseg_param_export(p, plain, e->g->params.value + p->offset);
    hseg_onnx_add_f32(e->onnx, p->name, dims, n_dims, plain);
    hseg_onnx_node_input(node, p->name);
}

/* What many nodes share: the ends of ReLU6, the factors of an upsampling and its region of interest, which is
 * none, the padding of one pixel. */
static void
put_shared(const Export *e)
{
    static const gint64 one[] = {0, 0, 1, 1, 0, 0, 1, 1}, start[] = {0, 0}, axes[] = {2, 3};

    hseg_onnx_add_f32(e->onnx, "zero", NULL, 0, &(float){0});
    hseg_onnx_add_f32(e->onnx, "six", NULL, 0, &(float){6});
    hseg_onnx_add_f32(e->onnx, "nothing", &(gint64){0}, 1, NULL);
    hseg_onnx_add_f32(e->onnx, "twice", &(gint64){4}, 1, (const float[]){1, 1, 2, 2});
    hseg_onnx_add_i64(e->onnx, "around", one, 8);
    hseg_onnx_add_i64(e->onnx, "start", start, 2);
    hseg_onnx_add_i64(e->onnx, "rows-and-columns", axes, 2);
}

/* ---- chains of nodes that stand for one operator ---- */

typedef struct {
    const Export *e;
    const char *name;   /* of the tensor at the end; what comes before it is NAME/TYPE */
    char *value;        /* what the next node reads */
    HsegOnnxNode *node; /* the last so far, whose output has no name yet */
    const char *type;
} Chain;

/* Gives the last node's output a name. */
static void
chain_name(Chain *c, char *value)
{
    hseg_onnx_add_node(c->e->onnx, g_steal_pointer(&c->node), value);
    g_free(c->value);
    c->value = value;
}

/* A node of @type that reads what the chain has come to. */
static HsegOnnxNode *
chain_add(Chain *c, const char *type)
{
    if (c->node)
        chain_name(c, g_strdup_printf("%s/%s", c->name, c->type));
    c->type = type;
    c->node = hseg_onnx_node_new(type);
    hseg_onnx_node_input(c->node, c->value);
    return c->node;
}

static void
chain_end(Chain *c)
{
    chain_name(c, g_strdup(c->name));
    g_free(c->value);
}

/* The rows and columns beyond @h x @w are left out. */
static void
chain_crop(Chain *c, int h, int w)
{
    g_autofree char *end = g_strconcat(c->name, "/end", NULL);
    HsegOnnxNode *node = chain_add(c, "Slice");

    hseg_onnx_add_i64(c->e->onnx, end, (const gint64[]){h, w}, 2);
    hseg_onnx_node_input(node, "start");
    hseg_onnx_node_input(node, end);
    hseg_onnx_node_input(node, "rows-and-columns");
}

/* x / 6 + @shift, clamped to 0 .. 1: relu6(x) / 6 with none, hsigmoid(x) with a half. */
static void
chain_hard_sigmoid(Chain *c, float shift)
{
    HsegOnnxNode *node = chain_add(c, "HardSigmoid");

    hseg_onnx_node_float(node, "alpha", 1.f / 6);
    hseg_onnx_node_float(node, "beta", shift);
}

static void
chain_relu6(Chain *c)
{
    HsegOnnxNode *node;

    if (c->e->form.clipless) {
        chain_hard_sigmoid(c, 0);
        hseg_onnx_node_input(chain_add(c, "Mul"), "six");
        return;
    }
    node = chain_add(c, "Clip");
    hseg_onnx_node_input(node, "zero");
    hseg_onnx_node_input(node, "six");
}

static void
chain_act(Chain *c, HsegAct act)
{
    g_autofree char *before = NULL;

    switch (act) {
    case HSEG_ACT_NONE:
        return;
    case HSEG_ACT_RELU:
        chain_add(c, "Relu");
        return;
    case HSEG_ACT_RELU6:
        chain_relu6(c);
        return;
    case HSEG_ACT_HSWISH: /* its own operator came with set 14 */
        chain_name(c, g_strdup_printf("%s/%s", c->name, c->type));
        before = g_strdup(c->value);
        chain_hard_sigmoid(c, 0.5f);
        hseg_onnx_node_input(chain_add(c, "Mul"), before);
        return;
    }
}

static void
put_square(HsegOnnxNode *node, const char *name, gint64 value, int count)
{
    hseg_onnx_node_ints(node, name, (const gint64[]){value, value, value, value}, count);
}

/* A convolution with weights and bias of the graph; OpenCV wants all of its attributes said. */
static HsegOnnxNode *
chain_conv(Chain *c, const char *type, int weight, int bias, int kernel, int stride, int pad)
{
    HsegOnnxNode *node = chain_add(c, type);

    put_param(c->e, node, weight);
    put_param(c->e, node, bias);
    put_square(node, "kernel_shape", kernel, 2);
    put_square(node, "strides", stride, 2);
    put_square(node, "pads", pad, 4);
    return node;
}

/* ---- operators ---- */

static void
conv(Chain *c, const HsegOp *op, gboolean depthwise)
{
    const HsegTensor *in = &c->e->g->tensors[op->in], *out = &c->e->g->tensors[op->out];
    int stride = op->conv.stride, pad = op->conv.kernel / 2;
    HsegOnnxNode *node;

    if (pad && op->conv.pad == HSEG_PAD_REFLECT) {
        node = chain_add(c, "Pad");
        hseg_onnx_node_input(node, "around");
        hseg_onnx_node_string(node, "mode", "reflect");
        pad = 0;
    }
    node = chain_conv(c, "Conv", op->weight, op->bias, op->conv.kernel, stride, pad);
    hseg_onnx_node_int(node, "group", depthwise ? out->channels.count : 1);
    if (out->h != (in->h + stride - 1) / stride || out->w != (in->w + stride - 1) / stride)
        chain_crop(c, out->h, out->w);
    chain_act(c, op->act);
    if (op->residual >= 0) {
        g_autofree char *residual = name_of(c->e, op->residual);

        hseg_onnx_node_input(chain_add(c, "Add"), residual);
    }
}

/* Without the padding at an end the last row or column, which is to be cropped, does not come about. */
static void
transposed(Chain *c, const HsegOp *op)
{
    const HsegTensor *in = &c->e->g->tensors[op->in], *out = &c->e->g->tensors[op->out];
    const gint64 more[] = {out->h - (2 * in->h - 1), out->w - (2 * in->w - 1)};
    HsegOnnxNode *node = chain_conv(c, "ConvTranspose", op->weight, op->bias, 3, 2, 1);

    hseg_onnx_node_ints(node, "output_padding", more, 2);
}

static void
upsample(Chain *c, const HsegOp *op)
{
    const HsegTensor *in = &c->e->g->tensors[op->in], *out = &c->e->g->tensors[op->out];
    HsegOnnxNode *node = chain_add(c, "Resize");

    hseg_onnx_node_input(node, "nothing");
    hseg_onnx_node_input(node, "twice");
    hseg_onnx_node_string(node, "mode", "linear");
    hseg_onnx_node_string(node, "coordinate_transformation_mode", "half_pixel");
    if (out->h != 2 * in->h || out->w != 2 * in->w)
        chain_crop(c, out->h, out->w);
}

static void
squeeze_excite(Chain *c, const HsegOp *op)
{
    g_autofree char *map = g_strdup(c->value);

    chain_add(c, "GlobalAveragePool");
    chain_conv(c, "Conv", op->weight, op->bias, 1, 1, 0);
    chain_act(c, HSEG_ACT_RELU);
    chain_name(c, g_strconcat(c->name, "/squeezed", NULL));
    chain_conv(c, "Conv", op->weight2, op->bias2, 1, 1, 0);
    chain_name(c, g_strconcat(c->name, "/excited", NULL));
    chain_hard_sigmoid(c, 0.5f);
    hseg_onnx_node_input(chain_add(c, "Mul"), map); /* in this order: OpenCV 4.6 wants the map last */
}

/* A concatenation is no operator of the graph: its parts lie side by side in memory. */
static void
concat(Export *e, int tensor)
{
    HsegOnnxNode *node = hseg_onnx_node_new("Concat");
    g_autofree char *name = name_of(e, tensor);

    /* The part without an offset comes first. */
    for (int second = 0; second < 2; second++)
        for (int t = 0; t < e->g->n_tensors; t++)
            if (t != tensor && e->g->tensors[t].root == tensor && (e->g->tensors[t].first > 0) == second) {
                g_autofree char *part = name_of(e, t);

                hseg_onnx_node_input(node, part);
            }
    hseg_onnx_node_int(node, "axis", 1);
    hseg_onnx_add_node(e->onnx, node, name);
    e->joined[tensor] = TRUE;
}

static void
put_op(Export *e, const HsegOp *op)
{
    g_autofree char *name = name_of(e, op->out);
    Chain c = {.e = e, .name = name, .value = name_of(e, op->in)};
    const char *kind = op->class->kind;

    if (op->in != 0 && e->g->tensors[op->in].producer < 0 && !e->joined[op->in])
        concat(e, op->in);
    if (strcmp(kind, "transposed") == 0)
        transposed(&c, op);
    else if (strcmp(kind, "upsample") == 0)
        upsample(&c, op);
    else if (strcmp(kind, "squeeze-excite") == 0)
        squeeze_excite(&c, op);
    else
        conv(&c, op, strcmp(kind, "depthwise") == 0);
    chain_end(&c);
}

/* ---- the whole ---- */

static void
put_ends(const Export *e)
{
    const HsegTensor *in = &e->g->tensors[0];
    HsegOnnxNode *node;

    hseg_onnx_add_input(e->onnx, HSEG_ONNX_INPUT, (const gint64[]){1, 3, in->h, in->w});
    hseg_onnx_add_output(e->onnx, e->form.probability ? HSEG_ONNX_PROBABILITY : HSEG_ONNX_LOGITS,
                         (const gint64[]){1, 1, in->h, in->w});
    if (!e->form.probability)
        return;
    node = hseg_onnx_node_new("Sigmoid");
    hseg_onnx_node_input(node, HSEG_ONNX_LOGITS);
    hseg_onnx_add_node(e->onnx, node, HSEG_ONNX_PROBABILITY);
}

static void
put_metadata(HsegOnnx *onnx, const HsegModel *model)
{
    hseg_onnx_add_metadata(onnx, "format", "humanseg");
    hseg_onnx_add_metadata(onnx, "normalisation", "RGB, (v / 255 - 0.5) / 0.5");
    for (const char *const *field = hseg_arch_fields(); *field; field++) {
        g_autofree char *value = hseg_arch_get(&model->arch, *field);

        hseg_onnx_add_metadata(onnx, *field, value);
    }
}

GBytes *
hseg_onnx_from_model(HsegModel *model, HsegOnnxForm form, GError **error)
{
    g_autoptr(HsegNetwork) network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, model->arch.width, model->arch.height, 1, error);
    g_autoptr(HsegOnnx) onnx = hseg_onnx_new("humanseg");
    g_autofree gboolean *joined = NULL;
    Export e = {.onnx = onnx, .form = form};

    if (!network)
        return NULL;
    e.g = hseg_network_graph(network);
    if (e.g->params.size > (HSEG_ONNX_LIMIT - NETWORK_BYTES) / sizeof(float)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "%s: more weights than fit in an ONNX file, which holds 2 GiB", model->name);
        return NULL;
    }
    e.joined = joined = g_new0(gboolean, e.g->n_tensors);
    e.output = e.g->ops[e.g->n_ops - 1].out;
    put_shared(&e);
    for (int i = 0; i < e.g->n_ops; i++)
        put_op(&e, &e.g->ops[i]);
    put_ends(&e);
    put_metadata(onnx, model);
    return hseg_onnx_finish(onnx,
                            "Person segmentation. input: RGB, (v / 255 - 0.5) / 0.5, NCHW. logits: person "
                            "where positive; probability: their sigmoid.");
}

gboolean
hseg_onnx_save(HsegModel *model, HsegOnnxForm form, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = hseg_onnx_from_model(model, form, error);
    gsize size;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

    return data && hseg_save_file(path, data, size, TRUE, error);
}
