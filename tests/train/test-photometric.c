/* Each augmentation's formula on small inputs, and how often it comes. */
#include "train/augment.h"

#include <math.h>
#include <string.h>

static HsegCanvas
canvas_of(int w, int h, float r, float g, float b, float mask)
{
    HsegCanvas canvas;

    hseg_canvas_init(&canvas, w, h);
    for (int i = 0; i < w * h; i++) {
        canvas.rgb[0][i] = r;
        canvas.rgb[1][i] = g;
        canvas.rgb[2][i] = b;
        canvas.mask[i] = mask;
    }
    return canvas;
}

static void
assert_pixel(const HsegCanvas *canvas, int at, float r, float g, float b)
{
    const float want[3] = {r, g, b};

    for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon(canvas->rgb[c][at], want[c], 2e-3);
}

static void
test_gamma(void)
{
    HsegCanvas canvas = canvas_of(2, 1, 0, 64, 255, 1);

    hseg_gamma(&canvas, 0.7f);
    assert_pixel(&canvas, 0, 0, 96, 255); /* 255 (64 / 255)^0.7 = 96.9, truncated */
    hseg_canvas_clear(&canvas);
}

static void
test_sigmoid(void)
{
    HsegCanvas canvas = canvas_of(1, 1, 0, 128, 255, 1);

    hseg_sigmoid_contrast(&canvas, 5);
    assert_pixel(&canvas, 0, 19, 128, 235); /* black is not black any more */
    hseg_canvas_clear(&canvas);
}

static void
test_hue_saturation(void)
{
    static const struct {
        float hue, saturation, in[3], out[3];
    } cases[] = {
        {1 / 3.0f, 1, {200, 100, 50}, {50, 200, 100}},
        {-1 / 3.0f, 1, {200, 100, 50}, {100, 50, 200}},
        {1 / 6.0f, 1, {255, 0, 0}, {255, 255, 0}},
        {-1 / 6.0f, 1, {255, 0, 0}, {255, 0, 255}},
        {0, 0.5f, {200, 100, 50}, {200, 150, 125}},
        {0, 2, {200, 100, 50}, {200, 200 / 3.0f, 0}}, /* saturation 0.75 becomes 1, hue and value stay */
        {0.1f, 1.3f, {90, 90, 90}, {90, 90, 90}},
        {0.1f, 1.3f, {0, 0, 0}, {0, 0, 0}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegCanvas canvas = canvas_of(5, 1, cases[i].in[0], cases[i].in[1], cases[i].in[2], 1);

        hseg_hue_saturation(&canvas, cases[i].hue, cases[i].saturation);
        assert_pixel(&canvas, 0, cases[i].out[0], cases[i].out[1], cases[i].out[2]);
        assert_pixel(&canvas, 4, cases[i].out[0], cases[i].out[1], cases[i].out[2]);
        hseg_canvas_clear(&canvas);
    }
}

static void
test_brightness_grayscale(void)
{
    HsegCanvas canvas = canvas_of(1, 1, 200, 100, 10, 1);

    hseg_brightness(&canvas, 1.5f, -20);
    assert_pixel(&canvas, 0, 255, 130, 0);
    hseg_grayscale(&canvas);
    assert_pixel(&canvas, 0, 152.555f, 152.555f, 152.555f);
    hseg_canvas_clear(&canvas);
}

/* Tiles of 2 x 2 pixels, limit 1: three of the four counts go to bins 0, 85 and 170, and with the one at 100
 * that makes 3/4 of 255 there. Tiles of 8 x 8: 63 go to bins 0, 4 .. 248, of which 25 lie below 99; with its
 * own: 26/64. */
static void
test_clahe_flat(void)
{
    HsegCanvas canvas = canvas_of(16, 16, 100, 100, 100, 1);

    hseg_clahe(&canvas, 3);
    assert_pixel(&canvas, 0, 191, 191, 191);
    assert_pixel(&canvas, 137, 191, 191, 191);
    hseg_canvas_clear(&canvas);
    canvas = canvas_of(64, 64, 90, 100, 120, 1); /* luma 99 becomes 104 */
    hseg_clahe(&canvas, 4);
    assert_pixel(&canvas, 2000, 95, 105, 125);
    hseg_canvas_clear(&canvas);
}

/* Between the middles of two tiles their tables are mixed: 5/6 of the left one, 2/6 of 255, and 1/6 of the
 * right, where 50 lies above one bin of six only (42.5, to even). */
static void
test_clahe_blend(void)
{
    HsegCanvas canvas = canvas_of(24, 16, 50, 50, 50, 1);

    for (int i = 0; i < 24 * 16; i++)
        for (int c = 0; c < 3; c++)
            canvas.rgb[c][i] = i % 24 < 12 ? 50 : 200;
    hseg_clahe(&canvas, 3);
    g_assert_cmpfloat_with_epsilon(canvas.rgb[0][8 * 24 + 11], 85 * 5 / 6.0 + 42 / 6.0, 1e-3);
    hseg_canvas_clear(&canvas);
}

/* Sizes that no tile divides, down to one pixel, are padded with their mirror image. */
static void
test_clahe_odd(void)
{
    static const int sizes[][2] = {{1, 1}, {3, 2}, {7, 9}, {17, 8}, {31, 23}};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        HsegCanvas canvas = canvas_of(sizes[i][0], sizes[i][1], 10, 200, 30, 1);

        hseg_clahe(&canvas, 4);
        for (int at = 1; at < sizes[i][0] * sizes[i][1]; at++)
            assert_pixel(&canvas, at, canvas.rgb[0][0], canvas.rgb[1][0], canvas.rgb[2][0]);
        hseg_canvas_clear(&canvas);
    }
}

/* A single bright pixel becomes the kernel. */
static void
test_gaussian(void)
{
    static const struct {
        int taps;
        float middle, next;
    } cases[] = {{3, 1 / 2.0f, 1 / 4.0f},
                 {5, 6 / 16.0f, 4 / 16.0f},
                 {7, 0.28125f, 0.21875f},
                 {9, 60 / 256.0f, 51 / 256.0f},
                 {11, 0.200565f, 0.176998f}}; /* sigma 2: exp(-d^2 / 8) over its sum */

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegCanvas canvas = canvas_of(31, 21, 0, 0, 0, 1);
        float *plane = canvas.rgb[0], sum = 0, m = cases[i].middle, n = cases[i].next;

        plane[10 * 31 + 15] = 1;
        hseg_gaussian_plane(&canvas, plane, cases[i].taps);
        g_assert_cmpfloat_with_epsilon(plane[10 * 31 + 15], m * m, 1e-5);
        g_assert_cmpfloat_with_epsilon(plane[11 * 31 + 15], m * n, 1e-5);
        g_assert_cmpfloat_with_epsilon(plane[11 * 31 + 14], n * n, 1e-5);
        for (int at = 0; at < 31 * 21; at++)
            sum += plane[at];
        g_assert_cmpfloat_with_epsilon(sum, 1, 1e-5);
        hseg_canvas_clear(&canvas);
    }
}

/* At the left edge the pixel to the right counts twice: a b c | ... is c b a b c. */
static void
test_gaussian_edge(void)
{
    HsegCanvas canvas = canvas_of(8, 1, 0, 0, 0, 1);

    canvas.rgb[0][1] = 1;
    hseg_gaussian_plane(&canvas, canvas.rgb[0], 3);
    g_assert_cmpfloat_with_epsilon(canvas.rgb[0][0], 0.5, 1e-6);
    g_assert_cmpfloat_with_epsilon(canvas.rgb[0][1], 0.5, 1e-6);
    g_assert_cmpfloat_with_epsilon(canvas.rgb[0][2], 0.25, 1e-6);
    hseg_canvas_clear(&canvas);
}

static void
test_background_blur(void)
{
    HsegCanvas canvas = canvas_of(40, 20, 0, 0, 0, 0);

    for (int i = 0; i < 800; i++) {
        canvas.rgb[1][i] = i % 2 * 200;
        canvas.mask[i] = i % 40 >= 20;
    }
    hseg_background_blur(&canvas, 5);
    for (int i = 0; i < 800; i++) {
        if (i % 40 >= 20)
            g_assert_cmpfloat(canvas.rgb[1][i], ==, i % 2 * 200);
        else
            g_assert_cmpfloat_with_epsilon(canvas.rgb[1][i], 100, 1e-3);
    }
    hseg_canvas_clear(&canvas);
}

static void
test_motion_blur(void)
{
    HsegCanvas canvas = canvas_of(15, 9, 0, 0, 0, 1);

    canvas.rgb[2][4 * 15 + 7] = 50;
    hseg_motion_blur(&canvas, 5, 0);
    for (int i = 0; i < 15 * 9; i++)
        g_assert_cmpfloat(canvas.rgb[2][i], ==, i / 15 == 4 && abs(i % 15 - 7) <= 2 ? 10 : 0);
    hseg_canvas_clear(&canvas);
}

static void
test_noise(void)
{
    HsegCanvas canvas = canvas_of(301, 101, 128, 128, 2, 1);
    int n = 301 * 101, at_limit = 0;
    double sum = 0, sum2 = 0;
    HsegRng rng;

    hseg_rng_init(&rng, 5, 5);
    hseg_noise(&canvas, &rng, 10);
    for (int i = 0; i < n; i++) {
        double e = canvas.rgb[0][i] - 128;

        g_assert_cmpfloat(fabs(e), <=, 10.0001);
        g_assert_cmpfloat(canvas.rgb[2][i], >=, 0);
        at_limit += fabs(e) > 9.999;
        sum += e;
        sum2 += e * e;
    }
    g_assert_cmpfloat(fabs(sum / n), <, 4 * 7.2 / sqrt(n));
    g_assert_cmpfloat_with_epsilon(sqrt(sum2 / n), 7.18, 0.3); /* of a normal one cut off at its deviation */
    g_assert_cmpfloat_with_epsilon(at_limit / (double)n, 0.32, 0.04);
    hseg_canvas_clear(&canvas);
}

static void
test_shadow(void)
{
    int touched = 0;
    HsegRng rng;

    hseg_rng_init(&rng, 7, 7);
    for (int i = 0; i < 20; i++) {
        HsegCanvas canvas = canvas_of(64, 40, 200, 100, 50, 1);

        hseg_shadow(&canvas, &rng, 1, 7, 0.5f, 0.25f);
        for (int at = 0; at < 64 * 40; at++) {
            bool dark = canvas.rgb[0][at] < 199;

            touched += dark;
            g_assert_true(!dark || at / 64 >= 20);
            assert_pixel(&canvas, at, dark ? 150 : 200, dark ? 75 : 100, dark ? 37.5f : 50);
        }
        hseg_canvas_clear(&canvas);
    }
    g_assert_cmpint(touched, >, 20 * 64 * 20 / 10);
}

static void
test_dropout(void)
{
    HsegCanvas canvas = canvas_of(100, 80, -1, -1, -1, 1);
    int holes = 0;
    HsegRng rng;

    hseg_rng_init(&rng, 9, 9);
    hseg_dropout(&canvas, &rng, 1, 7, 12);
    for (int i = 0; i < 8000; i++) {
        g_assert_true((canvas.mask[i] == 0) == (canvas.rgb[0][i] >= 0)); /* the hole's colour, and nobody */
        holes += canvas.mask[i] == 0;
    }
    g_assert_cmpint(holes, >=, 49);
    g_assert_cmpint(holes, <=, 144);
    hseg_canvas_clear(&canvas);
}

/* Holes larger than the canvas end with it: what lies behind its last plane stays as it is. */
static void
test_dropout_small(void)
{
    HsegCanvas canvas = canvas_of(9, 5, 0, 0, 0, 1);
    HsegRng rng;

    for (int i = 0; i < 9 * 5; i++)
        canvas.scratch[0][i] = 7;
    hseg_rng_init(&rng, 10, 9);
    hseg_dropout(&canvas, &rng, 1000, 2, 13);
    for (int i = 0; i < 9 * 5; i++)
        g_assert_cmpfloat(canvas.scratch[0][i], ==, 7);
    hseg_canvas_clear(&canvas);
}

static HsegCanvas
striped(void)
{
    HsegCanvas canvas = canvas_of(48, 32, 180, 90, 60, 0.6f);

    for (int i = 0; i < 48 * 32; i += 3)
        canvas.rgb[0][i] = 40;
    return canvas;
}

static HsegChance *
chance_at(HsegAugmentation *a, gsize offset)
{
    return (HsegChance *)((char *)a + offset);
}

/* @a with the chances of all augmentations at 0 but for that at @offset. */
static HsegAugmentation
only(const HsegAugmentation *a, gsize offset)
{
    HsegAugmentation one = *a;

    one.shadow.p = one.motion_blur.p = one.dropout.p = one.gamma.p = one.clahe.p = 0;
    one.sigmoid.p = one.colour.p = one.brightness.p = one.grayscale.p = one.noise.p = 0;
    one.background_blur.p = 0;
    *chance_at(&one, offset) = *chance_at((HsegAugmentation *)a, offset);
    return one;
}

static gboolean
changes(const HsegAugmentation *a, HsegRng *rng, unsigned parts)
{
    HsegCanvas before = striped(), after = striped();
    gboolean changed = FALSE;

    hseg_augment(&after, rng, a, 1, parts);
    for (int c = 0; c < 3; c++)
        changed |= memcmp(before.rgb[c], after.rgb[c], 48 * 32 * sizeof(float)) != 0;
    hseg_canvas_clear(&before);
    hseg_canvas_clear(&after);
    return changed;
}

/* With one augmentation's chance alone, it comes as often as the table says, and never more than it says. */
static void
check_chance(const HsegAugmentation *a, gsize offset)
{
    HsegAugmentation one = only(a, offset);
    float p = chance_at(&one, offset)->p;
    int n = 400, changed = 0;
    HsegRng rng;

    hseg_rng_init(&rng, offset, 11);
    for (int i = 0; i < n; i++)
        changed += changes(&one, &rng, HSEG_AUGMENT_ALL);
    g_assert_cmpfloat(fabs(changed - n * p), <, 4 * sqrt(n * p * (1 - p)) + 3);
}

/* Shadows and holes belong to the scene, all else to the shot: each comes with its part alone. */
static void
check_parts(const HsegAugmentation *a, gsize offset)
{
    HsegAugmentation one = only(a, offset);
    gboolean scene = offset == G_STRUCT_OFFSET(HsegAugmentation, shadow) ||
                     offset == G_STRUCT_OFFSET(HsegAugmentation, dropout);
    int changed[2] = {0};
    HsegRng rng;

    chance_at(&one, offset)->p = 1;
    hseg_rng_init(&rng, offset, 12);
    for (int i = 0; i < 20; i++) {
        changed[0] += changes(&one, &rng, HSEG_AUGMENT_SCENE);
        changed[1] += changes(&one, &rng, HSEG_AUGMENT_SHOT);
    }
    g_assert_cmpint(changed[scene], ==, 0);
    g_assert_cmpint(changed[!scene], >, 15);
}

static void
test_chances(gconstpointer data)
{
    static const gsize offsets[] = {
        G_STRUCT_OFFSET(HsegAugmentation, shadow),         G_STRUCT_OFFSET(HsegAugmentation, motion_blur),
        G_STRUCT_OFFSET(HsegAugmentation, dropout),        G_STRUCT_OFFSET(HsegAugmentation, gamma),
        G_STRUCT_OFFSET(HsegAugmentation, clahe),          G_STRUCT_OFFSET(HsegAugmentation, sigmoid),
        G_STRUCT_OFFSET(HsegAugmentation, colour),         G_STRUCT_OFFSET(HsegAugmentation, brightness),
        G_STRUCT_OFFSET(HsegAugmentation, grayscale),      G_STRUCT_OFFSET(HsegAugmentation, noise),
        G_STRUCT_OFFSET(HsegAugmentation, background_blur)};

    for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
        check_chance(data, offsets[i]);
        check_parts(data, offsets[i]);
    }
}

/* Whatever is drawn, values stay in range and the mask only loses. */
static void
test_range(gconstpointer data)
{
    HsegRng rng;

    hseg_rng_init(&rng, 12, 13);
    for (int i = 0; i < 300; i++) {
        HsegCanvas canvas = striped();

        hseg_augment(&canvas, &rng, data, 1, HSEG_AUGMENT_ALL);
        for (int at = 0; at < 48 * 32; at++) {
            for (int c = 0; c < 3; c++)
                g_assert_true(canvas.rgb[c][at] >= 0 && canvas.rgb[c][at] <= 255.001f);
            g_assert_true(canvas.mask[at] == 0 || canvas.mask[at] == 0.6f);
        }
        hseg_canvas_clear(&canvas);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/photometric/gamma", test_gamma);
    g_test_add_func("/train/photometric/sigmoid", test_sigmoid);
    g_test_add_func("/train/photometric/hue-saturation", test_hue_saturation);
    g_test_add_func("/train/photometric/brightness-grayscale", test_brightness_grayscale);
    g_test_add_func("/train/photometric/clahe/flat", test_clahe_flat);
    g_test_add_func("/train/photometric/clahe/blend", test_clahe_blend);
    g_test_add_func("/train/photometric/clahe/odd", test_clahe_odd);
    g_test_add_func("/train/photometric/gaussian", test_gaussian);
    g_test_add_func("/train/photometric/gaussian-edge", test_gaussian_edge);
    g_test_add_func("/train/photometric/background-blur", test_background_blur);
    g_test_add_func("/train/photometric/motion-blur", test_motion_blur);
    g_test_add_func("/train/photometric/noise", test_noise);
    g_test_add_func("/train/photometric/shadow", test_shadow);
    g_test_add_func("/train/photometric/dropout", test_dropout);
    g_test_add_func("/train/photometric/dropout-small", test_dropout_small);
    g_test_add_data_func("/train/augment/chances/real", &hseg_augmentation_real, test_chances);
    g_test_add_data_func("/train/augment/chances/synthetic", &hseg_augmentation_synthetic, test_chances);
    g_test_add_data_func("/train/augment/range/real", &hseg_augmentation_real, test_range);
    g_test_add_data_func("/train/augment/range/synthetic", &hseg_augmentation_synthetic, test_range);
    return g_test_run();
}
