#include "image/taps.h"

#include <math.h>

#include "base/base.h"
#include "base/mem.h"

static HsegTaps *
taps_alloc(int n, int taps)
{
    HsegTaps *t = hseg_mem_new0(sizeof *t);
    size_t weights;

    if (!t)
        return NULL;
    t->n = n;
    t->taps = taps;
    t->first = hseg_mem_new0(n * sizeof *t->first);
    if (hseg_size_mul((size_t)n * sizeof *t->weight, taps, &weights))
        t->weight = hseg_mem_new0(weights);
    if (!t->first || !t->weight) {
        hseg_taps_free(t);
        return NULL;
    }
    return t;
}

/* Puts @weight on source sample @i of target @x, whose first tap is set. */
static void
put(HsegTaps *t, int x, int i, double weight)
{
    t->weight[(size_t)x * t->taps + (i - t->first[x])] += (float)weight;
}

/* The exact share of each sample in the box [x, x + 1) * src / dst pixels, in whole numbers: one sample is as
 * long as dst * 2^sub units, one box src units. */
static void
fill_area(HsegTaps *t, int src, int sub, int samples)
{
    int64_t length = (int64_t)t->n << sub;

    for (int x = 0; x < t->n; x++) {
        int64_t from = (int64_t)x * src, to = from + src;
        int begin = (int)(from / length), end = (int)((to + length - 1) / length);

        t->first[x] = HSEG_MIN(begin, samples - t->taps);
        for (int i = begin; i < end; i++) {
            int64_t covered = HSEG_MIN(to, (i + 1) * length) - HSEG_MAX(from, i * length);

            put(t, x, i, (double)covered / src);
        }
    }
}

static void
fill_bilinear(HsegTaps *t, int src, int sub, int samples)
{
    double scale = (double)src / ((int64_t)t->n << sub);

    for (int x = 0; x < t->n; x++) {
        double f = HSEG_CLAMP((x + 0.5) * scale - 0.5, 0., samples - 1.);
        int i = (int)f;

        t->first[x] = HSEG_MIN(i, samples - t->taps);
        put(t, x, i, 1 - (f - i));
        if (i + 1 < samples)
            put(t, x, i + 1, f - i);
    }
}

static void
fill_nearest(HsegTaps *t, int src, int sub)
{
    for (int x = 0; x < t->n; x++) {
        t->first[x] = (int)(((2 * (int64_t)x + 1) * src) / ((int64_t)t->n << (sub + 1)));
        t->weight[x] = 1;
    }
}

HsegTaps *
hseg_taps_new(int src, int sub, int dst, HsegResizeMode mode)
{
    int samples = (src + (1 << sub) - 1) >> sub;
    int64_t length = (int64_t)dst << sub;
    bool area = mode == HSEG_RESIZE_AREA && src >= length;
    int taps = 1;

    if (area) /* a box of a whole number of samples never touches one more */
        taps = src % length ? (int)(src / length) + 2 : (int)(src / length);
    else if (mode != HSEG_RESIZE_NEAREST)
        taps = 2;
    HsegTaps *t = taps_alloc(dst, HSEG_MIN(taps, samples));

    if (!t)
        return NULL;
    t->even = area && src % length == 0;
    if (area)
        fill_area(t, src, sub, samples);
    else if (mode != HSEG_RESIZE_NEAREST)
        fill_bilinear(t, src, sub, samples);
    else
        fill_nearest(t, src, sub);
    return t;
}

void
hseg_taps_free(HsegTaps *t)
{
    if (!t)
        return;
    hseg_mem_free(t->first);
    hseg_mem_free(t->weight);
    hseg_mem_free(t);
}
