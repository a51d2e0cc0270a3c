#include "image/mask.h"

#include <string.h>

#include "base/base.h"
#include "image/rows.h"

HsegRamp
hseg_ramp(float threshold, float softness)
{
    if (softness <= 0) /* whatever lies above the threshold, however little, is person */
        return (HsegRamp){threshold, 1e30f, 0};
    return (HsegRamp){threshold, 255 / softness, 128}; /* 127.5, and a half to round */
}

void
hseg_ramp_row(const HsegRamp *ramp, uint8_t *mask, const float *q, int n)
{
    hseg_rows()->ramp(mask, q, (const float[3]){ramp->centre, ramp->scale, ramp->bias}, n);
}

/* One component's row: the mean over each sample's footprint, which the picture's edge may clip.
 * Returns @scratch, or the mask's own row where nothing is subsampled. */
static const uint8_t *
component_row(const HsegComponent *c, int y, int width, int height, const uint8_t *mask, ptrdiff_t stride,
              uint8_t *scratch)
{
    const uint8_t *above = mask + ((ptrdiff_t)y << c->sub_y) * stride;
    const uint8_t *below = (y << c->sub_y) + 1 < height && c->sub_y ? above + stride : above;
    int pairs = width / 2;

    if (!c->sub_x)
        return above;
    if (c->sub_y)
        hseg_rows()->mean_quads(scratch, above, below, pairs);
    else
        hseg_rows()->mean_pairs(scratch, above, pairs);
    if (width & 1)
        scratch[pairs] = (uint8_t)((above[width - 1] + below[width - 1] + 1) >> 1);
    return scratch;
}

const uint8_t *
hseg_mask_plane_row(const HsegFormatInfo *info, int plane, int y, int width, int height, const uint8_t *mask,
                    ptrdiff_t mask_stride, uint8_t *scratch)
{
    int samples = hseg_plane_samples(info, plane, width), sub_x = -1;
    const uint8_t *row = NULL;

    for (int i = 0; i < HSEG_MIN((int)info->components, 3); i++) {
        const HsegComponent *c = &info->component[i];

        if (c->plane != plane)
            continue;
        if (c->sub_x != sub_x) /* U and V lie under the same mask */
            row = component_row(c, y, width, height, mask, mask_stride, scratch + samples);
        if (c->step == 1)
            return row;
        if (sub_x < 0)
            memset(scratch, 255, samples);
        hseg_rows()->spread_u8(scratch + c->offset, c->step, row, hseg_component_width(c, width));
        sub_x = c->sub_x;
    }
    if (sub_x < 0)
        memset(scratch, 255, samples);
    return scratch;
}
