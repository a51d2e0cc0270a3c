#include "image/resize.h"

#include "base/base.h"
#include "base/mem.h"
#include "image/rows.h"
#include "image/taps.h"

/* Tables and scratch rows of one call. */
typedef struct {
    HsegTaps *across, *down;
    float *wide, *narrow; /* one row of the source's width, one of the target's; all channels */
} Plan;

static void
plan_clear(Plan *p)
{
    hseg_taps_free(p->across);
    hseg_taps_free(p->down);
    hseg_mem_free(p->wide);
    hseg_mem_free(p->narrow);
}

static bool
plan_init(Plan *p, int dst_w, int dst_h, int src_w, int src_h, int channels, HsegResizeMode mode)
{
    *p = (Plan){
        .across = hseg_taps_new(src_w, 0, dst_w, mode),
        .down = hseg_taps_new(src_h, 0, dst_h, mode),
        .wide = hseg_mem_new0((size_t)src_w * channels * sizeof(float)),
        .narrow = hseg_mem_new0((size_t)dst_w * channels * sizeof(float)),
    };
    if (p->across && p->down && p->wide && p->narrow)
        return true;
    plan_clear(p);
    return false;
}

static void
resize_across(const Plan *p, float *dst, int channels)
{
    const HsegTaps *t = p->across;

    for (int c = 0; c < channels; c++)
        hseg_rows()->gather(dst + c, channels, p->wide + c, channels, t->first, t->weight, t->taps, t->n);
}

bool
hseg_resize_f32(float *dst, int dst_w, int dst_h, ptrdiff_t dst_stride, const float *src, int src_w,
                int src_h, ptrdiff_t src_stride, int channels, HsegResizeMode mode)
{
    Plan p;

    if (!plan_init(&p, dst_w, dst_h, src_w, src_h, channels, mode))
        return false;
    for (int y = 0; y < dst_h; y++) {
        hseg_rows()->sum_f32(p.wide, src + p.down->first[y] * src_stride, src_stride,
                             p.down->weight + (size_t)y * p.down->taps, p.down->taps, src_w * channels);
        resize_across(&p, dst + y * dst_stride, channels);
    }
    plan_clear(&p);
    return true;
}

bool
hseg_resize_u8(uint8_t *dst, int dst_w, int dst_h, ptrdiff_t dst_stride, const uint8_t *src, int src_w,
               int src_h, ptrdiff_t src_stride, int channels, HsegResizeMode mode)
{
    Plan p;

    if (!plan_init(&p, dst_w, dst_h, src_w, src_h, channels, mode))
        return false;
    for (int y = 0; y < dst_h; y++) {
        hseg_rows()->sum_u8(p.wide, src + p.down->first[y] * src_stride, src_stride,
                            p.down->weight + (size_t)y * p.down->taps, p.down->taps, src_w * channels);
        resize_across(&p, p.narrow, channels);
        hseg_rows()->round_u8(dst + y * dst_stride, p.narrow, dst_w * channels);
    }
    plan_clear(&p);
    return true;
}
