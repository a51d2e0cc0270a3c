/* The guided filters against the paper's formulas, window by window in double precision. */
#include <math.h>
#include <string.h>

#include "frames.h"
#include "image/fast-guided.h"
#include "image/guided.h"
#include "image/spans.h"

/* Solves the 3x3 system m * a = c by elimination with pivots. */
static void
solve3(double m[3][4], double a[3])
{
    for (int i = 0; i < 3; i++) {
        int best = i;

        for (int j = i + 1; j < 3; j++)
            if (fabs(m[j][i]) > fabs(m[best][i]))
                best = j;
        for (int k = 0; k < 4; k++) {
            double t = m[i][k];

            m[i][k] = m[best][k];
            m[best][k] = t;
        }
        for (int j = 0; j < 3; j++)
            for (int k = 3; j != i && k >= i; k--)
                m[j][k] -= m[i][k] * m[j][i] / m[i][i];
    }
    for (int i = 0; i < 3; i++)
        a[i] = m[i][3] / m[i][i];
}

/* a and b of the window around (x, y): equations 5 and 6, in colour 14 and 15; one channel is a 1x1 system.
 */
static void
window_fit(const float *guide, const float *p, int w, int h, int channels, int x, int y, int r, double eps,
           double coef[4])
{
    double mean[4] = {0}, m[3][4] = {{0}}, a[3] = {0};
    int x0 = MAX(x - r, 0), x1 = MIN(x + r, w - 1), y0 = MAX(y - r, 0), y1 = MIN(y + r, h - 1);
    int n = (x1 - x0 + 1) * (y1 - y0 + 1);

    for (int j = y0; j <= y1; j++)
        for (int i = x0; i <= x1; i++) {
            for (int c = 0; c < channels; c++)
                mean[c] += guide[(c * h + j) * w + i] / (double)n;
            mean[3] += p[j * w + i] / (double)n;
        }
    for (int j = y0; j <= y1; j++)
        for (int i = x0; i <= x1; i++)
            for (int c = 0; c < channels; c++) {
                double dc = guide[(c * h + j) * w + i] - mean[c];

                for (int d = 0; d < channels; d++)
                    m[c][d] += dc * (guide[(d * h + j) * w + i] - mean[d]) / n;
                m[c][3] += dc * (p[j * w + i] - mean[3]) / n;
            }
    for (int c = 0; c < 3; c++)
        m[c][c] += c < channels ? eps : 1;
    solve3(m, a);
    coef[3] = mean[3];
    for (int c = 0; c < 3; c++) {
        coef[c] = a[c];
        coef[3] -= a[c] * mean[c];
    }
}

/* mean: [4][h][w]: the coefficients averaged over all windows that hold a pixel, equation 8. */
static double *
reference_coef(const float *guide, const float *p, int w, int h, int channels, int r, double eps)
{
    g_autofree double *coef = g_new(double, 4 * w * h);
    double *mean = g_new0(double, 4 * w * h);

    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double k[4];

            window_fit(guide, p, w, h, channels, x, y, r, eps, k);
            for (int c = 0; c < 4; c++)
                coef[(c * h + y) * w + x] = k[c];
        }
    for (int c = 0; c < 4; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                int n = 0;

                for (int j = MAX(y - r, 0); j <= MIN(y + r, h - 1); j++)
                    for (int i = MAX(x - r, 0); i <= MIN(x + r, w - 1); i++, n++)
                        mean[(c * h + y) * w + x] += coef[(c * h + j) * w + i];
                mean[(c * h + y) * w + x] /= n;
            }
    return mean;
}

/* A bright disc on a darker slope, noisy; p: the disc, softened and shifted. */
static void
make_scene(float *guide, float *p, int w, int h, int channels)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double inside = 1 / (1 + exp(hypot(x - w * 0.5, y - h * 0.5) - w * 0.3));

            p[y * w + x] = (float)(1 / (1 + exp((hypot(x - w * 0.55, y - h * 0.5) - w * 0.3) / 2)));
            for (int c = 0; c < channels; c++)
                guide[(c * h + y) * w + x] = (float)CLAMP(0.2 + 0.2 * x / w + inside * (0.3 + 0.15 * c) +
                                                              g_test_rand_double_range(-0.02, 0.02),
                                                          0, 1);
        }
}

static void
check_exact(int w, int h, int channels, int r, float eps, double tolerance)
{
    g_autofree float *guide = g_new(float, channels *w *h), *p = g_new(float, w *h), *q = g_new(float, w *h);
    HsegGuided *g = hseg_guided_new(w, h, channels, 2);

    make_scene(guide, p, w, h, channels);
    g_autofree double *mean = reference_coef(guide, p, w, h, channels, r, eps);

    hseg_guided_run(g, q, guide, p, w, r, eps);
    for (int i = 0; i < w * h; i++) {
        double want = mean[3 * w * h + i];

        for (int c = 0; c < channels; c++)
            want += mean[c * w * h + i] * guide[c * w * h + i];
        g_assert_cmpfloat_with_epsilon(q[i], want, tolerance);
    }
    hseg_guided_free(g);
}

static void
test_exact(gconstpointer channels)
{
    static const int sizes[][2] = {{1, 1}, {7, 5}, {40, 23}, {33, 100}};
    static const int radii[] = {0, 1, 2, 5, 8, 60};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (gsize r = 0; r < G_N_ELEMENTS(radii); r++) {
            if (radii[r] == 60 && sizes[i][1] == 100)
                continue; /* the reference takes too long */
            check_exact(sizes[i][0], sizes[i][1], GPOINTER_TO_INT(channels), radii[r], 1e-3f, 2e-6);
            check_exact(sizes[i][0], sizes[i][1], GPOINTER_TO_INT(channels), radii[r], 1e-6f, 1e-5);
        }
}

/* p may be a part of a wider picture, and q may be p. */
static void
test_in_place(void)
{
    enum { W = 20, H = 15, STRIDE = 27 };
    float guide[W * H], p[W * H], wide[STRIDE * H], q[W * H];
    HsegGuided *g = hseg_guided_new(W, H, 1, 1);

    make_scene(guide, p, W, H, 1);
    for (int i = 0; i < STRIDE * H; i++)
        wide[i] = 99;
    for (int y = 0; y < H; y++)
        memcpy(wide + y * STRIDE, p + y * W, W * sizeof(float));
    hseg_guided_run(g, q, guide, wide, STRIDE, 3, 1e-3f);
    hseg_guided_run(g, p, guide, p, W, 3, 1e-3f);
    g_assert_cmpmem(p, sizeof p, q, sizeof q);
    hseg_guided_free(g);
}

/* Constant p stays; a guide that says nothing leaves the mean. */
static void
test_constant(void)
{
    enum { W = 50, H = 60 };
    g_autofree float *guide = g_new(float, W *H), *p = g_new(float, W *H), *q = g_new(float, W *H);
    HsegGuided *g = hseg_guided_new(W, H, 1, 2);

    make_scene(guide, p, W, H, 1);
    for (int i = 0; i < W * H; i++)
        p[i] = 0.3f;
    hseg_guided_run(g, q, guide, p, W, 4, 1e-6f);
    for (int i = 0; i < W * H; i++)
        g_assert_cmpfloat_with_epsilon(q[i], 0.3, 1e-6);
    hseg_guided_free(g);
}

/* The same bits from any number of threads. */
static void
test_threads(void)
{
    enum { W = 61, H = 200 };
    g_autofree float *guide = g_new(float, 3 * W * H), *p = g_new(float, W *H);
    g_autofree float *q = g_new(float, W *H), *first = g_new(float, W *H);

    make_scene(guide, p, W, H, 3);
    for (int channels = 1; channels <= 3; channels += 2)
        for (int threads = 1; threads <= 5; threads++) {
            HsegGuided *g = hseg_guided_new(W, H, channels, threads);

            hseg_guided_run(g, threads == 1 ? first : q, guide, p, W, 6, 1e-4f);
            if (threads > 1)
                g_assert_cmpmem(q, W * H * sizeof(float), first, W * H * sizeof(float));
            hseg_guided_free(g);
        }
}

/* A frame of luma bytes and the guide that they mean. */
static TestFrame *
luma_frame(int w, int h, const float *guide)
{
    TestFrame *t = test_frame_new(HSEG_FORMAT_GRAY8, w, h, 3);

    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            test_set(&t->frame, 0, x, y, (int)lrint(guide[y * w + x] * 255));
    return t;
}

/* At the scale of one the fast filter is the exact one. */
static void
test_fast_is_exact(void)
{
    enum { W = 37, H = 70 };
    g_autofree float *guide = g_new(float, W *H), *p = g_new(float, W *H);
    g_autofree float *q = g_new(float, W *H), *want = g_new(float, W *H);
    HsegGuided *g = hseg_guided_new(W, H, 1, 1);
    HsegFastGuided *f = hseg_fast_guided_new(W, H, W, H, 1);

    make_scene(guide, p, W, H, 1);
    g_autoptr(TestFrame) t = luma_frame(W, H, guide);

    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            guide[y * W + x] = (float)test_get(&t->frame, 0, x, y) / 255;
    hseg_guided_run(g, want, guide, p, W, 4, 1e-3f);
    hseg_fast_guided_fit(f, guide, p, W, 4, 1e-3f);
    hseg_fast_guided_rows_f32(f, &t->frame, q, W, 0, H, 0);
    for (int i = 0; i < W * H; i++)
        g_assert_cmpfloat_with_epsilon(q[i], CLAMP(want[i], 0, 1), 2e-6);
    hseg_guided_free(g);
    hseg_fast_guided_free(f);
}

/* The sample of a low-size plane at the centre of full-size pixel (x, y), bilinear with half-pixel centres.
 */
static double
enlarged(const double *low, int low_w, int low_h, int w, int h, int x, int y)
{
    double fx = CLAMP((x + 0.5) * low_w / w - 0.5, 0, low_w - 1),
           fy = CLAMP((y + 0.5) * low_h / h - 0.5, 0, low_h - 1);
    int i = (int)fx, j = (int)fy, i1 = MIN(i + 1, low_w - 1), j1 = MIN(j + 1, low_h - 1);

    return (1 - (fy - j)) * ((1 - (fx - i)) * low[j * low_w + i] + (fx - i) * low[j * low_w + i1]) +
           (fy - j) * ((1 - (fx - i)) * low[j1 * low_w + i] + (fx - i) * low[j1 * low_w + i1]);
}

static void
mask_row(HsegFastGuided *f, const HsegFrame *frame, const HsegRamp *ramp, guint8 *row, int y, int thread)
{
    guint8 kinds[8];

    memset(row, 99, frame->width);
    hseg_fast_guided_row(f, frame, ramp, row, kinds, y, thread);
    for (int x = 0; x < frame->width; x++)
        if (kinds[x / HSEG_SPAN] != HSEG_EDGE) {
            g_assert_cmpint(row[x], ==, 99); /* left alone */
            row[x] = kinds[x / HSEG_SPAN] == HSEG_PERSON ? 255 : 0;
        }
}

/* The fast filter's mask at other scales, from any split of the rows on any thread. */
static void
check_fast(HsegFormat format, int low_w, int low_h, int w, int h)
{
    g_autoptr(TestFrame) t = test_frame_new(format, w, h, 4);
    g_autofree float *guide = g_new(float, low_w *low_h), *p = g_new(float, low_w *low_h),
                     *q = g_new(float, w *h);
    g_autofree guint8 *mask = g_malloc(w * h), *again = g_malloc(w * h);
    HsegFastGuided *f = hseg_fast_guided_new(low_w, low_h, w, h, 2);
    HsegRamp ramp = hseg_ramp(0.4f, 0.5f);
    double kr = 0.299, kb = 0.114;

    make_scene(guide, p, low_w, low_h, 1);
    test_frame_fill_random(t);
    g_autofree double *mean = reference_coef(guide, p, low_w, low_h, 1, 2, 1e-2);

    hseg_fast_guided_fit(f, guide, p, low_w, 2, 1e-2f);
    hseg_fast_guided_rows_f32(f, &t->frame, q, w, 0, h, 0);
    for (int y = 0; y < h; y++) {
        mask_row(f, &t->frame, &ramp, mask + y * w, y, 0);
        mask_row(f, &t->frame, &ramp, again + (h - 1 - y) * w, h - 1 - y, y & 1); /* from below */
    }
    g_assert_cmpmem(mask, w * h, again, w * h);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double v[3] = {test_get(&t->frame, 0, x, y), 128, 128}, rgb[3], luma, want;

            if (test_is_rgb(format)) {
                v[1] = test_get(&t->frame, 1, x, y);
                v[2] = test_get(&t->frame, 2, x, y);
            }
            test_to_rgb(&t->frame, v, rgb);
            luma = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
            want = enlarged(mean, low_w, low_h, w, h, x, y) * luma +
                   enlarged(mean + 3 * low_w * low_h, low_w, low_h, w, h, x, y);
            want = CLAMP(want, 0, 1);
            /* RGB's luma is rounded to a byte */
            g_assert_cmpfloat_with_epsilon(q[y * w + x], want, test_is_rgb(format) ? 6e-3 : 1e-5);
            g_assert_cmpfloat_with_epsilon(mask[y * w + x],
                                           CLAMP((q[y * w + x] - 0.4) / 0.5 + 0.5, 0, 1) * 255, 0.51);
        }
    hseg_fast_guided_free(f);
}

static void
test_fast(void)
{
    check_fast(HSEG_FORMAT_I420, 20, 11, 80, 44);
    check_fast(HSEG_FORMAT_NV12, 20, 11, 81, 47);
    check_fast(HSEG_FORMAT_UYVY, 1, 1, 16, 16);
    check_fast(HSEG_FORMAT_RGB, 17, 1, 70, 40);
    check_fast(HSEG_FORMAT_XBGR, 2, 9, 33, 16);
    check_fast(HSEG_FORMAT_GRAY8, 30, 20, 24, 16); /* smaller than the network's picture */
}

/* Where the network is sure of itself the spans are known without a look at the frame; and the same mask
 * comes out. */
static void
test_kinds(void)
{
    enum { LW = 80, LH = 12, W = 317, H = 48 };
    g_autoptr(TestFrame) t = test_frame_new(HSEG_FORMAT_NV12, W, H, 0);
    HsegFastGuided *f = hseg_fast_guided_new(LW, LH, W, H, 1);
    g_autofree float *guide = g_new(float, LW *LH), *p = g_new(float, LW *LH), *q = g_new(float, W *H);
    int found[3] = {0};

    test_frame_fill_random(t);
    for (int i = 0; i < LW * LH; i++) {
        guide[i] = (float)g_test_rand_double();
        p[i] = (float)(i % LW < LW / 2 ? 0.02 : 0.98) + (float)g_test_rand_double() * 0.01f;
    }
    hseg_fast_guided_fit(f, guide, p, LW, 3, 1e-3f);
    hseg_fast_guided_rows_f32(f, &t->frame, q, W, 0, H, 0);
    for (double softness = 0; softness <= 1; softness += 0.25) {
        HsegRamp ramp = hseg_ramp(0.5f, (float)softness);

        for (int y = 0; y < H; y++) {
            guint8 row[W], want[W], kinds[8];

            hseg_fast_guided_row(f, &t->frame, &ramp, row, kinds, y, 0);
            hseg_ramp_row(&ramp, want, q + y * W, W);
            for (int x = 0; x < W; x++) {
                int kind = kinds[x / HSEG_SPAN];

                g_assert_cmpint(kind == HSEG_EDGE ? row[x] : kind == HSEG_PERSON ? 255 : 0, ==, want[x]);
                found[kind]++;
            }
        }
    }
    for (int kind = 0; kind < 3; kind++)
        g_assert_cmpint(found[kind], >, 5 * W * H / 20);
    hseg_fast_guided_free(f);
}

/* Without a filter the mask is the enlarged p; later fits do not see old rows. */
static void
test_plain(void)
{
    enum { LW = 8, LH = 6, W = 33, H = 25 };
    g_autoptr(TestFrame) t = test_frame_new(HSEG_FORMAT_I420, W, H, 0);
    HsegFastGuided *f = hseg_fast_guided_new(LW, LH, W, H, 1);
    float p[LW * LH], q[W * H];
    double low[LW * LH];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LW * LH; i++)
            low[i] = p[i] = (float)g_test_rand_double();
        test_frame_fill_random(t);
        hseg_fast_guided_plain(f, p, LW);
        hseg_fast_guided_rows_f32(f, &t->frame, q, W, 0, H, 0);
        for (int i = 0; i < W * H; i++)
            g_assert_cmpfloat_with_epsilon(q[i], enlarged(low, LW, LH, W, H, i % W, i / W), 1e-6);
    }
    hseg_fast_guided_free(f);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/image/guided/grey", GINT_TO_POINTER(1), test_exact);
    g_test_add_data_func("/image/guided/color", GINT_TO_POINTER(3), test_exact);
    g_test_add_func("/image/guided/in-place", test_in_place);
    g_test_add_func("/image/guided/constant", test_constant);
    g_test_add_func("/image/guided/threads", test_threads);
    g_test_add_func("/image/guided/fast-is-exact", test_fast_is_exact);
    g_test_add_func("/image/guided/fast", test_fast);
    g_test_add_func("/image/guided/kinds", test_kinds);
    g_test_add_func("/image/guided/plain", test_plain);
    return g_test_run();
}
