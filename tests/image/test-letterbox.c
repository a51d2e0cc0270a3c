/* The way to the network's input against a brute-force area average in double precision. */
#include <math.h>

#include "frames.h"
#include "image/letterbox.h"

static void
test_fit(void)
{
    static const struct {
        int w, h, par_n, par_d;
        HsegLetterbox want; /* in 320 x 180 */
    } cases[] = {
        {1280, 720, 1, 1, {0, 0, 320, 180, 320, 180}},  {640, 480, 1, 1, {40, 0, 240, 180, 320, 180}},
        {1920, 800, 1, 1, {0, 23, 320, 133, 320, 180}}, {720, 1280, 1, 1, {109, 0, 101, 180, 320, 180}},
        {720, 576, 64, 45, {0, 0, 320, 180, 320, 180}}, {720, 576, 16, 15, {40, 0, 240, 180, 320, 180}},
        {8192, 16, 1, 1, {0, 89, 320, 1, 320, 180}},    {16, 8192, 1, 1, {159, 0, 1, 180, 320, 180}},
        {16, 9, 1, 1, {0, 0, 320, 180, 320, 180}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegLetterbox b =
            hseg_letterbox_fit(cases[i].w, cases[i].h, cases[i].par_n, cases[i].par_d, 320, 180);

        g_assert_cmpmem(&b, sizeof b, &cases[i].want, sizeof b);
    }
}

/* Mean of a component over the box of content pixel (x, y), pixel by pixel of the frame. */
static double
area_mean(const HsegFrame *f, int c, const HsegLetterbox *b, int x, int y)
{
    double sx = (double)f->width / b->w, sy = (double)f->height / b->h, sum = 0;

    for (int j = (int)floor(y * sy); j < MIN((y + 1) * sy, f->height); j++) {
        double wy = MIN((y + 1) * sy, j + 1) - MAX(y * sy, j);

        for (int i = (int)floor(x * sx); i < MIN((x + 1) * sx, f->width); i++)
            sum += wy * (MIN((x + 1) * sx, i + 1) - MAX(x * sx, i)) * test_get(f, c, i, j);
    }
    return sum / (sx * sy);
}

/* The same where the component's own grid is coarser than the content's: bilinear between its samples. */
static double
bilinear(const HsegFrame *f, int c, const HsegLetterbox *b, int x, int y)
{
    int across = 1, down = 1, w, h;
    double fx, fy;

    if (c == 1 || c == 2)
        test_chroma(f->format, &across, &down);
    w = (f->width + across - 1) / across;
    h = (f->height + down - 1) / down;
    fx = CLAMP((x + 0.5) * f->width / across / b->w - 0.5, 0, w - 1);
    fy = CLAMP((y + 0.5) * f->height / down / b->h - 0.5, 0, h - 1);
    int i = (int)fx, j = (int)fy, i1 = MIN(i + 1, w - 1), j1 = MIN(j + 1, h - 1);
    double tx = fx - i, ty = fy - j;

#define SAMPLE(i, j) test_get(f, c, (i)*across, (j)*down)
    return (1 - ty) * ((1 - tx) * SAMPLE(i, j) + tx * SAMPLE(i1, j)) +
           ty * ((1 - tx) * SAMPLE(i, j1) + tx * SAMPLE(i1, j1));
#undef SAMPLE
}

static void
expected_pixel(const HsegFrame *f, const HsegLetterbox *b, gboolean enlarge, int x, int y, double rgb[3],
               double *luma)
{
    double v[3] = {0, 0, 0}, grey[3];

    for (int c = 0; c < MIN(test_components(f->format), 3); c++)
        v[c] = enlarge ? bilinear(f, c, b, x, y) : area_mean(f, c, b, x, y);
    test_to_rgb(f, v, rgb);
    if (test_is_rgb(f->format)) {
        static const double weights[HSEG_MATRIX_COUNT][2] = {
            {0.299, 0.114}, {0.2126, 0.0722}, {0.2627, 0.0593}};
        double r = weights[f->matrix][0], bl = weights[f->matrix][1];

        *luma = r * rgb[0] + (1 - r - bl) * rgb[1] + bl * rgb[2];
    } else {
        v[1] = v[2] = test_depth(f->format) == 10 ? 512 : 128;
        test_to_rgb(f, v, grey);
        *luma = grey[0];
    }
    for (int c = 0; c < 3; c++)
        rgb[c] = 2 * CLAMP(rgb[c], 0, 1) - 1;
}

static void
check(const TestFrame *t, int par_n, int par_d, int net_w, int net_h, gboolean enlarge)
{
    const HsegFrame *f = &t->frame;
    HsegLetterbox b = hseg_letterbox_fit(f->width, f->height, par_n, par_d, net_w, net_h);
    HsegLetterboxer *l = hseg_letterboxer_new(f, &b, 2);
    g_autofree float *net = g_new(float, net_w *net_h * 3 + 1);
    g_autofree float *luma = g_new(float, b.w *b.h + 1);

    g_autofree guint8 *bytes = g_new(guint8, net_w * net_h * 4 + 1);

    net[net_w * net_h * 3] = luma[b.w * b.h] = 77;
    bytes[net_w * net_h * 4] = 77;
    hseg_letterboxer_run_u8(l, f, bytes, NULL);
    hseg_letterboxer_run(l, f, net, luma);
    for (int y = 0; y < net_h; y++)
        for (int x = 0; x < net_w; x++) {
            double want[3] = {-1, -1, -1}, want_luma;
            gboolean inside = x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h;

            if (inside) {
                expected_pixel(f, &b, enlarge, x - b.x, y - b.y, want, &want_luma);
                g_assert_cmpfloat_with_epsilon(luma[(y - b.y) * b.w + x - b.x], want_luma, 3e-5);
            }
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat_with_epsilon(net[(y * net_w + x) * 3 + c], want[c], inside ? 3e-5 : 1e-9);
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat_with_epsilon(bytes[(y * net_w + x) * 4 + c], 127 * want[c] + 128, 0.51);
        }
    g_assert_cmpint(bytes[net_w * net_h * 4], ==, 77);
    g_assert_cmpfloat(net[net_w * net_h * 3], ==, 77);
    g_assert_cmpfloat(luma[b.w * b.h], ==, 77);
    hseg_letterboxer_free(l);
}

static void
test_shrink(void)
{
    static const int sizes[][2] = {{96, 54}, {97, 55}, {75, 61}, {101, 29}, {64, 48}};

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            g_autoptr(TestFrame) t = test_frame_new(format, sizes[i][0], sizes[i][1], 2 * (int)i);

            t->frame.matrix = i % HSEG_MATRIX_COUNT;
            t->frame.range = i & 1 ? HSEG_RANGE_FULL : HSEG_RANGE_LIMITED;
            test_frame_fill_random(t);
            check(t, 1, 1, 24, 14, FALSE);
            check(t, 4, 3, 24, 14, FALSE);
        }
}

static void
test_enlarge(void)
{
    for (int format = 0; format < HSEG_FORMAT_COUNT; format++) {
        g_autoptr(TestFrame) t = test_frame_new(format, 19, 17, 4);

        test_frame_fill_random(t);
        check(t, 1, 1, 40, 30, TRUE);
    }
}

/* A picture stored bottom up is seen upside down, not beside its memory. */
static void
test_negative_stride(void)
{
    g_autoptr(TestFrame) t = test_frame_new(HSEG_FORMAT_BGR, 48, 27, 4);

    test_frame_fill_random(t);
    t->frame.plane[0] += 26 * t->frame.stride[0];
    t->frame.stride[0] = -t->frame.stride[0];
    check(t, 1, 1, 16, 9, FALSE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/letterbox/fit", test_fit);
    g_test_add_func("/image/letterbox/shrink", test_shrink);
    g_test_add_func("/image/letterbox/enlarge", test_enlarge);
    g_test_add_func("/image/letterbox/negative-stride", test_negative_stride);
    return g_test_run();
}
