#include "base/base.h"
#include "files/save.h"
#include "model/half.h"
#include "model/safetensors.h"
#include <json-glib/json-glib.h>
#include <string.h>

struct HsegSafetensorsWriter {
    JsonObject *header; /* members keep the order of adding */
    JsonObject *metadata;
    GByteArray *data;
};

HsegSafetensorsWriter *
hseg_safetensors_writer_new(void)
{
    HsegSafetensorsWriter *w = g_new0(HsegSafetensorsWriter, 1);

    w->header = json_object_new();
    w->metadata = json_object_new();
    json_object_set_object_member(w->header, "__metadata__", json_object_ref(w->metadata));
    w->data = g_byte_array_new();
    return w;
}

void
hseg_safetensors_writer_free(HsegSafetensorsWriter *w)
{
    if (!w)
        return;
    json_object_unref(w->header);
    json_object_unref(w->metadata);
    g_byte_array_unref(w->data);
    g_free(w);
}

void
hseg_safetensors_writer_add_metadata(HsegSafetensorsWriter *w, const char *key, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1); /* names of files may be anything */

    json_object_set_string_member(w->metadata, key, valid);
}

static size_t
element_count(const int64_t *shape, int n_dims)
{
    size_t n = 1;

    for (int i = 0; i < n_dims; i++)
        n *= (size_t)shape[i];
    return n;
}

/* Enters the tensor in the header and returns room for its bytes at the end of the data. */
static uint8_t *
reserve(HsegSafetensorsWriter *w, const char *name, HsegDtype dtype, const int64_t *shape, int n_dims)
{
    size_t start = w->data->len, bytes = element_count(shape, n_dims) * hseg_dtype_size(dtype);
    JsonObject *entry = json_object_new();
    JsonArray *dims = json_array_new(), *offsets = json_array_new();

    g_assert(!json_object_has_member(w->header, name));
    for (int i = 0; i < n_dims; i++)
        json_array_add_int_element(dims, shape[i]);
    json_array_add_int_element(offsets, (gint64)start);
    json_array_add_int_element(offsets, (gint64)(start + bytes));
    json_object_set_string_member(entry, "dtype", hseg_dtype_name(dtype));
    json_object_set_array_member(entry, "shape", dims);
    json_object_set_array_member(entry, "data_offsets", offsets);
    json_object_set_object_member(w->header, name, entry);
    g_byte_array_set_size(w->data, (guint)(start + bytes));
    return w->data->data + start;
}

void
hseg_safetensors_writer_add(HsegSafetensorsWriter *w, const char *name, HsegDtype dtype, const int64_t *shape,
                            int n_dims, const void *data)
{
    uint8_t *to = reserve(w, name, dtype, shape, n_dims);
    size_t bytes = element_count(shape, n_dims) * hseg_dtype_size(dtype);

    if (bytes > 0)
        memcpy(to, data, bytes);
}

void
hseg_safetensors_writer_add_f32(HsegSafetensorsWriter *w, const char *name, const int64_t *shape, int n_dims,
                                const float *data)
{
    hseg_safetensors_writer_add(w, name, HSEG_DTYPE_F32, shape, n_dims, data);
}

void
hseg_safetensors_writer_add_f16(HsegSafetensorsWriter *w, const char *name, const int64_t *shape, int n_dims,
                                const float *data)
{
    uint8_t *to = reserve(w, name, HSEG_DTYPE_F16, shape, n_dims);
    size_t n = element_count(shape, n_dims);

    for (size_t i = 0; i < n; i++) {
        uint16_t half = hseg_half_from_float(data[i]);

        memcpy(to + 2 * i, &half, 2);
    }
}

/* Length and JSON, padded with spaces so that the tensors start at a multiple of 8. */
static GByteArray *
compose(HsegSafetensorsWriter *w)
{
    g_autoptr(JsonNode) root = json_node_init_object(json_node_alloc(), w->header);
    g_autofree char *json = json_to_string(root, FALSE);
    size_t length = (strlen(json) + 7) / 8 * 8;
    uint8_t prefix[8];
    GByteArray *file = g_byte_array_sized_new((guint)(8 + length + w->data->len));

    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)((uint64_t)length >> 8 * i);
    g_byte_array_append(file, prefix, 8);
    g_byte_array_append(file, (const uint8_t *)json, (guint)strlen(json));
    while (file->len < 8 + length)
        g_byte_array_append(file, (const uint8_t *)" ", 1);
    g_byte_array_append(file, w->data->data, w->data->len);
    return file;
}

gboolean
hseg_safetensors_writer_save(HsegSafetensorsWriter *w, const char *path, GError **error)
{
    g_autoptr(GByteArray) file = compose(w);

    return hseg_save_file(path, file->data, file->len, TRUE, error);
}
