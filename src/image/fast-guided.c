#include "image/fast-guided.h"

#include "base/base.h"
#include "base/mem.h"
#include "image/guided.h"
#include "image/low.h"
#include "image/layout.h"
#include "image/rows.h"

/* One thread's enlarged coefficient rows: low rows i and i + 1 stand in slots i & 1 and (i + 1) & 1. */
typedef struct {
    int row[2];         /* the low row in each slot; -1: none */
    float *a[2], *b[2]; /* [width] each, in units of the 8-bit luma */
    float *low;         /* [2][low_w + HSEG_ENLARGE_SLACK] */
    uint8_t *luma;      /* scratch of the luma rows */
} Slots;

struct HsegFastGuided {
    int low_w, low_h, width, height, threads;
    HsegGuided *guided;
    float *coef;  /* [2][low_h][low_w]: a, b */
    int *index;   /* [width]: the low column to the left of each column */
    float *part;  /* [width]: the way to the next one */
    Slots *slots; /* [threads] */
};

static bool
slots_init(Slots *s, int low_w, int width)
{
    size_t low = low_w + HSEG_ENLARGE_SLACK;
    float *memory = hseg_mem_new0((4 * (size_t)width + 2 * low) * sizeof(float));

    s->low = memory;
    s->luma = hseg_mem_new0(hseg_luma_scratch(width));
    if (!memory || !s->luma)
        return false;
    for (int i = 0; i < 2; i++) {
        s->row[i] = -1;
        s->a[i] = memory + 2 * low + 2 * (size_t)i * width;
        s->b[i] = s->a[i] + width;
    }
    return true;
}

HsegFastGuided *
hseg_fast_guided_new(int low_w, int low_h, int width, int height, int threads)
{
    HsegFastGuided *f = hseg_mem_new0(sizeof *f);
    bool ok = true;

    if (!f)
        return NULL;
    *f = (HsegFastGuided){
        .low_w = low_w,
        .low_h = low_h,
        .width = width,
        .height = height,
        .threads = threads,
        .guided = hseg_guided_new(low_w, low_h, 1, threads),
        .coef = hseg_mem_new0(2 * (size_t)low_w * low_h * sizeof(float)),
        .index = hseg_mem_new0(width * sizeof(int)),
        .part = hseg_mem_new0(width * sizeof(float)),
        .slots = hseg_mem_new0(threads * sizeof(Slots)),
    };
    for (int i = 0; f->slots && i < threads; i++)
        ok = slots_init(&f->slots[i], low_w, width) && ok;
    if (!ok || !f->guided || !f->coef || !f->index || !f->part || !f->slots) {
        hseg_fast_guided_free(f);
        return NULL;
    }
    hseg_layout_prepare();
    for (int x = 0; x < width; x++)
        f->index[x] = hseg_low_position(x, low_w, width, &f->part[x]);
    return f;
}

void
hseg_fast_guided_free(HsegFastGuided *f)
{
    if (!f)
        return;
    for (int i = 0; f->slots && i < f->threads; i++) {
        hseg_mem_free(f->slots[i].low);
        hseg_mem_free(f->slots[i].luma);
    }
    hseg_mem_free(f->slots);
    hseg_mem_free(f->part);
    hseg_mem_free(f->index);
    hseg_mem_free(f->coef);
    hseg_guided_free(f->guided);
    hseg_mem_free(f);
}

/* Other coefficients: what was enlarged is of no more use. */
static void
forget_rows(HsegFastGuided *f)
{
    for (int i = 0; i < f->threads; i++)
        f->slots[i].row[0] = f->slots[i].row[1] = -1;
}

void
hseg_fast_guided_fit(HsegFastGuided *f, const float *guide, const float *p, ptrdiff_t p_stride, int radius,
                     float epsilon)
{
    hseg_guided_fit(f->guided, f->coef, guide, p, p_stride, radius, epsilon);
    forget_rows(f);
}

void
hseg_fast_guided_plain(HsegFastGuided *f, const float *p, ptrdiff_t p_stride)
{
    float *a = f->coef, *b = f->coef + (size_t)f->low_w * f->low_h;

    for (int y = 0; y < f->low_h; y++)
        for (int x = 0; x < f->low_w; x++) {
            a[(size_t)y * f->low_w + x] = 0;
            b[(size_t)y * f->low_w + x] = p[y * p_stride + x];
        }
    forget_rows(f);
}

/* Sees to it that low row @i stands enlarged in its slot; @scale, @offset: what the luma's bytes mean. */
static void
need_row(const HsegFastGuided *f, Slots *s, int i, float scale, float offset)
{
    const float *a = f->coef + (size_t)i * f->low_w, *b = a + (size_t)f->low_w * f->low_h;
    float *low_b = s->low + f->low_w + HSEG_ENLARGE_SLACK;
    int slot = i & 1, next = f->low_w > 1;

    if (s->row[slot] == i)
        return;
    for (int x = 0; x < f->low_w; x++) {
        s->low[x] = a[x] * scale;
        low_b[x] = b[x] + a[x] * offset;
    }
    hseg_rows()->enlarge(s->a[slot], s->low, f->index, f->part, next, f->width);
    hseg_rows()->enlarge(s->b[slot], low_b, f->index, f->part, next, f->width);
    s->row[slot] = i;
}

/* The enlarged rows above and below full-size row @y; returns the part of the way from one to the other. */
static float
rows_around(const HsegFastGuided *f, const HsegFrame *frame, Slots *s, int y, const float *a[2],
            const float *b[2])
{
    float scale, offset, part;
    int i = hseg_low_position(y, f->low_h, f->height, &part), next = HSEG_MIN(i + 1, f->low_h - 1);

    hseg_frame_luma_scale(frame, &scale, &offset);
    need_row(f, s, i, scale, offset);
    need_row(f, s, next, scale, offset);
    a[0] = s->a[i & 1];
    b[0] = s->b[i & 1];
    a[1] = s->a[next & 1];
    b[1] = s->b[next & 1];
    return part;
}

void
hseg_fast_guided_rows(HsegFastGuided *f, const HsegFrame *frame, const HsegRamp *ramp, uint8_t *mask,
                      ptrdiff_t mask_stride, int y0, int y1, int thread)
{
    Slots *s = &f->slots[thread];
    const float shape[3] = {ramp->centre, ramp->scale, ramp->bias};

    for (int y = y0; y < y1; y++) {
        const float *a[2], *b[2];
        float part = rows_around(f, frame, s, y, a, b);
        const uint8_t *luma = hseg_frame_luma_row(frame, y, s->luma);

        hseg_rows()->guided_mask(mask + y * mask_stride, luma, a, b, part, shape, f->width);
    }
}

void
hseg_fast_guided_rows_f32(HsegFastGuided *f, const HsegFrame *frame, float *q, ptrdiff_t q_stride, int y0,
                          int y1, int thread)
{
    Slots *s = &f->slots[thread];

    for (int y = y0; y < y1; y++) {
        const float *a[2], *b[2];
        float part = rows_around(f, frame, s, y, a, b);
        const uint8_t *luma = hseg_frame_luma_row(frame, y, s->luma);

        hseg_rows()->guided_q(q + y * q_stride, luma, a, b, part, f->width);
    }
}
