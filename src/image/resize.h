/* Pictures to another size. Conventions are OpenCV's: pixel centres at half coordinates, INTER_AREA and
 * INTER_LINEAR. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    HSEG_RESIZE_NEAREST,  /* the source pixel under the target pixel's centre */
    HSEG_RESIZE_BILINEAR, /* between pixel centres, edges repeated; no antialiasing */
    HSEG_RESIZE_AREA,     /* shrinking: exact average over the covered box; enlarging: bilinear. Each axis by
                             itself */
} HsegResizeMode;

/**
 * @dst, @src: pictures with the same number of interleaved @channels; they do not overlap
 * @dst_stride, @src_stride: elements (floats or bytes) from row to row
 *
 * Allocates its tables: not for a frame's way. Returns false, with @dst untouched, where there is no memory.
 */
bool hseg_resize_f32(float *dst, int dst_w, int dst_h, ptrdiff_t dst_stride, const float *src, int src_w,
                     int src_h, ptrdiff_t src_stride, int channels, HsegResizeMode mode);
bool hseg_resize_u8(uint8_t *dst, int dst_w, int dst_h, ptrdiff_t dst_stride, const uint8_t *src, int src_w,
                    int src_h, ptrdiff_t src_stride, int channels, HsegResizeMode mode);
