/* Person over another background, in the frame's own format: out = (m * frame + (255 - m) * background) / 255, rounded;
 * chroma goes by the mask's mean over its footprint. Alpha and padding of the frame pass through. */
#pragma once

#include "image/blur.h"
#include "image/frame.h"

/* What stands behind: the first of these that is set. */
typedef struct {
    const HsegBlur *blur; /* gathered and finished for this very frame */
    const HsegFrame *picture; /* of the frame's format and size */
    uint32_t color; /* 0xAARRGGBB; its alpha is not looked at */
} HsegBackdrop;

typedef struct HsegCompositor HsegCompositor;

/**
 * @like: format, size and colours of the frames to come
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegCompositor *hseg_compositor_new(const HsegFrame *like, int threads);

/* Accepts NULL. */
void hseg_compositor_free(HsegCompositor *c);

/* One band (0 .. hseg_bands(height) - 1) of @dst, which may be @src itself or must not overlap it. */
void hseg_compositor_band(HsegCompositor *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                          ptrdiff_t mask_stride, const HsegBackdrop *back, int band, int thread);
