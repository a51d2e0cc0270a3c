/* Unpacks zlib streams (RFC 1950). */
#pragma once

#include <glib.h>

/* (transfer full): what @n bytes at @data unpack to; NULL with HSEG_ERROR_FORMAT where they are broken, end
 * early or unpack to more than @limit bytes. */
GByteArray *hseg_inflate(const guint8 *data, gsize n, gsize limit, GError **error);
