/* Person over another background, in the frame's own format: out = (m * frame + (255 - m) * background) /
 * 255, rounded; chroma goes by the mask's mean over its footprint. Alpha and padding of the frame pass
 * through. */
#pragma once

#include "image/blur.h"
#include "image/frame.h"

/* What stands behind: the first of these that is set. */
typedef struct {
    const HsegBlur *blur;     /* gathered and finished for this very frame */
    const HsegFrame *picture; /* of the frame's format and size */
    uint32_t color;           /* 0xAARRGGBB; its alpha is not looked at */
} HsegBehind;

typedef struct HsegBlender HsegBlender;

/**
 * @like: format, size and colours of the frames to come
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegBlender *hseg_blender_new(const HsegFrame *like, int threads);

/* Accepts NULL. */
void hseg_blender_free(HsegBlender *c);

/* One band (0 .. hseg_bands(height) - 1) of @dst, which may be @src itself or must not overlap it. */
void hseg_blender_band(HsegBlender *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                       ptrdiff_t mask_stride, const HsegBehind *back, int band, int thread);
