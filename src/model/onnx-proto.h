/* The messages of the ONNX format that a network needs, straight into protobuf's wire format: what is written
 * is a handful of fields in the order in which they come up, which asks for no library.
 *
 * Field numbers are those of onnx.proto3 (ONNX 1.6: IR version 6, operator set 11). */
#pragma once

#include <glib.h>

#define HSEG_ONNX_IR    6
#define HSEG_ONNX_OPSET 11
#define HSEG_ONNX_F32   1 /* TensorProto.DataType */
#define HSEG_ONNX_INT64 7
#define HSEG_ONNX_LIMIT G_MAXINT32 /* bytes of a protobuf message */

typedef struct HsegOnnx HsegOnnx;

HsegOnnx *hseg_onnx_new(const char *graph_name);
void hseg_onnx_free(HsegOnnx *onnx); /* Accepts NULL. */

/* What goes into the network and comes out of it: float maps of @shape, NCHW. */
void hseg_onnx_add_input(HsegOnnx *onnx, const char *name, const gint64 shape[4]);
void hseg_onnx_add_output(HsegOnnx *onnx, const char *name, const gint64 shape[4]);

/* Constants. @values: as many as the product of @dims */
void hseg_onnx_add_f32(HsegOnnx *onnx, const char *name, const gint64 *dims, int n_dims, const float *values);
void hseg_onnx_add_i64(HsegOnnx *onnx, const char *name, const gint64 *values, int count);

/* Key and value for whoever wants to know more of the model. */
void hseg_onnx_add_metadata(HsegOnnx *onnx, const char *key, const char *value);

/* A node under construction: an operator, its inputs in their order and its attributes. */
typedef GByteArray HsegOnnxNode;

HsegOnnxNode *hseg_onnx_node_new(const char *type);
void hseg_onnx_node_input(HsegOnnxNode *node, const char *name);
void hseg_onnx_node_int(HsegOnnxNode *node, const char *name, gint64 value);
void hseg_onnx_node_ints(HsegOnnxNode *node, const char *name, const gint64 *values, int count);
void hseg_onnx_node_float(HsegOnnxNode *node, const char *name, float value);
void hseg_onnx_node_string(HsegOnnxNode *node, const char *name, const char *value);

/* @node: (transfer full); named as its @output. Nodes are added in the order in which they run. */
void hseg_onnx_add_node(HsegOnnx *onnx, HsegOnnxNode *node, const char *output);

/* (transfer full): the file. Nothing may be added behind it. @doc: on the model as a whole */
GBytes *hseg_onnx_finish(HsegOnnx *onnx, const char *doc);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegOnnx, hseg_onnx_free)
