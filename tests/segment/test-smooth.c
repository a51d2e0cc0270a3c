/* Smoothing in time, on maps and luma drawn by hand. */
#include <glib.h>
#include <math.h>

#include "segment/smooth.h"

#define WIDTH  64
#define HEIGHT 40
#define N      (WIDTH * HEIGHT)

static float p[N], guide[N];

static bool
smooth(HsegSmoother *s, float strength)
{
    hseg_smoother_look(s, guide);
    return hseg_smoother_take(s, p, strength);
}

/* The left @border columns are the person: probability 1, luma @person; the rest 0 and @room. */
static void
draw(int border, float person, float room)
{
    for (int i = 0; i < N; i++) {
        p[i] = i % WIDTH < border;
        guide[i] = i % WIDTH < border ? person : room;
    }
}

/* Columns left and right of the border that flicker: @amount more or less, the next column the other way. */
static void
flicker(int border, float amount)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = border - 2; x < border + 2; x++)
            p[y * WIDTH + x] += (x < border ? -amount : amount) * (float)((x + y) % 2);
}

/* Mean change of the map from one frame to the next, where the picture stands still and the network's answer
 * does not. */
static double
measure_flicker(float strength)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);
    float before[N];
    double sum = 0;

    for (int frame = 0; frame < 20; frame++) {
        draw(30, 0.7f, 0.2f);
        if (frame % 2)
            flicker(30, 0.6f);
        smooth(s, strength);
        for (int i = 0; i < N && frame >= 10; i++)
            sum += fabsf(p[i] - before[i]);
        for (int i = 0; i < N; i++)
            before[i] = p[i];
    }
    hseg_smoother_free(s);
    return sum;
}

static void
test_holds_still(void)
{
    double without = measure_flicker(0), half = measure_flicker(0.5f), most = measure_flicker(1);

    g_assert_cmpfloat(without, >, 0);
    g_assert_cmpfloat(half, <, 0.7 * without);
    g_assert_cmpfloat(most, <, 0.25 * without);
}

/* Strength 0 leaves the map as it is, to the bit. */
static void
test_off(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    for (int frame = 0; frame < 5; frame++) {
        draw(20 + frame, 0.5f, 0.45f);
        flicker(20 + frame, 0.3f);
        float want[N];

        for (int i = 0; i < N; i++)
            want[i] = p[i];
        smooth(s, 0);
        g_assert_cmpmem(p, sizeof p, want, sizeof want);
    }
    hseg_smoother_free(s);
}

/* A person who walks leaves no ghost: where luma says that somebody has gone, the map says so too. */
static void
test_follows_motion(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    for (int frame = 0; frame < 10; frame++) {
        int border = 10 + 4 * frame;

        draw(border, 0.7f, 0.2f);
        g_assert_cmpint(smooth(s, 1), ==, frame == 0);
        for (int y = 0; y < HEIGHT; y++) {
            g_assert_cmpfloat(p[y * WIDTH + border - 1], >, 0.95);
            g_assert_cmpfloat(p[y * WIDTH + border], <, 0.05);
        }
    }
    for (int frame = 9; frame >= 0; frame--) {
        int border = 10 + 4 * frame;

        draw(border, 0.7f, 0.2f);
        smooth(s, 1);
        for (int x = border; x < WIDTH; x++)
            g_assert_cmpfloat(p[20 * WIDTH + x], <, 0.05);
    }
    hseg_smoother_free(s);
}

/* So does one in the room's own grey, seen by the map alone. */
static void
test_follows_disagreement(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    draw(10, 0.4f, 0.4f);
    smooth(s, 1);
    draw(40, 0.4f, 0.4f);
    smooth(s, 1);
    for (int x = 14; x < 38; x++)
        g_assert_cmpfloat(p[20 * WIDTH + x], >, 0.95);
    hseg_smoother_free(s);
}

/* A thin rim of what was, in the room's own grey, goes with the person who left it; luma and means over
 * windows tell nothing of it. */
static void
test_leaves_no_rim(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    draw(10, 0.4f, 0.4f);
    for (int y = 0; y < HEIGHT; y++)
        p[y * WIDTH + 30] = 0.9f;
    smooth(s, 1);
    draw(10, 0.4f, 0.4f);
    smooth(s, 1);
    for (int y = 0; y < HEIGHT; y++)
        g_assert_cmpfloat(p[y * WIDTH + 30], <, 0.01);
    hseg_smoother_free(s);
}

/* After a cut, and after a reset, the map stands as it is. */
static void
test_starts_anew(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    draw(30, 0.7f, 0.2f);
    g_assert_true(smooth(s, 1));
    g_assert_false(smooth(s, 1));
    draw(30, 0.2f, 0.5f);
    flicker(30, 0.5f);
    float want[N];

    for (int i = 0; i < N; i++)
        want[i] = p[i];
    g_assert_true(smooth(s, 1));
    g_assert_cmpmem(p, sizeof p, want, sizeof want);

    draw(30, 0.2f, 0.5f);
    hseg_smoother_reset(s);
    g_assert_true(smooth(s, 1));
    g_assert_cmpfloat(p[29], ==, 1);
    g_assert_cmpfloat(p[30], ==, 0);
    hseg_smoother_free(s);
}

/* Motion in a frame between two answers counts when the next one is taken; so does a cut. */
static void
test_between_answers(void)
{
    HsegSmoother *s = hseg_smoother_new(WIDTH, HEIGHT);

    draw(10, 0.5f, 0.4f);
    g_assert_true(smooth(s, 1));
    draw(13, 0.5f, 0.4f);
    hseg_smoother_look(s, guide);
    g_assert_cmpfloat(hseg_smoother_moves(s)[20 * WIDTH + 12], >, 0.5);
    g_assert_cmpfloat(hseg_smoother_moves(s)[20 * WIDTH + 40], ==, 0);
    hseg_smoother_look(s, guide);
    g_assert_cmpfloat(hseg_smoother_moves(s)[20 * WIDTH + 12], ==, 0);
    g_assert_false(hseg_smoother_take(s, p, 1));
    g_assert_cmpfloat(p[20 * WIDTH + 11], >, 0.5);

    draw(13, 0.9f, 0.1f);
    hseg_smoother_look(s, guide);
    hseg_smoother_look(s, guide);
    g_assert_true(hseg_smoother_take(s, p, 1));
    hseg_smoother_free(s);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/smooth/holds-still", test_holds_still);
    g_test_add_func("/segment/smooth/off", test_off);
    g_test_add_func("/segment/smooth/follows-motion", test_follows_motion);
    g_test_add_func("/segment/smooth/follows-disagreement", test_follows_disagreement);
    g_test_add_func("/segment/smooth/leaves-no-rim", test_leaves_no_rim);
    g_test_add_func("/segment/smooth/starts-anew", test_starts_anew);
    g_test_add_func("/segment/smooth/between-answers", test_between_answers);
    return g_test_run();
}
