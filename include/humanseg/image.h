/**
 * @file
 * A view of one video frame in memory that somebody else owns: its format, size, planes and colours. No GLib.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <humanseg/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * How pixels lie in memory; names and layouts are those of GStreamer's video formats. In packed RGB names the
 * bytes come in the order of the letters; X is a byte that means nothing, A straight (not premultiplied)
 * alpha. Ten-bit samples are 16-bit little-endian words: the low ten bits in I420_10LE, the high ten in
 * P010_10LE. Subsampled planes are rounded up: a 5x5 I420 frame has 3x3 chroma planes.
 */
typedef enum {
    HSEG_FORMAT_I420,      /**< planes Y, U, V; chroma halved both ways */
    HSEG_FORMAT_YV12,      /**< planes Y, V, U */
    HSEG_FORMAT_NV12,      /**< planes Y, UV */
    HSEG_FORMAT_NV21,      /**< planes Y, VU */
    HSEG_FORMAT_YUY2,      /**< Y0 U Y1 V; a row holds whole pairs of pixels */
    HSEG_FORMAT_UYVY,      /**< U Y0 V Y1 */
    HSEG_FORMAT_Y42B,      /**< planes Y, U, V; chroma halved across */
    HSEG_FORMAT_Y444,      /**< planes Y, U, V */
    HSEG_FORMAT_RGB,       /**< three bytes a pixel */
    HSEG_FORMAT_BGR,       /**< three bytes a pixel */
    HSEG_FORMAT_RGBX,      /**< four bytes a pixel */
    HSEG_FORMAT_BGRX,      /**< four bytes a pixel */
    HSEG_FORMAT_XRGB,      /**< four bytes a pixel */
    HSEG_FORMAT_XBGR,      /**< four bytes a pixel */
    HSEG_FORMAT_RGBA,      /**< with alpha */
    HSEG_FORMAT_BGRA,      /**< with alpha */
    HSEG_FORMAT_ARGB,      /**< with alpha */
    HSEG_FORMAT_ABGR,      /**< with alpha */
    HSEG_FORMAT_GRAY8,     /**< luma alone */
    HSEG_FORMAT_I420_10LE, /**< I420 in 16-bit words */
    HSEG_FORMAT_P010_10LE, /**< NV12 in 16-bit words */
    HSEG_FORMAT_AYUV,      /**< A Y U V, four bytes a pixel */
    HSEG_FORMAT_A420,      /**< planes Y, U, V, A; chroma halved both ways, alpha full size */
    HSEG_FORMAT_COUNT,     /**< how many there are */
} HsegFormat;

/**
 * Which luma and chroma a YUV frame carries. In an RGB frame it says which luma guides the mask's edges.
 */
typedef enum {
    HSEG_MATRIX_BT601,  /**< standard definition */
    HSEG_MATRIX_BT709,  /**< high definition */
    HSEG_MATRIX_BT2020, /**< ultra high definition, non-constant luminance */
    HSEG_MATRIX_COUNT,  /**< how many there are */
} HsegMatrix;

/**
 * What samples of a YUV or grey frame mean; RGB is always full range.
 */
typedef enum {
    HSEG_RANGE_LIMITED, /**< black 16, white 235, chroma 128 +- 112 (times 4 in ten bits) */
    HSEG_RANGE_FULL,    /**< black 0, white 255, chroma 128 +- 127.5 */
    HSEG_RANGE_COUNT,   /**< how many there are */
} HsegRange;

/**
 * What must be done to the frame's picture before it is upright: for cameras that were held sideways.
 */
typedef enum {
    HSEG_ORIENTATION_UPRIGHT,          /**< nothing */
    HSEG_ORIENTATION_CLOCKWISE,        /**< a quarter turn */
    HSEG_ORIENTATION_HALF,             /**< half a turn */
    HSEG_ORIENTATION_COUNTERCLOCKWISE, /**< a quarter turn the other way */
    HSEG_ORIENTATION_MIRROR,           /**< left and right change places */
    HSEG_ORIENTATION_FLIP,             /**< top and bottom do */
    HSEG_ORIENTATION_TRANSPOSE,        /**< rows and columns do: upper right and lower left change places */
    HSEG_ORIENTATION_TRANSVERSE,       /**< upper left and lower right do */
    HSEG_ORIENTATION_COUNT,            /**< how many there are */
} HsegOrientation;

/** The most planes that a format has. */
#define HSEG_MAX_PLANES 4

/**
 * A view; it owns nothing. A function that takes a const HsegFrame never writes to its planes.
 */
typedef struct {
    HsegFormat format;                 /**< how pixels lie in memory */
    HsegMatrix matrix;                 /**< what luma and chroma mean */
    HsegRange range;                   /**< what samples mean */
    int width;                         /**< in pixels */
    int height;                        /**< in pixels */
    uint8_t *plane[HSEG_MAX_PLANES];   /**< first row of each plane; unused ones are ignored */
    ptrdiff_t stride[HSEG_MAX_PLANES]; /**< bytes between rows; negative in a picture stored bottom up */
} HsegFrame;

/**
 * A format's name.
 *
 * @param format a format
 *
 * @return as GStreamer writes it in caps ("I420", "RGBx"); NULL where there is no such format
 */
HSEG_API const char *hseg_format_name(HsegFormat format);

/**
 * Whether pixels carry alpha.
 *
 * @param format a format
 *
 * @return whether they do
 */
HSEG_API bool hseg_format_has_alpha(HsegFormat format);

/**
 * How many planes a frame has.
 *
 * @param format its format
 *
 * @return 1 to #HSEG_MAX_PLANES
 */
HSEG_API int hseg_format_planes(HsegFormat format);

/**
 * The least stride of a plane.
 *
 * @param format the frame's
 * @param plane its number, from 0
 * @param width of the frame, in pixels
 *
 * @return bytes that one row of the plane fills
 */
HSEG_API size_t hseg_format_row_bytes(HsegFormat format, int plane, int width);

/**
 * The height of a plane.
 *
 * @param format the frame's
 * @param plane its number, from 0
 * @param height of the frame, in pixels
 *
 * @return rows of the plane
 */
HSEG_API int hseg_format_plane_rows(HsegFormat format, int plane, int height);

#ifdef __cplusplus
}
#endif
