/* COCO's run lengths: pixels column by column from the top left, runs of background and person in turn,
 * background first (it may be empty). */
#pragma once

#include "files/picture.h"

/**
 * The runs in COCO's compressed string: each run in groups of five bits, the lowest first, as characters from
 * '0' on; bit 5 of a character says that more follow, and bit 4 of the last is the sign. From the fourth run
 * on, it is the difference to the run two before. Returns an array of gint64 (transfer full), or NULL with
 * HSEG_ERROR_FORMAT.
 */
GArray *hseg_rle_decode(const char *text, GError **error);

/* Sets the pixels of @mask (one channel) that the runs (gint64) mark to 255. HSEG_ERROR_FORMAT where they are
 * not exactly as long as the picture has pixels; @mask is untouched then. */
gboolean hseg_rle_fill(HsegPicture *mask, const GArray *runs, GError **error);
