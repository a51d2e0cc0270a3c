#include "segment/coverage.h"

#include "base/base.h"
#include "image/spans.h"

#define HALF 128 /* the least mask value that counts as person */

/* Makes the box reach over pixels @x0 .. @x1-1 of row @y. */
static void
reach(HsegTally *t, int x0, int x1, int y)
{
    if (!t->x1) {
        *t = (HsegTally){t->sum, x0, x1, y, y + 1};
        return;
    }
    t->x0 = HSEG_MIN(t->x0, x0);
    t->x1 = HSEG_MAX(t->x1, x1);
    t->y0 = HSEG_MIN(t->y0, y);
    t->y1 = HSEG_MAX(t->y1, y + 1);
}

/* Pixels @x to before @end. Plain loops that a compiler turns into vectors. */
static void
tally_span(HsegTally *t, const uint8_t *row, int x, int end, int y)
{
    unsigned sum = 0;
    uint8_t most = 0;

    for (int i = x; i < end; i++) {
        sum += row[i];
        most = HSEG_MAX(most, row[i]);
    }
    t->sum += sum;
    if (most < HALF)
        return;
    while (row[x] < HALF)
        x++;
    while (row[end - 1] < HALF)
        end--;
    reach(t, x, end, y);
}

void
hseg_tally_row(HsegTally *t, const uint8_t *row, const uint8_t *kinds, int y, int width)
{
    for (int s = 0; s < hseg_spans(width); s++) {
        int x = s * HSEG_SPAN, end = HSEG_MIN(x + HSEG_SPAN, width);

        if (!kinds || kinds[s] == HSEG_EDGE) {
            tally_span(t, row, x, end, y);
        } else if (kinds[s] == HSEG_PERSON) {
            t->sum += 255u * (unsigned)(end - x);
            reach(t, x, end, y);
        }
    }
}

void
hseg_tally_add(HsegTally *t, const HsegTally *other)
{
    t->sum += other->sum;
    if (other->x1) {
        reach(t, other->x0, other->x1, other->y0);
        reach(t, other->x0, other->x1, other->y1 - 1);
    }
}

HsegCoverage
hseg_tally_coverage(const HsegTally *t, int width, int height)
{
    return (HsegCoverage){
        .share = (double)t->sum / 255.0 / ((double)width * height),
        .x = t->x0,
        .y = t->y0,
        .width = t->x1 - t->x0,
        .height = t->y1 - t->y0,
    };
}

void
hseg_coverage_measure(HsegCoverage *c, const HsegFrame *mask)
{
    HsegTally t = {0};

    for (int y = 0; y < mask->height; y++)
        hseg_tally_row(&t, mask->plane[0] + y * mask->stride[0], NULL, y, mask->width);
    *c = hseg_tally_coverage(&t, mask->width, mask->height);
}
