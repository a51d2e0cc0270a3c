/* The old background's colour taken out of half-transparent pixels, so that no rim of the room follows the
 * person in front of another background. A pixel is m * F + (1 - m) * B; with an estimate of B, the
 * background nearby, the foreground's own colour is F = B + (pixel - B) / m. */
#pragma once

#include "image/blur.h"
#include "image/frame.h"

typedef struct HsegCleaner HsegCleaner;

/**
 * @like: format, size and colours of the frames to come
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegCleaner *hseg_cleaner_new(const HsegFrame *like, int threads);

/* Accepts NULL. */
void hseg_cleaner_free(HsegCleaner *c);

/**
 * One band (0 .. hseg_bands(height) - 1) of @dst: @src, its half-transparent pixels cleaned; what is all
 * person or all background is copied. Alpha and padding pass through.
 * @dst: may be @src itself or must not overlap it
 * @old: gathered and finished for this very frame: the background without the person
 * @strength: 0 (nothing) to 256 (all of the estimated background's colour goes)
 */
void hseg_cleaner_band(HsegCleaner *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                       ptrdiff_t mask_stride, const HsegBlur *old, int strength, int band, int thread);
