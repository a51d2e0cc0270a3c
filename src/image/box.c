#include "image/box.h"

#include <string.h>

#include "base/base.h"
#include "image/rows.h"

/* Planes start this many bytes apart in a page, so that reading one never waits for a write to another that
 * only looks like the same place (loads and stores are told apart by the low twelve bits of their address).
 */
#define STAGGER 512
#define PAGE    4096

static size_t
plane_bytes(int width)
{
    return ((size_t)width * sizeof(double) + PAGE - 1) / PAGE * PAGE + STAGGER;
}

size_t
hseg_box_bytes(int width, int planes)
{
    return 2 * planes * plane_bytes(width);
}

void
hseg_box_init(HsegBox *box, int width, int planes, void *memory)
{
    size_t plane = plane_bytes(width) / sizeof(double);

    *box = (HsegBox){width, planes, plane, memory, (double *)memory + planes * plane};
    memset(box->sum, 0, planes * plane * sizeof(double));
}

static void
add(HsegBox *box, const float *row, size_t plane, double sign)
{
    for (int p = 0; p < box->planes; p++)
        hseg_rows()->box_add(box->sum + p * box->plane, row + p * plane, sign, box->width);
}

void
hseg_box_add(HsegBox *box, const float *row, size_t plane)
{
    add(box, row, plane, 1);
}

void
hseg_box_take(HsegBox *box, const float *row, size_t plane)
{
    add(box, row, plane, -1);
}

void
hseg_box_slide(HsegBox *box, const float *in, const float *out, size_t plane)
{
    for (int p = 0; p < box->planes; p++)
        hseg_rows()->box_slide(box->sum + p * box->plane, in + p * plane, out + p * plane, box->width);
}

void
hseg_box_means(HsegBox *box, int radius, int rows)
{
    hseg_rows()->box_means(box->mean, box->sum, box->plane, box->planes, box->width, radius, 1. / rows);
}

void
hseg_box_move(HsegBox *box, HsegWindow *have, HsegWindow want, const float *src, size_t plane)
{
    const size_t width = box->width;

    for (; have->to < want.to && have->from < want.from; have->to++, have->from++)
        hseg_box_slide(box, src + have->to * width, src + have->from * width, plane);
    for (; have->to < want.to; have->to++)
        hseg_box_add(box, src + have->to * width, plane);
    for (; have->from < want.from; have->from++)
        hseg_box_take(box, src + have->from * width, plane);
}

HsegWindow
hseg_window(int y, int radius, int height)
{
    radius = HSEG_MIN(radius, height); /* no overflow */
    return (HsegWindow){HSEG_MAX(y - radius, 0), HSEG_MIN(y + radius + 1, height)};
}

void
hseg_box_mean(float *dst, const float *src, size_t plane, int planes, int width, int height, int radius,
              void *scratch)
{
    HsegWindow have = {0, 0};
    HsegBox box;

    hseg_box_init(&box, width, planes, scratch);
    for (int y = 0; y < height; y++) {
        HsegWindow want = hseg_window(y, radius, height);

        hseg_box_move(&box, &have, want, src, plane);
        hseg_box_means(&box, radius, want.to - want.from);
        for (int p = 0; p < planes; p++)
            hseg_rows()->narrow_f64(dst + p * plane + (size_t)y * width, box.mean + p * box.plane, width);
    }
}
