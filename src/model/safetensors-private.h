/* An open safetensors file, between the one that reads it (safetensors.c) and the one that checks its header
 * (safetensors-header.c). */
#pragma once

#include <json-glib/json-glib.h>

#include "model/safetensors.h"

#define HSEG_SAFETENSORS_PREFIX 8 /* bytes of the header's length */

struct HsegSafetensors {
    char *name;
    GBytes *bytes;
    const uint8_t *data; /* the tensors' bytes, behind the header */
    size_t data_bytes;
    JsonParser *parser;   /* owns the names */
    JsonObject *metadata; /* NULL where the file has none */
    GArray *tensors;      /* HsegStoredTensor, by place */
    GHashTable *by_name;  /* name -> HsegStoredTensor in the array */
};

/* What the file's first bytes, @prefix, say of the header's length, checked against that of the file. */
gboolean hseg_safetensors_header_length(const HsegSafetensors *st, const uint8_t *prefix, uint64_t file_bytes,
                                        uint64_t *length, GError **error);

/* Makes the tensors and the metadata from st->bytes. */
gboolean hseg_safetensors_parse(HsegSafetensors *st, GError **error);
