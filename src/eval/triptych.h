/* Three pictures side by side, for people who judge a mask with their own eyes: image, truth, prediction. */
#pragma once

#include "files/picture.h"

#define HSEG_TRIPTYCH_PANEL 208 /* pixels: what suits a page */

/* What the panels and their colours mean, for those who look at them. */
extern const char hseg_triptych_legend[];

/**
 * @image: RGB, of any size
 * @truth: [height][width], 0..255, rows @truth_row bytes apart; @probability: [height][width], 0..1
 * @panel: the longest side of a panel, in pixels: a larger one is shrunk
 *
 * The third panel is the probability in grey, where wrong with a hue: red what is marked but background, blue
 * what is person but missed. NULL with HSEG_ERROR_NO_MEMORY.
 */
HsegPicture *hseg_triptych_new(const HsegPicture *image, const uint8_t *truth, size_t truth_row,
                               const float *probability, int width, int height, int panel, GError **error);
