/* Blending in each format's own samples, against the formula. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "frames.h"
#include "image/composite.h"

/* The mask's rounded mean over the sample that covers (x, y). */
static int
mask_over(const guint8 *mask, int stride, const HsegFrame *f, int c, int x, int y)
{
    int across = 1, down = 1, sum = 0, n = 0;

    if (c == 1 || c == 2)
        test_chroma(f->format, &across, &down);
    for (int j = y / down * down; j < MIN(y / down * down + down, f->height); j++)
        for (int i = x / across * across; i < MIN(x / across * across + across, f->width); i++, n++)
            sum += mask[j * stride + i];
    return (int)floor((double)sum / n + 0.5);
}

static int
blended(int m, int front, int behind)
{
    return (int)floor((m * front + (255 - m) * behind) / 255. + 0.5);
}

static void
copy_frame(const TestFrame *to, const TestFrame *from)
{
    for (int p = 0; p < hseg_format_planes(from->frame.format); p++)
        memcpy(to->frame.plane[p], from->frame.plane[p],
               from->frame.stride[p] * hseg_format_plane_rows(from->frame.format, p, from->frame.height));
}

static void
run(const HsegFrame *dst, const HsegFrame *src, const guint8 *mask, int stride, const HsegBehind *behind)
{
    HsegBlender *b = hseg_blender_new(src, 2);

    for (int band = 0; band < hseg_bands(src->height); band++)
        hseg_blender_band(b, dst, src, mask, stride, behind, band, band & 1);
    hseg_blender_free(b);
}

/* Checks all samples of @out: @src in front of what @back gives by sample. */
static void
check(const TestFrame *out, const TestFrame *src, const TestFrame *back, const guint8 *mask, int stride)
{
    const HsegFrame *f = &src->frame;

    for (int c = 0; c < test_components(f->format); c++)
        for (int y = 0; y < f->height; y++)
            for (int x = 0; x < f->width; x++) {
                int front = test_get(f, c, x, y), m = c == 3 ? 255 : mask_over(mask, stride, f, c, x, y);

                g_assert_cmpint(test_get(&out->frame, c, x, y), ==,
                                blended(m, front, test_get(&back->frame, c, x, y)));
            }
    test_frame_check_padding(out);
}

/* A picture behind, in place and to another frame. */
static void
test_picture(void)
{
    static const int sizes[][2] = {{16, 16}, {33, 17}, {50, 131}};

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], h = sizes[i][1], stride;
            g_autoptr(TestFrame) src = test_frame_new(format, w, h, 6),
                                 back = test_frame_new(format, w, h, 2);
            g_autoptr(TestFrame) out = test_frame_new(format, w, h, 6);
            g_autofree guint8 *mask = test_mask_new(w, h, &stride);
            HsegBehind behind = {.picture = &back->frame};

            test_frame_fill_random(src);
            test_frame_fill_random(back);
            run(&out->frame, &src->frame, mask, stride, &behind);
            check(out, src, back, mask, stride);
            copy_frame(out, src);
            run(&out->frame, &out->frame, mask, stride, &behind);
            check(out, src, back, mask, stride);
        }
}

/* All person: the frame, bit by bit. All background: the other picture. */
static void
test_ends(void)
{
    enum { W = 37, H = 70 };
    guint8 mask[W * H];

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++) {
        g_autoptr(TestFrame) src = test_frame_new(format, W, H, 0), back = test_frame_new(format, W, H, 0);
        g_autoptr(TestFrame) out = test_frame_new(format, W, H, 0);
        HsegBehind behind = {.picture = &back->frame};

        test_frame_fill_random(src);
        test_frame_fill_random(back);
        for (int person = 0; person < 2; person++) {
            memset(mask, 255 * person, sizeof mask);
            run(&out->frame, &src->frame, mask, W, &behind);
            for (int c = 0; c < test_components(format); c++)
                for (int y = 0; y < H; y++)
                    for (int x = 0; x < W; x++)
                        g_assert_cmpint(test_get(&out->frame, c, x, y), ==,
                                        test_get(person || c == 3 ? &src->frame : &back->frame, c, x, y));
        }
    }
}

/* A colour behind, by the frame's own matrix and range. */
static void
test_color(void)
{
    enum { W = 35, H = 18 };
    const double rgb[3] = {0, 0xb1 / 255., 0x40 / 255.};

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (int kind = 0; kind < HSEG_MATRIX_COUNT * HSEG_RANGE_COUNT; kind++) {
            int stride;
            g_autoptr(TestFrame) src = test_frame_new(format, W, H, 4),
                                 back = test_frame_new(format, W, H, 0);
            g_autoptr(TestFrame) out = test_frame_new(format, W, H, 4);
            g_autofree guint8 *mask = test_mask_new(W, H, &stride);
            HsegBehind behind = {.color = 0x8000b140};
            double want[3];

            src->frame.matrix = kind % HSEG_MATRIX_COUNT;
            src->frame.range = kind / HSEG_MATRIX_COUNT;
            test_frame_fill_random(src);
            test_from_rgb(&src->frame, rgb, want);
            for (int c = 0; c < MIN(test_components(format), 3); c++)
                test_frame_fill(back, c, (int)lrint(want[c]));
            run(&out->frame, &src->frame, mask, stride, &behind);
            check(out, src, back, mask, stride);
        }
}

/* The blur behind: its rows, blended. */
static void
test_blur(void)
{
    enum { W = 45, H = 70 };

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++) {
        int stride;
        g_autoptr(TestFrame) src = test_frame_new(format, W, H, 4), back = test_frame_new(format, W, H, 0);
        g_autoptr(TestFrame) out = test_frame_new(format, W, H, 4);
        g_autofree guint8 *mask = test_mask_new(W, H, &stride);
        void *scratch = hseg_mem_new0(hseg_blur_scratch(W));
        HsegBlur *blur = hseg_blur_new(&src->frame, 4, 1);
        HsegBehind behind = {.blur = blur, .picture = &src->frame};

        test_frame_fill_random(src);
        for (int band = 0; band < hseg_bands(H); band++)
            hseg_blur_gather(blur, &src->frame, mask, stride, band, 0);
        hseg_blur_finish(blur);
        for (int p = 0; p < hseg_format_planes(format); p++)
            for (int y = 0; y < hseg_format_plane_rows(format, p, H); y++) {
                guint8 row[4 * W + 4] = {0};

                hseg_blur_row(blur, p, y, row, scratch);
                memcpy(back->frame.plane[p] + y * back->frame.stride[p], row,
                       hseg_format_row_bytes(format, p, W));
            }
        run(&out->frame, &src->frame, mask, stride, &behind);
        check(out, src, back, mask, stride);
        hseg_mem_free(scratch);
        hseg_blur_free(blur);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/composite/picture", test_picture);
    g_test_add_func("/image/composite/ends", test_ends);
    g_test_add_func("/image/composite/color", test_color);
    g_test_add_func("/image/composite/blur", test_blur);
    return g_test_run();
}
