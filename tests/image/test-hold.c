/* The full-size mask held: where little moves, and not when there is nothing to hold it to. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "image/hold.h"
#include "image/rows.h"
#include "image/spans.h"

#define WIDTH  150 /* spans of 64, 64 and 22 */
#define HEIGHT 40
#define LOW_W  16
#define LOW_H  10

static guint8 pixels[WIDTH * HEIGHT]; /* what the holder made */
static float moves[LOW_W * LOW_H + HSEG_ENLARGE_SLACK];

static void
step_rows(HsegHolder *h, int value, int y0, int y1, int thread)
{
    guint8 row[WIDTH], kinds[3];

    for (int y = y0; y < y1; y++) {
        memset(row, value, WIDTH);
        /* a span that is all the same may be told so, or not */
        for (int s = 0; s < 3; s++)
            kinds[s] = value == 0 && s != y % 3     ? HSEG_NOBODY
                       : value == 255 && s != y % 3 ? HSEG_PERSON
                                                    : HSEG_EDGE;
        for (int s = 0; s < 3; s++)
            if (kinds[s] != HSEG_EDGE)
                memset(row + s * HSEG_SPAN, 77, MIN(HSEG_SPAN, WIDTH - s * HSEG_SPAN)); /* not looked at */
        hseg_holder_row(h, row, kinds, y, thread);
    }
}

static void
copy_out(const HsegHolder *h)
{
    const HsegFrame *mask = hseg_holder_mask(h);

    for (int y = 0; y < HEIGHT; y++) {
        memcpy(pixels + y * WIDTH, mask->plane[0] + y * mask->stride[0], WIDTH);
        for (int x = 0; x < WIDTH; x++) { /* what is known of spans is true */
            int kind = hseg_holder_kinds(h, y)[x / HSEG_SPAN];

            g_assert_true(kind == HSEG_EDGE || pixels[y * WIDTH + x] == (kind == HSEG_PERSON ? 255 : 0));
        }
    }
}

static void
step(HsegHolder *h, int value)
{
    hseg_holder_set(h, moves, 0.25f);
    step_rows(h, value, 20, HEIGHT, 1);
    step_rows(h, value, 0, 20, 0);
    copy_out(h);
}

/* Everything moves in the left half, nothing in the right. */
static void
test_moves(void)
{
    HsegHolder *h = hseg_holder_new(LOW_W, LOW_H, WIDTH, HEIGHT, 2);

    for (int i = 0; i < LOW_W * LOW_H; i++)
        moves[i] = i % LOW_W < LOW_W / 2;
    step(h, 200); /* the first one */
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g_assert_cmpint(pixels[i], ==, 200);
    step(h, 100);
    for (int y = 0; y < HEIGHT; y++) {
        g_assert_cmpint(pixels[y * WIDTH + 20], ==, 100);
        g_assert_cmpint(pixels[y * WIDTH + 120], ==, 175);
        for (int x = 0; x < WIDTH - 1; x++) /* no step where that changes */
            g_assert_cmpint(pixels[y * WIDTH + x + 1] - pixels[y * WIDTH + x], <=, 75 / 3);
    }
    step(h, 175);
    g_assert_cmpint(pixels[120], ==, 175);
    g_assert_cmpint(pixels[20], ==, 175);

    hseg_holder_forget(h);
    step(h, 30);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g_assert_cmpint(pixels[i], ==, 30);
    hseg_holder_free(h);
}

/* Nobody, then somebody, and back: what stays is not written, what changes is mixed in. */
static void
test_kinds(void)
{
    static const int values[] = {0, 0, 255, 255, 200, 0, 255};
    HsegHolder *h = hseg_holder_new(LOW_W, LOW_H, WIDTH, HEIGHT, 2);
    double want = 0;

    for (int i = 0; i < LOW_W * LOW_H; i++)
        moves[i] = 1 / 3.f;
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        step(h, values[i]);
        want = i ? floor(want + 0.5 * (values[i] - want) + 0.5) : values[i];
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            g_assert_cmpint(pixels[k], ==, (int)want);
    }
    for (int i = 0; i < 2; i++) { /* not held */
        hseg_holder_set(h, NULL, 0);
        step_rows(h, i ? 255 : 0, 0, HEIGHT, 0);
        copy_out(h);
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            g_assert_cmpint(pixels[k], ==, i ? 255 : 0);
    }
    step(h, 10); /* what was not held is nothing to hold to */
    g_assert_cmpint(pixels[0], ==, 10);
    hseg_holder_free(h);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/hold/moves", test_moves);
    g_test_add_func("/image/hold/kinds", test_kinds);
    return g_test_run();
}
