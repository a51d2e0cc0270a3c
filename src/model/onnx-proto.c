#include "model/onnx-proto.h"

#include <humanseg/version.h>
#include <string.h>

/* ---- the wire format: each field is a key, which is its number and wire type, and a value ---- */

enum { VARINT = 0, BYTES = 2, FIXED32 = 5 };

static void
put_varint(GByteArray *m, guint64 value)
{
    guint8 byte;

    for (; value >= 0x80; value >>= 7) {
        byte = (guint8)(value | 0x80);
        g_byte_array_append(m, &byte, 1);
    }
    byte = (guint8)value;
    g_byte_array_append(m, &byte, 1);
}

static void
put_int(GByteArray *m, int field, gint64 value)
{
    put_varint(m, (guint64)field << 3 | VARINT);
    put_varint(m, (guint64)value);
}

/* The head of a field of @size bytes that the caller appends. */
static void
begin_bytes(GByteArray *m, int field, gsize size)
{
    put_varint(m, (guint64)field << 3 | BYTES);
    put_varint(m, size);
}

static void
put_string(GByteArray *m, int field, const char *text)
{
    begin_bytes(m, field, strlen(text));
    g_byte_array_append(m, (const guint8 *)text, (guint)strlen(text));
}

/* @inner: (transfer full) */
static void
put_message(GByteArray *m, int field, GByteArray *inner)
{
    begin_bytes(m, field, inner->len);
    g_byte_array_append(m, inner->data, inner->len);
    g_byte_array_unref(inner);
}

static void
put_f32(GByteArray *m, float value)
{
    guint32 bits;

    memcpy(&bits, &value, sizeof bits);
    bits = GUINT32_TO_LE(bits);
    g_byte_array_append(m, (const guint8 *)&bits, sizeof bits);
}

/* ---- attributes and nodes ---- */

enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F = 2,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_S = 4,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TYPE = 20
};
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };

HsegOnnxNode *
hseg_onnx_node_new(const char *type)
{
    HsegOnnxNode *node = g_byte_array_new();

    put_string(node, NODE_TYPE, type);
    return node;
}

void
hseg_onnx_node_input(HsegOnnxNode *node, const char *name)
{
    put_string(node, NODE_INPUT, name);
}

static GByteArray *
attribute_new(const char *name, int type)
{
    GByteArray *attribute = g_byte_array_new();

    put_string(attribute, ATTRIBUTE_NAME, name);
    put_int(attribute, ATTRIBUTE_TYPE, type);
    return attribute;
}

void
hseg_onnx_node_int(HsegOnnxNode *node, const char *name, gint64 value)
{
    GByteArray *attribute = attribute_new(name, TYPE_INT);

    put_int(attribute, ATTRIBUTE_I, value);
    put_message(node, NODE_ATTRIBUTE, attribute);
}

void
hseg_onnx_node_ints(HsegOnnxNode *node, const char *name, const gint64 *values, int count)
{
    GByteArray *attribute = attribute_new(name, TYPE_INTS);

    for (int i = 0; i < count; i++)
        put_int(attribute, ATTRIBUTE_INTS, values[i]);
    put_message(node, NODE_ATTRIBUTE, attribute);
}

void
hseg_onnx_node_float(HsegOnnxNode *node, const char *name, float value)
{
    GByteArray *attribute = attribute_new(name, TYPE_FLOAT);

    put_varint(attribute, ATTRIBUTE_F << 3 | FIXED32);
    put_f32(attribute, value);
    put_message(node, NODE_ATTRIBUTE, attribute);
}

void
hseg_onnx_node_string(HsegOnnxNode *node, const char *name, const char *value)
{
    GByteArray *attribute = attribute_new(name, TYPE_STRING);

    put_string(attribute, ATTRIBUTE_S, value);
    put_message(node, NODE_ATTRIBUTE, attribute);
}

/* ---- the graph and the model around it ---- */

enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum {
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1
};
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_DOC = 6,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14
};
enum { OPSET_VERSION = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

struct HsegOnnx {
    GByteArray *graph, *metadata; /* messages under construction; metadata: fields of the model's */
};

HsegOnnx *
hseg_onnx_new(const char *graph_name)
{
    HsegOnnx *onnx = g_new(HsegOnnx, 1);

    *onnx = (HsegOnnx){g_byte_array_new(), g_byte_array_new()};
    put_string(onnx->graph, GRAPH_NAME, graph_name);
    return onnx;
}

void
hseg_onnx_free(HsegOnnx *onnx)
{
    if (!onnx)
        return;
    g_byte_array_unref(onnx->graph);
    g_byte_array_unref(onnx->metadata);
    g_free(onnx);
}

static void
add_value(HsegOnnx *onnx, int field, const char *name, const gint64 shape[4])
{
    GByteArray *value = g_byte_array_new(), *type = g_byte_array_new(), *tensor = g_byte_array_new(),
               *dims = g_byte_array_new();

    for (int i = 0; i < 4; i++) {
        GByteArray *dim = g_byte_array_new();

        put_int(dim, DIM_VALUE, shape[i]);
        put_message(dims, SHAPE_DIM, dim);
    }
    put_int(tensor, TENSOR_ELEMENT, HSEG_ONNX_F32);
    put_message(tensor, TENSOR_SHAPE, dims);
    put_message(type, TYPE_TENSOR, tensor);
    put_string(value, VALUE_NAME, name);
    put_message(value, VALUE_TYPE, type);
    put_message(onnx->graph, field, value);
}

void
hseg_onnx_add_input(HsegOnnx *onnx, const char *name, const gint64 shape[4])
{
    add_value(onnx, GRAPH_INPUT, name, shape);
}

void
hseg_onnx_add_output(HsegOnnx *onnx, const char *name, const gint64 shape[4])
{
    add_value(onnx, GRAPH_OUTPUT, name, shape);
}

static GByteArray *
tensor_new(const char *name, int type, const gint64 *dims, int n_dims)
{
    GByteArray *tensor = g_byte_array_new();

    for (int i = 0; i < n_dims; i++)
        put_int(tensor, TENSOR_DIMS, dims[i]);
    put_int(tensor, TENSOR_TYPE, type);
    put_string(tensor, TENSOR_NAME, name);
    return tensor;
}

void
hseg_onnx_add_f32(HsegOnnx *onnx, const char *name, const gint64 *dims, int n_dims, const float *values)
{
    GByteArray *tensor = tensor_new(name, HSEG_ONNX_F32, dims, n_dims);
    gsize count = 1;

    for (int i = 0; i < n_dims; i++)
        count *= (gsize)dims[i];
    begin_bytes(tensor, TENSOR_RAW, count * sizeof(float));
    for (gsize i = 0; i < count; i++)
        put_f32(tensor, values[i]);
    put_message(onnx->graph, GRAPH_INITIALIZER, tensor);
}

void
hseg_onnx_add_i64(HsegOnnx *onnx, const char *name, const gint64 *values, int count)
{
    GByteArray *tensor = tensor_new(name, HSEG_ONNX_INT64, &(gint64){count}, 1);

    begin_bytes(tensor, TENSOR_RAW, (gsize)count * sizeof(gint64));
    for (int i = 0; i < count; i++) {
        gint64 value = GINT64_TO_LE(values[i]);

        g_byte_array_append(tensor, (const guint8 *)&value, sizeof value);
    }
    put_message(onnx->graph, GRAPH_INITIALIZER, tensor);
}

void
hseg_onnx_add_metadata(HsegOnnx *onnx, const char *key, const char *value)
{
    GByteArray *entry = g_byte_array_new();

    put_string(entry, ENTRY_KEY, key);
    put_string(entry, ENTRY_VALUE, value);
    put_message(onnx->metadata, MODEL_METADATA, entry);
}

void
hseg_onnx_add_node(HsegOnnx *onnx, HsegOnnxNode *node, const char *output)
{
    put_string(node, NODE_OUTPUT, output);
    put_string(node, NODE_NAME, output);
    put_message(onnx->graph, GRAPH_NODE, node);
}

GBytes *
hseg_onnx_finish(HsegOnnx *onnx, const char *doc)
{
    GByteArray *model = g_byte_array_new(), *opset = g_byte_array_new();
    g_autofree char *version =
        g_strdup_printf("%d.%d.%d", HSEG_VERSION_MAJOR, HSEG_VERSION_MINOR, HSEG_VERSION_MICRO);

    put_int(model, MODEL_IR, HSEG_ONNX_IR);
    put_string(model, MODEL_PRODUCER, "humanseg");
    put_string(model, MODEL_PRODUCER_VERSION, version);
    put_string(model, MODEL_DOC, doc);
    put_int(opset, OPSET_VERSION, HSEG_ONNX_OPSET);
    put_message(model, MODEL_OPSET, opset);
    g_byte_array_append(model, onnx->metadata->data, onnx->metadata->len);
    put_message(model, MODEL_GRAPH, g_steal_pointer(&onnx->graph));
    onnx->graph = g_byte_array_new();
    return g_byte_array_free_to_bytes(model);
}
