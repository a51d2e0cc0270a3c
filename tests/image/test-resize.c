/* Resampling against double-precision formulas of the conventions in resize.h. */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "image/resize.h"

/* The value of target pixel @d along one axis as weights of source samples. */
static double
axis_weight(int src, int dst, int d, int i, HsegResizeMode mode)
{
    double scale = (double)src / dst;

    if (mode == HSEG_RESIZE_NEAREST)
        return i == (int)floor((d + 0.5) * src / dst + 1e-9);
    if (mode == HSEG_RESIZE_AREA && src >= dst) {
        double from = MAX(d * scale, i), to = MIN((d + 1) * scale, i + 1);

        return MAX(to - from, 0) / scale;
    }
    double f = CLAMP((d + 0.5) * scale - 0.5, 0, src - 1);

    return MAX(1 - fabs(f - i), 0);
}

static double
expected(const float *src, int src_w, int src_h, int channels, int dst_w, int dst_h, int x, int y, int c,
         HsegResizeMode mode)
{
    double sum = 0;

    for (int j = 0; j < src_h; j++) {
        double wy = axis_weight(src_h, dst_h, y, j, mode);

        for (int i = 0; wy > 0 && i < src_w; i++)
            sum += wy * axis_weight(src_w, dst_w, x, i, mode) * src[(j * src_w + i) * channels + c];
    }
    return sum;
}

static const int sizes[][4] = {{16, 9, 4, 3},  {17, 11, 5, 4}, {23, 10, 7, 9}, {5, 4, 17, 11},
                               {8, 8, 4, 4},   {1, 1, 6, 5},   {13, 13, 1, 1}, {9, 5, 9, 5},
                               {31, 3, 30, 7}, {3, 40, 64, 11}};

static void
check(int src_w, int src_h, int dst_w, int dst_h, int channels, HsegResizeMode mode)
{
    int n = src_w * src_h * channels, stride = dst_w * channels + 3;
    g_autofree float *src = g_new(float, n);
    g_autofree guint8 *bytes = g_new(guint8, n);
    g_autofree float *dst = g_new(float, stride *dst_h);
    g_autofree guint8 *out = g_new(guint8, stride * dst_h);

    for (int i = 0; i < n; i++)
        src[i] = bytes[i] = (guint8)g_test_rand_int_range(0, 256);
    for (int i = 0; i < stride * dst_h; i++) {
        dst[i] = -7;
        out[i] = 0xa5;
    }
    g_assert_true(
        hseg_resize_f32(dst, dst_w, dst_h, stride, src, src_w, src_h, src_w * channels, channels, mode));
    g_assert_true(
        hseg_resize_u8(out, dst_w, dst_h, stride, bytes, src_w, src_h, src_w * channels, channels, mode));
    for (int y = 0; y < dst_h; y++) {
        for (int x = 0; x < dst_w; x++)
            for (int c = 0; c < channels; c++) {
                double want = expected(src, src_w, src_h, channels, dst_w, dst_h, x, y, c, mode);

                g_assert_cmpfloat_with_epsilon(dst[y * stride + x * channels + c], want, 255 * 2e-6);
                g_assert_cmpfloat_with_epsilon(out[y * stride + x * channels + c], want, 0.5 + 1e-3);
            }
        for (int x = dst_w * channels; x < stride; x++) {
            g_assert_cmpfloat(dst[y * stride + x], ==, -7);
            g_assert_cmpint(out[y * stride + x], ==, 0xa5);
        }
    }
}

static void
test_modes(gconstpointer mode)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (int channels = 1; channels <= 4; channels++)
            check(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], channels, GPOINTER_TO_INT(mode));
}

/* Nothing but the same picture comes out at the same size, bit by bit. */
static void
test_identity(void)
{
    float src[5 * 7], dst[5 * 7];

    for (int i = 0; i < 35; i++)
        src[i] = (float)g_test_rand_double();
    for (int mode = HSEG_RESIZE_NEAREST; mode <= HSEG_RESIZE_AREA; mode++) {
        g_assert_true(hseg_resize_f32(dst, 7, 5, 7, src, 7, 5, 7, 1, mode));
        g_assert_cmpmem(dst, sizeof dst, src, sizeof src);
    }
}

/* Figures that OpenCV 4.6 gives for a ramp: resize(float32([0, 10, 20, 30, 40]), 8 and 2 wide). */
static void
test_known(void)
{
    const float ramp[5] = {0, 10, 20, 30, 40};
    const float up[8] = {0, 4.375, 10.625, 16.875, 23.125, 29.375, 35.625, 40};
    float dst[8];

    g_assert_true(hseg_resize_f32(dst, 8, 1, 8, ramp, 5, 1, 5, 1, HSEG_RESIZE_BILINEAR));
    for (int i = 0; i < 8; i++)
        g_assert_cmpfloat_with_epsilon(dst[i], up[i], 1e-5);
    g_assert_true(hseg_resize_f32(dst, 2, 1, 2, ramp, 5, 1, 5, 1, HSEG_RESIZE_AREA));
    g_assert_cmpfloat_with_epsilon(dst[0], (0 + 10 + 20 * 0.5) / 2.5, 1e-5);
    g_assert_cmpfloat_with_epsilon(dst[1], (20 * 0.5 + 30 + 40) / 2.5, 1e-5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/image/resize/nearest", GINT_TO_POINTER(HSEG_RESIZE_NEAREST), test_modes);
    g_test_add_data_func("/image/resize/bilinear", GINT_TO_POINTER(HSEG_RESIZE_BILINEAR), test_modes);
    g_test_add_data_func("/image/resize/area", GINT_TO_POINTER(HSEG_RESIZE_AREA), test_modes);
    g_test_add_func("/image/resize/identity", test_identity);
    g_test_add_func("/image/resize/known", test_known);
    return g_test_run();
}
