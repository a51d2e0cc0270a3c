/* The main person among several, on maps drawn by hand. */
#include <glib.h>
#include <string.h>

#include "segment/tracker.h"

#define WIDTH  80
#define HEIGHT 45
#define N      (WIDTH * HEIGHT)

static float p[N];

static void
add(int x0, int y0, int width, int height, float value)
{
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            p[y * WIDTH + x] = value;
}

static float
at(int x, int y)
{
    return p[y * WIDTH + x];
}

static void
test_largest_and_central(void)
{
    HsegTracker *t = hseg_tracker_new(WIDTH, HEIGHT);

    memset(p, 0, sizeof p);
    add(30, 10, 20, 35, 0.9f); /* in the middle, large */
    add(2, 20, 10, 25, 0.9f);  /* at the side, smaller */
    add(70, 0, 2, 2, 0.9f);    /* a speck */
    hseg_tracker_run(t, p, 0.5f);
    g_assert_cmpfloat(at(40, 30), ==, 0.9f);
    g_assert_cmpfloat(at(5, 30), ==, 0);
    g_assert_cmpfloat(at(70, 1), ==, 0);

    /* Equal in size: the more central one. */
    hseg_tracker_reset(t);
    memset(p, 0, sizeof p);
    add(2, 10, 12, 30, 0.9f);
    add(50, 10, 12, 30, 0.9f);
    hseg_tracker_run(t, p, 0.5f);
    g_assert_cmpfloat(at(5, 20), ==, 0);
    g_assert_cmpfloat(at(55, 20), ==, 0.9f);
    hseg_tracker_free(t);
}

/* A passer-by who grows larger, and more central, does not become the main person. */
static void
test_stays(void)
{
    HsegTracker *t = hseg_tracker_new(WIDTH, HEIGHT);

    for (int frame = 0; frame < 12; frame++) {
        memset(p, 0, sizeof p);
        add(34 - 2 * frame, 15, 12, 30, 0.9f); /* walks off to the left */
        add(76 - 2 * frame, 5, 4 + frame, 40, 0.9f);
        hseg_tracker_run(t, p, 0.5f);
        g_assert_cmpfloat(at(38 - 2 * frame, 30), ==, 0.9f);
        g_assert_cmpfloat(at(78 - 2 * frame, 30), ==, 0);
    }
    /* Gone: then the other one is. */
    memset(p, 0, sizeof p);
    add(56, 5, 15, 40, 0.9f);
    hseg_tracker_run(t, p, 0.5f);
    g_assert_cmpfloat(at(60, 30), ==, 0.9f);
    hseg_tracker_free(t);
}

/* Soft rims stay with their person, and go with others. */
static void
test_rims(void)
{
    HsegTracker *t = hseg_tracker_new(WIDTH, HEIGHT);

    memset(p, 0, sizeof p);
    add(27, 7, 26, 38, 0.3f);
    add(30, 10, 20, 35, 0.9f);
    add(0, 15, 15, 30, 0.3f);
    add(2, 20, 10, 25, 0.9f);
    add(65, 10, 8, 8, 0.4f); /* nobody at all, by the threshold */
    hseg_tracker_run(t, p, 0.5f);
    g_assert_cmpfloat(at(28, 20), ==, 0.3f);
    g_assert_cmpfloat(at(1, 30), ==, 0);
    g_assert_cmpfloat(at(14, 16), ==, 0);
    g_assert_cmpfloat(at(67, 12), ==, 0);
    hseg_tracker_free(t);
}

/* Corners touch: one person. And as many components as there can be are no harm. */
static void
test_components(void)
{
    HsegTracker *t = hseg_tracker_new(WIDTH, HEIGHT);

    memset(p, 0, sizeof p);
    add(20, 5, 20, 15, 0.9f);
    add(40, 20, 20, 15, 0.9f);
    hseg_tracker_run(t, p, 0.5f);
    g_assert_cmpfloat(at(25, 10), ==, 0.9f);
    g_assert_cmpfloat(at(50, 30), ==, 0.9f);

    hseg_tracker_reset(t);
    for (int i = 0; i < N; i++)
        p[i] = i % WIDTH % 2 == 0 && i / WIDTH % 2 == 0;
    hseg_tracker_run(t, p, 0.5f);
    float sum = 0;

    for (int i = 0; i < N; i++)
        sum += p[i];
    g_assert_cmpfloat(sum, ==, 1);

    memset(p, 0, sizeof p);
    hseg_tracker_run(t, p, 0.5f); /* nobody */
    for (int i = 0; i < N; i++)
        g_assert_cmpfloat(p[i], ==, 0);
    hseg_tracker_free(t);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/tracker/largest-and-central", test_largest_and_central);
    g_test_add_func("/segment/tracker/stays", test_stays);
    g_test_add_func("/segment/tracker/rims", test_rims);
    g_test_add_func("/segment/tracker/components", test_components);
    return g_test_run();
}
