/* Share and box of masks that were drawn by hand. */
#include "segment/coverage.h"

#include <glib.h>
#include <string.h>

#define WIDTH  41
#define HEIGHT 23
#define STRIDE 48

static guint8 pixels[STRIDE * HEIGHT];
static const HsegFrame mask = {
    .format = HSEG_FORMAT_GRAY8, .width = WIDTH, .height = HEIGHT, .plane = {pixels}, .stride = {STRIDE}};

/* What lies beyond the rows' ends must not count. */
static void
clear(void)
{
    memset(pixels, 255, sizeof pixels);
    for (int y = 0; y < HEIGHT; y++)
        memset(pixels + y * STRIDE, 0, WIDTH);
}

static void
fill(int x0, int y0, int width, int height, guint8 value)
{
    for (int y = y0; y < y0 + height; y++)
        memset(pixels + y * STRIDE + x0, value, width);
}

static void
assert_box(const HsegCoverage *c, int x, int y, int width, int height)
{
    g_assert_cmpint(c->width, ==, width);
    g_assert_cmpint(c->height, ==, height);
    g_assert_cmpint(c->x, ==, x);
    g_assert_cmpint(c->y, ==, y);
}

static void
test_empty(void)
{
    HsegCoverage c;

    clear();
    hseg_coverage_measure(&c, &mask);
    g_assert_cmpfloat(c.share, ==, 0);
    assert_box(&c, 0, 0, 0, 0);

    fill(0, 0, WIDTH, HEIGHT, 127); /* nowhere over one half */
    hseg_coverage_measure(&c, &mask);
    g_assert_cmpfloat_with_epsilon(c.share, 127 / 255.0, 1e-9);
    assert_box(&c, 0, 0, 0, 0);
}

static void
test_boxes(void)
{
    HsegCoverage c;

    clear();
    fill(0, 0, WIDTH, HEIGHT, 255);
    hseg_coverage_measure(&c, &mask);
    g_assert_cmpfloat(c.share, ==, 1);
    assert_box(&c, 0, 0, WIDTH, HEIGHT);

    clear();
    fill(7, 5, 1, 1, 128);
    hseg_coverage_measure(&c, &mask);
    g_assert_cmpfloat_with_epsilon(c.share, 128 / 255.0 / (WIDTH * HEIGHT), 1e-9);
    assert_box(&c, 7, 5, 1, 1);

    fill(WIDTH - 1, HEIGHT - 1, 1, 1, 255); /* two people: one box */
    hseg_coverage_measure(&c, &mask);
    assert_box(&c, 7, 5, WIDTH - 7, HEIGHT - 5);

    fill(0, 10, 3, 2, 200); /* further left, between them */
    hseg_coverage_measure(&c, &mask);
    assert_box(&c, 0, 5, WIDTH, HEIGHT - 5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/coverage/empty", test_empty);
    g_test_add_func("/segment/coverage/boxes", test_boxes);
    return g_test_run();
}
