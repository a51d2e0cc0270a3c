#include "image/box.h"

#include <string.h>

#include "base/base.h"
#include "image/rows.h"

size_t
hseg_box_row_bytes(int width, int planes)
{
    return (size_t)width * planes * sizeof(double);
}

void
hseg_box_init(HsegBox *box, int width, int planes, void *memory)
{
    *box = (HsegBox){width, planes, memory};
    memset(box->sum, 0, hseg_box_row_bytes(width, planes));
}

static void
add(HsegBox *box, const float *row, size_t plane, double sign)
{
    for (int p = 0; p < box->planes; p++)
        hseg_rows()->box_add(box->sum + (size_t)p * box->width, row + p * plane, sign, box->width);
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
hseg_box_means(const HsegBox *box, int radius, int rows, double *out)
{
    hseg_rows()->box_means(out, box->sum, (size_t)box->width, box->planes, box->width, radius, 1. / rows);
}

HsegWindow
hseg_window(int y, int radius, int height)
{
    radius = HSEG_MIN(radius, height); /* no overflow */
    return (HsegWindow){HSEG_MAX(y - radius, 0), HSEG_MIN(y + radius + 1, height)};
}

void
hseg_box_mean(float *dst, const float *src, int width, int height, int radius, void *scratch)
{
    HsegWindow have = {0, 0};
    double *mean = (double *)scratch + width;
    HsegBox box;

    hseg_box_init(&box, width, 1, scratch);
    for (int y = 0; y < height; y++) {
        HsegWindow want = hseg_window(y, radius, height);

        for (; have.to < want.to; have.to++)
            hseg_box_add(&box, src + (size_t)have.to * width, 0);
        for (; have.from < want.from; have.from++)
            hseg_box_take(&box, src + (size_t)have.from * width, 0);
        hseg_box_means(&box, radius, want.to - want.from, mean);
        for (int x = 0; x < width; x++)
            dst[(size_t)y * width + x] = (float)mean[x];
    }
}
