#include "image/frame.h"

#include "base/base.h"
#include "image/color.h"
#include "image/layout.h"
#include "image/rows.h"

/* clang-format off */
/* {plane, offset, step, sub_x, sub_y} of each component */
#define PLANAR(u, v, sx, sy) {{0, 0, 1, 0, 0}, {u, 0, 1, sx, sy}, {v, 0, 1, sx, sy}}
#define SEMI(u, v)           {{0, 0, 1, 0, 0}, {1, u, 2, 1, 1}, {1, v, 2, 1, 1}}
#define PACKED422(y, u, v)   {{0, y, 2, 0, 0}, {0, u, 4, 1, 0}, {0, v, 4, 1, 0}}
#define PACKED(n, r, g, b)   {{0, r, n, 0, 0}, {0, g, n, 0, 0}, {0, b, n, 0, 0}}
#define PACKED4(r, g, b, a)  {{0, r, 4, 0, 0}, {0, g, 4, 0, 0}, {0, b, 4, 0, 0}, {0, a, 4, 0, 0}}
#define PLANAR_ALPHA         {{0, 0, 1, 0, 0}, {1, 0, 1, 1, 1}, {2, 0, 1, 1, 1}, {3, 0, 1, 0, 0}}

/* name, rgb, planes, components, bytes, depth, shift, component[] */
static const HsegFormatInfo formats[HSEG_FORMAT_COUNT] = {
    [HSEG_FORMAT_I420] =         {"I420",       false, 3, 3, 1, 8, 0, PLANAR(1, 2, 1, 1)},
    [HSEG_FORMAT_YV12] =         {"YV12",       false, 3, 3, 1, 8, 0, PLANAR(2, 1, 1, 1)},
    [HSEG_FORMAT_NV12] =         {"NV12",       false, 2, 3, 1, 8, 0, SEMI(0, 1)},
    [HSEG_FORMAT_NV21] =         {"NV21",       false, 2, 3, 1, 8, 0, SEMI(1, 0)},
    [HSEG_FORMAT_YUY2] =         {"YUY2",       false, 1, 3, 1, 8, 0, PACKED422(0, 1, 3)},
    [HSEG_FORMAT_UYVY] =         {"UYVY",       false, 1, 3, 1, 8, 0, PACKED422(1, 0, 2)},
    [HSEG_FORMAT_Y42B] =         {"Y42B",       false, 3, 3, 1, 8, 0, PLANAR(1, 2, 1, 0)},
    [HSEG_FORMAT_Y444] =         {"Y444",       false, 3, 3, 1, 8, 0, PLANAR(1, 2, 0, 0)},
    [HSEG_FORMAT_RGB] =          {"RGB",        true,  1, 3, 1, 8, 0, PACKED(3, 0, 1, 2)},
    [HSEG_FORMAT_BGR] =          {"BGR",        true,  1, 3, 1, 8, 0, PACKED(3, 2, 1, 0)},
    [HSEG_FORMAT_RGBX] =         {"RGBx",       true,  1, 3, 1, 8, 0, PACKED(4, 0, 1, 2)},
    [HSEG_FORMAT_BGRX] =         {"BGRx",       true,  1, 3, 1, 8, 0, PACKED(4, 2, 1, 0)},
    [HSEG_FORMAT_XRGB] =         {"xRGB",       true,  1, 3, 1, 8, 0, PACKED(4, 1, 2, 3)},
    [HSEG_FORMAT_XBGR] =         {"xBGR",       true,  1, 3, 1, 8, 0, PACKED(4, 3, 2, 1)},
    [HSEG_FORMAT_RGBA] =         {"RGBA",       true,  1, 4, 1, 8, 0, PACKED4(0, 1, 2, 3)},
    [HSEG_FORMAT_BGRA] =         {"BGRA",       true,  1, 4, 1, 8, 0, PACKED4(2, 1, 0, 3)},
    [HSEG_FORMAT_ARGB] =         {"ARGB",       true,  1, 4, 1, 8, 0, PACKED4(1, 2, 3, 0)},
    [HSEG_FORMAT_ABGR] =         {"ABGR",       true,  1, 4, 1, 8, 0, PACKED4(3, 2, 1, 0)},
    [HSEG_FORMAT_GRAY8] =        {"GRAY8",      false, 1, 1, 1, 8, 0, {{0, 0, 1, 0, 0}}},
    [HSEG_FORMAT_I420_10LE] =    {"I420_10LE",  false, 3, 3, 2, 10, 0, PLANAR(1, 2, 1, 1)},
    [HSEG_FORMAT_P010_10LE] =    {"P010_10LE",  false, 2, 3, 2, 10, 6, SEMI(0, 1)},
    [HSEG_FORMAT_AYUV] =         {"AYUV",       false, 1, 4, 1, 8, 0, PACKED4(1, 2, 3, 0)},
    [HSEG_FORMAT_A420] =         {"A420",       false, 4, 4, 1, 8, 0, PLANAR_ALPHA},
};
/* clang-format on */

static bool
is_format(HsegFormat format)
{
    return (unsigned)format < HSEG_FORMAT_COUNT;
}

const HsegFormatInfo *
hseg_format_info(HsegFormat format)
{
    return &formats[format];
}

const char *
hseg_format_name(HsegFormat format)
{
    return is_format(format) ? formats[format].name : NULL;
}

bool
hseg_format_has_alpha(HsegFormat format)
{
    return is_format(format) && formats[format].components == 4;
}

int
hseg_format_planes(HsegFormat format)
{
    return is_format(format) ? formats[format].planes : 0;
}

/* The first component of the plane. */
static const HsegComponent *
plane_component(const HsegFormatInfo *info, int plane)
{
    const HsegComponent *c = info->component;

    while (c->plane != plane)
        c++;
    return c;
}

int
hseg_plane_color(const HsegFormatInfo *info, int plane)
{
    return (int)(plane_component(info, plane) - info->component);
}

int
hseg_planes_alike(const HsegFormatInfo *info, int plane)
{
    const HsegComponent *first = plane_component(info, plane);
    int n = 1;

    while (plane + n < HSEG_MIN((int)info->planes, 3)) {
        const HsegComponent *c = plane_component(info, plane + n);

        if (c->step != 1 || c->step != first->step || c->sub_x != first->sub_x || c->sub_y != first->sub_y)
            break;
        n++;
    }
    return n;
}

int
hseg_plane_samples(const HsegFormatInfo *info, int plane, int width)
{
    int samples = 0;

    for (int i = 0; i < info->components; i++) {
        const HsegComponent *c = &info->component[i];

        if (c->plane == plane)
            samples = HSEG_MAX(samples, c->step * hseg_component_width(c, width));
    }
    return samples;
}

int
hseg_plane_sub_y(const HsegFormatInfo *info, int plane)
{
    return plane_component(info, plane)->sub_y;
}

size_t
hseg_format_row_bytes(HsegFormat format, int plane, int width)
{
    if (plane < 0 || plane >= hseg_format_planes(format))
        return 0;
    return (size_t)formats[format].bytes * hseg_plane_samples(&formats[format], plane, width);
}

int
hseg_format_plane_rows(HsegFormat format, int plane, int height)
{
    if (plane < 0 || plane >= hseg_format_planes(format))
        return 0;
    return hseg_component_height(plane_component(&formats[format], plane), height);
}

bool
hseg_frame_same(const HsegFrame *a, const HsegFrame *b)
{
    return a->format == b->format && a->matrix == b->matrix && a->range == b->range && a->width == b->width &&
           a->height == b->height;
}

size_t
hseg_luma_scratch(int width)
{
    return hseg_layout_line(width) + hseg_layout_bytes(width);
}

const uint8_t *
hseg_frame_luma_row(const HsegFrame *frame, int y, uint8_t *scratch)
{
    const HsegFormatInfo *info = &formats[frame->format];
    const HsegComponent *c = info->component;
    const uint8_t *row = hseg_frame_row(frame, c->plane, y);

    if (info->rgb) {
        const uint8_t *dense[4];
        int weight[3];

        hseg_color_luma_weights(frame->matrix, weight);
        hseg_layout_split(info, 0, frame->width, row, dense, scratch + hseg_layout_line(frame->width));
        hseg_rows()->luma_rgb(scratch, dense, weight, frame->width);
        return scratch;
    }
    if (info->bytes == 2) {
        hseg_rows()->narrow(scratch, (const uint16_t *)(const void *)row, info->shift + info->depth - 8,
                            frame->width);
        return scratch;
    }
    if (c->step == 1)
        return row;
    hseg_rows()->pick_u8(scratch, row + c->offset, c->step, frame->width);
    return scratch;
}

void
hseg_frame_luma_scale(const HsegFrame *frame, float *scale, float *offset)
{
    const HsegFormatInfo *info = &formats[frame->format];
    bool limited = !info->rgb && frame->range == HSEG_RANGE_LIMITED;
    int unit = 1 << (info->depth - 8), top = (1 << info->depth) - 1;

    *scale = limited ? 1.f / 219 : (float)unit / (float)top;
    *offset = limited ? -16.f / 219 : 0;
}
