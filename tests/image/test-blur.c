/* The background blur: constants stay, the person leaves no trace, and where there is no person it is a
 * Gaussian. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "frames.h"
#include "image/blur.h"

/* Gathers, finishes, and puts every row into @out, a frame of the same kind. */
static void
run(HsegBlur *b, const HsegFrame *frame, const guint8 *mask, int stride, const TestFrame *out)
{
    void *scratch = hseg_mem_new0(hseg_blur_scratch(frame->width));

    for (int band = hseg_bands(frame->height) - 1; band >= 0; band--)
        hseg_blur_gather(b, frame, mask, stride, band, band & 1);
    hseg_blur_finish(b);
    for (int p = 0; p < hseg_format_planes(frame->format); p++) {
        gsize bytes = hseg_format_row_bytes(frame->format, p, frame->width);
        g_autofree guint8 *row = g_malloc0(bytes + 1);

        for (int y = 0; y < hseg_format_plane_rows(frame->format, p, frame->height); y++) {
            row[bytes] = 0xa5;
            hseg_blur_row(b, p, y, row, scratch);
            memcpy(out->frame.plane[p] + y * out->frame.stride[p], row, bytes);
            g_assert_cmphex(row[bytes], ==, 0xa5);
        }
    }
    hseg_mem_free(scratch);
}

static const double sigmas[] = {0.5, 1.5, 3, 7, 21, 80};

static void
test_constant(void)
{
    static const int sizes[][2] = {{16, 16}, {17, 33}, {70, 131}};

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], h = sizes[i][1], stride;
            g_autoptr(TestFrame) t = test_frame_new(format, w, h, 2), out = test_frame_new(format, w, h, 0);
            g_autofree guint8 *mask = test_mask_new(w, h, &stride);
            HsegBlur *b = hseg_blur_new(&t->frame, 5, 2);

            for (int c = 0; c < MIN(test_components(format), 3); c++)
                test_frame_fill(t, c, test_depth(format) == 10 ? 333 + 300 * c : 33 + 95 * c);
            for (gsize s = 0; s < G_N_ELEMENTS(sigmas); s++) {
                hseg_blur_set_sigma(b, sigmas[s]);
                run(b, &t->frame, s & 1 ? mask : NULL, stride, out);
                for (int c = 0; c < MIN(test_components(format), 3); c++)
                    for (int y = 0; y < h; y++)
                        for (int x = 0; x < w; x++)
                            g_assert_cmpint(test_get(&out->frame, c, x, y), ==, test_get(&t->frame, c, x, y));
            }
            hseg_blur_free(b);
        }
}

/* A person of another colour than the background: outside of it nothing but background is seen. */
static void
test_no_halo(void)
{
    static const HsegFormat formats[] = {HSEG_FORMAT_I420, HSEG_FORMAT_YUY2, HSEG_FORMAT_BGR,
                                         HSEG_FORMAT_Y444, HSEG_FORMAT_P010_10LE};
    enum { W = 203, H = 151 };

    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        HsegFormat format = formats[i];
        g_autoptr(TestFrame) t = test_frame_new(format, W, H, 0), out = test_frame_new(format, W, H, 0);
        g_autofree guint8 *mask = g_malloc0(W * H);
        HsegBlur *b = hseg_blur_new(&t->frame, 5, 2);
        int unit = test_depth(format) == 10 ? 4 : 1;

        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                /* edges of chroma's own grid, so that its samples are pure */
                gboolean person = x >= 50 && x < 130 && y >= 30 && y < 120;

                mask[y * W + x] = person ? 255 : 0;
                for (int c = 0; c < 3; c++)
                    test_set(&t->frame, c, x, y, unit * (person ? 235 - 20 * c : 30 + 40 * c));
            }
        for (gsize s = 0; s < G_N_ELEMENTS(sigmas); s++) {
            hseg_blur_set_sigma(b, sigmas[s]);
            run(b, &t->frame, mask, W, out);
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    for (int c = 0; mask[y * W + x] == 0 && c < 3; c++)
                        g_assert_cmpint(ABS(test_get(&out->frame, c, x, y) - unit * (30 + 40 * c)), <=, unit);
        }
        hseg_blur_free(b);
    }
}

/* A vertical edge blurred by a Gaussian is its integral. */
static void
test_gaussian(void)
{
    enum { W = 400, H = 90, EDGE = 201 };

    for (gsize s = 2; s < G_N_ELEMENTS(sigmas); s++) {
        g_autoptr(TestFrame) t = test_frame_new(HSEG_FORMAT_GRAY8, W, H, 0),
                             out = test_frame_new(HSEG_FORMAT_GRAY8, W, H, 0);
        HsegBlur *b = hseg_blur_new(&t->frame, sigmas[s], 2);
        double worst = 0, sum = 0;

        for (int y = 0; y < H; y++)
            for (int x = EDGE; x < W; x++)
                test_set(&t->frame, 0, x, y, 255);
        run(b, &t->frame, NULL, 0, out);
        for (int x = 60; x < W - 60; x++) {
            double want = 255 * 0.5 * (1 + erf((x + 0.5 - EDGE) / (sigmas[s] * sqrt(2))));
            double error = test_get(&out->frame, 0, x, H / 2) - want;

            worst = MAX(worst, fabs(error));
            sum += error;
        }
        g_test_message("sigma %g: worst error %.1f, mean %.2f", sigmas[s], worst, sum / (W - 120));
        g_assert_cmpfloat(worst, <, 5);
        g_assert_cmpfloat(fabs(sum / (W - 120)), <, 0.2);
        hseg_blur_free(b);
    }
}

/* All person: the plain blur, not a division by nothing. */
static void
test_all_person(void)
{
    enum { W = 90, H = 70 };
    g_autoptr(TestFrame) t = test_frame_new(HSEG_FORMAT_NV12, W, H, 0);
    g_autoptr(TestFrame) plain = test_frame_new(HSEG_FORMAT_NV12, W, H, 0);
    g_autoptr(TestFrame) out = test_frame_new(HSEG_FORMAT_NV12, W, H, 0);
    g_autofree guint8 *mask = g_malloc(W * H);
    HsegBlur *b = hseg_blur_new(&t->frame, 6, 2);

    memset(mask, 255, W * H);
    test_frame_fill_random(t);
    run(b, &t->frame, NULL, 0, plain);
    run(b, &t->frame, mask, W, out);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                g_assert_cmpint(ABS(test_get(&out->frame, c, x, y) - test_get(&plain->frame, c, x, y)), <=,
                                1);
    hseg_blur_free(b);
}

static void
test_least(void)
{
    HsegFrame small = {.format = HSEG_FORMAT_I420, .width = 320, .height = 240};
    HsegFrame large = {.format = HSEG_FORMAT_I420, .width = 1920, .height = 1080};
    HsegBlur *b = hseg_blur_new(&small, 1, 1);

    g_assert_cmpfloat(hseg_blur_least(b), ==, 2);
    hseg_blur_free(b);
    b = hseg_blur_new(&large, 1, 1);
    g_assert_cmpfloat(hseg_blur_least(b), ==, 4);
    hseg_blur_free(b);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/blur/constant", test_constant);
    g_test_add_func("/image/blur/no-halo", test_no_halo);
    g_test_add_func("/image/blur/gaussian", test_gaussian);
    g_test_add_func("/image/blur/all-person", test_all_person);
    g_test_add_func("/image/blur/least", test_least);
    return g_test_run();
}
