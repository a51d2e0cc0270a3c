#include "files/save.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART ".saving" /* what is written first; as long as mkstemp()'s, for names may be no longer */

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

/* Opens @part, empty, for this process and thread alone; -1 with errno. A run that was killed leaves one,
 * which the next one takes. Whoever waits for the lock finds the file renamed when it gets it. */
static int
open_part(const char *part)
{
    for (;;) {
        int fd = open(part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
        struct stat opened, there;

        if (fd < 0)
            return -1;
        flock(fd, LOCK_EX); /* where a file system has no locks it is as good as it gets */
        if (fstat(fd, &opened) == 0 && lstat(part, &there) == 0 && opened.st_ino == there.st_ino &&
            opened.st_dev == there.st_dev) {
            if (S_ISREG(opened.st_mode) && ftruncate(fd, 0) == 0)
                return fd;
            close(fd);
            errno = EEXIST;
            return -1;
        }
        close(fd);
    }
}

static gboolean
write_all(int fd, const char *bytes, gsize size)
{
    while (size > 0) {
        gssize n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return FALSE;
        bytes += MAX(n, 0);
        size -= (gsize)MAX(n, 0);
    }
    return TRUE;
}

/* FALSE with errno. What replaces a file is on the disk before it does. */
static gboolean
put(const char *target, const char *bytes, gsize size, gboolean durable)
{
    g_autofree char *part = g_strconcat(target, PART, NULL);
    gboolean sync = durable || g_file_test(target, G_FILE_TEST_EXISTS);
    int fd = open_part(part);
    gboolean ok =
        fd >= 0 && write_all(fd, bytes, size) && (!sync || fsync(fd) == 0) && g_rename(part, target) == 0;
    int saved = errno;

    if (fd >= 0 && !ok)
        g_unlink(part);
    if (fd >= 0)
        close(fd);
    errno = saved;
    return ok;
}

gboolean
hseg_save_file(const char *path, const void *bytes, gsize size, gboolean durable, GError **error)
{
    char *target = realpath(path, NULL); /* else the new file would take the place of a link to the old one */
    gboolean ok = check_place(path, error);

    if (ok && !put(target ? target : path, bytes, size, durable)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot save: %s", path, g_strerror(errno));
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
