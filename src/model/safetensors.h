/* The safetensors container: 8 bytes of header length (little-endian), a JSON header that gives each tensor
 * its type, shape and place, then the tensors' bytes. The reader trusts nothing: what it hands out has been
 * checked. */
#pragma once

#include <glib.h>
#include <stdint.h>

#define HSEG_SAFETENSORS_DIMS 8 /* more dimensions than that are refused */

typedef enum {
    HSEG_DTYPE_BOOL,
    HSEG_DTYPE_U8,
    HSEG_DTYPE_I8,
    HSEG_DTYPE_I16,
    HSEG_DTYPE_U16,
    HSEG_DTYPE_F16,
    HSEG_DTYPE_BF16,
    HSEG_DTYPE_I32,
    HSEG_DTYPE_U32,
    HSEG_DTYPE_F32,
    HSEG_DTYPE_I64,
    HSEG_DTYPE_U64,
    HSEG_DTYPE_F64,
} HsegDtype;

/* "F32", as the file spells it. */
const char *hseg_dtype_name(HsegDtype dtype);

/* Bytes of one element. */
size_t hseg_dtype_size(HsegDtype dtype);

/* One tensor of an open file; lives as long as the HsegSafetensors. */
typedef struct {
    const char *name;
    HsegDtype dtype;
    int n_dims;
    int64_t shape[HSEG_SAFETENSORS_DIMS]; /* [n_dims], each >= 0 */
    const void *data; /* row-major, little-endian, of any alignment: read it with memcpy */
    size_t bytes;     /* the product of shape times hseg_dtype_size() */
} HsegStoredTensor;

typedef struct HsegSafetensors HsegSafetensors;

/* Reads the whole file. Errors name @path and, where there is one, the tensor. */
HsegSafetensors *hseg_safetensors_open(const char *path, GError **error);

/* Parses @bytes and keeps a reference to it; nothing is copied. @name stands for the file in errors. */
HsegSafetensors *hseg_safetensors_new_from_bytes(GBytes *bytes, const char *name, GError **error);

void hseg_safetensors_free(HsegSafetensors *st);

/* The path, or the name given to hseg_safetensors_new_from_bytes(). */
const char *hseg_safetensors_name(const HsegSafetensors *st);

/* Tensors stand in the order of their data. */
int hseg_safetensors_count(const HsegSafetensors *st);
const HsegStoredTensor *hseg_safetensors_get(const HsegSafetensors *st, int i);

/* NULL where there is no such tensor. */
const HsegStoredTensor *hseg_safetensors_find(const HsegSafetensors *st, const char *name);

/* The string under @key in __metadata__, or NULL. */
const char *hseg_safetensors_metadata(const HsegSafetensors *st, const char *key);

/* (transfer container): every key of __metadata__, sorted. */
GList *hseg_safetensors_metadata_keys(const HsegSafetensors *st);

/* Copies the tensor @name, which must have exactly @shape and be F32, F16 or BF16, into @out as float. */
gboolean hseg_safetensors_read_f32(const HsegSafetensors *st, const char *name, const int64_t *shape,
                                   int n_dims, float *out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegSafetensors, hseg_safetensors_free)

/* Collects copies of tensors, then writes them as one file in the order of adding. Names must be unique. */
typedef struct HsegSafetensorsWriter HsegSafetensorsWriter;

HsegSafetensorsWriter *hseg_safetensors_writer_new(void);
void hseg_safetensors_writer_free(HsegSafetensorsWriter *w);

void hseg_safetensors_writer_add_metadata(HsegSafetensorsWriter *w, const char *key, const char *value);

/* @data holds the product of @shape elements. */
void hseg_safetensors_writer_add(HsegSafetensorsWriter *w, const char *name, HsegDtype dtype,
                                 const int64_t *shape, int n_dims, const void *data);
void hseg_safetensors_writer_add_f32(HsegSafetensorsWriter *w, const char *name, const int64_t *shape,
                                     int n_dims, const float *data);

/* Stores float16, rounded to the nearest, ties to even; beyond 65504 becomes infinite. */
void hseg_safetensors_writer_add_f16(HsegSafetensorsWriter *w, const char *name, const int64_t *shape,
                                     int n_dims, const float *data);

/* Writes a temporary file beside @path, syncs it and renames it: @path holds the old content or the new,
 * never half. */
gboolean hseg_safetensors_writer_save(HsegSafetensorsWriter *w, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegSafetensorsWriter, hseg_safetensors_writer_free)
