/* Exact Euclidean distances in linear time (Felzenszwalb and Huttenlocher 2012): along each column by two
 * scans, then along each row as the lower envelope of parabolas, in whole numbers throughout. */
#include "train/distance.h"
#include "base/base.h"

#include <math.h>
#include <stdbool.h>

#define NOWHERE INT32_MAX

/* A row's lower envelope: parabola k, with its lowest point at column at[k], is the lowest from column
 * from[k] on. */
typedef struct {
    int32_t *at, *from;
    int count;
} Envelope;

size_t
hseg_distance_scratch(int width, int height)
{
    return (size_t)width * height + 2 * (size_t)width;
}

static bool
is_person(float mask)
{
    return mask >= 0.5f;
}

/* Along each column, the distance to the nearest pixel that is @person. */
static void
scan_columns(int32_t *distance, const float *mask, int w, int h, bool person)
{
    for (int x = 0; x < w; x++) {
        int32_t *d = distance + x, far = NOWHERE;

        for (int y = 0; y < h; y++) {
            far = is_person(mask[(size_t)y * w + x]) == person ? 0 : far < NOWHERE ? far + 1 : NOWHERE;
            d[(size_t)y * w] = far;
        }
        far = NOWHERE;
        for (int y = h - 1; y >= 0; y--) {
            far = d[(size_t)y * w] == 0 ? 0 : far < NOWHERE ? far + 1 : NOWHERE;
            d[(size_t)y * w] = HSEG_MIN(d[(size_t)y * w], far);
        }
    }
}

static int64_t
square(int64_t v)
{
    return v * v;
}

/* The first column at which the parabola over @q lies below that over @p, p < q. */
static int64_t
overtakes(const int32_t *column, int p, int q)
{
    int64_t above = square(column[q]) + square(q) - square(column[p]) - square(p), width = 2 * (q - p);

    return (above >= 0 ? above / width : -((-above + width - 1) / width)) + 1;
}

/* @column: [w], distances along the columns, not all of them NOWHERE. */
static void
find_envelope(Envelope *e, const int32_t *column, int w)
{
    e->count = 0;
    for (int q = 0; q < w; q++) {
        int64_t from = 0;

        if (column[q] == NOWHERE)
            continue;
        while (e->count > 0 && (from = overtakes(column, e->at[e->count - 1], q)) <= e->from[e->count - 1])
            e->count--;
        if (e->count == 0)
            from = 0;
        if (from >= w)
            continue;
        e->at[e->count] = q;
        e->from[e->count++] = (int32_t)from;
    }
}

/* Adds to @phi, where it is still 0, @sign times the distance to the nearest pixel that is @person, less
 * @rim. */
static void
add_distances(float *phi, const float *mask, int w, int h, bool person, float sign, float rim,
              int32_t *scratch)
{
    Envelope e = {scratch + (size_t)w * h, scratch + (size_t)w * h + w, 0};

    scan_columns(scratch, mask, w, h, person);
    for (int y = 0; y < h; y++) {
        const int32_t *column = scratch + (size_t)y * w;

        find_envelope(&e, column, w);
        for (int x = 0, k = 0; x < w; x++) {
            while (k + 1 < e.count && e.from[k + 1] <= x)
                k++;
            if (is_person(mask[(size_t)y * w + x]) != person)
                phi[(size_t)y * w + x] =
                    sign * ((float)sqrt((double)(square(x - e.at[k]) + square(column[e.at[k]]))) - rim);
        }
    }
}

void
hseg_distance_map(float *phi, const float *mask, int width, int height, int32_t *scratch)
{
    size_t pixels = (size_t)width * height, people = 0;
    float largest = 0;

    for (size_t i = 0; i < pixels; i++) {
        people += is_person(mask[i]);
        phi[i] = 0;
    }
    if (people == 0 || people == pixels)
        return;
    add_distances(phi, mask, width, height, true, 1, 0, scratch);
    add_distances(phi, mask, width, height, false, -1, 1, scratch);
    for (size_t i = 0; i < pixels; i++)
        largest = HSEG_MAX(largest, fabsf(phi[i]));
    for (size_t i = 0; i < pixels; i++)
        phi[i] /= largest;
}
