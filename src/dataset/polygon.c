#include "dataset/polygon.h"
#include "base/base.h"

#include <math.h>

/* The first pixel whose centre is not left of (above) @v, in 0..@n. */
static int
first_centre(double v, int n)
{
    return (int)HSEG_CLAMP(ceil(v - 0.5), 0, n);
}

/* Flips, in each row whose centre the edge crosses, the first pixel right of the crossing: between two of
 * these a row is inside. @flips: [rows][width] from row @top on. */
static void
cross(uint8_t *flips, int width, int top, int bottom, HsegPoint a, HsegPoint b)
{
    double slope;
    int y0, y1;

    if (a.y > b.y) {
        HsegPoint swap = a;

        a = b;
        b = swap;
    }
    if (a.y == b.y)
        return;
    slope = (b.x - a.x) / (b.y - a.y);
    y0 = HSEG_MAX(first_centre(a.y, bottom), top);
    y1 = first_centre(b.y, bottom);
    for (int y = y0; y < y1; y++) {
        int x = first_centre(a.x + slope * (y + 0.5 - a.y), width);

        if (x < width)
            flips[(size_t)(y - top) * width + x] ^= 1;
    }
}

void
hseg_polygon_fill(HsegPicture *mask, const HsegPoint *points, gsize n, uint8_t value)
{
    double min = HSEG_POINT_MAX, max = -HSEG_POINT_MAX;
    g_autofree uint8_t *flips = NULL;
    int top, bottom, width = mask->width;

    for (gsize i = 0; i < n; i++) {
        min = HSEG_MIN(min, points[i].y);
        max = HSEG_MAX(max, points[i].y);
    }
    top = first_centre(min, mask->height);
    bottom = first_centre(max, mask->height);
    if (n < 3 || top >= bottom)
        return;
    flips = g_malloc0((size_t)(bottom - top) * width);
    for (gsize i = 0; i < n; i++)
        cross(flips, width, top, bottom, points[i], points[(i + 1) % n]);
    for (int y = top; y < bottom; y++) {
        const uint8_t *flip = flips + (size_t)(y - top) * width;
        uint8_t *row = mask->data + y * mask->stride;

        for (int x = 0, inside = 0; x < width; x++) {
            inside ^= flip[x];
            if (inside)
                row[x] = value;
        }
    }
}

static void
trace_edge(HsegPicture *mask, HsegPoint a, HsegPoint b, uint8_t value)
{
    int steps = (int)ceil(HSEG_MAX(fabs(b.x - a.x), fabs(b.y - a.y)));

    for (int i = 0; i <= steps; i++) {
        double part = steps ? (double)i / steps : 0;
        double x = floor(a.x + part * (b.x - a.x)), y = floor(a.y + part * (b.y - a.y));

        if (x >= 0 && y >= 0 && x < mask->width && y < mask->height)
            mask->data[(size_t)y * mask->stride + (size_t)x] = value;
    }
}

void
hseg_polygon_trace(HsegPicture *mask, const HsegPoint *points, gsize n, uint8_t value)
{
    for (gsize i = 0; i < n; i++)
        trace_edge(mask, points[i], points[(i + 1) % n], value);
}
