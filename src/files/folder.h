/* What is in a folder. */
#pragma once

#include <glib.h>

/**
 * The names of what is in @dir, sorted, without hidden files; HSEG_ERROR_FILE where it can't be read. Free
 * with g_ptr_array_unref().
 */
GPtrArray *hseg_list_names(const char *dir, GError **error);

/** The paths of the pictures right in @dir, in the same way; HSEG_ERROR_FILE where there are none, too. */
GPtrArray *hseg_list_pictures(const char *dir, GError **error);

/** Whether the suffix says that @name is a picture: jpg, jpeg or png, in small letters or large. */
gboolean hseg_is_picture(const char *name);
