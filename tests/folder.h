/* Temporary folders of tests: g_dir_make_tmp() makes one, this takes it away. */
#pragma once

#include <glib/gstdio.h>

/* Removes @path, and all in it where it is a folder; links are not followed. */
static inline void
remove_folder(const char *path)
{
    g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_folder(child);
    }
    g_remove(path);
}
