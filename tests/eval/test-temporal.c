#include "eval/temporal.h"
#include <math.h>
#include <string.h>

/* One frame of a single row: '#' and '.' for the truth; digits for tenths of probability. */
static void
add_frame(HsegTemporal *t, const char *truth, const char *tenths)
{
    uint8_t g[64];
    float p[64];
    int n = (int)strlen(truth);

    for (int x = 0; x < n; x++) {
        g[x] = truth[x] == '#' ? 255 : 0;
        p[x] = (float)(tenths[x] - '0') / 10;
    }
    g_assert_true(hseg_temporal_add(t, p, 0, g, 0, n, 1));
}

static void
assert_near(double value, double expected)
{
    g_assert_cmpfloat_with_epsilon(value, expected, 1e-6);
}

static void
test_still(void)
{
    g_autoptr(HsegTemporal) t = hseg_temporal_new();
    HsegTemporalScores s;

    add_frame(t, "##..", "9910");
    g_assert_cmpint(hseg_temporal_pairs(t), ==, 0);
    g_assert_true(isnan(hseg_temporal_scores(t).flicker));
    add_frame(t, "##..", "9910");
    s = hseg_temporal_scores(t);
    g_assert_cmpint(hseg_temporal_pairs(t), ==, 1);
    assert_near(s.flicker, 0);
    assert_near(s.predicted_change, 0);
    assert_near(s.truth_change, 0);
    assert_near(s.dtssd, 0);
}

/* The truth stands still, the prediction comes and goes: {0,1} to {0,1,2,3} and back: IoU 1/2 each time. */
static void
test_flicker(void)
{
    g_autoptr(HsegTemporal) t = hseg_temporal_new();
    HsegTemporalScores s;

    add_frame(t, "##..", "9900");
    add_frame(t, "##..", "9999");
    add_frame(t, "##..", "9900");
    s = hseg_temporal_scores(t);
    assert_near(s.flicker, 0.5);
    assert_near(s.predicted_change, 0.5);
    assert_near(s.truth_change, 0);
    assert_near(s.dtssd, sqrt(2 * 0.81 / 4));
}

/* A prediction that moves as the truth does costs nothing; one that stays behind does not flicker either, but
 * dtSSD sees it. */
static void
test_motion(void)
{
    g_autoptr(HsegTemporal) follows = hseg_temporal_new(), lags = hseg_temporal_new();
    HsegTemporalScores s;

    add_frame(follows, "##....", "880000");
    add_frame(follows, ".##...", "088000");
    s = hseg_temporal_scores(follows);
    assert_near(s.truth_change, 2.0 / 3);
    assert_near(s.predicted_change, 2.0 / 3);
    assert_near(s.flicker, 0);
    assert_near(s.dtssd, sqrt(2 * 0.2 * 0.2 / 6));

    add_frame(lags, "##....", "880000");
    add_frame(lags, ".##...", "880000");
    s = hseg_temporal_scores(lags);
    assert_near(s.flicker, 0);
    assert_near(s.dtssd, sqrt(2.0 / 6));
}

/* What one pair changes too little does not make up for what another changes too much. */
static void
test_excess_alone(void)
{
    g_autoptr(HsegTemporal) t = hseg_temporal_new();

    add_frame(t, "##..", "9900"); /* next: truth 1/2, prediction 0 */
    add_frame(t, "####", "9900"); /* next: truth 0, prediction 1/2 */
    add_frame(t, "####", "9999");
    assert_near(hseg_temporal_scores(t).flicker, 0.25);
    assert_near(hseg_temporal_scores(t).predicted_change, hseg_temporal_scores(t).truth_change);
}

/* Nobody there and nobody seen is no change; somebody seen for one frame is all of it. */
static void
test_nobody(void)
{
    g_autoptr(HsegTemporal) t = hseg_temporal_new();

    add_frame(t, "....", "0000");
    add_frame(t, "....", "1234");
    assert_near(hseg_temporal_scores(t).flicker, 0);
    add_frame(t, "....", "0009");
    assert_near(hseg_temporal_scores(t).flicker, 0.5);
}

static void
test_merge(void)
{
    g_autoptr(HsegTemporal) a = hseg_temporal_new(), b = hseg_temporal_new();

    add_frame(a, "##..", "9900");
    add_frame(a, "##..", "9999");
    add_frame(b, "#", "0"); /* of another size: another clip */
    add_frame(b, "#", "0");
    add_frame(b, "#", "0");
    hseg_temporal_merge(a, b);
    g_assert_cmpint(hseg_temporal_pairs(a), ==, 3);
    assert_near(hseg_temporal_scores(a).flicker, 0.5 / 3);
}

static void
test_sizes_and_strides(void)
{
    g_autoptr(HsegTemporal) t = hseg_temporal_new();
    const float p[2][3] = {{1, 0, 0.9f}, {0, 1, 0.9f}}, q[2][3] = {{1, 0, 0}, {0, 1, 0}};
    const uint8_t g[2][4] = {{255, 0, 9, 9}, {0, 255, 9, 9}}, h[2][4] = {{255, 0, 200, 0}, {0, 255, 200, 0}};

    g_assert_true(hseg_temporal_add(t, &p[0][0], 3, &g[0][0], 4, 2, 2));
    g_assert_false(hseg_temporal_add(t, &p[0][0], 3, &g[0][0], 4, 3, 2));
    g_assert_true(hseg_temporal_add(t, &q[0][0], 3, &h[0][0], 4, 2, 2));
    g_assert_cmpint(hseg_temporal_pairs(t), ==, 1);
    assert_near(hseg_temporal_scores(t).dtssd, 0); /* what lies between rows is not looked at */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/temporal/still", test_still);
    g_test_add_func("/temporal/flicker", test_flicker);
    g_test_add_func("/temporal/motion", test_motion);
    g_test_add_func("/temporal/excess-alone", test_excess_alone);
    g_test_add_func("/temporal/nobody", test_nobody);
    g_test_add_func("/temporal/merge", test_merge);
    g_test_add_func("/temporal/sizes-and-strides", test_sizes_and_strides);
    return g_test_run();
}
