#include "image/light-wrap.h"

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/blur.h"
#include "image/rows.h"

/* How far the light reaches: the blur's standard deviation as a part of the frame's height. */
#define REACH 0.015

struct HsegLightWrap {
    int threads;
    HsegFrame kept;
    HsegBlur *blur;
    uint8_t *lines; /* [threads][line]: a row of the blurred mask, then the blur's scratch */
    size_t line, row;
};

HsegLightWrap *
hseg_light_wrap_new(int width, int height, int threads)
{
    HsegLightWrap *w = hseg_mem_new0(sizeof *w);

    if (!w)
        return NULL;
    w->threads = threads;
    w->kept =
        (HsegFrame){.format = HSEG_FORMAT_GRAY8, .range = HSEG_RANGE_FULL, .width = width, .height = height};
    w->kept.stride[0] = hseg_round_up(width, HSEG_ALIGN);
    w->kept.plane[0] = hseg_mem_new0((size_t)w->kept.stride[0] * height);
    w->blur = hseg_blur_new(&w->kept, REACH * height, threads);
    w->row = (size_t)hseg_round_up(width, HSEG_ALIGN);
    w->line = w->row + (size_t)hseg_round_up((int)hseg_blur_scratch(width), HSEG_ALIGN);
    w->lines = hseg_mem_new0(threads * w->line);
    if (!w->kept.plane[0] || !w->blur || !w->lines) {
        hseg_light_wrap_free(w);
        return NULL;
    }
    return w;
}

void
hseg_light_wrap_free(HsegLightWrap *w)
{
    if (!w)
        return;
    hseg_mem_free(w->lines);
    hseg_blur_free(w->blur);
    hseg_mem_free(w->kept.plane[0]);
    hseg_mem_free(w);
}

typedef struct {
    HsegLightWrap *w;
    const HsegFrame *mask;
} Gather;

static void
gather_band(void *data, int band, int thread)
{
    const Gather *g = data;

    hseg_blur_gather(g->w->blur, g->mask, NULL, 0, band, thread);
}

void
hseg_light_wrap_gather(HsegLightWrap *w, const HsegFrame *mask)
{
    Gather gather = {w, mask};

    hseg_parallel(w->threads, hseg_bands(mask->height), gather_band, &gather);
    hseg_blur_finish(w->blur);
}

bool
hseg_light_wrap_band(HsegLightWrap *w, const HsegFrame *mask, int strength, int band, int thread)
{
    uint8_t *near = w->lines + thread * w->line;
    int end = HSEG_MIN((band + 1) * HSEG_BAND_ROWS, mask->height);
    uint8_t least = 255;

    for (int y = band * HSEG_BAND_ROWS; y < end; y++) {
        uint8_t *kept = hseg_frame_row(&w->kept, 0, y);

        hseg_blur_row(w->blur, 0, y, near, near + w->row);
        hseg_rows()->rim_u8(kept, hseg_frame_row(mask, 0, y), near, strength, mask->width);
        for (int x = 0; x < mask->width; x++)
            least = HSEG_MIN(least, kept[x]);
    }
    return least < 255;
}

const HsegFrame *
hseg_light_wrap_kept(const HsegLightWrap *w)
{
    return &w->kept;
}
