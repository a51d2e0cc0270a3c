/* The inside of HsegModel (humanseg/model.h): architecture, weights as trained, and how they come and go. */
#pragma once

#include <humanseg/model.h>

#include "model/arch.h"
#include "model/unet.h"

struct HsegModel {
    int ref_count;
    char *name; /* built-in name or path */
    HsegArch arch;
    HsegGraph
        *blueprint; /* a training graph of one image, never planned: its parameters are the file's tensors */
    GHashTable *notes; /* char * -> char *: metadata beyond the architecture, such as the training record */
};

/* A model with zeroed weights. Errors: HSEG_ERROR_ARGUMENT, HSEG_ERROR_NO_MEMORY. */
HsegModel *hseg_model_new(const HsegArch *arch, const char *name, GError **error);

/* Weights as PyTorch starts with: uniform within +- 1 / sqrt(fan in), norms 1 and 0. */
void hseg_model_randomise(HsegModel *model, guint64 seed);

/* Reads a whole model; every tensor must be there in its shape. */
HsegModel *hseg_model_new_from_safetensors(const HsegSafetensors *file, GError **error);

/* Takes whatever tensors of @file fit by name and shape: an encoder to start from. Returns their number, or
 * -1 with HSEG_ERROR_SHAPE where a tensor of the same name has another shape, or where none fits. */
int hseg_model_init_from(HsegModel *model, const HsegSafetensors *file, GError **error);

/* Writes the architecture, notes and weights; @half stores float16. */
gboolean hseg_model_save(const HsegModel *model, const char *path, gboolean half, GError **error);

/* Whether all that hseg_model_save() would store as float16 is so already. */
gboolean hseg_model_is_half(const HsegModel *model);

/* Copies all parameters between a model and a training graph of the same architecture. */
void hseg_model_get_params(const HsegModel *model, HsegParams *params);
void hseg_model_set_params(HsegModel *model, const HsegParams *params, const float *value);

void hseg_model_set_note(HsegModel *model, const char *key, const char *value);
