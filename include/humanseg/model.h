/** SECTION: model
 * A trained network: its architecture and its weights, read-only once made. */
#pragma once

#include <glib.h>
#include <humanseg/api.h>

G_BEGIN_DECLS

/**
 * HsegPrecision: arithmetic of a network
 * @HSEG_PRECISION_AUTO: int8 where the model has it and the processor is faster so, else float32
 * @HSEG_PRECISION_FLOAT32: 32-bit floating point
 * @HSEG_PRECISION_INT8: 8-bit integers, for models that `humanseg quantize` has prepared
 */
typedef enum {
    HSEG_PRECISION_AUTO,
    HSEG_PRECISION_FLOAT32,
    HSEG_PRECISION_INT8,
} HsegPrecision;

/** Thread-safety: immutable; may be shared by any number of segmenters and threads. */
typedef struct HsegModel HsegModel;

/**
 * hseg_model_load:
 * @name: the name of a built-in model ("default"), or the path of a .safetensors file; whatever holds a
 *   '/' or ends in ".safetensors" is taken for a path
 * @error: HSEG_ERROR_FILE, HSEG_ERROR_FORMAT or HSEG_ERROR_SHAPE, naming the file and the tensor
 *
 * Returns: (transfer full) (nullable): free with hseg_model_unref()
 */
HSEG_API HsegModel *hseg_model_load(const char *name, GError **error);

HSEG_API HsegModel *hseg_model_ref(HsegModel *model);

/** hseg_model_unref: @model: (nullable) */
HSEG_API void hseg_model_unref(HsegModel *model);

/** The name or path that the model was loaded from. */
HSEG_API const char *hseg_model_get_name(const HsegModel *model);

/** The input size that the model was trained for, in pixels (320 x 180 for the reference). */
HSEG_API void hseg_model_get_input_size(const HsegModel *model, int *width, int *height);

/** (transfer none): NULL-terminated names of the models that the library carries. */
HSEG_API const char *const *hseg_model_builtin_names(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegModel, hseg_model_unref)

G_END_DECLS
