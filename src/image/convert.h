/* A frame from any format to any other, colours and all; with a mask as its alpha it is the cut-out person.
 * Chroma is repeated on the way up and averaged over its footprint on the way down, so YUV that only changes
 * its layout comes through bit by bit. */
#pragma once

#include "image/frame.h"

typedef struct HsegConverter HsegConverter;

/**
 * @dst, @src: formats and colours of the frames to come, of one size; planes are not looked at
 * @threads: how many may run at once
 *
 * NULL where there is no memory.
 */
HsegConverter *hseg_converter_new(const HsegFrame *dst, const HsegFrame *src, int threads);

/* Accepts NULL. */
void hseg_converter_free(HsegConverter *c);

/* One band (0 .. hseg_bands(height) - 1).
 * @mask: becomes the alpha of @dst, straight; NULL: that of @src, or opaque where it has none */
void hseg_converter_band(HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                         ptrdiff_t mask_stride, int band, int thread);

/* All bands, on the object's threads. */
void hseg_converter_run(HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                        ptrdiff_t mask_stride);
