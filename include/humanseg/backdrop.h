/** SECTION: backdrop
 * A picture to stand behind the person. */
#pragma once

#include <glib.h>
#include <humanseg/api.h>

G_BEGIN_DECLS

/** Thread-safety: immutable; may be used for any number of compositors. */
typedef struct HsegBackdrop HsegBackdrop;

/**
 * hseg_backdrop_load:
 * @path: of a PNG or JPEG file; its EXIF orientation is applied, its alpha is left out
 * @error: HSEG_ERROR_FILE or HSEG_ERROR_FORMAT, naming the file
 *
 * Returns: (transfer full) (nullable): free with hseg_backdrop_free()
 */
HSEG_API HsegBackdrop *hseg_backdrop_load(const char *path, GError **error);

/** hseg_backdrop_free: @backdrop: (nullable) */
HSEG_API void hseg_backdrop_free(HsegBackdrop *backdrop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegBackdrop, hseg_backdrop_free)

G_END_DECLS
