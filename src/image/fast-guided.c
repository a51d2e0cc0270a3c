#include "image/fast-guided.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/guided.h"
#include "image/layout.h"
#include "image/low.h"
#include "image/rows.h"
#include "image/spans.h"

/* A span is told to be all background or all person only where it is so by more than rounding can be wrong.
 */
#define MARGIN 1e-4f

/* One thread's rows. */
typedef struct {
    HsegLowRows rows;  /* a and b */
    uint8_t *kinds[2]; /* [spans]: what the rows in the slots make of any luma, see spans.h */
    uint8_t *low;      /* [low_w]: the same of each low column */
    uint8_t *luma;     /* scratch of the luma rows */
} Lines;

struct HsegFastGuided {
    HsegLowGrid grid;
    int threads;
    HsegGuided *guided;
    float *coef;  /* [2][low_h][low_w]: a, b */
    Lines *lines; /* [threads] */
};

static bool
lines_init(Lines *l, const HsegLowGrid *grid)
{
    size_t spans = hseg_spans(grid->width);

    l->kinds[0] = hseg_mem_new0(2 * spans + grid->low_w);
    l->kinds[1] = l->kinds[0] + spans;
    l->low = l->kinds[1] + spans;
    l->luma = hseg_mem_new0(hseg_luma_scratch(grid->width));
    return hseg_low_rows_init(&l->rows, grid, 2) && l->kinds[0] && l->luma;
}

HsegFastGuided *
hseg_fast_guided_new(int low_w, int low_h, int width, int height, int threads)
{
    HsegFastGuided *f = hseg_mem_new0(sizeof *f);
    bool ok;

    if (!f)
        return NULL;
    f->threads = threads;
    f->guided = hseg_guided_new(low_w, low_h, 1, threads);
    f->coef = hseg_mem_new0((2 * (size_t)low_w * low_h + HSEG_ENLARGE_SLACK) * sizeof(float));
    f->lines = hseg_mem_new0(threads * sizeof(Lines));
    ok = hseg_low_grid_init(&f->grid, low_w, low_h, width, height) && f->guided && f->coef && f->lines;
    for (int i = 0; ok && i < threads; i++)
        ok = lines_init(&f->lines[i], &f->grid);
    if (!ok) {
        hseg_fast_guided_free(f);
        return NULL;
    }
    hseg_layout_prepare();
    return f;
}

void
hseg_fast_guided_free(HsegFastGuided *f)
{
    if (!f)
        return;
    for (int i = 0; f->lines && i < f->threads; i++) {
        hseg_low_rows_clear(&f->lines[i].rows);
        hseg_mem_free(f->lines[i].kinds[0]);
        hseg_mem_free(f->lines[i].luma);
    }
    hseg_mem_free(f->lines);
    hseg_mem_free(f->coef);
    hseg_guided_free(f->guided);
    hseg_low_grid_clear(&f->grid);
    hseg_mem_free(f);
}

/* Other coefficients: what was enlarged is of no more use. */
static void
forget_rows(HsegFastGuided *f)
{
    for (int i = 0; i < f->threads; i++)
        hseg_low_rows_set(&f->lines[i].rows, f->coef);
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
    float *a = f->coef, *b = f->coef + (size_t)f->grid.low_w * f->grid.low_h;

    for (int y = 0; y < f->grid.low_h; y++)
        for (int x = 0; x < f->grid.low_w; x++) {
            a[(size_t)y * f->grid.low_w + x] = 0;
            b[(size_t)y * f->grid.low_w + x] = p[y * p_stride + x];
        }
    forget_rows(f);
}

/* What each span is by row @i of the coefficients, whatever the luma: q lies between its values at the two
 * ends of the luma, and, between two columns, between theirs. No @ramp: not known. */
static void
find_kinds(const HsegFastGuided *f, const Lines *l, int i, const float unit[2], const HsegRamp *ramp)
{
    const HsegLowGrid *grid = &f->grid;
    const float ends[2] = {unit[1], 255 * unit[0] + unit[1]};
    uint8_t *kinds = l->kinds[i & 1];

    if (!ramp)
        return;
    hseg_rows()->guided_kinds(l->low, hseg_low_row(&l->rows, grid, i, 0), hseg_low_row(&l->rows, grid, i, 1),
                              ends, ramp->centre + (1 - ramp->bias) / ramp->scale - MARGIN,
                              ramp->centre + (255 - ramp->bias) / ramp->scale + MARGIN, grid->low_w);
    for (int s = 0; s < hseg_spans(grid->width); s++) {
        int x = grid->index[s * HSEG_SPAN];
        int last = HSEG_MIN(grid->index[HSEG_MIN((s + 1) * HSEG_SPAN, grid->width) - 1] + 1, grid->low_w - 1);

        /* each like the one before it: all alike */
        kinds[s] = memcmp(l->low + x, l->low + x + 1, last - x) ? HSEG_EDGE : l->low[x];
    }
}

/* The rows of coefficients above and below full-size row @y. @unit: written, what the luma's bytes mean */
static HsegLowPlace
rows_around(const HsegFastGuided *f, const HsegFrame *frame, Lines *l, int y, float unit[2],
            const HsegRamp *ramp)
{
    const HsegLowPlace place = f->grid.place[y];
    const int rows[2] = {place.row, place.next};

    hseg_frame_luma_scale(frame, &unit[0], &unit[1]);
    for (int k = 0; k < 2; k++)
        if (hseg_low_rows_lack(&l->rows, &f->grid, rows[k]))
            find_kinds(f, l, rows[k], unit, ramp);
    return place;
}

/* Enlarges pixels @x0 .. @x1-1 of both rows; a and b: where they begin. */
static void
enlarge(const HsegFastGuided *f, Lines *l, const HsegLowPlace *place, int x0, int x1, const float *a[2],
        const float *b[2])
{
    int row[2] = {place->row, place->next};

    for (int k = 0; k < 2; k++) {
        hseg_low_rows_enlarge(&l->rows, &f->grid, row[k], x0, x1);
        a[k] = hseg_full_row(&l->rows, &f->grid, row[k], 0) + x0;
        b[k] = hseg_full_row(&l->rows, &f->grid, row[k], 1) + x0;
    }
}

void
hseg_fast_guided_row(HsegFastGuided *f, const HsegFrame *frame, const HsegRamp *ramp, uint8_t *mask,
                     uint8_t *kinds, int y, int thread)
{
    const float shape[3] = {ramp->centre, ramp->scale, ramp->bias};
    Lines *l = &f->lines[thread];
    float unit[2];
    HsegLowPlace place = rows_around(f, frame, l, y, unit, ramp);
    const uint8_t *luma = NULL, *above = l->kinds[place.row & 1], *below = l->kinds[place.next & 1];
    int spans = hseg_spans(f->grid.width);

    for (int s = 0; s < spans; s++)
        kinds[s] = above[s] == below[s] ? above[s] : HSEG_EDGE;
    for (int s = 0, end; s < spans; s = end + 1) { /* what lies at @end is no edge */
        const float *a[2], *b[2];
        int x0 = s * HSEG_SPAN, x1;

        for (end = s; end < spans && kinds[end] == HSEG_EDGE; end++)
            ;
        if (end == s)
            continue;
        if (!luma)
            luma = hseg_frame_luma_row(frame, y, l->luma);
        x1 = HSEG_MIN(end * HSEG_SPAN, f->grid.width);
        enlarge(f, l, &place, x0, x1, a, b);
        hseg_rows()->guided_mask(mask + x0, luma + x0, unit, a, b, place.part, shape, x1 - x0);
        if (luma != l->luma)
            for (int x = x0; x < x1; x += HSEG_SPAN)
                __builtin_prefetch(luma + x + HSEG_ROWS_AHEAD * (ptrdiff_t)frame->stride[0]);
    }
}

void
hseg_fast_guided_rows_f32(HsegFastGuided *f, const HsegFrame *frame, float *q, ptrdiff_t q_stride, int y0,
                          int y1, int thread)
{
    Lines *l = &f->lines[thread];
    float unit[2];

    for (int y = y0; y < y1; y++) {
        HsegLowPlace place = rows_around(f, frame, l, y, unit, NULL);
        const uint8_t *luma = hseg_frame_luma_row(frame, y, l->luma);
        const float *a[2], *b[2];

        enlarge(f, l, &place, 0, f->grid.width, a, b);
        hseg_rows()->guided_q(q + y * q_stride, luma, unit, a, b, place.part, f->grid.width);
    }
    hseg_low_rows_set(&l->rows, f->coef); /* their spans are not known */
}
