/* The format table, held against GStreamer's documented layouts. */
#include "frames.h"
#include "image/color.h"
#include "image/frame.h"

static void
test_names(void)
{
    const char *names[] = {"I420", "YV12", "NV12",  "NV21",      "YUY2",      "UYVY", "Y42B", "Y444",
                           "RGB",  "BGR",  "RGBx",  "BGRx",      "xRGB",      "xBGR", "RGBA", "BGRA",
                           "ARGB", "ABGR", "GRAY8", "I420_10LE", "P010_10LE", "AYUV", "A420"};

    g_assert_cmpint(G_N_ELEMENTS(names), ==, HSEG_FORMAT_COUNT);
    for (int f = 0; f < HSEG_FORMAT_COUNT; f++) {
        g_assert_cmpstr(hseg_format_name(f), ==, names[f]);
        g_assert_cmpint(hseg_format_has_alpha(f), ==, test_components(f) == 4);
    }
    g_assert_null(hseg_format_name(HSEG_FORMAT_COUNT));
    g_assert_cmpint(hseg_format_planes((HsegFormat)-1), ==, 0);
    g_assert_cmpint((int)hseg_format_row_bytes(HSEG_FORMAT_I420, 3, 8), ==, 0);
    g_assert_cmpint(hseg_format_plane_rows(HSEG_FORMAT_I420, -1, 8), ==, 0);
}

/* Bytes and rows of each plane of a 5 x 3 frame. */
static void
test_sizes(void)
{
    static const struct {
        HsegFormat format;
        int planes, bytes[4], rows[4];
    } want[] = {
        {HSEG_FORMAT_I420, 3, {5, 3, 3}, {3, 2, 2}},
        {HSEG_FORMAT_NV12, 2, {5, 6}, {3, 2}},
        {HSEG_FORMAT_YUY2, 1, {12}, {3}},
        {HSEG_FORMAT_UYVY, 1, {12}, {3}},
        {HSEG_FORMAT_Y42B, 3, {5, 3, 3}, {3, 3, 3}},
        {HSEG_FORMAT_Y444, 3, {5, 5, 5}, {3, 3, 3}},
        {HSEG_FORMAT_RGB, 1, {15}, {3}},
        {HSEG_FORMAT_XBGR, 1, {20}, {3}},
        {HSEG_FORMAT_GRAY8, 1, {5}, {3}},
        {HSEG_FORMAT_I420_10LE, 3, {10, 6, 6}, {3, 2, 2}},
        {HSEG_FORMAT_P010_10LE, 2, {10, 12}, {3, 2}},
        {HSEG_FORMAT_AYUV, 1, {20}, {3}},
        {HSEG_FORMAT_A420, 4, {5, 3, 3, 5}, {3, 2, 2, 3}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_cmpint(hseg_format_planes(want[i].format), ==, want[i].planes);
        for (int p = 0; p < want[i].planes; p++) {
            g_assert_cmpint((int)hseg_format_row_bytes(want[i].format, p, 5), ==, want[i].bytes[p]);
            g_assert_cmpint(hseg_format_plane_rows(want[i].format, p, 3), ==, want[i].rows[p]);
        }
    }
}

/* Each sample is where the layout says, and no two are at one place. */
static void
test_places(void)
{
    for (int format = 0; format < HSEG_FORMAT_COUNT; format++) {
        g_autoptr(TestFrame) t = test_frame_new(format, 7, 5, 6);
        const HsegFormatInfo *info = hseg_format_info(format);

        test_frame_fill_random(t);
        for (int c = 0; c < info->components; c++)
            for (int y = 0; y < 5; y++)
                for (int x = 0; x < 7; x++) {
                    const HsegComponent *k = &info->component[c];
                    const guint8 *row = hseg_frame_row(&t->frame, k->plane, y >> k->sub_y);
                    int at = (x >> k->sub_x) * k->step + k->offset;
                    int value =
                        info->bytes == 1 ? row[at] : ((const guint16 *)(const void *)row)[at] >> info->shift;

                    g_assert_cmpint(value, ==, test_get(&t->frame, c, x, y));
                }
        test_frame_check_padding(t);
    }
}

/* Sample values of pure colours as the standards' tables give them. */
static void
test_colors(void)
{
    static const struct {
        HsegFormat format;
        HsegMatrix matrix;
        HsegRange range;
        guint32 argb;
        int want[3];
    } cases[] = {
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xffffffff, {235, 128, 128}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xff000000, {16, 128, 128}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xffff0000, {81, 90, 240}},
        {HSEG_FORMAT_NV12, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xff00ff00, {145, 54, 34}},
        {HSEG_FORMAT_YUY2, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xff0000ff, {41, 240, 110}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT709, HSEG_RANGE_LIMITED, 0xffff0000, {63, 102, 240}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT709, HSEG_RANGE_LIMITED, 0xff00ff00, {173, 42, 26}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT709, HSEG_RANGE_LIMITED, 0xff0000ff, {32, 240, 118}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT601, HSEG_RANGE_FULL, 0xffff0000, {76, 85, 255}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT601, HSEG_RANGE_FULL, 0xffffffff, {255, 128, 128}},
        {HSEG_FORMAT_I420, HSEG_MATRIX_BT2020, HSEG_RANGE_LIMITED, 0xffff0000, {74, 97, 240}},
        {HSEG_FORMAT_P010_10LE, HSEG_MATRIX_BT709, HSEG_RANGE_LIMITED, 0xffffffff, {940, 512, 512}},
        {HSEG_FORMAT_P010_10LE, HSEG_MATRIX_BT709, HSEG_RANGE_LIMITED, 0xffff0000, {250, 409, 960}},
        {HSEG_FORMAT_I420_10LE, HSEG_MATRIX_BT601, HSEG_RANGE_FULL, 0xffffffff, {1023, 512, 512}},
        {HSEG_FORMAT_RGB, HSEG_MATRIX_BT601, HSEG_RANGE_LIMITED, 0xff00b140, {0, 177, 64}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegFrame like = {.format = cases[i].format, .matrix = cases[i].matrix, .range = cases[i].range};
        uint16_t samples[3];

        hseg_color_samples(&like, cases[i].argb, samples);
        for (int c = 0; c < 3; c++)
            g_assert_cmpint(samples[c], ==, cases[i].want[c]);
    }
}

/* The affine maps against the textbook, each way, for every format, matrix and range. */
static void
test_matrices(void)
{
    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (int matrix = 0; matrix < HSEG_MATRIX_COUNT; matrix++)
            for (int range = 0; range < HSEG_RANGE_COUNT; range++) {
                HsegFrame like = {.format = format, .matrix = matrix, .range = range};
                HsegAffine to = hseg_color_to_rgb(&like), from = hseg_color_from_rgb(&like);
                double in[3] = {61, 175, 93}, rgb[3] = {0.2, 0.9, 0.4}, want_rgb[3], want[3];

                test_to_rgb(&like, in, want_rgb);
                test_from_rgb(&like, rgb, want);
                for (int i = 0; i < (test_components(format) == 1 ? 1 : 3); i++) {
                    double r = to.m[i][3], s = from.m[i][3];

                    for (int j = 0; j < 3; j++) {
                        r += to.m[i][j] * in[j];
                        s += from.m[i][j] * rgb[j];
                    }
                    g_assert_cmpfloat_with_epsilon(r, want_rgb[i], 1e-12);
                    g_assert_cmpfloat_with_epsilon(s, want[i], 1e-9);
                }
            }
}

/* hseg_frame_luma_row() and its scale against the textbook's luma of the same pixels. */
static void
test_luma(gconstpointer range)
{
    for (int format = 0; format < HSEG_FORMAT_COUNT; format++) {
        g_autoptr(TestFrame) t = test_frame_new(format, 37, 3, 2);
        g_autofree guint8 *scratch = g_malloc(hseg_luma_scratch(37));
        float scale, offset;

        t->frame.matrix = HSEG_MATRIX_BT709;
        t->frame.range = GPOINTER_TO_INT(range);
        test_frame_fill_random(t);
        hseg_frame_luma_scale(&t->frame, &scale, &offset);
        for (int y = 0; y < 3; y++) {
            const guint8 *luma = hseg_frame_luma_row(&t->frame, y, scratch);

            for (int x = 0; x < 37; x++) {
                double v[3] = {test_get(&t->frame, 0, x, y), 128, 128}, rgb[3], want;

                if (test_depth(format) == 10)
                    v[1] = v[2] = 512;
                if (test_is_rgb(format)) {
                    v[1] = test_get(&t->frame, 1, x, y);
                    v[2] = test_get(&t->frame, 2, x, y);
                }
                test_to_rgb(&t->frame, v, rgb);
                want = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
                g_assert_cmpfloat_with_epsilon(luma[x] * scale + offset, want, 0.76 / 219);
            }
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/format/names", test_names);
    g_test_add_func("/image/format/sizes", test_sizes);
    g_test_add_func("/image/format/places", test_places);
    g_test_add_func("/image/format/colors", test_colors);
    g_test_add_func("/image/format/matrices", test_matrices);
    g_test_add_data_func("/image/format/luma/limited", GINT_TO_POINTER(HSEG_RANGE_LIMITED), test_luma);
    g_test_add_data_func("/image/format/luma/full", GINT_TO_POINTER(HSEG_RANGE_FULL), test_luma);
    return g_test_run();
}
