#include "eval/boundary.h"
#include "eval/metrics.h"
#include <glib.h>
#include <math.h>
#include <string.h>

/* One row of pixels: '#' and '.' for the truth; digits for tenths of probability. */
static void
add_row(HsegMetrics *m, const char *truth, const char *tenths)
{
    uint8_t t[64];
    float p[64];
    int n = (int)strlen(truth);

    for (int x = 0; x < n; x++) {
        t[x] = truth[x] == '#' ? 255 : 0;
        p[x] = (float)(tenths[x] - '0') / 10;
    }
    hseg_metrics_add(m, p, 0, t, 0, n, 1);
}

static void
assert_near(double value, double expected)
{
    g_assert_cmpfloat_with_epsilon(value, expected, 1e-12);
}

static void
test_counts(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    HsegScores s;

    add_row(m, "####......", "9998200719"); /* TP 4, FP 2, TN 4 */
    s = hseg_metrics_pooled(m);
    assert_near(s.iou, 4.0 / 6);
    assert_near(s.miou, 0.5 * (4.0 / 6 + 4.0 / 6));
    assert_near(s.dice, 8.0 / 10);
    assert_near(s.accuracy, 8.0 / 10);
    assert_near(s.precision, 4.0 / 6);
    assert_near(s.recall, 1.0);
    assert_near(hseg_metrics_mean(m).iou, s.iou);
    g_assert_cmpint(hseg_metrics_images(m), ==, 1);
}

static void
test_threshold(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    const float p[4] = {0.5f, 0.50001f, NAN, 2.0f};
    const uint8_t t[4] = {127, 128, 0, 255};

    hseg_metrics_add(m, p, 4, t, 4, 4, 1);
    assert_near(hseg_metrics_pooled(m).accuracy, 1.0);
}

static void
test_pool_and_mean(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    HsegScores pooled, mean;

    add_row(m, "#...", "9999");                 /* IoU 1/4 */
    add_row(m, "############", "999999999999"); /* IoU 1 */
    pooled = hseg_metrics_pooled(m);
    mean = hseg_metrics_mean(m);
    assert_near(pooled.iou, 13.0 / 16);
    assert_near(mean.iou, (0.25 + 1.0) / 2);
    assert_near(mean.miou, (0.125 + 1.0) / 2); /* no background, none predicted: its IoU counts 1 */
    assert_near(pooled.dice, 2 * pooled.iou / (1 + pooled.iou));
}

static void
test_nobody(void)
{
    g_autoptr(HsegMetrics) right = hseg_metrics_new(), wrong = hseg_metrics_new();
    HsegScores s;

    add_row(right, "....", "0123");
    s = hseg_metrics_mean(right);
    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        if (i != hseg_score_find("auroc") && i != hseg_score_find("marked"))
            assert_near(hseg_score_get(&s, i), 1.0);
    g_assert_true(isnan(s.auroc));
    assert_near(s.marked, 0.0);

    add_row(wrong, "....", "0900");
    s = hseg_metrics_mean(wrong);
    assert_near(s.iou, 0.0);
    assert_near(s.dice, 0.0);
    assert_near(s.precision, 0.0);
    assert_near(s.boundary_f, 0.0);
    assert_near(s.accuracy, 0.75);
    assert_near(s.marked, 0.25);
}

/* The share that is marked where nobody is: images with a person have no say in it. */
static void
test_marked(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new(), people = hseg_metrics_new();

    add_row(m, "....", "9000");
    add_row(m, "............", "999999000000");
    add_row(m, "##..", "9999");
    assert_near(hseg_metrics_pooled(m).marked, 7.0 / 16);
    assert_near(hseg_metrics_mean(m).marked, (0.25 + 0.5) / 2);

    add_row(people, "#...", "9999");
    g_assert_true(isnan(hseg_metrics_pooled(people).marked));
    g_assert_true(isnan(hseg_metrics_mean(people).marked));
}

/* What each call returns is that image's own. */
static void
test_own_scores(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    const float p[4] = {1, 1, 0, 0};
    const uint8_t half[4] = {255, 0, 0, 0}, none[4] = {0};

    assert_near(hseg_metrics_add(m, p, 4, half, 4, 4, 1).iou, 0.5);
    assert_near(hseg_metrics_add(m, p, 4, none, 4, 4, 1).marked, 0.5);
}

static double
area(const HsegCurve *c)
{
    double sum = 0;

    for (int i = 1; i < c->n; i++)
        sum += (c->x[i] - c->x[i - 1]) * (c->y[i] + c->y[i - 1]) / 2;
    return sum;
}

/* Six pixels by falling probability: person, person, other, person, other, other. */
static void
test_curves(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    HsegCurve roc, pr;
    const double at[][4] = {/* threshold; false positives, true positives; precision */
                            {0.95, 0, 0, 1},
                            {0.85, 0, 1 / 3.0, 1},
                            {0.65, 0, 2 / 3.0, 1},
                            {0.45, 1 / 3.0, 2 / 3.0, 2 / 3.0},
                            {0.25, 1 / 3.0, 1, 3 / 4.0},
                            {0, 1, 1, 0.5}};

    add_row(m, "##.#..", "975310");
    roc = hseg_metrics_roc(m);
    pr = hseg_metrics_precision_recall(m);
    assert_near(roc.x[0] + roc.y[0], 0);
    for (gsize i = 0; i < G_N_ELEMENTS(at); i++) {
        int k = (int)((1 - at[i][0]) * (roc.n - 1) + 0.5);

        assert_near(roc.x[k], at[i][1]);
        assert_near(roc.y[k], at[i][2]);
        assert_near(pr.x[k], at[i][2]);
        assert_near(pr.y[k], at[i][3]);
    }
    assert_near(area(&roc), hseg_metrics_pooled(m).auroc);
    hseg_curve_clear(&roc);
    hseg_curve_clear(&pr);
    g_assert_null(pr.x);
}

static void
test_nothing_counted(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();

    g_assert_cmpint(hseg_metrics_images(m), ==, 0);
    g_assert_true(isnan(hseg_metrics_mean(m).iou));
}

/* Of all pairs of a person's and a background pixel: the share that is ordered rightly, ties half. */
static void
test_auroc(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new(), chance = hseg_metrics_new(), exact = hseg_metrics_new();
    float p[600];
    uint8_t t[600];
    double right = 0, pairs = 0;

    add_row(m, "##..", "9191"); /* .9>.9 tie, .9>.1, .1<.9, .1=.1 */
    assert_near(hseg_metrics_pooled(m).auroc, (0.5 + 1 + 0 + 0.5) / 4);
    add_row(chance, "##..", "5555");
    assert_near(hseg_metrics_pooled(chance).auroc, 0.5);

    for (int i = 0; i < 600; i++) {
        t[i] = i % 3 == 0 ? 255 : 0;
        p[i] = (float)(g_test_rand_double() * 0.8 + (t[i] ? 0.2 : 0));
    }
    for (int i = 0; i < 600; i += 3) {
        for (int j = 0; j < 600; j++) {
            if (t[j])
                continue;
            pairs++;
            right += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
        }
    }
    hseg_metrics_add(exact, p, 30, t, 30, 30, 20);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(exact).auroc, right / pairs, 1e-3);
}

static void
test_merge(void)
{
    g_autoptr(HsegMetrics) all = hseg_metrics_new(), one = hseg_metrics_new(), two = hseg_metrics_new();
    HsegScores a, b;

    add_row(all, "##..#..#", "92718364");
    add_row(all, "........", "01201201");
    add_row(one, "##..#..#", "92718364");
    add_row(two, "........", "01201201");
    hseg_metrics_merge(one, two);
    g_assert_cmpint(hseg_metrics_images(one), ==, 2);
    a = hseg_metrics_pooled(all);
    b = hseg_metrics_pooled(one);
    g_assert_cmpmem(&a, sizeof a, &b, sizeof b);
    a = hseg_metrics_mean(all);
    b = hseg_metrics_mean(one);
    g_assert_cmpmem(&a, sizeof a, &b, sizeof b);
}

/* Rows further apart than the image is wide; what lies between must not count. */
static void
test_strides(void)
{
    g_autoptr(HsegMetrics) m = hseg_metrics_new();
    const float p[2][5] = {{1, 0, 0.3f, 0.9f, 0.9f}, {0, 1, 0.9f, 0.9f, 0.9f}};
    const uint8_t t[2][7] = {{255, 0, 255, 255, 9, 9, 9}, {0, 255, 255, 255, 9, 9, 9}};

    hseg_metrics_add(m, &p[0][0], 5, &t[0][0], 7, 2, 2);
    assert_near(hseg_metrics_pooled(m).iou, 1.0);
    assert_near(hseg_metrics_pooled(m).accuracy, 1.0);
}

static void
fill_box(uint8_t *mask, int width, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++)
        memset(mask + y * width + x0, 1, (size_t)(x1 - x0));
}

/* A box in a 320 x 240 image: the tolerance is 0.0075 * 400 = 3 pixels. */
static void
test_boundary_shift(void)
{
    enum { W = 320, H = 240 };
    g_autofree uint8_t *truth = g_malloc0(W * H), *shifted = NULL;
    g_autofree int32_t *scratch = g_new(int32_t, hseg_boundary_scratch(W, H));
    HsegEdgeCounts n;

    fill_box(truth, W, 100, 80, 150, 120);
    n = hseg_boundary_compare(truth, truth, W, H, scratch);
    g_assert_cmpuint(n.truth, ==, 2 * 50 + 2 * 38);
    g_assert_cmpuint(n.truth_near, ==, n.truth);
    g_assert_cmpuint(n.predicted_near, ==, n.predicted);

    shifted = g_malloc0(W * H);
    fill_box(shifted, W, 103, 80, 153, 120); /* three to the right: just within */
    n = hseg_boundary_compare(shifted, truth, W, H, scratch);
    g_assert_cmpuint(n.predicted_near, ==, n.predicted);
    g_assert_cmpuint(n.truth_near, ==, n.truth);

    memset(shifted, 0, W * H);
    fill_box(shifted, W, 104, 80, 154,
             120); /* four: the upright edges miss, all but 3 pixels near each corner */
    n = hseg_boundary_compare(shifted, truth, W, H, scratch);
    g_assert_cmpuint(n.predicted, ==, 176);
    g_assert_cmpuint(n.predicted_near, <, n.predicted);
    g_assert_cmpuint(n.truth_near, ==, n.predicted_near);
}

/* Against the definition: the distance from each edge pixel to every other. */
static void
test_boundary_definition(void)
{
    enum { W = 213, H = 61 };
    g_autofree uint8_t *a = g_malloc0(W * H), *b = g_malloc0(W * H);
    g_autofree int32_t *scratch = g_new(int32_t, hseg_boundary_scratch(W, H));
    const double radius = 0.0075 * hypot(W, H);
    uint64_t edges = 0, near = 0;
    HsegEdgeCounts n;

    for (int i = 0; i < 25; i++) {
        int x = g_test_rand_int_range(0, W - 9), y = g_test_rand_int_range(0, H - 9);

        fill_box(i % 2 ? a : b, W, x, y, x + 9, y + g_test_rand_int_range(1, 9));
    }
    n = hseg_boundary_compare(a, b, W, H, scratch);
#define EDGE(m, x, y)                                                                                        \
    ((m)[(y)*W + (x)] &&                                                                                     \
     (((x) > 0 && !(m)[(y)*W + (x)-1]) || ((x) < W - 1 && !(m)[(y)*W + (x) + 1]) ||                          \
      ((y) > 0 && !(m)[((y)-1) * W + (x)]) || ((y) < H - 1 && !(m)[((y) + 1) * W + (x)])))
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            double best = INFINITY;

            if (!EDGE(a, x, y))
                continue;
            for (int v = 0; v < H; v++)
                for (int u = 0; u < W; u++)
                    if (EDGE(b, u, v))
                        best = fmin(best, hypot(u - x, v - y));
            edges++;
            near += best <= radius;
        }
    }
    g_assert_cmpuint(n.predicted, ==, edges);
    g_assert_cmpuint(n.predicted_near, ==, near);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/counts", test_counts);
    g_test_add_func("/metrics/threshold", test_threshold);
    g_test_add_func("/metrics/pool-and-mean", test_pool_and_mean);
    g_test_add_func("/metrics/nobody", test_nobody);
    g_test_add_func("/metrics/marked", test_marked);
    g_test_add_func("/metrics/own-scores", test_own_scores);
    g_test_add_func("/metrics/curves", test_curves);
    g_test_add_func("/metrics/nothing-counted", test_nothing_counted);
    g_test_add_func("/metrics/auroc", test_auroc);
    g_test_add_func("/metrics/merge", test_merge);
    g_test_add_func("/metrics/strides", test_strides);
    g_test_add_func("/metrics/boundary-shift", test_boundary_shift);
    g_test_add_func("/metrics/boundary-definition", test_boundary_definition);
    return g_test_run();
}
