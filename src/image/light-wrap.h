/* Light of the new background on the person's rim: how much of it falls on each pixel. The rim is where the
 * mask, blurred, lets the background in; there the person is mixed with the light, half of it at the very
 * edge. */
#pragma once

#include "image/frame.h"

typedef struct HsegLightWrap HsegLightWrap;

/* For masks of @width x @height. NULL where there is no memory. */
HsegLightWrap *hseg_light_wrap_new(int width, int height, int threads);

/* Accepts NULL. */
void hseg_light_wrap_free(HsegLightWrap *w);

/* First, for the whole frame, on the object's threads. @mask: GRAY8 */
void hseg_light_wrap_gather(HsegLightWrap *w, const HsegFrame *mask);

/**
 * Then band by band (0 .. hseg_bands(height) - 1, in any order): what is kept of the person, 255 where no
 * light falls.
 * @strength: 0 to 256
 *
 * Returns whether light falls on the band at all.
 */
bool hseg_light_wrap_band(HsegLightWrap *w, const HsegFrame *mask, int strength, int band, int thread);

/* GRAY8: what the bands have left. */
const HsegFrame *hseg_light_wrap_kept(const HsegLightWrap *w);
