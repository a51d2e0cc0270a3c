/* Every format into every other, against the textbook in double precision. */
#include <math.h>
#include <string.h>

#include "frames.h"
#include "image/convert.h"

static void
convert(const HsegFrame *dst, const HsegFrame *src, const guint8 *mask, int stride)
{
    HsegConverter *c = hseg_converter_new(dst, src, 2);

    hseg_converter_run(c, dst, src, mask, stride);
    hseg_converter_free(c);
}

/* The target samples of one source pixel, clamped but not rounded. */
static void
expected_pixel(const HsegFrame *dst, const HsegFrame *src, int x, int y, double out[3])
{
    double in[3] = {0}, rgb[3], top = (1 << test_depth(dst->format)) - 1;

    for (int c = 0; c < MIN(test_components(src->format), 3); c++)
        in[c] = test_get(src, c, x, y);
    test_to_rgb(src, in, rgb);
    test_from_rgb(dst, rgb, out);
    for (int c = 0; c < 3; c++)
        out[c] = CLAMP(out[c], 0, top);
}

static void
check(const HsegFrame *dst, const HsegFrame *src, double tolerance)
{
    for (int c = 0; c < MIN(test_components(dst->format), 3); c++) {
        int across = 1, down = 1;

        if (c)
            test_chroma(dst->format, &across, &down);
        for (int y = 0; y < dst->height; y += down)
            for (int x = 0; x < dst->width; x += across) {
                double sum = 0, out[3];
                int n = 0;

                for (int j = y; j < MIN(y + down, dst->height); j++)
                    for (int i = x; i < MIN(x + across, dst->width); i++, n++) {
                        expected_pixel(dst, src, i, j, out);
                        sum += out[c];
                    }
                g_assert_cmpfloat_with_epsilon(test_get(dst, c, x, y), sum / n, tolerance);
            }
    }
}

static void
test_all_pairs(void)
{
    for (int from = 0; from < HSEG_FORMAT_COUNT; from++)
        for (int to = 0; to < HSEG_FORMAT_COUNT; to++) {
            g_autoptr(TestFrame) src = test_frame_new(from, 19, 67, 2), dst = test_frame_new(to, 19, 67, 6);
            int across, down;

            src->frame.matrix = (from + to) % HSEG_MATRIX_COUNT;
            src->frame.range = (from + to) & 1;
            dst->frame.matrix = (from + 2 * to) % HSEG_MATRIX_COUNT;
            dst->frame.range = (from + to) >> 1 & 1;
            test_frame_fill_random(src);
            convert(&dst->frame, &src->frame, NULL, 0);
            test_chroma(to, &across, &down);
            /* half a unit from rounding, another where rounded values are averaged, and the fixed point's
             * error */
            check(&dst->frame, &src->frame, across > 1 ? 1.2 : test_depth(to) == 10 ? 0.8 : 0.6);
            test_frame_check_padding(dst);
        }
}

/* What only moves samples about changes none. */
static void
test_layout_only(void)
{
    static const HsegFormat quarter[] = {HSEG_FORMAT_I420, HSEG_FORMAT_YV12, HSEG_FORMAT_NV12,
                                         HSEG_FORMAT_NV21, HSEG_FORMAT_A420};
    static const HsegFormat between[] = {HSEG_FORMAT_NV21, HSEG_FORMAT_YUY2, HSEG_FORMAT_Y42B,
                                         HSEG_FORMAT_Y444, HSEG_FORMAT_AYUV, HSEG_FORMAT_A420};

    for (gsize i = 0; i < G_N_ELEMENTS(quarter); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(between); j++) {
            g_autoptr(TestFrame) src = test_frame_new(quarter[i], 33, 21, 0);
            g_autoptr(TestFrame) mid = test_frame_new(between[j], 33, 21, 0);
            g_autoptr(TestFrame) back = test_frame_new(quarter[i], 33, 21, 0);

            test_frame_fill_random(src);
            convert(&mid->frame, &src->frame, NULL, 0);
            convert(&back->frame, &mid->frame, NULL, 0);
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < 21; y++)
                    for (int x = 0; x < 33; x++) {
                        g_assert_cmpint(test_get(&mid->frame, c, x, y), ==, test_get(&src->frame, c, x, y));
                        g_assert_cmpint(test_get(&back->frame, c, x, y), ==, test_get(&src->frame, c, x, y));
                    }
        }
}

/* RGB through full-range YUV at full resolution and back. */
static void
test_round_trip(void)
{
    for (int matrix = 0; matrix < HSEG_MATRIX_COUNT; matrix++) {
        g_autoptr(TestFrame) src = test_frame_new(HSEG_FORMAT_BGRX, 64, 64, 0);
        g_autoptr(TestFrame) mid = test_frame_new(HSEG_FORMAT_Y444, 64, 64, 0);
        g_autoptr(TestFrame) back = test_frame_new(HSEG_FORMAT_RGB, 64, 64, 0);

        mid->frame.matrix = matrix;
        mid->frame.range = HSEG_RANGE_FULL;
        test_frame_fill_random(src);
        convert(&mid->frame, &src->frame, NULL, 0);
        convert(&back->frame, &mid->frame, NULL, 0);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 64; x++)
                    g_assert_cmpint(ABS(test_get(&back->frame, c, x, y) - test_get(&src->frame, c, x, y)), <=,
                                    2);
    }
}

/* The mask becomes the alpha as it is; without one it is the source's, or opaque; padding is 255. */
static void
test_alpha(void)
{
    enum { W = 21, H = 17 };

    for (int from = 0; from < HSEG_FORMAT_COUNT; from++)
        for (int to = 0; to < HSEG_FORMAT_COUNT; to++) {
            g_autoptr(TestFrame) src = test_frame_new(from, W, H, 0), dst = test_frame_new(to, W, H, 4);
            int stride;
            g_autofree guint8 *mask = test_mask_new(W, H, &stride);

            if (test_components(to) < 4)
                continue;
            test_frame_fill_random(src);
            convert(&dst->frame, &src->frame, mask, stride);
            for (int i = 0; i < W * H; i++)
                g_assert_cmpint(test_get(&dst->frame, 3, i % W, i / W), ==, mask[i / W * stride + i % W]);
            convert(&dst->frame, &src->frame, NULL, 0);
            for (int i = 0; i < W * H; i++)
                g_assert_cmpint(test_get(&dst->frame, 3, i % W, i / W), ==,
                                test_components(from) == 4 ? test_get(&src->frame, 3, i % W, i / W) : 255);
            test_frame_check_padding(dst);
        }
    for (int to = HSEG_FORMAT_RGBX; to <= HSEG_FORMAT_XBGR; to++) {
        g_autoptr(TestFrame) src = test_frame_new(HSEG_FORMAT_I420, W, H, 0),
                             dst = test_frame_new(to, W, H, 0);

        convert(&dst->frame, &src->frame, NULL, 0);
        for (int i = 0; i < W * H; i++)
            g_assert_cmphex(dst->frame.plane[0][4 * i + (to >= HSEG_FORMAT_XRGB ? 0 : 3)], ==, 255);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/convert/all-pairs", test_all_pairs);
    g_test_add_func("/image/convert/layout-only", test_layout_only);
    g_test_add_func("/image/convert/round-trip", test_round_trip);
    g_test_add_func("/image/convert/alpha", test_alpha);
    return g_test_run();
}
