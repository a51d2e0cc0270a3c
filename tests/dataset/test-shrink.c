/* Pictures made smaller, in numbers. */
#include "dataset/shrink.h"

#include <string.h>

static void
assert_size(int width, int height, int side, int want_w, int want_h)
{
    hseg_shrunk_size(&width, &height, side);
    g_assert_cmpint(width, ==, want_w);
    g_assert_cmpint(height, ==, want_h);
}

static void
test_sizes(void)
{
    assert_size(1280, 720, 640, 640, 360);
    assert_size(720, 1280, 640, 360, 640);
    assert_size(641, 333, 640, 640, 332);
    assert_size(640, 480, 640, 640, 480);
    assert_size(100, 50, 640, 100, 50);
    assert_size(5000, 4000, 0, 5000, 4000);
    assert_size(10000, 1, 100, 100, 1);
}

static void
test_rgb_averages(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(4, 2, 3, NULL);
    const uint8_t red[] = {0, 100, 200, 210, 20, 40, 220, 230};

    for (int i = 0; i < 8; i++)
        p->data[3 * i] = red[i];
    g_assert_true(hseg_shrink_rgb(&p, 2, 1, NULL));
    g_assert_cmpint(p->width, ==, 2);
    g_assert_cmpint(p->data[0], ==, 40);
    g_assert_cmpint(p->data[3], ==, 215);
    g_assert_cmpint(p->data[1], ==, 0);
}

/* A mask never gets values that it did not have. */
static void
test_mask_stays_hard(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(9, 9, 1, NULL);

    for (int i = 0; i < 81; i++)
        p->data[i] = i % 9 + i / 9 < 8 ? 255 : 0;
    g_assert_true(hseg_shrink_mask(&p, 3, 3, NULL));
    for (int i = 0; i < 9; i++) /* centres at 1, 4 and 7 */
        g_assert_cmpint(p->data[i], ==, i % 3 * 3 + 1 + i / 3 * 3 + 1 < 8 ? 255 : 0);
}

/* What is hidden has no part in the colours; alpha is averaged. */
static void
test_alpha_weights_colours(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(4, 1, 4, NULL);

    memcpy(p->data,
           "\x64\0\0\xff"
           "\0\xff\0\0"
           "\0\0\xff\0"
           "\0\xff\0\0",
           16);
    g_assert_true(hseg_shrink_rgba(&p, 2, 1, NULL));
    g_assert_cmpint(p->data[0], ==, 100);
    g_assert_cmpint(p->data[1], ==, 0);
    g_assert_cmpint(p->data[3], ==, 128);
    g_assert_cmpint(p->data[7], ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dataset/shrink/sizes", test_sizes);
    g_test_add_func("/dataset/shrink/rgb-averages", test_rgb_averages);
    g_test_add_func("/dataset/shrink/mask-stays-hard", test_mask_stays_hard);
    g_test_add_func("/dataset/shrink/alpha-weights-colours", test_alpha_weights_colours);
    return g_test_run();
}
