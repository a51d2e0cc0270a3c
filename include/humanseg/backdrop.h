/**
 * @file
 * A picture to stand behind the person.
 */
#pragma once

#include <glib.h>
#include <humanseg/api.h>

G_BEGIN_DECLS

/**
 * A picture. Thread-safety: immutable; may be used for any number of compositors.
 */
typedef struct HsegBackdrop HsegBackdrop;

/**
 * Reads a picture.
 *
 * @param path of a PNG or JPEG file; its EXIF orientation is applied, its alpha is left out
 * @param error #HSEG_ERROR_FILE, #HSEG_ERROR_FORMAT (of more than 200 million pixels, too) or
 * #HSEG_ERROR_NO_MEMORY, naming the file
 *
 * @return the picture, to be freed with hseg_backdrop_free(); NULL on error
 */
HSEG_API HsegBackdrop *hseg_backdrop_load(const char *path, GError **error);

/**
 * Frees what hseg_backdrop_load() returned.
 *
 * @param backdrop may be NULL
 */
HSEG_API void hseg_backdrop_free(HsegBackdrop *backdrop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegBackdrop, hseg_backdrop_free)

G_END_DECLS
