/* A model as an ONNX file, for other runtimes.
 *
 * The network as it runs: batch norms are folded into the convolutions before them, as every runtime would
 * do; the .safetensors file stays what training goes on from. Operator set 11 is the oldest that says all of
 * it: before it, Resize knows no half-pixel centres. */
#pragma once

#include <glib.h>

#include "model/model.h"

#define HSEG_ONNX_INPUT       "input"       /* [1, 3, H, W]: RGB, (v / 255 - 0.5) / 0.5 */
#define HSEG_ONNX_LOGITS      "logits"      /* [1, 1, H, W]: person where positive */
#define HSEG_ONNX_PROBABILITY "probability" /* [1, 1, H, W]: 0 .. 1 that it is a person */

typedef struct {
    gboolean probability; /* a sigmoid behind the logits, which then are no output */
    gboolean
        clipless; /* ReLU6 without Clip, a little slower: OpenCV before 4.7 can't read Clip in this set */
} HsegOnnxForm;

/* (transfer full): the file's bytes. HSEG_ERROR_NO_MEMORY, HSEG_ERROR_ARGUMENT where the weights are more
 * than an ONNX file can hold. */
GBytes *hseg_onnx_from_model(HsegModel *model, HsegOnnxForm form, GError **error);

/* The same into a file, whole or not at all. */
gboolean hseg_onnx_save(HsegModel *model, HsegOnnxForm form, const char *path, GError **error);
