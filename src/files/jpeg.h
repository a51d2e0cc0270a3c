/* What is particular about JPEG files (ITU-T T.81). */
#pragma once

#include <glib.h>

/* FALSE where the file is a JPEG whose picture has a beginning and no end: a download that was cut off. TRUE
 * of all that is no JPEG, or can't be read. */
gboolean hseg_jpeg_has_end(const char *file);
