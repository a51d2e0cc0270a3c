/* Hysteresis on maps drawn by hand, and on random ones against a flood fill. */
#include <glib.h>
#include <string.h>

#include "base/rng.h"
#include "segment/hysteresis.h"

#define WIDTH  33
#define HEIGHT 21
#define N      (WIDTH * HEIGHT)

/* '9' stands for 0.9, ' ' for 0. */
static void
read_map(float *p, int width, int height, const char *const *rows)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            p[y * width + x] = rows[y][x] == ' ' ? 0 : (float)(rows[y][x] - '0') / 10;
}

static void
check(const char *const *rows, const char *const *want_rows)
{
    enum { W = 12, H = 6 };
    float p[W * H], want[W * H];
    HsegHysteresis *h = hseg_hysteresis_new(W, H);

    read_map(p, W, H, rows);
    read_map(want, W, H, want_rows);
    hseg_hysteresis_run(h, p, 0.25f, 0.8f);
    g_assert_cmpmem(p, sizeof p, want, sizeof want);
    hseg_hysteresis_free(h);
}

/* The left one is sure in one pixel, the right one nowhere; what lies below @low stays. */
static void
test_sure(void)
{
    const char *const in[] = {"            ", " 333   7777 ", " 383  27767 ",
                              " 3332       ", "            ", "7           "};
    const char *const out[] = {"            ", " 333        ", " 383  2     ",
                               " 3332       ", "            ", "            "};

    check(in, out);
}

/* Corners connect, arms that meet only further down are one region, and a ring does not hold what is in it.
 */
static void
test_connected(void)
{
    const char *const in[] = {"3   3  66666", " 3 3   6   6", "  3    6 6 6",
                              " 8     6   6", "       66666", "333  333    "};
    const char *const out[] = {"3   3       ", " 3 3        ", "  3         ",
                               " 8          ", "            ", "            "};
    const char *const comb[] = {"5 5 5 5 5 5 ", "5 5 5 5 5 5 ", "5 5 5 5 5 5 ",
                                "5 5 5 5 5 5 ", "5 5 5 5 5 5 ", "55555555555 "};
    const char *const comb_kept[] = {"5 5 5 5 5 5 ", "5 5 5 5 5 5 ", "5 5 5 5 5 5 ",
                                     "5 5 5 5 5 5 ", "5 5 5 5 5 5 ", "5555555555 8"};
    const char *const nothing[] = {"            ", "            ", "            ",
                                   "            ", "            ", "            "};

    check(in, out);
    check(comb, nothing);
    check(comb_kept, comb_kept);
}

/* The region of pixel @i, by the definition: whether it is sure anywhere. */
static gboolean
is_sure(const float *p, int i, float low, float high, guint8 *seen)
{
    gboolean sure = p[i] >= high;

    seen[i] = 1;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++) {
            int x = i % WIDTH + dx, y = i / WIDTH + dy, j = y * WIDTH + x;

            if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT && p[j] > low && !seen[j])
                sure |= is_sure(p, j, low, high, seen);
        }
    return sure;
}

static void
test_random(void)
{
    HsegHysteresis *h = hseg_hysteresis_new(WIDTH, HEIGHT);
    HsegRng rng;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (int round = 0; round < 200; round++) {
        float p[N], want[N], low = hseg_rng_uniform(&rng, 0.3f, 0.9f);
        float high = low + (1 - low) * 0.9f;

        for (int i = 0; i < N; i++)
            p[i] = hseg_rng_float(&rng);
        for (int i = 0; i < N; i++) {
            guint8 seen[N] = {0};

            want[i] = p[i] > low && !is_sure(p, i, low, high, seen) ? 0 : p[i];
        }
        hseg_hysteresis_run(h, p, low, high);
        g_assert_cmpmem(p, sizeof p, want, sizeof want);
    }
    hseg_hysteresis_free(h);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/hysteresis/sure", test_sure);
    g_test_add_func("/segment/hysteresis/connected", test_connected);
    g_test_add_func("/segment/hysteresis/random", test_random);
    return g_test_run();
}
