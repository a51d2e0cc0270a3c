#include "eval/boundary.h"

#include "base/base.h"
#include <math.h>

#define TOLERANCE 0.0075 /* of the diagonal */

static int
is_edge(const uint8_t *mask, int width, int height, int x, int y)
{
    const uint8_t *p = mask + (size_t)y * (size_t)width + x;

    return *p && ((x > 0 && !p[-1]) || (x < width - 1 && !p[1]) || (y > 0 && !p[-width]) ||
                  (y < height - 1 && !p[width]));
}

/* sums[y][x]: edge pixels in row y left of x, for x 0..width; "is there one between a and b" is one
 * subtraction. */
static void
sum_edges(int32_t *sums, const uint8_t *mask, int width, int height)
{
    for (int y = 0; y < height; y++) {
        *sums = 0;
        for (int x = 0; x < width; x++, sums++)
            sums[1] = sums[0] + is_edge(mask, width, height, x, y);
        sums++;
    }
}

/* Is an edge pixel within @radius of (x, y)? */
static int
has_near(const int32_t *sums, int width, int height, int x, int y, double radius)
{
    int reach = (int)radius;

    for (int dy = -HSEG_MIN(reach, y); dy <= HSEG_MIN(reach, height - 1 - y); dy++) {
        const int32_t *row = sums + (size_t)(y + dy) * (size_t)(width + 1);
        int span = (int)sqrt(radius * radius - dy * dy);

        if (row[HSEG_MIN(x + span, width - 1) + 1] > row[HSEG_MAX(x - span, 0)])
            return 1;
    }
    return 0;
}

static void
count_near(const int32_t *edges, const int32_t *others, int width, int height, uint64_t *count,
           uint64_t *near)
{
    double radius = TOLERANCE * hypot(width, height);

    for (int y = 0; y < height; y++) {
        const int32_t *row = edges + (size_t)y * (size_t)(width + 1);

        for (int x = 0; x < width; x++) {
            if (row[x + 1] == row[x])
                continue;
            ++*count;
            *near += (uint64_t)has_near(others, width, height, x, y, radius);
        }
    }
}

size_t
hseg_boundary_scratch(int width, int height)
{
    return 2 * (size_t)(width + 1) * (size_t)height;
}

HsegEdgeCounts
hseg_boundary_compare(const uint8_t *predicted, const uint8_t *truth, int width, int height, int32_t *scratch)
{
    int32_t *predicted_sums = scratch, *truth_sums = scratch + (size_t)(width + 1) * (size_t)height;
    HsegEdgeCounts n = {0};

    sum_edges(predicted_sums, predicted, width, height);
    sum_edges(truth_sums, truth, width, height);
    count_near(predicted_sums, truth_sums, width, height, &n.predicted, &n.predicted_near);
    count_near(truth_sums, predicted_sums, width, height, &n.truth, &n.truth_near);
    return n;
}
