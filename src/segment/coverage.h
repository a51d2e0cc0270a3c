/* Where in the frame the person is. */
#pragma once

#include <humanseg/image.h>

typedef struct {
    double share;            /* mean of the mask, 0 to 1 */
    int x, y, width, height; /* smallest box around values over one half; width 0 where there are none */
} HsegCoverage;

/* What has been counted so far, in some rows of a mask. All zero: nothing. */
typedef struct {
    uint64_t sum;
    int x0, x1, y0, y1; /* x1 0: no person yet */
} HsegTally;

/* @kinds: of the row's spans, see spans.h; or NULL: nothing is known of them */
void hseg_tally_row(HsegTally *t, const uint8_t *row, const uint8_t *kinds, int y, int width);

/* Adds what was counted in other rows. */
void hseg_tally_add(HsegTally *t, const HsegTally *other);

/* Of a mask all of whose rows were counted. */
HsegCoverage hseg_tally_coverage(const HsegTally *t, int width, int height);

/* @mask: GRAY8 */
void hseg_coverage_measure(HsegCoverage *coverage, const HsegFrame *mask);
