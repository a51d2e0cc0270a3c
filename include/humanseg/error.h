/**
 * @file
 * The one error domain of the library. Messages name the thing that is wrong: the file, the tensor, the
 * option, with what was found and what was expected.
 */
#pragma once

#include <glib.h>
#include <humanseg/api.h>

G_BEGIN_DECLS

/** The domain of the library's errors; their codes are #HsegError. */
#define HSEG_ERROR (hseg_error_quark())

/** What went wrong. */
typedef enum {
    HSEG_ERROR_FILE,      /**< a file cannot be opened, read or written */
    HSEG_ERROR_FORMAT,    /**< a file is not what its name or place says: broken, truncated, hostile */
    HSEG_ERROR_SHAPE,     /**< a tensor, image or frame has another size or type than needed */
    HSEG_ERROR_ARGUMENT,  /**< an option or argument is out of range or makes no sense */
    HSEG_ERROR_NO_MEMORY, /**< buffers of the wanted size cannot be had */
    HSEG_ERROR_CANCELLED, /**< the caller asked for the work to stop */
} HsegError;

/**
 * Use #HSEG_ERROR.
 *
 * @return the domain
 */
HSEG_API GQuark hseg_error_quark(void);

G_END_DECLS
