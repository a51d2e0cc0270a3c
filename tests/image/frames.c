#include "frames.h"

#include <math.h>
#include <string.h>

#define GUARD 0xa5

TestFrame *
test_frame_new(HsegFormat format, int width, int height, int padding)
{
    TestFrame *t = g_new0(TestFrame, 1);

    t->frame.format = format;
    t->frame.width = width;
    t->frame.height = height;
    t->frame.range = format == HSEG_FORMAT_GRAY8 ? HSEG_RANGE_FULL : HSEG_RANGE_LIMITED;
    for (int p = 0; p < hseg_format_planes(format); p++) {
        gsize row = hseg_format_row_bytes(format, p, width), stride = row + padding;
        int rows = hseg_format_plane_rows(format, p, height);

        t->memory[p] = g_malloc(stride * rows);
        memset(t->memory[p], GUARD, stride * rows);
        for (int y = 0; y < rows; y++)
            memset(t->memory[p] + y * stride, 0, row);
        t->frame.plane[p] = t->memory[p];
        t->frame.stride[p] = (ptrdiff_t)stride;
    }
    return t;
}

void
test_frame_free(TestFrame *t)
{
    for (int p = 0; p < HSEG_MAX_PLANES; p++)
        g_free(t->memory[p]);
    g_free(t);
}

void
test_frame_fill_random(TestFrame *t)
{
    for (int c = 0; c < test_components(t->frame.format); c++)
        for (int y = 0; y < t->frame.height; y++)
            for (int x = 0; x < t->frame.width; x++)
                test_set(&t->frame, c, x, y, g_test_rand_int_range(0, 1 << test_depth(t->frame.format)));
}

void
test_frame_fill(TestFrame *t, int component, int value)
{
    for (int y = 0; y < t->frame.height; y++)
        for (int x = 0; x < t->frame.width; x++)
            test_set(&t->frame, component, x, y, value);
}

void
test_frame_check_padding(const TestFrame *t)
{
    const HsegFrame *f = &t->frame;

    for (int p = 0; p < hseg_format_planes(f->format); p++)
        for (int y = 0; y < hseg_format_plane_rows(f->format, p, f->height); y++)
            for (gsize x = hseg_format_row_bytes(f->format, p, f->width); x < (gsize)f->stride[p]; x++)
                g_assert_cmphex(f->plane[p][y * f->stride[p] + (ptrdiff_t)x], ==, GUARD);
}

gboolean
test_is_rgb(HsegFormat format)
{
    return format >= HSEG_FORMAT_RGB && format <= HSEG_FORMAT_ABGR;
}

int
test_components(HsegFormat format)
{
    if (format == HSEG_FORMAT_GRAY8)
        return 1;
    return (format >= HSEG_FORMAT_RGBA && format <= HSEG_FORMAT_ABGR) || format >= HSEG_FORMAT_AYUV ? 4 : 3;
}

int
test_depth(HsegFormat format)
{
    return format == HSEG_FORMAT_I420_10LE || format == HSEG_FORMAT_P010_10LE ? 10 : 8;
}

void
test_chroma(HsegFormat format, int *across, int *down)
{
    gboolean quarter = format <= HSEG_FORMAT_NV21 || format == HSEG_FORMAT_I420_10LE ||
                       format == HSEG_FORMAT_P010_10LE || format == HSEG_FORMAT_A420;

    *down = quarter ? 2 : 1;
    *across = quarter || (format >= HSEG_FORMAT_YUY2 && format <= HSEG_FORMAT_Y42B) ? 2 : 1;
}

/* Byte offset of a packed pixel's letter in names like "BGRx". */
static int
letter(HsegFormat format, int component)
{
    static const char *const names[] = {"RGB",  "BGR",  "RGBx", "BGRx", "xRGB",
                                        "xBGR", "RGBA", "BGRA", "ARGB", "ABGR"};
    const char *name = names[format - HSEG_FORMAT_RGB];

    return (int)(strchr(name, "RGBA"[component]) - name);
}

/* Where the sample over pixel (x, y) lies. */
static guint8 *
at(const HsegFrame *f, int c, int x, int y)
{
    guint8 *first = f->plane[0] + y * f->stride[0];
    static const guint8 yuy2[] = {0, 1, 3}, uyvy[] = {1, 0, 2}, ayuv[] = {1, 2, 3, 0};

    switch (f->format) {
    case HSEG_FORMAT_I420:
    case HSEG_FORMAT_A420:
        return c == 0 || c == 3 ? f->plane[c] + y * f->stride[c] + x
                                : f->plane[c] + y / 2 * f->stride[c] + x / 2;
    case HSEG_FORMAT_YV12:
        return c == 0 ? first + x : f->plane[3 - c] + y / 2 * f->stride[3 - c] + x / 2;
    case HSEG_FORMAT_NV12:
        return c == 0 ? first + x : f->plane[1] + y / 2 * f->stride[1] + x / 2 * 2 + (c - 1);
    case HSEG_FORMAT_NV21:
        return c == 0 ? first + x : f->plane[1] + y / 2 * f->stride[1] + x / 2 * 2 + (2 - c);
    case HSEG_FORMAT_YUY2:
        return first + x / 2 * 4 + yuy2[c] + (c == 0 ? x % 2 * 2 : 0);
    case HSEG_FORMAT_UYVY:
        return first + x / 2 * 4 + uyvy[c] + (c == 0 ? x % 2 * 2 : 0);
    case HSEG_FORMAT_Y42B:
        return f->plane[c] + y * f->stride[c] + (c == 0 ? x : x / 2);
    case HSEG_FORMAT_Y444:
        return f->plane[c] + y * f->stride[c] + x;
    case HSEG_FORMAT_GRAY8:
        return first + x;
    case HSEG_FORMAT_I420_10LE:
        return c == 0 ? first + 2 * x : f->plane[c] + y / 2 * f->stride[c] + x / 2 * 2;
    case HSEG_FORMAT_P010_10LE:
        return c == 0 ? first + 2 * x : f->plane[1] + y / 2 * f->stride[1] + x / 2 * 4 + 2 * (c - 1);
    case HSEG_FORMAT_AYUV:
        return first + 4 * x + ayuv[c];
    default:
        return first + x * (f->format <= HSEG_FORMAT_BGR ? 3 : 4) + letter(f->format, c);
    }
}

int
test_get(const HsegFrame *frame, int component, int x, int y)
{
    const guint8 *p = at(frame, component, x, y);

    if (test_depth(frame->format) == 8)
        return p[0];
    return (p[0] | p[1] << 8) >> (frame->format == HSEG_FORMAT_P010_10LE ? 6 : 0);
}

void
test_set(const HsegFrame *frame, int component, int x, int y, int value)
{
    guint8 *p = at(frame, component, x, y);

    if (frame->format == HSEG_FORMAT_P010_10LE)
        value <<= 6;
    p[0] = value & 255;
    if (test_depth(frame->format) > 8)
        p[1] = (guint8)(value >> 8);
}

static const double weights[HSEG_MATRIX_COUNT][2] = {{0.299, 0.114}, {0.2126, 0.0722}, {0.2627, 0.0593}};

void
test_to_rgb(const HsegFrame *like, const double in[3], double rgb[3])
{
    double kr = weights[like->matrix][0], kb = weights[like->matrix][1], kg = 1 - kr - kb;
    double unit = test_depth(like->format) == 10 ? 4 : 1, top = test_depth(like->format) == 10 ? 1023 : 255;
    gboolean limited = like->range == HSEG_RANGE_LIMITED;

    if (test_is_rgb(like->format)) {
        for (int c = 0; c < 3; c++)
            rgb[c] = in[c] / 255;
        return;
    }
    double y = limited ? (in[0] / unit - 16) / 219 : in[0] / top;
    double pb = limited ? (in[1] / unit - 128) / 224 : (in[1] - 128 * unit) / top;
    double pr = limited ? (in[2] / unit - 128) / 224 : (in[2] - 128 * unit) / top;

    if (like->format == HSEG_FORMAT_GRAY8)
        pb = pr = 0;
    rgb[0] = y + 2 * (1 - kr) * pr;
    rgb[2] = y + 2 * (1 - kb) * pb;
    rgb[1] = (y - kr * rgb[0] - kb * rgb[2]) / kg;
}

void
test_from_rgb(const HsegFrame *like, const double rgb[3], double out[3])
{
    double kr = weights[like->matrix][0], kb = weights[like->matrix][1], kg = 1 - kr - kb;
    double unit = test_depth(like->format) == 10 ? 4 : 1, top = test_depth(like->format) == 10 ? 1023 : 255;
    double y = kr * rgb[0] + kg * rgb[1] + kb * rgb[2];
    double pb = (rgb[2] - y) / (2 * (1 - kb)), pr = (rgb[0] - y) / (2 * (1 - kr));

    if (test_is_rgb(like->format)) {
        for (int c = 0; c < 3; c++)
            out[c] = rgb[c] * 255;
    } else if (like->range == HSEG_RANGE_LIMITED) {
        out[0] = unit * (16 + 219 * y);
        out[1] = unit * (128 + 224 * pb);
        out[2] = unit * (128 + 224 * pr);
    } else {
        out[0] = top * y;
        out[1] = unit * 128 + top * pb;
        out[2] = unit * 128 + top * pr;
    }
}

guint8 *
test_mask_new(int width, int height, int *stride)
{
    guint8 *mask;

    *stride = width + 5;
    mask = g_malloc0((gsize)*stride * height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double d = hypot(x - width * 0.45, y - height * 0.6) / (0.3 * (width + height) / 2);
            double v = 255 * (1.5 - d) + g_test_rand_double_range(-20, 20);

            mask[y * *stride + x] = (guint8)CLAMP(v, 0, 255);
        }
    return mask;
}
