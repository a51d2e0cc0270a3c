#include "dataset/source.h"

#include <humanseg/error.h>
#include <string.h>

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
    if (width > 0 && height > 0 && width <= HSEG_PICTURE_MAX_PIXELS &&
        height <= HSEG_PICTURE_MAX_PIXELS / width)
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

char *
hseg_strip_suffix(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot != name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
}

char *
hseg_find_picture(const char *dir, const char *stem, const char *of, GError **error)
{
    static const char *const suffixes[] = {".jpg", ".png", ".jpeg", ".JPG", ".PNG", ".JPEG"};

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
