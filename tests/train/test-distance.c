/* The boundary loss's distance map against the distance to every pixel, one by one. */
#include "train/distance.h"

#include <glib.h>
#include <math.h>

#include "base/rng.h"

/* The map in pixels, and its largest magnitude. */
static double
brute_force(double *phi, const float *mask, int w, int h)
{
    double largest = 0;

    for (int i = 0; i < w * h; i++) {
        double nearest = INFINITY;

        for (int k = 0; k < w * h; k++)
            if ((mask[k] >= 0.5f) != (mask[i] >= 0.5f))
                nearest = fmin(nearest, hypot(i % w - k % w, i / w - k / w));
        phi[i] = mask[i] >= 0.5f ? 1 - nearest : nearest;
        largest = fmax(largest, fabs(phi[i]));
    }
    return largest;
}

static void
check(const float *mask, int w, int h)
{
    g_autofree double *want = g_new(double, w *h);
    g_autofree float *phi = g_new(float, w *h);
    g_autofree int32_t *scratch = g_new(int32_t, hseg_distance_scratch(w, h));
    double largest = brute_force(want, mask, w, h);

    hseg_distance_map(phi, mask, w, h, scratch);
    for (int i = 0; i < w * h; i++)
        g_assert_cmpfloat_with_epsilon(phi[i], want[i] / largest, 1e-6);
}

/* A box five wide and three high: the profile through its middle is 2, 1, 0, -1, -1, -1, 0, 1, 2. */
static void
test_box(void)
{
    static const float want[] = {2, 1, 0, -1, -1, -1, 0, 1, 2};
    float mask[9 * 9] = {0}, phi[9 * 9], largest = sqrtf(13); /* of a corner of the map: 2 and 3 away */
    int32_t scratch[9 * 9 + 18];

    for (int y = 3; y < 6; y++)
        for (int x = 2; x < 7; x++)
            mask[9 * y + x] = 1;
    g_assert_cmpuint(hseg_distance_scratch(9, 9), <=, G_N_ELEMENTS(scratch));
    hseg_distance_map(phi, mask, 9, 9, scratch);
    for (int x = 0; x < 9; x++)
        g_assert_cmpfloat_with_epsilon(phi[9 * 4 + x] * largest, want[x], 1e-5);
    g_assert_cmpfloat_with_epsilon(phi[0], 1, 1e-6);
}

/* From one pixel in a hundred to all but one in a hundred, in odd shapes. */
static void
test_random(void)
{
    static const int sizes[][2] = {{1, 40}, {40, 1}, {31, 17}, {16, 33}, {2, 2}, {23, 23}};
    static const float shares[] = {0.01f, 0.1f, 0.5f, 0.9f, 0.99f};
    HsegRng rng;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (size_t s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (size_t k = 0; k < G_N_ELEMENTS(shares); k++) {
            int w = sizes[s][0], h = sizes[s][1];
            g_autofree float *mask = g_new(float, w *h);

            for (int i = 0; i < w * h; i++)
                mask[i] = hseg_rng_float(&rng) < shares[k] ? 0.75f : 0.25f; /* soft masks are cut at a half */
            mask[0] = 1;
            mask[w * h - 1] = 0;
            check(mask, w, h);
        }
}

/* Nobody, and nobody but people: there is no edge. */
static void
test_no_edge(void)
{
    for (int person = 0; person <= 1; person++) {
        float mask[6 * 5], phi[6 * 5];
        int32_t scratch[6 * 5 + 12];

        for (size_t i = 0; i < G_N_ELEMENTS(mask); i++) {
            mask[i] = person;
            phi[i] = NAN;
        }
        hseg_distance_map(phi, mask, 6, 5, scratch);
        for (size_t i = 0; i < G_N_ELEMENTS(phi); i++)
            g_assert_cmpfloat(phi[i], ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/distance/box", test_box);
    g_test_add_func("/train/distance/random", test_random);
    g_test_add_func("/train/distance/no-edge", test_no_edge);
    return g_test_run();
}
