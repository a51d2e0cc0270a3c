/* Geometry: image and mask stay together, and what is drawn comes as often as it should. */
#include "base/base.h"
#include "fixture.h"
#include "train/view.h"

#include <math.h>

#define W 160
#define H 90

/* Red was the mask before: wherever they went, they must have gone together. */
static void
test_aligned(void)
{
    HsegTrainItem *items[] = {fixture_item(fixture_picture(120, 160)),
                              fixture_item(fixture_picture(301, 143)), fixture_item(fixture_picture(33, 31))};
    HsegCanvas canvas;
    HsegRng rng;
    double person = 0;

    hseg_canvas_init(&canvas, W, H);
    hseg_rng_init(&rng, 1, 1);
    for (int i = 0; i < 300; i++) {
        const HsegTrainItem *item = items[i % 3];
        HsegView view = hseg_view_random(&rng, item, W, H, 30);

        hseg_canvas_set_size(&canvas, view.w, view.h);
        hseg_warp(&canvas, item->rgbm, item->half, &view.map, HSEG_BORDER_REFLECT);
        for (int at = 0; at < view.w * view.h; at++) {
            g_assert_cmpfloat_with_epsilon(canvas.rgb[0][at], canvas.mask[at] * 255, 0.01);
            person += canvas.mask[at];
        }
    }
    g_assert_cmpfloat(person / 300 / (W * H), >, 0.1);
    hseg_canvas_clear(&canvas);
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
        fixture_item_free(items[i]);
}

static void
fill_ramp(HsegPicture *p)
{
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            p->data[y * p->stride + 4 * x] = 2 * x;
            p->data[y * p->stride + 4 * x + 1] = 3 * y;
        }
}

/* A ramp's value at a place is known, and a mean over a pixel's area is its value at the middle. */
static void
test_positions(gconstpointer data)
{
    float scale = GPOINTER_TO_INT(data) / 10.0f, c = cosf(0.3f) * scale, s = sinf(0.3f) * scale;
    g_autoptr(HsegPicture) p = hseg_picture_new(120, 80, 4, NULL), half = NULL;
    HsegAffine map = {c, -s, 60 - 10 * c + 6 * s, s, c, 40 - 10 * s - 6 * c}; /* (10, 6) is (60, 40) */
    HsegCanvas canvas;

    fill_ramp(p);
    half = hseg_warp_half(p, NULL);
    hseg_canvas_init(&canvas, 20, 12);
    hseg_warp(&canvas, p, half, &map, HSEG_BORDER_CLEAR);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 20; x++) {
            float u = map.xx * (x + 0.5f) + map.xy * (y + 0.5f) + map.x0;
            float v = map.yx * (x + 0.5f) + map.yy * (y + 0.5f) + map.y0;

            if (u < 4 || v < 4 || u > 116 || v > 76)
                continue;
            g_assert_cmpfloat_with_epsilon(canvas.rgb[0][y * 20 + x], 2 * (u - 0.5f), 1.05);
            g_assert_cmpfloat_with_epsilon(canvas.rgb[1][y * 20 + x], 3 * (v - 0.5f), 1.05);
        }
    hseg_canvas_clear(&canvas);
}

/* Shrinking takes every source pixel into account: stripes of one pixel become their mean. */
static void
test_shrinking(void)
{
    for (int scale = 2; scale <= 6; scale++) {
        g_autoptr(HsegPicture) p = hseg_picture_new(120, 120, 4, NULL), half = NULL;
        HsegAffine map = {scale, 0, 0, 0, scale, 0};
        HsegCanvas canvas;

        for (int i = 0; i < 120 * 120; i++)
            p->data[4 * i] = i % 120 % scale == 0 ? 240 : 0;
        half = hseg_warp_half(p, NULL);
        hseg_canvas_init(&canvas, 20, 20);
        hseg_warp(&canvas, p, NULL, &map, HSEG_BORDER_REFLECT);
        g_assert_cmpfloat_with_epsilon(canvas.rgb[0][10 * 20 + 10], 240.0 / scale, 2);
        hseg_warp(&canvas, p, scale % 2 ? NULL : half, &map, HSEG_BORDER_REFLECT);
        g_assert_cmpfloat_with_epsilon(canvas.rgb[0][10 * 20 + 10], 240.0 / scale, 2);
        hseg_canvas_clear(&canvas);
    }
}

static void
test_borders(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(4, 1, 4, NULL);
    HsegAffine map = {1, 0, -6, 0, 1, 0};
    static const float mirrored[16] = {30, 40, 40, 30, 20, 10, 10, 20, 30, 40, 40, 30, 20, 10, 10, 20};
    HsegCanvas canvas;

    for (int x = 0; x < 4; x++)
        p->data[4 * x] = 10 * (x + 1);
    hseg_canvas_init(&canvas, 16, 1);
    hseg_warp(&canvas, p, NULL, &map, HSEG_BORDER_REFLECT);
    for (int x = 0; x < 16; x++)
        g_assert_cmpfloat(canvas.rgb[0][x], ==, mirrored[x]);
    hseg_warp(&canvas, p, NULL, &map, HSEG_BORDER_CLEAR);
    for (int x = 0; x < 16; x++)
        g_assert_cmpfloat(canvas.rgb[0][x], ==, x < 6 || x >= 10 ? 0 : 10 * (x - 5));
    hseg_canvas_clear(&canvas);
}

/* Counts over many draws lie within four standard deviations of what they should be. */
static void
check_share(int count, int n, double p)
{
    g_assert_cmpfloat(fabs(count - n * p), <, 4 * sqrt(n * p * (1 - p)));
}

static void
test_view_chances(void)
{
    HsegTrainItem *item = fixture_item(fixture_picture(90, 120));
    HsegRng rng;
    int n = 4000, flipped = 0, turned = 0;

    hseg_rng_init(&rng, 2, 1);
    for (int i = 0; i < n; i++) {
        HsegView v = hseg_view_random(&rng, item, W, H, 15);
        double degrees = atan2(-v.map.xy, v.map.yy) * 180 / G_PI;

        g_assert_cmpint(v.x, >=, 0);
        g_assert_cmpint(v.y, >=, 0);
        g_assert_cmpint(v.x + v.w, <=, W);
        g_assert_cmpint(v.y + v.h, <=, H);
        g_assert_cmpfloat(fabs(degrees), <=, 15);
        flipped += v.map.xx < 0;
        turned += fabs(degrees) > 1e-4;
    }
    check_share(flipped, n, 0.5);
    check_share(turned, n, 0.5);
    fixture_item_free(item);
}

/* An item of 320 x 180 pixels with a person, a box of 36 x 40, on the left, and one on the right. */
static HsegTrainItem *
two_people(void)
{
    HsegPicture *p = hseg_picture_new(320, 180, 4, NULL);

    for (int i = 0; i < 2; i++)
        for (int y = 70; y < 110; y++)
            for (int x = 60 + 164 * i; x < 96 + 164 * i; x++)
                p->data[y * p->stride + 4 * x + 3] = 255;
    return fixture_item(p);
}

/* One view in five is cut near the box of a person picked at random, each side moved by up to 0.3 of the size
 * of the box once that has the sample's shape; besides, three in twenty show a bust. */
static void
test_crop_near_box(void)
{
    HsegTrainItem *item = two_people();
    HsegRng rng;
    int n = 4000, near_box = 0, near_left = 0, stretched = 0;
    float aspect = 16 / 9.0f, box_w = 40 * aspect, least = 1e9f, most = 0;

    g_assert_cmpint(item->n_boxes, ==, 2);
    hseg_rng_init(&rng, 4, 1);
    for (int i = 0; i < n; i++) {
        HsegView v = hseg_view_random(&rng, item, 160, 90, 0);
        float w = fabsf(v.map.xx) * v.w, h = v.map.yy * v.h;
        float x = v.map.x0 + v.map.xx * v.w / 2, y = v.map.y0 + h / 2;

        if (h > 0.5f * 180) /* whole pictures and parts of them that were not picked for a person */
            continue;
        near_box++;
        near_left += x < 160;
        g_assert_cmpfloat(fabsf(x - (x < 160 ? 78 : 242)), <, w / 2); /* the person's middle is in sight */
        g_assert_cmpfloat(fabsf(y - 90), <, 0.3f * 40 + 20);
        if (h < 35.5f / 1.1f || h > 40.5f) { /* no bust */
            stretched++;
            least = fminf(least, h / 40);
            most = fmaxf(most, fmaxf(h / 40, w / box_w));
        }
    }
    check_share(near_box, n, 0.35);
    check_share(near_left, near_box, 0.5);
    g_assert_cmpfloat(stretched, >, 0.1 * n);
    g_assert_cmpfloat(least, >=,
                      27 / 40.0f / 1.11f); /* the least that is shown, and the view's own stretch */
    g_assert_cmpfloat(most, >, 1.3f);
    fixture_item_free(item);
}

/* Half of the samples of an upright picture show all of it, or nearly, between black bars; many of a wide one
 * have none. */
static void
test_whole_pictures(void)
{
    HsegTrainItem *item = fixture_item(fixture_picture(90, 120));
    HsegTrainItem *wide = fixture_item(fixture_picture(120, 90));
    HsegRng rng;
    int n = 2000, whole = 0, filled = 0;

    hseg_rng_init(&rng, 3, 1);
    for (int i = 0; i < n; i++) {
        HsegView v = hseg_view_random(&rng, item, W, H, 0);

        whole += fabsf(v.map.xx) * v.w > 0.69f * 90 && v.map.yy * v.h > 0.69f * 120;
        v = hseg_view_random(&rng, wide, W, H, 0);
        filled += v.w == W && v.h == H;
    }
    g_assert_cmpfloat(whole / (double)n, >, 0.45);
    g_assert_cmpfloat(filled / (double)n, >, 0.3);
    fixture_item_free(item);
    fixture_item_free(wide);
}

static void
test_letterbox(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(100, 200, 4, NULL);
    HsegTrainItem item = {.rgbm = p};
    g_autofree float *image = g_new(float, 320 * 180 * 3), *mask = g_new(float, 320 * 180);

    memset(p->data, 255, p->stride * p->height);
    hseg_train_item_letterbox(&item, 320, 180, image, mask);
    for (int y = 0; y < 180; y++)
        for (int x = 0; x < 320; x++) { /* 90 x 180 in the middle */
            bool inside = x >= 115 && x < 205;

            g_assert_cmpfloat(image[3 * (y * 320 + x) + 1], ==, inside ? 1 : -1);
            g_assert_cmpfloat(mask[y * 320 + x], ==, inside ? 1 : 0);
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/warp/aligned", test_aligned);
    g_test_add_data_func("/train/warp/positions/enlarged", GINT_TO_POINTER(4), test_positions);
    g_test_add_data_func("/train/warp/positions/same", GINT_TO_POINTER(10), test_positions);
    g_test_add_data_func("/train/warp/positions/smaller", GINT_TO_POINTER(16), test_positions);
    g_test_add_data_func("/train/warp/positions/half", GINT_TO_POINTER(33), test_positions);
    g_test_add_func("/train/warp/shrinking", test_shrinking);
    g_test_add_func("/train/warp/borders", test_borders);
    g_test_add_func("/train/view/chances", test_view_chances);
    g_test_add_func("/train/view/crop-near-box", test_crop_near_box);
    g_test_add_func("/train/view/whole-pictures", test_whole_pictures);
    g_test_add_func("/train/view/letterbox", test_letterbox);
    return g_test_run();
}
