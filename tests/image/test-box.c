/* Box means against windows summed one by one. */
#include <math.h>

#include <glib.h>

#include "image/box.h"

static double
window_mean(const float *src, int w, int h, int x, int y, int radius)
{
    double sum = 0;
    int n = 0;

    for (int j = MAX(y - radius, 0); j <= MIN(y + radius, h - 1); j++)
        for (int i = MAX(x - radius, 0); i <= MIN(x + radius, w - 1); i++, n++)
            sum += src[j * w + i];
    return sum / n;
}

static void
check(int w, int h, int radius, int planes)
{
    int plane = w * h + 1;
    g_autofree float *src = g_new(float, plane *planes), *dst = g_new(float, plane *planes);
    g_autofree char *scratch = g_malloc(hseg_box_bytes(w, planes));

    for (int i = 0; i < plane * planes; i++) {
        src[i] = (float)g_test_rand_double_range(-3, 200);
        dst[i] = 77;
    }
    hseg_box_mean(dst, src, plane, planes, w, h, radius, scratch);
    for (int p = 0; p < planes; p++) {
        const float *from = src + p * plane, *to = dst + p * plane;

        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                g_assert_cmpfloat_with_epsilon(to[y * w + x], window_mean(from, w, h, x, y, radius),
                                               200 * 1e-6);
        g_assert_cmpfloat(to[w * h], ==, 77);
    }
}

static void
test_brute_force(void)
{
    static const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 3}, {16, 9}, {31, 17}};
    static const int radii[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 30, 100};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (gsize r = 0; r < G_N_ELEMENTS(radii); r++)
            for (int planes = 1; planes <= 3; planes++)
                check(sizes[i][0], sizes[i][1], radii[r], planes);
    check(5, 5, G_MAXINT / 2, 1);
}

/* What left the window leaves nothing behind: tiny values after huge ones come out as they are. */
static void
test_no_trace(void)
{
    float src[64 * 4], dst[64 * 4];
    g_autofree char *scratch = g_malloc(hseg_box_bytes(64, 1));

    for (int i = 0; i < 64 * 4; i++)
        src[i] = i % 64 < 20 ? 1e4f : 1e-4f;
    hseg_box_mean(dst, src, 0, 1, 64, 4, 2, scratch);
    for (int i = 0; i < 64 * 4; i++)
        if (i % 64 >= 23)
            g_assert_cmpfloat_with_epsilon(dst[i], 1e-4, 1e-9);
}

/* Planes beside each other keep to themselves, however many there are. */
static void
test_planes(void)
{
    enum { W = 19, R = 3 };

    for (int planes = 1; planes <= 13; planes++) {
        g_autofree char *memory = g_malloc(hseg_box_bytes(W, planes));
        g_autofree float *row = g_new(float, W *planes);
        HsegBox box;

        for (int i = 0; i < W * planes; i++)
            row[i] = (float)g_test_rand_double();
        hseg_box_init(&box, W, planes, memory);
        hseg_box_add(&box, row, W);
        hseg_box_add(&box, row, W);
        hseg_box_add(&box, row, W);
        hseg_box_take(&box, row, W);
        hseg_box_means(&box, R, 2);
        for (int p = 0; p < planes; p++)
            for (int x = 0; x < W; x++)
                g_assert_cmpfloat_with_epsilon(box.mean[p * box.plane + x],
                                               window_mean(row + p * W, W, 1, x, 0, R), 1e-7);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/box/brute-force", test_brute_force);
    g_test_add_func("/image/box/no-trace", test_no_trace);
    g_test_add_func("/image/box/planes", test_planes);
    return g_test_run();
}
