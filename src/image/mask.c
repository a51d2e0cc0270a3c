#include "image/mask.h"

#include <math.h>

#include "base/base.h"
#include "image/layout.h"
#include "image/rows.h"

HsegRamp
hseg_ramp(float threshold, float softness)
{
    softness = fminf(softness, 2 * fminf(threshold, 1 - threshold));
    if (softness <= 0) /* whatever lies above the threshold, however little, is person */
        return (HsegRamp){threshold, 1e30f, 0};
    return (HsegRamp){threshold, 255 / softness, 128}; /* 127.5, and a half to round */
}

void
hseg_ramp_row(const HsegRamp *ramp, uint8_t *mask, const float *q, int n)
{
    hseg_rows()->ramp(mask, q, (const float[3]){ramp->centre, ramp->scale, ramp->bias}, n);
}

/* The mask over row @y of halved chroma: the mean over each sample's footprint, which the picture's edge may
 * clip. */
static void
chroma_row(const HsegComponent *c, int y, int width, int height, const uint8_t *mask, ptrdiff_t stride,
           uint8_t *row)
{
    const uint8_t *above = mask + ((ptrdiff_t)y << c->sub_y) * stride;
    const uint8_t *below = c->sub_y && 2 * y + 1 < height ? above + stride : above;
    int pairs = width / 2;

    if (c->sub_y)
        hseg_rows()->mean_quads(row, above, below, pairs);
    else
        hseg_rows()->mean_pairs(row, above, pairs);
    if (width & 1)
        row[pairs] = (uint8_t)((above[width - 1] + below[width - 1] + 1) >> 1);
}

bool
hseg_mask_fits_plane(const HsegFormatInfo *info, int plane)
{
    const HsegComponent *c = &info->component[hseg_plane_color(info, plane)];

    return c < info->component + 3 && c->step == 1 && !c->sub_x;
}

size_t
hseg_mask_scratch(int width)
{
    return 5 * hseg_layout_line(width) + hseg_layout_bytes(width);
}

const uint8_t *
hseg_mask_plane_row(const HsegFormatInfo *info, int plane, int y, int width, int height, const uint8_t *mask,
                    ptrdiff_t mask_stride, uint8_t *scratch)
{
    size_t line = hseg_layout_line(width);
    uint8_t *row = scratch, *chroma = row + 4 * line, *memory = chroma + line;
    const uint8_t *dense[4] = {NULL, NULL, NULL, NULL};

    for (int i = 0; i < HSEG_MIN((int)info->components, 3); i++) {
        const HsegComponent *c = &info->component[i];

        if (c->plane != plane)
            continue;
        if (!c->sub_x)
            dense[i] = mask + y * mask_stride;
        else if (i == 2 && dense[1]) /* U and V lie under the same mask */
            dense[i] = dense[1];
        else {
            chroma_row(c, y, width, height, mask, mask_stride, chroma);
            dense[i] = chroma;
        }
        if (c->step == 1)
            return dense[i];
    }
    hseg_layout_merge(info, plane, width, row, dense, 255, memory);
    return row;
}
