#include "dataset/source.h"

#include <humanseg/error.h>
#include <string.h>

#define MAX_PIXELS (1 << 28) /* of a picture: 16384 x 16384 */

static void
record_free(gpointer data)
{
    HsegRecord *record = data;

    g_free(record->name);
    g_free(record->image);
    g_free(record->truth);
    g_free(record);
}

gpointer
hseg_source_new0(gsize bytes)
{
    HsegSource *source = g_malloc0(bytes);

    source->records = g_ptr_array_new_with_free_func(record_free);
    source->names = g_hash_table_new(g_str_hash, g_str_equal);
    return source;
}

void
hseg_source_free(HsegSource *source)
{
    if (!source)
        return;
    if (source->clear)
        source->clear(source);
    g_hash_table_unref(source->names);
    g_ptr_array_unref(source->records);
    g_free(source);
}

gboolean
hseg_source_add(HsegSource *source, char *name, char *image, char *truth, gint64 number, GError **error)
{
    HsegRecord *record = g_new(HsegRecord, 1);
    const HsegRecord *other = g_hash_table_lookup(source->names, name);

    *record = (HsegRecord){.name = name, .image = image, .truth = truth, .number = number};
    if (other) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s and %s would both become %s", other->image,
                    image, name);
        record_free(record);
        return FALSE;
    }
    g_ptr_array_add(source->records, record);
    g_hash_table_insert(source->names, record->name, record);
    return TRUE;
}

gboolean
hseg_source_check(const HsegSource *source, const char *in, const char *expected, GError **error)
{
    if (source->records->len)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "nothing to convert in %s: expected %s", in, expected);
    return FALSE;
}

HsegPicture *
hseg_source_new_mask(gint64 width, gint64 height, GError **error)
{
    if (width > 0 && height > 0 && width <= MAX_PIXELS && height <= MAX_PIXELS / width)
        return hseg_picture_new((int)width, (int)height, 1, error);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                "no picture is %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT " pixels large", width, height);
    return NULL;
}

char *
hseg_find_folder(const char *dir, ...)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    g_autofree char *path = NULL;
    va_list list;

    g_ptr_array_add(parts, (gpointer)dir);
    va_start(list, dir);
    for (char *part = va_arg(list, char *); part; part = va_arg(list, char *))
        g_ptr_array_add(parts, part);
    va_end(list);
    g_ptr_array_add(parts, NULL);
    path = g_build_filenamev((char **)parts->pdata);
    return g_file_test(path, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&path) : NULL;
}

static int
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
hseg_list_names(const char *dir, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GDir) open = g_dir_open(dir, 0, &fault);
    GPtrArray *names;
    const char *name;

    if (!open) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read the folder %s: %s", dir, fault->message);
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(open)))
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_strings);
    return names;
}

static const char *const suffixes[] = {".jpg", ".png", ".jpeg", ".JPG", ".PNG", ".JPEG"};

gboolean
hseg_is_picture(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(name, suffixes[i]))
            return TRUE;
    return FALSE;
}

char *
hseg_strip_suffix(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
}

char *
hseg_find_picture(const char *dir, const char *stem, const char *of, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = g_strconcat(stem, suffixes[i], NULL);
        g_autofree char *path = g_build_filename(dir, file, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&path);
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s has no partner: there is no %s.png or .jpg in %s", of,
                stem, dir);
    return NULL;
}
