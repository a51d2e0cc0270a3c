/* The mask's edge moved: against the greatest and least value in an octagon, looked for pixel by pixel. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/edge-shift.h"

static HsegFrame
new_mask(int width, int height)
{
    return (HsegFrame){.format = HSEG_FORMAT_GRAY8,
                       .width = width,
                       .height = height,
                       .plane = {hseg_mem_new0((gsize)(width + 7) * height)},
                       .stride = {width + 7}};
}

static guint8 *
at(const HsegFrame *mask, int x, int y)
{
    return mask->plane[0] + y * mask->stride[0] + x;
}

/* Whether (dx, dy) is within a diamond of @diamond grown by a square of @square. */
static gboolean
inside(int dx, int dy, int diamond, int square)
{
    return MAX(abs(dx) - square, 0) + MAX(abs(dy) - square, 0) <= diamond;
}

static int
extreme(const HsegFrame *mask, int x, int y, int distance)
{
    int square = (int)lrint(abs(distance) * 0.4142), diamond = abs(distance) - square;
    int best = *at(mask, x, y);

    for (int v = MAX(y - abs(distance), 0); v <= MIN(y + abs(distance), mask->height - 1); v++)
        for (int u = MAX(x - abs(distance), 0); u <= MIN(x + abs(distance), mask->width - 1); u++)
            if (inside(u - x, v - y, diamond, square))
                best = distance > 0 ? MAX(best, *at(mask, u, v)) : MIN(best, *at(mask, u, v));
    return best;
}

static void
check(int width, int height, int distance, int threads)
{
    HsegFrame before = new_mask(width, height);
    HsegEdgeShifter *e = hseg_edge_shifter_new(width, height, threads);
    const HsegFrame *after;

    for (int y = 0; y < height; y++) /* a few dots in the grey: many other values would hide what is missed */
        for (int x = 0; x < width; x++)
            *at(&before, x, y) = g_test_rand_int_range(0, 60) ? 100 : g_test_rand_int_range(0, 256);
    after = hseg_edge_shifter_run(e, &before, distance);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            g_assert_cmpint(*at(after, x, y), ==, extreme(&before, x, y, distance));
    hseg_edge_shifter_free(e);
    hseg_mem_free(before.plane[0]);
}

static void
test_octagon(void)
{
    for (int distance = -11; distance <= 11; distance++)
        check(61, 83, distance, 1);
    check(97, 70, 25, 3);
    check(97, 140, -25, 3);
    check(16, 40, 30, 2); /* farther than the mask is wide */
}

/* Half a pixel is half the way of a whole one. */
static void
test_fraction(void)
{
    HsegFrame mask = new_mask(40, 16);
    HsegEdgeShifter *e = hseg_edge_shifter_new(40, 16, 1);
    const HsegFrame *moved;

    for (int y = 0; y < 16; y++)
        memset(at(&mask, 0, y), 200, 20);
    moved = hseg_edge_shifter_run(e, &mask, 3.5);
    g_assert_cmpint(*at(moved, 22, 8), ==, 200);
    g_assert_cmpint(*at(moved, 23, 8), ==, 100);
    g_assert_cmpint(*at(moved, 24, 8), ==, 0);
    moved = hseg_edge_shifter_run(e, &mask, -0.25);
    g_assert_cmpint(*at(moved, 18, 8), ==, 200);
    g_assert_cmpint(*at(moved, 19, 8), ==, 150);
    g_assert_true(hseg_edge_shifter_run(e, &mask, 0) == &mask);
    g_assert_cmpint(*at(&mask, 19, 8), ==, 200); /* only read */
    hseg_edge_shifter_free(e);
    hseg_mem_free(mask.plane[0]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/edge-shift/octagon", test_octagon);
    g_test_add_func("/image/edge-shift/fraction", test_fraction);
    return g_test_run();
}
