/* Hysteresis (after Canny 1986): who is there is somewhere surely there. A region of middling probability
 * alone is a chair, a dog or a coat. */
#pragma once

typedef struct HsegHysteresis HsegHysteresis;

/* For maps of @width x @height. NULL where there is no memory. */
HsegHysteresis *hseg_hysteresis_new(int width, int height);

/* Accepts NULL. */
void hseg_hysteresis_free(HsegHysteresis *h);

/* Sets those regions of @p, [height][width], to 0 that nowhere reach @high. A region is connected, corners
 * too, and above @low. */
void hseg_hysteresis_run(HsegHysteresis *h, float *p, float low, float high);
