#include "model/save.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <sys/stat.h>

gboolean
hseg_save_file(const char *path, const void *bytes, gsize size, GError **error)
{
    g_autoptr(GError) why = NULL;
    GStatBuf info;

    if (g_stat(path, &info) == 0 &&
        !S_ISREG(info.st_mode)) { /* a rename would put a file in a device's place */
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: not a regular file", path);
        return FALSE;
    }
    if (!g_file_set_contents_full(path, bytes, (gssize)size,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666, &why)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot save: %s", path, why->message);
        return FALSE;
    }
    return TRUE;
}
