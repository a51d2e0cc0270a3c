/* Every score against tests/eval/reference.py, which computes it from its definition, on the same made
 * pictures. */
#include "eval/metrics.h"
#include "eval/temporal.h"
#include <math.h>

/* As the script prints them: pictures [][7], CLIP, and the scores pooled, mean, over_time. */
#include "reference.inc"

static uint32_t
below(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % n;
}

/* One picture of reference.py's make(). */
static void
make(uint32_t *state, const int spec[7], uint8_t *truth, float *probability)
{
    const int width = spec[0], height = spec[1], a = spec[2], b = spec[3], shift = spec[4];
    const int rim = 4 * a * a * b * b;

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, truth++, probability++) {
            int dx = 2 * x - width + 1, dy = 2 * y - height + 1, moved = dx - 2 * shift;
            int inside = dx * b * dx * b + dy * a * dy * a < rim;
            int near = moved * b * moved * b + dy * a * dy * a < rim;

            *truth = (uint8_t)((inside ? 128 : 0) + below(state, 128));
            *probability = (float)(2 * (spec[5] + spec[6] * near + (int)below(state, 1400)) + 1) / 8192;
        }
    }
}

static void
assert_scores(HsegScores scores, const double *expected)
{
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        double value = hseg_score_get(&scores, i);

        if (!(fabs(value - expected[i]) < 1e-12) && !(isnan(value) && isnan(expected[i])))
            g_error("%s is %.15g instead of %.15g", hseg_score_name(i), value, expected[i]);
    }
}

static void
test_reference(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    g_autoptr(HsegTemporal) t = hseg_temporal_new();
    HsegTemporalScores s;
    uint32_t state = 12345;

    g_assert_cmpint(G_N_ELEMENTS(pooled), ==, HSEG_SCORE_COUNT);
    for (gsize i = 0; i < G_N_ELEMENTS(pictures); i++) {
        const int width = pictures[i][0], height = pictures[i][1];
        g_autofree uint8_t *truth = g_new(uint8_t, width * height);
        g_autofree float *probability = g_new(float, width *height);

        make(&state, pictures[i], truth, probability);
        hseg_metrics_add(m, probability, (size_t)width, truth, (size_t)width, width, height);
        if (i < CLIP)
            hseg_temporal_add(t, probability, (size_t)width, truth, (size_t)width, width, height);
    }
    assert_scores(hseg_metrics_pooled(m), pooled);
    assert_scores(hseg_metrics_mean(m), mean);
    s = hseg_temporal_scores(t);
    g_assert_cmpfloat_with_epsilon(s.flicker, over_time[0], 1e-12);
    g_assert_cmpfloat_with_epsilon(s.predicted_change, over_time[1], 1e-12);
    g_assert_cmpfloat_with_epsilon(s.truth_change, over_time[2], 1e-12);
    g_assert_cmpfloat_with_epsilon(s.dtssd, over_time[3], 1e-12);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference/every-score", test_reference);
    return g_test_run();
}
