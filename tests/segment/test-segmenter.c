/* Frames whose masks can be foretold, through a network that was set by hand. */
#include <glib/gstdio.h>
#include <humanseg/humanseg.h>
#include <string.h>

#include "bright-model.h"

static HsegModel *model;

#define WIDTH  320
#define HEIGHT 180

static guint8 pixels[WIDTH * HEIGHT * 3];
static const HsegFrame frame = {
    .format = HSEG_FORMAT_RGB,
    .range = HSEG_RANGE_FULL,
    .width = WIDTH,
    .height = HEIGHT,
    .plane = {pixels},
    .stride = {WIDTH * 3},
};

/* Grey values: @left to column @border, @right from there on. */
static void
draw(int border, int left, int right)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            memset(pixels + 3 * (y * WIDTH + x), x < border ? left : right, 3);
}

static HsegSegmenter *
segmenter(int threads)
{
    HsegSegmenterConfig config = {.frame = frame, .par_n = 1, .par_d = 1, .threads = threads};
    g_autoptr(GError) error = NULL;
    HsegSegmenter *s = hseg_segmenter_new(model, &config, &error);

    g_assert_no_error(error);
    return s;
}

static int
at(const HsegFrame *mask, int x, int y)
{
    return mask->plane[0][y * mask->stride[0] + x];
}

static void
test_edge(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();

    params.softness = 0;
    hseg_segmenter_set_params(s, &params);
    for (int border = 37; border < 300; border += 53) {
        const HsegFrame *mask;

        draw(border, 240, 30);
        mask = hseg_segmenter_run(s, &frame);
        g_assert_cmpint(mask->format, ==, HSEG_FORMAT_GRAY8);
        g_assert_cmpint(mask->width, ==, WIDTH);
        g_assert_cmpint(mask->height, ==, HEIGHT);
        /* The network sees every fourth column; the guided filter finds the edge to the pixel. */
        for (int y = 0; y < HEIGHT; y += 17) {
            g_assert_cmpint(at(mask, 0, y), ==, 255);
            g_assert_cmpint(at(mask, border - 1, y), ==, 255);
            g_assert_cmpint(at(mask, border, y), ==, 0);
            g_assert_cmpint(at(mask, WIDTH - 1, y), ==, 0);
        }
    }
}

/* Without the filter the edge is as coarse as the network's map: a pixel's distance off, and half-way it is
 * half. */
static void
test_no_refinement(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    const HsegFrame *mask;

    params.refine = HSEG_REFINE_NONE;
    params.softness = 1;
    hseg_segmenter_set_params(s, &params);
    draw(160, 240, 30);
    mask = hseg_segmenter_run(s, &frame);
    g_assert_cmpint(at(mask, 140, 90), >=, 254);
    g_assert_cmpint(at(mask, 180, 90), <=, 1);
    for (int x = 150; x < 170; x++)
        g_assert_cmpint(at(mask, x, 90), >=, at(mask, x + 1, 90));
    g_assert_cmpint(at(mask, 156, 90), >, at(mask, 163, 90) + 30);
}

/* The ramp: a frame of one grey has one probability, and threshold and softness make of it what they say. */
static void
test_ramp(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();

    params.certainty = 0;
    params.softness = 1;
    draw(0, 0, 127); /* (127 / 255 - 0.5) * 2 * 20 = -0.0784; sigmoid 0.4804 */
    hseg_segmenter_set_params(s, &params);
    g_assert_cmpint(ABS(at(hseg_segmenter_run(s, &frame), 100, 100) - 122), <=, 1);

    params.threshold = 0.4;
    params.softness = 0.4; /* (0.4804 - 0.4) / 0.4 + 0.5 = 0.701 */
    hseg_segmenter_set_params(s, &params);
    g_assert_cmpint(ABS(at(hseg_segmenter_run(s, &frame), 100, 100) - 179), <=, 2);

    params.softness = 0;
    hseg_segmenter_set_params(s, &params);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 100, 100), ==, 255);
    params.threshold = 0.5;
    hseg_segmenter_set_params(s, &params);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 100, 100), ==, 0);
}

static void
test_threads(void)
{
    g_autoptr(HsegSegmenter) one = segmenter(1);

    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = g_test_rand_int_range(0, 256);
    for (int threads = 2; threads <= 7; threads++) {
        g_autoptr(HsegSegmenter) more = segmenter(threads);
        HsegSegmenterParams params = hseg_segmenter_default_params();

        params.threads = threads % 3; /* all of them, one, two */
        hseg_segmenter_set_params(more, &params);
        const HsegFrame *a = hseg_segmenter_run(one, &frame), *b = hseg_segmenter_run(more, &frame);

        for (int y = 0; y < HEIGHT; y++)
            g_assert_cmpmem(a->plane[0] + y * a->stride[0], WIDTH, b->plane[0] + y * b->stride[0], WIDTH);
    }
}

static void
test_stats(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(2);
    HsegSegmenterStats stats;

    draw(80, 240, 30);
    for (int i = 0; i < 3; i++)
        hseg_segmenter_run(s, &frame);
    hseg_segmenter_get_stats(s, &stats);
    g_assert_cmpuint(stats.frames, ==, 3);
    g_assert_cmpuint(stats.inferred, ==, 3);
    g_assert_cmpfloat_with_epsilon(stats.share, 0.25, 0.01);
    g_assert_cmpint(ABS(stats.width - 80), <=, 1);
    g_assert_cmpint(stats.height, ==, HEIGHT);
    g_assert_cmpfloat(stats.preprocess_ms, >, 0);
}

/* Between two runs of the network the last answer stands; a reset, or a shorter interval, calls for a new
 * one. */
static void
test_interval(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    HsegSegmenterStats stats;

    params.interval = 3;
    params.refine = HSEG_REFINE_NONE;
    hseg_segmenter_set_params(s, &params);
    for (int i = 0; i < 7; i++) {
        draw(160, i % 3 ? 117 : 138,
             i % 3 ? 138 : 117); /* person left when the network looks, right when not */
        g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 255);
    }
    hseg_segmenter_get_stats(s, &stats);
    g_assert_cmpuint(stats.frames, ==, 7);
    g_assert_cmpuint(stats.inferred, ==, 3);

    draw(160, 117, 138);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 255);
    hseg_segmenter_reset(s);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 0);
}

/* A cut doesn't wait for the interval, nor for a stream that is late; the interval counts from there. */
static void
test_cut(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    HsegSegmenterStats stats;

    params.interval = 10;
    params.refine = HSEG_REFINE_NONE;
    hseg_segmenter_set_params(s, &params);
    for (int i = 0; i < 12; i++) {
        draw(160, i < 4 ? 240 : 30, i < 4 ? 30 : 240);
        if (i == 4)
            hseg_segmenter_spare(s);
        g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, i < 4 ? 255 : 0);
    }
    hseg_segmenter_get_stats(s, &stats);
    g_assert_cmpuint(stats.inferred, ==, 2);
}

/* Spared, a run goes by the last answer; but not the first one, and not for ever. */
static void
test_spare(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    HsegSegmenterStats stats;

    params.refine = HSEG_REFINE_NONE;
    hseg_segmenter_set_params(s, &params);
    draw(160, 138, 117);
    hseg_segmenter_spare(s);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 255);
    draw(160, 117, 138);
    hseg_segmenter_spare(s);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 255);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 0); /* asked for once, it holds for once */
    hseg_segmenter_reset(s);
    draw(160, 138, 117);
    hseg_segmenter_spare(s);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 255);

    draw(160, 117, 138);
    for (int i = 0; i < 60; i++) {
        hseg_segmenter_spare(s);
        hseg_segmenter_run(s, &frame);
    }
    hseg_segmenter_get_stats(s, &stats);
    g_assert_cmpuint(stats.frames, ==, 64);
    g_assert_cmpuint(stats.inferred, ==, 3 + 3);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 20, 90), ==, 0);
}

/* The edge goes outwards and inwards by a part of the frame's height. */
static void
test_edge_shift(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(2);
    HsegSegmenterParams params = hseg_segmenter_default_params();

    params.softness = 0;
    draw(100, 240, 30);
    for (int shift = -18; shift <= 18; shift += 9) {
        const HsegFrame *mask;

        params.edge_shift = (double)shift / HEIGHT;
        hseg_segmenter_set_params(s, &params);
        mask = hseg_segmenter_run(s, &frame);
        g_assert_cmpint(at(mask, 99 + shift, 90), ==, 255);
        g_assert_cmpint(at(mask, 100 + shift, 90), ==, 0);
        g_assert_cmpint(at(mask, 0, 90), ==, 255);
    }
}

/* What is nowhere sure is not in the mask, beside somebody who is; it is with less certainty asked for. */
static void
test_certainty(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    const double certainty[] = {0, 0.6, 0.8, 1};

    params.softness = 0;
    params.smoothing = 0;
    for (guint i = 0; i < G_N_ELEMENTS(certainty); i++) {
        const HsegFrame *mask;

        draw(80, 240, 30);
        for (int y = 0; y < HEIGHT; y++)
            memset(pixels + 3 * (y * WIDTH + 200), 133, 3 * 60); /* a logit of 0.86: p = 0.70 */
        params.certainty = certainty[i];
        hseg_segmenter_set_params(s, &params);
        mask = hseg_segmenter_run(s, &frame);
        g_assert_cmpint(at(mask, 20, 90), ==, 255);
        g_assert_cmpint(at(mask, 230, 90), ==, certainty[i] < 0.7 ? 255 : 0);
    }
}

/* Two people: the main one is kept, also when the other has become larger; with "all" both are. */
static void
test_subject(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();

    for (int i = 0; i < 6; i++) {
        const HsegFrame *mask;

        draw(0, 0, 30);
        for (int y = 0; y < HEIGHT; y++) {
            memset(pixels + 3 * (y * WIDTH + 100), 240, 3 * 100);
            memset(pixels + 3 * (y * WIDTH + 230), 240, 3 * (i < 3 ? 30 : 90));
        }
        params.subject = i < 5 ? HSEG_SUBJECT_MAIN : HSEG_SUBJECT_ALL;
        hseg_segmenter_set_params(s, &params);
        mask = hseg_segmenter_run(s, &frame);
        g_assert_cmpint(at(mask, 150, 90), ==, 255);
        g_assert_cmpint(at(mask, 245, 90), ==, i < 5 ? 0 : 255);
    }
}

/* An answer that wavers where nothing moves: smoothed, the mask wavers less; after a reset it is as without.
 */
static void
test_smoothing(void)
{
    g_autoptr(HsegSegmenter) s = segmenter(1);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    int range[2];

    params.refine = HSEG_REFINE_NONE;
    params.certainty = 0;
    params.softness = 1;
    for (int smooth = 0; smooth < 2; smooth++) {
        int least = 255, most = 0;

        params.smoothing = smooth;
        hseg_segmenter_set_params(s, &params);
        hseg_segmenter_reset(s);
        for (int i = 0; i < 20; i++) {
            int value;

            draw(0, 0, i % 2 ? 126 : 129); /* probabilities 0.44 and 0.56 */
            value = at(hseg_segmenter_run(s, &frame), 160, 90);
            least = MIN(least, value);
            most = MAX(most, value);
        }
        range[smooth] = most - least;
    }
    g_assert_cmpint(range[0], >=, 25);
    g_assert_cmpint(range[1], <=, range[0] / 2 + 1);

    draw(0, 0, 200);
    hseg_segmenter_reset(s);
    g_assert_cmpint(at(hseg_segmenter_run(s, &frame), 160, 90), ==, 255);
}

/* Any shape of frame: the mask lies where the person is. */
static void
test_shapes(void)
{
    const struct {
        int width, height;
    } sizes[] = {{16, 16}, {90, 160}, {33, 100}, {200, 60}, {1281, 719}};

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int w = sizes[i].width, h = sizes[i].height;
        g_autofree guint8 *luma = g_malloc((gsize)w * h);
        HsegFrame grey = {.format = HSEG_FORMAT_GRAY8, .range = HSEG_RANGE_FULL, .width = w, .height = h};
        HsegSegmenterConfig config = {.par_n = 1, .par_d = 1};
        g_autoptr(GError) error = NULL;
        g_autoptr(HsegSegmenter) s = NULL;
        const HsegFrame *mask;

        grey.plane[0] = luma;
        grey.stride[0] = w;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                luma[y * w + x] = x >= w / 2 && y < h / 2 ? 250 : 20;
        config.frame = grey;
        s = hseg_segmenter_new(model, &config, &error);
        g_assert_no_error(error);
        mask = hseg_segmenter_run(s, &grey);
        g_assert_cmpint(at(mask, w * 3 / 4, h / 4), ==, 255);
        g_assert_cmpint(at(mask, w / 4, h / 4), ==, 0);
        g_assert_cmpint(at(mask, w * 3 / 4, h * 3 / 4), ==, 0);
    }
}

/* However the frame lies, the mask lies as it does. */
static void
test_orientations(void)
{
    for (int o = 0; o < HSEG_ORIENTATION_COUNT; o++) {
        static guint8 luma[200 * 100];
        HsegFrame grey = {.format = HSEG_FORMAT_GRAY8,
                          .range = HSEG_RANGE_FULL,
                          .width = 200,
                          .height = 100,
                          .plane = {luma},
                          .stride = {200}};
        HsegSegmenterConfig config = {
            .frame = grey, .par_n = 1, .par_d = 1, .orientation = (HsegOrientation)o};
        g_autoptr(HsegSegmenter) s = hseg_segmenter_new(model, &config, NULL);
        const HsegFrame *mask;

        for (int i = 0; i < 200 * 100; i++)
            luma[i] = i % 200 < 60 && i / 200 < 30 ? 250 : 20;
        mask = hseg_segmenter_run(s, &grey);
        g_assert_cmpint(at(mask, 30, 15), ==, 255);
        g_assert_cmpint(at(mask, 170, 15), ==, 0);
        g_assert_cmpint(at(mask, 30, 85), ==, 0);
        g_assert_cmpint(at(mask, 170, 85), ==, 0);
    }
}

/* A frame so thin that the network sees hardly a pixel of it is still segmented without harm. */
static void
test_thin(void)
{
    const struct {
        int width, height;
    } sizes[] = {{16, 8192}, {8192, 16}};

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int w = sizes[i].width, h = sizes[i].height;
        g_autofree guint8 *luma = g_malloc0((gsize)w * h);
        HsegSegmenterConfig config = {.par_n = 1, .par_d = 1};
        g_autoptr(HsegSegmenter) s = NULL;
        const HsegFrame *mask;

        config.frame =
            (HsegFrame){.format = HSEG_FORMAT_GRAY8, .width = w, .height = h, .plane = {luma}, .stride = {w}};
        s = hseg_segmenter_new(model, &config, NULL);
        mask = hseg_segmenter_run(s, &config.frame);
        g_assert_cmpint(at(mask, w - 1, h - 1), ==, 0);
    }
}

static void
test_refused(void)
{
    const struct {
        HsegSegmenterConfig config;
        HsegError code;
    } cases[] = {
        {{.frame = {.width = 15, .height = 180}, .par_n = 1, .par_d = 1}, HSEG_ERROR_SHAPE},
        {{.frame = {.width = 320, .height = 8193}, .par_n = 1, .par_d = 1}, HSEG_ERROR_SHAPE},
        {{.frame = {.width = 320, .height = 180}, .par_n = 0, .par_d = 1}, HSEG_ERROR_ARGUMENT},
        {{.frame = {.format = HSEG_FORMAT_COUNT, .width = 320, .height = 180}, .par_n = 1, .par_d = 1},
         HSEG_ERROR_ARGUMENT},
        {{.frame = frame, .par_n = 1, .par_d = 1, .orientation = HSEG_ORIENTATION_COUNT},
         HSEG_ERROR_ARGUMENT},
        {{.frame = frame, .par_n = 1, .par_d = 1, .threads = 65}, HSEG_ERROR_ARGUMENT},
        {{.frame = frame, .par_n = 1, .par_d = 1, .threads = -1}, HSEG_ERROR_ARGUMENT},
        {{.frame = frame, .par_n = 1, .par_d = 1, .precision = HSEG_PRECISION_INT8}, HSEG_ERROR_ARGUMENT},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(hseg_segmenter_new(model, &cases[i].config, &error));
        g_assert_error(error, HSEG_ERROR, (int)cases[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    int status;

    g_test_init(&argc, &argv, NULL);
    path = g_strdup_printf("%s/bright-%u.safetensors", g_get_tmp_dir(), g_random_int());
    bright_model_write(path);
    model = hseg_model_load(path, NULL);
    g_unlink(path);
    g_assert_nonnull(model);

    g_test_add_func("/segment/segmenter/edge", test_edge);
    g_test_add_func("/segment/segmenter/no-refinement", test_no_refinement);
    g_test_add_func("/segment/segmenter/ramp", test_ramp);
    g_test_add_func("/segment/segmenter/threads", test_threads);
    g_test_add_func("/segment/segmenter/stats", test_stats);
    g_test_add_func("/segment/segmenter/interval", test_interval);
    g_test_add_func("/segment/segmenter/cut", test_cut);
    g_test_add_func("/segment/segmenter/spare", test_spare);
    g_test_add_func("/segment/segmenter/edge-shift", test_edge_shift);
    g_test_add_func("/segment/segmenter/certainty", test_certainty);
    g_test_add_func("/segment/segmenter/subject", test_subject);
    g_test_add_func("/segment/segmenter/smoothing", test_smoothing);
    g_test_add_func("/segment/segmenter/shapes", test_shapes);
    g_test_add_func("/segment/segmenter/orientations", test_orientations);
    g_test_add_func("/segment/segmenter/thin", test_thin);
    g_test_add_func("/segment/segmenter/refused", test_refused);
    status = g_test_run();
    hseg_model_unref(model);
    return status;
}
