#include "image/composite.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/color.h"
#include "image/layout.h"
#include "image/mask.h"
#include "image/rows.h"

/* One thread's rows. */
typedef struct {
    uint8_t *back; /* [planes][bytes]: of the background, in each plane's own layout */
    uint8_t *mask; /* scratch of the mask rows */
    void *blur;    /* the blur's own scratch */
} Lines;

struct HsegBlender {
    HsegFrame like;
    int threads;
    size_t bytes; /* of the longest row */
    Lines *lines; /* [threads] */
};

static size_t
longest_row(const HsegFrame *like)
{
    size_t bytes = 0;

    for (int p = 0; p < hseg_format_planes(like->format); p++)
        bytes = HSEG_MAX(bytes, hseg_format_row_bytes(like->format, p, like->width));
    return bytes;
}

HsegBlender *
hseg_blender_new(const HsegFrame *like, int threads)
{
    HsegBlender *c = hseg_mem_new0(sizeof *c);
    bool ok = true;

    if (!c)
        return NULL;
    *c = (HsegBlender){.like = *like,
                       .threads = threads,
                       .bytes = longest_row(like),
                       .lines = hseg_mem_new0(threads * sizeof(Lines))};
    for (int i = 0; c->lines && i < threads; i++) {
        Lines *l = &c->lines[i];

        l->back = hseg_mem_new0(hseg_format_planes(like->format) * c->bytes);
        l->mask = hseg_mem_new0(hseg_mask_scratch(like->width));
        l->blur = hseg_mem_new0(hseg_blur_scratch(like->width));
        ok = ok && l->back && l->mask && l->blur;
    }
    if (!ok || !c->lines) {
        hseg_blender_free(c);
        return NULL;
    }
    hseg_layout_prepare();
    return c;
}

void
hseg_blender_free(HsegBlender *c)
{
    if (!c)
        return;
    for (int i = 0; c->lines && i < c->threads; i++) {
        hseg_mem_free(c->lines[i].back);
        hseg_mem_free(c->lines[i].mask);
        hseg_mem_free(c->lines[i].blur);
    }
    hseg_mem_free(c->lines);
    hseg_mem_free(c);
}

/* A row of @plane in one colour. */
static void
color_row(const HsegFrame *like, uint32_t argb, int plane, uint8_t *row)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    uint16_t samples[3];

    hseg_color_samples(like, argb, samples);
    for (int i = 0; i < HSEG_MIN((int)info->components, 3); i++) {
        const HsegComponent *c = &info->component[i];
        int n = hseg_component_width(c, like->width);

        if (c->plane != plane)
            continue;
        for (int x = 0; x < n; x++)
            if (info->bytes == 1)
                row[x * c->step + c->offset] = (uint8_t)samples[i];
            else
                ((uint16_t *)(void *)row)[x * c->step + c->offset] = (uint16_t)(samples[i] << info->shift);
    }
}

/* Row @y of the background; a colour has been put into l->back already. */
static const uint8_t *
back_row(const HsegBlender *c, const HsegBehind *back, int plane, int y, Lines *l)
{
    uint8_t *row = l->back + plane * c->bytes;

    if (back->blur)
        hseg_blur_row(back->blur, plane, y, row, l->blur);
    else if (back->picture)
        return hseg_frame_row(back->picture, plane, y);
    return row;
}

void
hseg_blender_band(HsegBlender *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                  ptrdiff_t mask_stride, const HsegBehind *back, int band, int thread)
{
    const HsegFormatInfo *info = hseg_format_info(c->like.format);
    Lines *l = &c->lines[thread];

    for (int p = 0; !back->blur && !back->picture && p < info->planes; p++)
        color_row(&c->like, back->color, p, l->back + p * c->bytes);
    for (int p = 0, alike; p < info->planes; p += alike) {
        int rows = HSEG_BAND_ROWS >> hseg_plane_sub_y(info, p),
            n = hseg_plane_samples(info, p, c->like.width);
        int end = HSEG_MIN((band + 1) * rows, hseg_format_plane_rows(c->like.format, p, c->like.height));

        alike = hseg_planes_alike(info, p);
        for (int y = band * rows; y < end; y++) {
            const uint8_t *m =
                hseg_mask_plane_row(info, p, y, c->like.width, c->like.height, mask, mask_stride, l->mask);

            for (int q = p; q < p + alike; q++) {
                uint8_t *row = hseg_frame_row(dst, q, y);
                const uint8_t *person = hseg_frame_row(src, q, y), *behind = back_row(c, back, q, y, l);

                if (info->bytes == 1)
                    hseg_rows()->blend_u8(row, person, behind, m, n);
                else
                    hseg_rows()->blend_u16((uint16_t *)(void *)row, (const uint16_t *)(const void *)person,
                                           (const uint16_t *)(const void *)behind, m, info->shift, n);
            }
        }
    }
}
