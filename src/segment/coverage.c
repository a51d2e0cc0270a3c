#include "segment/coverage.h"

#include "base/base.h"

#define HALF 128 /* the least mask value that counts as person */

/* Sum of a row, and whether a person is in it. Plain loops that a compiler turns into vectors. */
static unsigned
measure_row(const uint8_t *row, int n, bool *person)
{
    unsigned sum = 0; /* 8192 * 255 fits */
    uint8_t most = 0;

    for (int x = 0; x < n; x++) {
        sum += row[x];
        most = HSEG_MAX(most, row[x]);
    }
    *person = most >= HALF;
    return sum;
}

void
hseg_coverage_measure(HsegCoverage *c, const HsegFrame *mask)
{
    int x0 = mask->width, x1 = 0, y0 = mask->height, y1 = 0;
    uint64_t sum = 0;

    for (int y = 0; y < mask->height; y++) {
        const uint8_t *row = mask->plane[0] + y * mask->stride[0];
        int x = 0, end = mask->width;
        bool person;

        sum += measure_row(row, mask->width, &person);
        if (!person)
            continue;
        y0 = HSEG_MIN(y0, y);
        y1 = y + 1;
        while (x < x0 && row[x] < HALF)
            x++;
        while (end > x1 && row[end - 1] < HALF)
            end--;
        x0 = HSEG_MIN(x0, x);
        x1 = HSEG_MAX(x1, end);
    }
    *c = (HsegCoverage){.share = sum / 255.0 / ((double)mask->width * mask->height)};
    if (x1 > x0) {
        c->x = x0;
        c->y = y0;
        c->width = x1 - x0;
        c->height = y1 - y0;
    }
}
