#include "image/clean.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/layout.h"
#include "image/mask.h"

#define ONE 256 /* fixed point */

/* One thread's rows. */
typedef struct {
    uint8_t *old;  /* of the estimated background, in the plane's own layout */
    uint8_t *mask; /* scratch of the mask rows */
    void *blur;    /* the blur's own scratch */
} Lines;

struct HsegCleaner {
    HsegFrame like;
    int threads;
    Lines *lines; /* [threads] */
};

HsegCleaner *
hseg_cleaner_new(const HsegFrame *like, int threads)
{
    HsegCleaner *c = hseg_mem_new0(sizeof *c);
    size_t bytes = 0;
    bool ok = true;

    if (!c)
        return NULL;
    for (int p = 0; p < hseg_format_planes(like->format); p++)
        bytes = HSEG_MAX(bytes, hseg_format_row_bytes(like->format, p, like->width));
    *c = (HsegCleaner){.like = *like, .threads = threads, .lines = hseg_mem_new0(threads * sizeof(Lines))};
    for (int i = 0; c->lines && i < threads; i++) {
        Lines *l = &c->lines[i];

        l->old = hseg_mem_new0(bytes);
        l->mask = hseg_mem_new0(hseg_mask_scratch(like->width));
        l->blur = hseg_mem_new0(hseg_blur_scratch(like->width));
        ok = ok && l->old && l->mask && l->blur;
    }
    if (!ok || !c->lines) {
        hseg_cleaner_free(c);
        return NULL;
    }
    hseg_layout_prepare();
    return c;
}

void
hseg_cleaner_free(HsegCleaner *c)
{
    if (!c)
        return;
    for (int i = 0; c->lines && i < c->threads; i++) {
        hseg_mem_free(c->lines[i].old);
        hseg_mem_free(c->lines[i].mask);
        hseg_mem_free(c->lines[i].blur);
    }
    hseg_mem_free(c->lines);
    hseg_mem_free(c);
}

/* Whether a mask value lies between background and person. */
static inline bool
half(uint8_t m)
{
    return (uint8_t)(m - 1) < 254;
}

/* The span [*from, *to) outside which nothing is half-transparent; false where there is no such pixel. */
static bool
find_half(const uint8_t *mask, int n, int *from, int *to)
{
    int a = 0, b = n;

    while (a < n && !half(mask[a]))
        a++;
    while (b > a && !half(mask[b - 1]))
        b--;
    *from = a;
    *to = b;
    return a < b;
}

/* The pixel moved from the old background towards the foreground's own colour. @most: the greatest sample. */
static inline int
clean(int pixel, int old, int m, int strength, int most)
{
    int foreground = old + (pixel - old) * 255 / m;

    foreground = HSEG_CLAMP(foreground, 0, most);
    return pixel + (foreground - pixel) * strength / ONE;
}

static void
clean_u8(uint8_t *row, const uint8_t *old, const uint8_t *mask, int strength, int from, int to)
{
    for (int x = from; x < to; x++)
        if (half(mask[x]))
            row[x] = (uint8_t)clean(row[x], old[x], mask[x], strength, 255);
}

static void
clean_u16(uint16_t *row, const uint16_t *old, const uint8_t *mask, const HsegFormatInfo *info, int strength,
          int from, int to)
{
    int most = (1 << info->depth) - 1;

    for (int x = from; x < to; x++)
        if (half(mask[x]))
            row[x] = (uint16_t)(clean(row[x] >> info->shift, old[x] >> info->shift, mask[x], strength, most)
                                << info->shift);
}

void
hseg_cleaner_band(HsegCleaner *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                  ptrdiff_t mask_stride, const HsegBlur *old, int strength, int band, int thread)
{
    const HsegFormatInfo *info = hseg_format_info(c->like.format);
    Lines *l = &c->lines[thread];

    for (int p = 0; p < info->planes; p++) {
        int rows = HSEG_BAND_ROWS >> hseg_plane_sub_y(info, p);
        int n = hseg_plane_samples(info, p, c->like.width);
        int end = HSEG_MIN((band + 1) * rows, hseg_format_plane_rows(c->like.format, p, c->like.height));

        for (int y = band * rows; y < end; y++) {
            uint8_t *row = hseg_frame_row(dst, p, y);
            const uint8_t *from = hseg_frame_row(src, p, y);
            const uint8_t *m =
                hseg_mask_plane_row(info, p, y, c->like.width, c->like.height, mask, mask_stride, l->mask);
            int x0, x1;

            if (row != from)
                memcpy(row, from, (size_t)n * info->bytes);
            if (!find_half(m, n, &x0, &x1))
                continue;
            hseg_blur_row(old, p, y, l->old, l->blur);
            if (info->bytes == 1)
                clean_u8(row, l->old, m, strength, x0, x1);
            else
                clean_u16((uint16_t *)(void *)row, (const uint16_t *)(const void *)l->old, m, info, strength,
                          x0, x1);
        }
    }
}
