/* Person over other backgrounds, by masks that were drawn by hand; backdrops that cover the frame. */
#include "segment/backdrop.h"

#include <glib/gstdio.h>
#include <humanseg/humanseg.h>
#include <string.h>

#include "base/mem.h"
#include "files/picture.h"

#define WIDTH  48
#define HEIGHT 32

static guint8 pixels[WIDTH * HEIGHT * 3], mask_pixels[WIDTH * HEIGHT], out_pixels[WIDTH * HEIGHT * 4];
static char *picture_path;

static HsegFrame
view(HsegFormat format, guint8 *data, int pixel)
{
    return (HsegFrame){
        .format = format,
        .range = HSEG_RANGE_FULL,
        .width = WIDTH,
        .height = HEIGHT,
        .plane = {data},
        .stride = {WIDTH * pixel},
    };
}

/* The mask's columns: 0 .. 15 person, 16 .. 31 half, the rest background. */
static void
draw(void)
{
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        int x = i % WIDTH;

        mask_pixels[i] = x < 16 ? 255 : x < 32 ? 128 : 0;
        memset(pixels + 3 * i, 40 + x, 3);
    }
}

static HsegCompositorConfig
composite(HsegBackground background)
{
    return (HsegCompositorConfig){
        .frame = view(HSEG_FORMAT_RGB, NULL, 3),
        .output = HSEG_OUTPUT_COMPOSITE,
        .made = view(HSEG_FORMAT_RGB, NULL, 3),
        .background = background,
        .par_n = 1,
        .par_d = 1,
    };
}

static void
run(const HsegCompositorConfig *config, const HsegCompositorParams *params, HsegFrame *out)
{
    HsegFrame frame = view(HSEG_FORMAT_RGB, pixels, 3), mask = view(HSEG_FORMAT_GRAY8, mask_pixels, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegCompositor) c = hseg_compositor_new(config, &error);

    g_assert_no_error(error);
    if (params)
        hseg_compositor_set_params(c, params);
    memset(out_pixels, 0xee, sizeof out_pixels);
    draw();
    hseg_compositor_run(c, &frame, &mask, out);
    g_assert_cmpfloat(hseg_compositor_get_ms(c), >=, 0);
}

static void
assert_rgb(int x, int y, int r, int g, int b, int off)
{
    const guint8 *p = out_pixels + 3 * (y * WIDTH + x);

    g_assert_cmpint(ABS(p[0] - r), <=, off);
    g_assert_cmpint(ABS(p[1] - g), <=, off);
    g_assert_cmpint(ABS(p[2] - b), <=, off);
}

static void
test_color(void)
{
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_COLOR);
    HsegCompositorParams params = {.color = 0xff102030, .decontaminate = 0};
    HsegFrame out = view(HSEG_FORMAT_RGB, out_pixels, 3);

    run(&config, &params, &out);
    for (int y = 0; y < HEIGHT; y++) {
        assert_rgb(0, y, 40, 40, 40, 0);
        assert_rgb(15, y, 55, 55, 55, 0);
        assert_rgb(20, y, (60 + 16) / 2, (60 + 32) / 2, (60 + 48) / 2, 1);
        assert_rgb(32, y, 16, 32, 48, 0);
        assert_rgb(WIDTH - 1, y, 16, 32, 48, 0);
    }
}

/* Light of the background on the person's rim: half of it at the very edge, none within, and none when not
 * asked for. */
static void
test_light_wrap(void)
{
    HsegFrame frame = view(HSEG_FORMAT_RGB, pixels, 3), mask = view(HSEG_FORMAT_GRAY8, mask_pixels, 1);
    HsegFrame out = view(HSEG_FORMAT_RGB, out_pixels, 3);
    const HsegBackground backgrounds[] = {HSEG_BACKGROUND_COLOR, HSEG_BACKGROUND_IMAGE, HSEG_BACKGROUND_BLUR};

    for (gsize i = 0; i < G_N_ELEMENTS(backgrounds); i++) {
        HsegCompositorConfig config = composite(backgrounds[i]);
        g_autoptr(HsegBackdrop) backdrop = hseg_backdrop_load(picture_path, NULL);
        int rim[3];

        config.backdrop = backdrop;
        for (int step = 0; step < 3; step++) {
            HsegCompositorParams params = {.color = 0xffffffff, .blur_radius = 0.1, .light_wrap = step / 2.};
            g_autoptr(HsegCompositor) c = hseg_compositor_new(&config, NULL);

            for (int p = 0; p < WIDTH * HEIGHT; p++) {
                mask_pixels[p] = p % WIDTH < 24 ? 255 : 0;
                memset(pixels + 3 * p, p % WIDTH < 24 ? 20 : 250, 3);
            }
            hseg_compositor_set_params(c, &params);
            hseg_compositor_run(c, &frame, &mask, &out);
            assert_rgb(2, 16, 20, 20, 20, 0);
            rim[step] = out_pixels[3 * (16 * WIDTH + 23)]; /* red */
        }
        g_assert_cmpint(rim[0], ==, 20);
        g_assert_cmpint(rim[1], >, rim[0] + 20);
        g_assert_cmpint(rim[2], >, rim[1] + 20);
        g_assert_cmpint(rim[2], <=, 20 + 235 / 2);
    }
}

static void
test_none(void)
{
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_NONE);
    HsegFrame out = view(HSEG_FORMAT_RGB, out_pixels, 3);

    run(&config, NULL, &out);
    g_assert_cmpmem(out_pixels, sizeof pixels, pixels, sizeof pixels);
}

static void
test_mask(void)
{
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_NONE);
    HsegFrame out = view(HSEG_FORMAT_GRAY8, out_pixels, 1);

    config.output = HSEG_OUTPUT_MASK;
    config.made = view(HSEG_FORMAT_GRAY8, NULL, 1);
    run(&config, NULL, &out);
    g_assert_cmpmem(out_pixels, sizeof mask_pixels, mask_pixels, sizeof mask_pixels);
}

static void
test_cutout(void)
{
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_NONE);
    HsegFrame out = view(HSEG_FORMAT_ARGB, out_pixels, 4);

    config.output = HSEG_OUTPUT_CUTOUT;
    config.made = view(HSEG_FORMAT_ARGB, NULL, 4);
    run(&config, NULL, &out);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        g_assert_cmpint(out_pixels[4 * i], ==, mask_pixels[i]);
        if (mask_pixels[i])
            g_assert_cmpmem(out_pixels + 4 * i + 1, 3, pixels + 3 * i, 3);
    }
}

#define RIM_WIDTH  96
#define RIM_HEIGHT 160

/* A white person before a red room, blurred into it over four columns; the mask's edge moved @inwards
 * columns. Before green, how much of the red is left: the greatest distance of the rim's pixels from what a
 * white person before green (0, 240, 0) has there. */
static int
red_left(double decontaminate, int inwards)
{
    static guint8 rgb[RIM_WIDTH * RIM_HEIGHT * 3], rim[RIM_WIDTH * RIM_HEIGHT];
    const int ramp[] = {204, 153, 102, 51};
    HsegFrame frame = {.format = HSEG_FORMAT_RGB, .width = RIM_WIDTH, .height = RIM_HEIGHT, .plane = {rgb}};
    HsegFrame mask = {.format = HSEG_FORMAT_GRAY8, .width = RIM_WIDTH, .height = RIM_HEIGHT, .plane = {rim}};
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_COLOR);
    HsegCompositorParams params = {
        .color = 0xff00f000, .decontaminate = decontaminate, .edge_shift = -(double)inwards / RIM_HEIGHT};
    g_autoptr(HsegCompositor) c = NULL;
    int worst = 0;

    frame.stride[0] = 3 * RIM_WIDTH;
    mask.stride[0] = RIM_WIDTH;
    for (int i = 0; i < RIM_WIDTH * RIM_HEIGHT; i++) {
        int x = i % RIM_WIDTH, m = x < 44 ? 255 : x < 48 ? ramp[x - 44] : 0;

        x += inwards;
        rim[i] = (guint8)(x < 44 ? 255 : x < 48 ? ramp[x - 44] : 0);
        rgb[3 * i] = 240;
        rgb[3 * i + 1] = rgb[3 * i + 2] = (240 * m + 20 * (255 - m)) / 255;
    }
    config.frame = config.made = frame;
    c = hseg_compositor_new(&config, NULL);
    hseg_compositor_set_params(c, &params);
    hseg_compositor_run(c, &frame, &mask, &frame);
    for (int x = 0; x < RIM_WIDTH; x++) {
        const guint8 *p = rgb + 3 * (RIM_HEIGHT / 2 * RIM_WIDTH + x);
        int m = rim[x], red = 240 * m / 255;

        worst = MAX(worst, MAX(ABS(p[0] - red), MAX(ABS(p[1] - 240), ABS(p[2] - red))));
    }
    return worst;
}

static void
test_decontaminate(void)
{
    int none = red_left(0, 0), partly = red_left(0.5, 0), all = red_left(1, 0);

    g_test_message("off by %d without, %d with half, %d with all", none, partly, all);
    g_assert_cmpint(none, >, 45);
    g_assert_cmpint(all, <=, none / 3);
    g_assert_cmpint(partly, <, none);
    g_assert_cmpint(partly, >, all);
    /* an edge moved inwards has nothing of the room in it, and there is nothing to take out */
    g_assert_cmpint(red_left(1, 8), <=, 1);
    g_assert_cmpint(red_left(0, 8), <=, 1);
}

/* The picture is 40 x 20: red left of the middle, blue right of it, a green row above and below. */
static void
write_picture(void)
{
    g_autoptr(HsegPicture) picture = hseg_picture_new(40, 20, 3, NULL);

    for (int y = 0; y < 20; y++)
        for (int x = 0; x < 40; x++)
            picture->data[y * picture->stride + 3 * x + (y == 0 || y == 19 ? 1 : x < 20 ? 0 : 2)] = 255;
    picture_path = g_strdup_printf("%s/backdrop-%u.png", g_get_tmp_dir(), g_random_int());
    g_assert_true(hseg_picture_save_png(picture, picture_path, NULL));
}

/* A frame of 3:2 shows the middle of a picture of 2:1: the sides are cut, top and bottom are not. */
static void
test_image(void)
{
    HsegCompositorConfig config = composite(HSEG_BACKGROUND_IMAGE);
    HsegFrame out = view(HSEG_FORMAT_RGB, out_pixels, 3);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegBackdrop) backdrop = hseg_backdrop_load(picture_path, &error);

    g_assert_no_error(error);
    config.backdrop = backdrop;
    run(&config, NULL, &out);
    assert_rgb(0, 16, 40, 40, 40, 0);
    assert_rgb(WIDTH - 1, 16, 0, 0, 255, 0);
    assert_rgb(36, 16, 0, 0, 255, 0);
    assert_rgb(WIDTH - 1, 0, 0, 255, 0, 0);
    assert_rgb(WIDTH - 1, HEIGHT - 1, 0, 255, 0, 0);
}

/* What a frame shows of the picture's 40 columns, or 20 rows, is by its displayed shape. */
static void
test_cover(void)
{
    g_autoptr(HsegBackdrop) backdrop = hseg_backdrop_load(picture_path, NULL);
    HsegFrame like = {.format = HSEG_FORMAT_I420, .range = HSEG_RANGE_LIMITED, .width = 80, .height = 20},
              fitted;
    const guint8 *row;

    /* 4:1: rows 5 .. 14 of 20 show, so no green; BT.601 red is Y 81, blue Y 41 */
    g_assert_true(hseg_backdrop_fit(backdrop, &like, 1, 1, HSEG_ORIENTATION_UPRIGHT, &fitted, NULL));
    row = fitted.plane[0];
    g_assert_cmpint(ABS(row[0] - 81), <=, 1);
    g_assert_cmpint(ABS(row[79] - 41), <=, 1);
    g_assert_cmpint(ABS(row[36] - 81), <=, 1);
    g_assert_cmpint(ABS(row[43] - 41), <=, 1);
    hseg_mem_free(fitted.plane[0]);

    /* The same raster with pixels half as wide is 2:1: all of the picture shows, green is Y 145. */
    g_assert_true(hseg_backdrop_fit(backdrop, &like, 1, 2, HSEG_ORIENTATION_UPRIGHT, &fitted, NULL));
    row = fitted.plane[0];
    g_assert_cmpint(ABS(row[0] - 145), <=, 1);
    row += 10 * fitted.stride[0];
    g_assert_cmpint(ABS(row[0] - 81), <=, 1);
    g_assert_cmpint(ABS(row[79] - 41), <=, 1);
    hseg_mem_free(fitted.plane[0]);
}

static void
test_bad_backdrop(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_backdrop_load("/nowhere/at-all.png", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, "/nowhere/at-all.png"));
}

static void
test_refused(void)
{
    HsegCompositorConfig ok = composite(HSEG_BACKGROUND_COLOR), bad[7];
    g_autoptr(HsegCompositor) c = hseg_compositor_new(&ok, NULL);

    g_assert_nonnull(c);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        bad[i] = ok;
    bad[0].made.width++;
    bad[1].made.format = HSEG_FORMAT_BGR;
    bad[2].background = HSEG_BACKGROUND_IMAGE;
    bad[3].output = HSEG_OUTPUT_MASK;
    bad[4].output = HSEG_OUTPUT_CUTOUT;
    bad[5].threads = 1000;
    bad[6].par_d = 0;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(hseg_compositor_new(&bad[i], &error));
        g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
    }
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    write_picture();
    g_test_add_func("/segment/compositor/color", test_color);
    g_test_add_func("/segment/compositor/light-wrap", test_light_wrap);
    g_test_add_func("/segment/compositor/none", test_none);
    g_test_add_func("/segment/compositor/mask", test_mask);
    g_test_add_func("/segment/compositor/cutout", test_cutout);
    g_test_add_func("/segment/compositor/decontaminate", test_decontaminate);
    g_test_add_func("/segment/compositor/image", test_image);
    g_test_add_func("/segment/compositor/cover", test_cover);
    g_test_add_func("/segment/compositor/bad-backdrop", test_bad_backdrop);
    g_test_add_func("/segment/compositor/refused", test_refused);
    status = g_test_run();
    g_unlink(picture_path);
    g_free(picture_path);
    return status;
}
