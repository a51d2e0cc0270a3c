/* Where a full-size pixel lies among the samples of a smaller map. */
#pragma once

#include "base/base.h"

/* The low sample at or before the full-size pixel's centre, and the part of the way to the next. */
static inline int
hseg_low_position(int pixel, int low, int full, float *part)
{
    double f = HSEG_CLAMP((pixel + 0.5) * low / full - 0.5, 0., low - 1.);
    int i = HSEG_CLAMP((int)f, 0, HSEG_MAX(low - 2, 0));

    *part = (float)(f - i);
    return i;
}
