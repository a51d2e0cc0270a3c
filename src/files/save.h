/* Files as they are written here: whole or not at all. */
#pragma once

#include <glib.h>

/* Puts @size bytes in the place of the file at @path, which a link may lead to; what stood there before stays
 * until they are all written, to a file beside it whose name ends in .saving. A run that was killed leaves
 * that; the next save of the same file takes it away. @durable: they are on the disk, not only on their way
 * there, when the call returns: what was long in the making. HSEG_ERROR_FILE names the file where it cannot
 * be written, or where something stands there that is no file. */
gboolean hseg_save_file(const char *path, const void *bytes, gsize size, gboolean durable, GError **error);

/* Whether a file could be put at @path; for what is written at the end of a long work. HSEG_ERROR_FILE. */
gboolean hseg_save_check(const char *path, GError **error);
