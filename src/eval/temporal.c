#include "eval/temporal.h"

#include "base/base.h"
#include <math.h>
#include <string.h>

struct HsegTemporal {
    int width, height; /* of the clip; 0 before its first frame */
    float *soft;       /* [height][width]: the last frame's probability */
    uint8_t *truth;    /* [height][width]: the last frame's */
    HsegTemporalScores sum;
    int pairs;
};

/* Pixels of two masks. */
typedef struct {
    size_t both, either;
} Overlap;

HsegTemporal *
hseg_temporal_new(void)
{
    return g_new0(HsegTemporal, 1);
}

void
hseg_temporal_free(HsegTemporal *t)
{
    if (!t)
        return;
    g_free(t->soft);
    g_free(t->truth);
    g_free(t);
}

static void
count(Overlap *o, int a, int b)
{
    o->both += (size_t)(a & b);
    o->either += (size_t)(a | b);
}

static double
change(const Overlap *o)
{
    return o->either ? 1 - (double)o->both / (double)o->either : 0;
}

static void
add_pair(HsegTemporal *t, const float *probability, size_t probability_row, const uint8_t *truth,
         size_t truth_row)
{
    Overlap predicted = {0}, people = {0};
    double squares = 0, predicted_change, truth_change;

    for (size_t y = 0; y < (size_t)t->height; y++) {
        const float *p = probability + y * probability_row, *old_p = t->soft + y * (size_t)t->width;
        const uint8_t *g = truth + y * truth_row, *old_g = t->truth + y * (size_t)t->width;

        for (int x = 0; x < t->width; x++) {
            double d = ((double)p[x] - old_p[x]) - (g[x] - old_g[x]) / 255.0;

            squares += d * d;
            count(&predicted, p[x] > 0.5f, old_p[x] > 0.5f);
            count(&people, g[x] >= 128, old_g[x] >= 128);
        }
    }
    predicted_change = change(&predicted);
    truth_change = change(&people);
    t->sum.flicker += HSEG_MAX(predicted_change - truth_change, 0);
    t->sum.predicted_change += predicted_change;
    t->sum.truth_change += truth_change;
    t->sum.dtssd += sqrt(squares / ((double)t->width * t->height));
    t->pairs++;
}

static void
remember(HsegTemporal *t, const float *probability, size_t probability_row, const uint8_t *truth,
         size_t truth_row)
{
    size_t width = (size_t)t->width;

    for (size_t y = 0; y < (size_t)t->height; y++) {
        memcpy(t->soft + y * width, probability + y * probability_row, width * sizeof(float));
        memcpy(t->truth + y * width, truth + y * truth_row, width);
    }
}

gboolean
hseg_temporal_add(HsegTemporal *t, const float *probability, size_t probability_row, const uint8_t *truth,
                  size_t truth_row, int width, int height)
{
    if (t->width && (t->width != width || t->height != height))
        return FALSE;
    if (t->width) {
        add_pair(t, probability, probability_row, truth, truth_row);
    } else {
        t->width = width;
        t->height = height;
        t->soft = g_new(float, (gsize)width *(gsize)height);
        t->truth = g_new(uint8_t, (gsize)width * (gsize)height);
    }
    remember(t, probability, probability_row, truth, truth_row);
    return TRUE;
}

void
hseg_temporal_merge(HsegTemporal *t, const HsegTemporal *from)
{
    t->sum.flicker += from->sum.flicker;
    t->sum.predicted_change += from->sum.predicted_change;
    t->sum.truth_change += from->sum.truth_change;
    t->sum.dtssd += from->sum.dtssd;
    t->pairs += from->pairs;
}

int
hseg_temporal_pairs(const HsegTemporal *t)
{
    return t->pairs;
}

HsegTemporalScores
hseg_temporal_scores(const HsegTemporal *t)
{
    double n = t->pairs ? t->pairs : NAN;

    return (HsegTemporalScores){
        .flicker = t->sum.flicker / n,
        .predicted_change = t->sum.predicted_change / n,
        .truth_change = t->sum.truth_change / n,
        .dtssd = t->sum.dtssd / n,
    };
}
