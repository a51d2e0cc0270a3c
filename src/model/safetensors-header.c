#include "model/safetensors-private.h"

#include <humanseg/error.h>
#include <string.h>

#include "base/base.h"

#define HEADER_LIMIT (100u << 20) /* bytes, as the format's own reader has it */
#define NESTING      4            /* the header's braces and brackets go 3 deep */

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [HSEG_DTYPE_BOOL] = {"BOOL", 1}, [HSEG_DTYPE_U8] = {"U8", 1},   [HSEG_DTYPE_I8] = {"I8", 1},
    [HSEG_DTYPE_I16] = {"I16", 2},   [HSEG_DTYPE_U16] = {"U16", 2}, [HSEG_DTYPE_F16] = {"F16", 2},
    [HSEG_DTYPE_BF16] = {"BF16", 2}, [HSEG_DTYPE_I32] = {"I32", 4}, [HSEG_DTYPE_U32] = {"U32", 4},
    [HSEG_DTYPE_F32] = {"F32", 4},   [HSEG_DTYPE_I64] = {"I64", 8}, [HSEG_DTYPE_U64] = {"U64", 8},
    [HSEG_DTYPE_F64] = {"F64", 8},
};

const char *
hseg_dtype_name(HsegDtype dtype)
{
    return dtypes[dtype].name;
}

size_t
hseg_dtype_size(HsegDtype dtype)
{
    return dtypes[dtype].size;
}

/* "file: what"; returns FALSE, so that a check is one line. */
static gboolean G_GNUC_PRINTF(3, 4) broken(const HsegSafetensors *st, GError **error, const char *format, ...)
{
    va_list args;
    g_autofree char *what = NULL;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: %s", st->name, what);
    return FALSE;
}

/* The parser below is recursive: a header of a million brackets would eat the stack. */
static gboolean
check_nesting(const HsegSafetensors *st, const char *json, size_t length, GError **error)
{
    gboolean in_string = FALSE;
    int depth = 0;

    for (size_t i = 0; i < length; i++) {
        if (in_string) {
            if (json[i] == '\\')
                i++;
            else if (json[i] == '"')
                in_string = FALSE;
        } else if (json[i] == '"') {
            in_string = TRUE;
        } else if (json[i] == '{' || json[i] == '[') {
            if (++depth > NESTING)
                return broken(st, error, "header is nested too deeply");
        } else if (json[i] == '}' || json[i] == ']') {
            depth--;
        }
    }
    return TRUE;
}

static void
count_member(JsonParser *parser, JsonObject *object, const char *member, gpointer count)
{
    ++*(size_t *)count;
}

/* json-glib keeps the last of two members of one name; the parser's own count of members tells. */
static size_t
count_kept(JsonObject *root)
{
    JsonObjectIter iter;
    JsonNode *node;
    size_t kept = json_object_get_size(root);

    json_object_iter_init(&iter, root);
    while (json_object_iter_next(&iter, NULL, &node))
        if (JSON_NODE_HOLDS_OBJECT(node))
            kept += json_object_get_size(json_node_get_object(node));
    return kept;
}

static JsonObject *
parse_header(HsegSafetensors *st, const char *json, size_t length, GError **error)
{
    g_autoptr(GError) why = NULL;
    size_t seen = 0;
    JsonNode *root;

    if (!g_utf8_validate_len(json, length, NULL)) {
        broken(st, error, "header is not UTF-8");
        return NULL;
    }
    if (length == 0 || json[0] != '{') {
        broken(st, error, "header is not a JSON object");
        return NULL;
    }
    if (!check_nesting(st, json, length, error))
        return NULL;
    st->parser = json_parser_new_immutable();
    g_signal_connect(st->parser, "object-member", G_CALLBACK(count_member), &seen);
    if (!json_parser_load_from_data(st->parser, json, (gssize)length, &why)) {
        broken(st, error, "header is not JSON: %s", why->message);
        return NULL;
    }
    root = json_parser_get_root(st->parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        broken(st, error, "header is not a JSON object");
        return NULL;
    }
    if (count_kept(json_node_get_object(root)) != seen) {
        broken(st, error, "header has a name twice");
        return NULL;
    }
    return json_node_get_object(root);
}

static gboolean
parse_metadata(HsegSafetensors *st, JsonNode *node, GError **error)
{
    JsonObjectIter iter;
    const char *key;
    JsonNode *value;

    if (!JSON_NODE_HOLDS_OBJECT(node))
        return broken(st, error, "__metadata__ is not an object");
    json_object_iter_init(&iter, json_node_get_object(node));
    while (json_object_iter_next(&iter, &key, &value))
        if (json_node_get_value_type(value) != G_TYPE_STRING)
            return broken(st, error, "__metadata__: '%s' is not a string", key);
    st->metadata = json_node_get_object(node);
    return TRUE;
}

static gboolean
parse_dtype(const HsegSafetensors *st, JsonObject *object, HsegStoredTensor *t, GError **error)
{
    JsonNode *node = json_object_get_member(object, "dtype");
    const char *name;

    if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
        return broken(st, error, "tensor '%s' has no dtype", t->name);
    name = json_node_get_string(node);
    for (size_t i = 0; i < HSEG_COUNT(dtypes); i++) {
        if (strcmp(name, dtypes[i].name) == 0) {
            t->dtype = (HsegDtype)i;
            return TRUE;
        }
    }
    return broken(st, error, "tensor '%s' has unknown dtype '%s'", t->name, name);
}

/* Numbers from a JSON array, none negative; at most @limit. Returns how many, or -1. */
static int
parse_sizes(JsonObject *object, const char *member, int64_t *out, int limit)
{
    JsonNode *node = json_object_get_member(object, member);
    JsonArray *array;
    int n;

    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return -1;
    array = json_node_get_array(node);
    if (json_array_get_length(array) > (guint)limit)
        return -1;
    n = (int)json_array_get_length(array);
    for (int i = 0; i < n; i++) {
        JsonNode *number = json_array_get_element(array, (guint)i);

        if (json_node_get_value_type(number) != G_TYPE_INT64 || json_node_get_int(number) < 0)
            return -1;
        out[i] = json_node_get_int(number);
    }
    return n;
}

static gboolean
parse_tensor(HsegSafetensors *st, const char *name, JsonNode *node, GError **error)
{
    HsegStoredTensor t = {.name = name};
    int64_t offsets[2];
    size_t bytes;
    JsonObject *object;

    if (!JSON_NODE_HOLDS_OBJECT(node))
        return broken(st, error, "tensor '%s' is not an object", name);
    object = json_node_get_object(node);
    if (!parse_dtype(st, object, &t, error))
        return FALSE;
    t.n_dims = parse_sizes(object, "shape", t.shape, HSEG_SAFETENSORS_DIMS);
    if (t.n_dims < 0)
        return broken(st, error, "tensor '%s' has a bad shape", name);
    bytes = hseg_dtype_size(t.dtype);
    for (int i = 0; i < t.n_dims; i++)
        if (!hseg_size_mul(bytes, (size_t)t.shape[i], &bytes))
            return broken(st, error, "tensor '%s' has a shape that overflows", name);
    if (parse_sizes(object, "data_offsets", offsets, 2) != 2 || offsets[0] > offsets[1])
        return broken(st, error, "tensor '%s' has bad data_offsets", name);
    if ((uint64_t)offsets[1] > st->data_bytes)
        return broken(st, error, "tensor '%s' ends at byte %" G_GINT64_FORMAT " of %zu", name, offsets[1],
                      st->data_bytes);
    t.bytes = (size_t)(offsets[1] - offsets[0]);
    if (t.bytes != bytes)
        return broken(st, error, "tensor '%s' takes %zu bytes by its shape, %zu by its data_offsets", name,
                      bytes, t.bytes);
    t.data = st->data + offsets[0];
    g_array_append_val(st->tensors, t);
    return TRUE;
}

static int
compare_places(gconstpointer a, gconstpointer b)
{
    const HsegStoredTensor *x = a, *y = b;
    const char *x0 = x->data, *y0 = y->data;

    if (x0 != y0)
        return x0 < y0 ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes); /* empty ones first */
}

/* The tensors must cover the data without gap or overlap, as the format demands. */
static gboolean
check_places(HsegSafetensors *st, GError **error)
{
    const uint8_t *end = st->data;

    g_array_sort(st->tensors, compare_places);
    for (guint i = 0; i < st->tensors->len; i++) {
        HsegStoredTensor *t = &g_array_index(st->tensors, HsegStoredTensor, i);
        const uint8_t *start = t->data;

        if (start < end)
            return broken(st, error, "tensor '%s' overlaps another", t->name);
        if (start > end)
            return broken(st, error, "%zu bytes before tensor '%s' belong to none", (size_t)(start - end),
                          t->name);
        end = start + t->bytes;
        g_hash_table_insert(st->by_name, (gpointer)t->name, t);
    }
    if (end != st->data + st->data_bytes)
        return broken(st, error, "%zu bytes at the end belong to no tensor",
                      (size_t)(st->data + st->data_bytes - end));
    return TRUE;
}

gboolean
hseg_safetensors_header_length(const HsegSafetensors *st, const uint8_t *prefix, uint64_t file_bytes,
                               uint64_t *length, GError **error)
{
    if (file_bytes < HSEG_SAFETENSORS_PREFIX)
        return broken(st, error, "too short for a safetensors file");
    *length = 0;
    for (int i = HSEG_SAFETENSORS_PREFIX; i-- > 0;)
        *length = *length << 8 | prefix[i];
    if (*length > file_bytes - HSEG_SAFETENSORS_PREFIX)
        return broken(st, error,
                      "not a safetensors file, or cut off: header of %" G_GUINT64_FORMAT
                      " bytes in %" G_GUINT64_FORMAT,
                      *length, file_bytes);
    if (*length > HEADER_LIMIT)
        return broken(st, error, "header of %" G_GUINT64_FORMAT " bytes is too long", *length);
    return TRUE;
}

gboolean
hseg_safetensors_parse(HsegSafetensors *st, GError **error)
{
    gsize size;
    const uint8_t *file = g_bytes_get_data(st->bytes, &size);
    uint64_t length = 0;
    JsonObject *header;
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (!hseg_safetensors_header_length(st, file, size, &length, error))
        return FALSE;
    st->data = file + HSEG_SAFETENSORS_PREFIX + length;
    st->data_bytes = size - HSEG_SAFETENSORS_PREFIX - (size_t)length;
    header = parse_header(st, (const char *)file + HSEG_SAFETENSORS_PREFIX, (size_t)length, error);
    if (!header)
        return FALSE;
    json_object_iter_init_ordered(&iter, header);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        gboolean ok = strcmp(name, "__metadata__") == 0 ? parse_metadata(st, node, error)
                                                        : parse_tensor(st, name, node, error);

        if (!ok)
            return FALSE;
    }
    return check_places(st, error);
}
