#include "files/save.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A rename would put a file in a device's place. */
static gboolean
check_place(const char *path, GError **error)
{
    GStatBuf info;

    if (g_stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: %s", path,
                S_ISDIR(info.st_mode) ? "a folder, not a regular file" : "not a regular file");
    return FALSE;
}

gboolean
hseg_save_file(const char *path, const void *bytes, gsize size, gboolean durable, GError **error)
{
    GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT |
                                  (durable ? G_FILE_SET_CONTENTS_DURABLE : G_FILE_SET_CONTENTS_ONLY_EXISTING);
    char *target = realpath(path, NULL); /* else the new file would take the place of a link to the old one */
    g_autoptr(GError) why = NULL;
    gboolean ok = check_place(path, error);

    if (ok && !g_file_set_contents_full(target ? target : path, bytes, (gssize)size, flags, 0666, &why)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot save: %s", path, why->message);
        ok = FALSE;
    }
    free(target);
    return ok;
}

gboolean
hseg_save_check(const char *path, GError **error)
{
    char *target = realpath(path, NULL);
    g_autofree char *folder = g_path_get_dirname(target ? target : path);

    free(target);
    if (!check_place(path, error))
        return FALSE;
    if (g_access(folder, W_OK | X_OK) == 0)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot write there: %s", path, g_strerror(errno));
    return FALSE;
}
