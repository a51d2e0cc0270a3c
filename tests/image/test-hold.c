/* The full-size mask held: by its weights, and not when there is nothing to hold it to. */
#include <glib.h>
#include <string.h>

#include "image/hold.h"

#define WIDTH  64
#define HEIGHT 40
#define LOW_W  16
#define LOW_H  10

static guint8 pixels[WIDTH * HEIGHT];
static float weights[LOW_W * LOW_H];

static void
step(HsegHolder *h, int value)
{
    HsegFrame mask = {
        .format = HSEG_FORMAT_GRAY8, .width = WIDTH, .height = HEIGHT, .plane = {pixels}, .stride = {WIDTH}};

    memset(pixels, value, sizeof pixels);
    hseg_holder_set(h, weights);
    hseg_holder_rows(h, &mask, 20, HEIGHT, 1);
    hseg_holder_rows(h, &mask, 0, 20, 0);
}

/* Weight 1 in the left half, a quarter in the right. */
static void
test_weights(void)
{
    HsegHolder *h = hseg_holder_new(LOW_W, LOW_H, WIDTH, HEIGHT, 2);

    for (int i = 0; i < LOW_W * LOW_H; i++)
        weights[i] = i % LOW_W < LOW_W / 2 ? 1 : 0.25f;
    step(h, 200); /* the first one */
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g_assert_cmpint(pixels[i], ==, 200);
    step(h, 100);
    for (int y = 0; y < HEIGHT; y++) {
        g_assert_cmpint(pixels[y * WIDTH + 10], ==, 100);
        g_assert_cmpint(pixels[y * WIDTH + 50], ==, 175);
        for (int x = 0; x < WIDTH - 1; x++) /* no step where the weights change */
            g_assert_cmpint(pixels[y * WIDTH + x + 1] - pixels[y * WIDTH + x], <=, 75 / 3);
    }
    step(h, 175);
    g_assert_cmpint(pixels[50], ==, 175);
    g_assert_cmpint(pixels[10], ==, 175);

    hseg_holder_forget(h);
    step(h, 30);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        g_assert_cmpint(pixels[i], ==, 30);
    hseg_holder_free(h);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/hold", test_weights);
    return g_test_run();
}
