/* Where in the frame the person is. */
#pragma once

#include <humanseg/image.h>

typedef struct {
    double share;            /* mean of the mask, 0 to 1 */
    int x, y, width, height; /* smallest box around values over one half; width 0 where there are none */
} HsegCoverage;

/* @mask: GRAY8 */
void hseg_coverage_measure(HsegCoverage *coverage, const HsegFrame *mask);
