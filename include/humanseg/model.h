/**
 * @file
 * A trained network: its architecture and its weights, read-only once made.
 */
#pragma once

#include <glib.h>
#include <humanseg/api.h>

G_BEGIN_DECLS

/** Arithmetic of a network. */
typedef enum {
    HSEG_PRECISION_AUTO,    /**< int8 where the model has it and the processor is faster so, else float32 */
    HSEG_PRECISION_FLOAT32, /**< 32-bit floating point */
    HSEG_PRECISION_INT8,    /**< 8-bit integers, for models that `humanseg quantize` has prepared */
} HsegPrecision;

/**
 * A model, counted by references. Thread-safety: immutable; may be shared by any number of segmenters and
 * threads.
 */
typedef struct HsegModel HsegModel;

/**
 * Loads a model.
 *
 * @param name the name of a built-in model ("default", "tiny", "v3-0.3"), or the path of a .safetensors file;
 * whatever holds a '/' or ends in ".safetensors" is taken for a path
 * @param error naming the file, and the tensor where it is one's fault: #HSEG_ERROR_FILE, #HSEG_ERROR_FORMAT,
 * #HSEG_ERROR_SHAPE, #HSEG_ERROR_ARGUMENT for an architecture that there is not, #HSEG_ERROR_NO_MEMORY
 *
 * @return the model, to be given back with hseg_model_unref(); NULL on error
 */
HSEG_API HsegModel *hseg_model_load(const char *name, GError **error);

/**
 * Takes another reference.
 *
 * @param model a model
 *
 * @return the same, to be given back with hseg_model_unref() once more
 */
HSEG_API HsegModel *hseg_model_ref(HsegModel *model);

/**
 * Gives a reference back; the model goes with the last one.
 *
 * @param model may be NULL
 */
HSEG_API void hseg_model_unref(HsegModel *model);

/**
 * Where a model comes from.
 *
 * @param model a model
 *
 * @return the name or path that it was loaded from; the model's own
 */
HSEG_API const char *hseg_model_get_name(const HsegModel *model);

/**
 * The input size that a model was trained for; frames of any size are scaled to it.
 *
 * @param model a model
 * @param[out] width in pixels; 320 for the reference
 * @param[out] height in pixels; 180 for the reference
 */
HSEG_API void hseg_model_get_input_size(const HsegModel *model, int *width, int *height);

/**
 * The models that the library carries.
 *
 * @return their names, ended by NULL; the library's own
 */
HSEG_API const char *const *hseg_model_builtin_names(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegModel, hseg_model_unref)

G_END_DECLS
