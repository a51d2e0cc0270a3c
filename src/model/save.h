/* Files as they are written by this room: whole or not at all. */
#pragma once

#include <glib.h>

/* Puts @size bytes in the place of the file at @path. HSEG_ERROR_FILE names it. */
gboolean hseg_save_file(const char *path, const void *bytes, gsize size, GError **error);
