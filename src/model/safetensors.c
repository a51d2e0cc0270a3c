#include "model/safetensors-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/half.h"

static HsegSafetensors *
new_named(const char *name)
{
    HsegSafetensors *st = g_new0(HsegSafetensors, 1);

    st->name = g_strdup(name);
    st->tensors = g_array_new(FALSE, FALSE, sizeof(HsegStoredTensor));
    st->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return st;
}

HsegSafetensors *
hseg_safetensors_new_from_bytes(GBytes *bytes, const char *name, GError **error)
{
    g_autoptr(HsegSafetensors) st = new_named(name);

    st->bytes = g_bytes_ref(bytes);
    return hseg_safetensors_parse(st, error) ? g_steal_pointer(&st) : NULL;
}

/* Fills @buffer from @fd; FALSE with errno, which is 0 where the file ends early. */
static gboolean
read_fully(int fd, uint8_t *buffer, size_t bytes)
{
    while (bytes > 0) {
        ssize_t got = read(fd, buffer, bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got < 0 ? errno : 0;
            return FALSE;
        }
        buffer += got;
        bytes -= (size_t)got;
    }
    return TRUE;
}

/* Reads an open file; looks at its length and its header's length before it takes memory for them. */
static gboolean
read_file(HsegSafetensors *st, int fd, GError **error)
{
    struct stat info;
    uint8_t prefix[HSEG_SAFETENSORS_PREFIX] = {0};
    uint64_t length;
    g_autofree uint8_t *file = NULL;
    size_t size;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: not a regular file", st->name);
        return FALSE;
    }
    size = (size_t)info.st_size;
    if (size >= HSEG_SAFETENSORS_PREFIX &&
        pread(fd, prefix, HSEG_SAFETENSORS_PREFIX, 0) != HSEG_SAFETENSORS_PREFIX) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot read: %s", st->name, g_strerror(errno));
        return FALSE;
    }
    if (!hseg_safetensors_header_length(st, prefix, size, &length, error))
        return FALSE;
    file = g_try_malloc(size);
    if (!file) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "%s: no memory for its %zu bytes", st->name,
                    size);
        return FALSE;
    }
    if (!read_fully(fd, file, size)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot read: %s", st->name,
                    errno ? g_strerror(errno) : "file ends early");
        return FALSE;
    }
    st->bytes = g_bytes_new_take(g_steal_pointer(&file), size);
    return TRUE;
}

HsegSafetensors *
hseg_safetensors_open(const char *path, GError **error)
{
    g_autoptr(HsegSafetensors) st = new_named(path);
    int fd = g_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0); /* non-blocking: a FIFO must not hold us */
    gboolean read_ok;

    if (fd < 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot open: %s", path, g_strerror(errno));
        return NULL;
    }
    read_ok = read_file(st, fd, error);
    close(fd);
    return read_ok && hseg_safetensors_parse(st, error) ? g_steal_pointer(&st) : NULL;
}

void
hseg_safetensors_free(HsegSafetensors *st)
{
    if (!st)
        return;
    g_hash_table_unref(st->by_name);
    g_array_unref(st->tensors);
    g_clear_object(&st->parser);
    g_clear_pointer(&st->bytes, g_bytes_unref);
    g_free(st->name);
    g_free(st);
}

const char *
hseg_safetensors_name(const HsegSafetensors *st)
{
    return st->name;
}

int
hseg_safetensors_count(const HsegSafetensors *st)
{
    return (int)st->tensors->len;
}

const HsegStoredTensor *
hseg_safetensors_get(const HsegSafetensors *st, int i)
{
    return &g_array_index(st->tensors, HsegStoredTensor, i);
}

const HsegStoredTensor *
hseg_safetensors_find(const HsegSafetensors *st, const char *name)
{
    return g_hash_table_lookup(st->by_name, name);
}

const char *
hseg_safetensors_metadata(const HsegSafetensors *st, const char *key)
{
    if (!st->metadata || !json_object_has_member(st->metadata, key))
        return NULL;
    return json_object_get_string_member(st->metadata, key);
}

GList *
hseg_safetensors_metadata_keys(const HsegSafetensors *st)
{
    return st->metadata ? g_list_sort(json_object_get_members(st->metadata), (GCompareFunc)strcmp) : NULL;
}

static char *
shape_string(const int64_t *shape, int n_dims)
{
    GString *s = g_string_new("[");

    for (int i = 0; i < n_dims; i++)
        g_string_append_printf(s, "%s%" G_GINT64_FORMAT, i ? ", " : "", shape[i]);
    return g_string_free(g_string_append_c(s, ']'), FALSE);
}

static void
convert_to_float(const HsegStoredTensor *t, float *out)
{
    if (t->dtype == HSEG_DTYPE_F16)
        hseg_half_to_floats(out, t->data, t->bytes / 2);
    else if (t->dtype == HSEG_DTYPE_BF16)
        hseg_bfloat_to_floats(out, t->data, t->bytes / 2);
    else if (t->bytes > 0)
        memcpy(out, t->data, t->bytes);
}

gboolean
hseg_safetensors_read_f32(const HsegSafetensors *st, const char *name, const int64_t *shape, int n_dims,
                          float *out, GError **error)
{
    const HsegStoredTensor *t = hseg_safetensors_find(st, name);
    g_autofree char *want = NULL, *have = NULL;

    if (!t) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: tensor '%s' is missing", st->name, name);
        return FALSE;
    }
    if (t->n_dims != n_dims || (n_dims > 0 && memcmp(t->shape, shape, sizeof *shape * (size_t)n_dims) != 0)) {
        want = shape_string(shape, n_dims);
        have = shape_string(t->shape, t->n_dims);
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s: tensor '%s' has shape %s, expected %s",
                    st->name, name, have, want);
        return FALSE;
    }
    if (t->dtype != HSEG_DTYPE_F32 && t->dtype != HSEG_DTYPE_F16 && t->dtype != HSEG_DTYPE_BF16) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE,
                    "%s: tensor '%s' has dtype %s, expected F32, F16 or BF16", st->name, name,
                    hseg_dtype_name(t->dtype));
        return FALSE;
    }
    convert_to_float(t, out);
    return TRUE;
}
