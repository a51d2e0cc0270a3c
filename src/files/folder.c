#include "files/folder.h"

#include <humanseg/error.h>
#include <string.h>

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

GPtrArray *
hseg_list_pictures(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(dir, error), paths = NULL;

    if (!names)
        return NULL;
    paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++)
        if (hseg_is_picture(names->pdata[i]))
            g_ptr_array_add(paths, g_build_filename(dir, names->pdata[i], NULL));
    if (paths->len > 0)
        return g_steal_pointer(&paths);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "no pictures in %s", dir);
    return NULL;
}

gboolean
hseg_is_picture(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".png"};
    const char *dot = strrchr(name, '.');

    for (gsize i = 0; dot && i < G_N_ELEMENTS(suffixes); i++)
        if (g_ascii_strcasecmp(dot, suffixes[i]) == 0)
            return TRUE;
    return FALSE;
}
