#include "image/hold.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/frame.h"
#include "image/low.h"
#include "image/rows.h"
#include "image/spans.h"

struct HsegHolder {
    HsegLowGrid grid;
    int threads, spans;
    bool known;  /* whether there is a mask before */
    bool hold;   /* whether it counts for the rows at hand */
    float still; /* the new mask's weight where nothing moves */
    HsegFrame mask;
    uint8_t *kinds;    /* [height][spans]: of the mask */
    HsegLowRows *rows; /* [threads]: what moves, enlarged */
};

HsegHolder *
hseg_holder_new(int low_w, int low_h, int width, int height, int threads)
{
    HsegHolder *h = hseg_mem_new0(sizeof *h);
    bool ok;

    if (!h)
        return NULL;
    h->threads = threads;
    h->spans = hseg_spans(width);
    h->mask = (HsegFrame){
        .format = HSEG_FORMAT_GRAY8,
        .range = HSEG_RANGE_FULL,
        .width = width,
        .height = height,
        .stride = {hseg_round_up(width, HSEG_ALIGN)},
    };
    h->mask.plane[0] = hseg_mem_new0((size_t)h->mask.stride[0] * height);
    h->kinds = hseg_mem_new0((size_t)h->spans * height); /* nobody, as the mask is */
    h->rows = hseg_mem_new0(threads * sizeof *h->rows);
    ok = hseg_low_grid_init(&h->grid, low_w, low_h, width, height) && h->mask.plane[0] && h->kinds && h->rows;
    for (int i = 0; ok && i < threads; i++)
        ok = hseg_low_rows_init(&h->rows[i], &h->grid, 1);
    if (!ok) {
        hseg_holder_free(h);
        return NULL;
    }
    return h;
}

void
hseg_holder_free(HsegHolder *h)
{
    if (!h)
        return;
    for (int i = 0; h->rows && i < h->threads; i++)
        hseg_low_rows_clear(&h->rows[i]);
    hseg_mem_free(h->rows);
    hseg_mem_free(h->kinds);
    hseg_mem_free(h->mask.plane[0]);
    hseg_low_grid_clear(&h->grid);
    hseg_mem_free(h);
}

void
hseg_holder_set(HsegHolder *h, const float *moves, float still)
{
    h->still = still;
    h->hold = moves && h->known;
    h->known = moves != NULL;
    for (int i = 0; i < h->threads; i++)
        hseg_low_rows_set(&h->rows[i], moves);
}

void
hseg_holder_forget(HsegHolder *h)
{
    h->known = false;
}

/* Low row @i, enlarged across at @x0 .. @x1-1. */
static const float *
need_row(const HsegHolder *h, HsegLowRows *rows, int i, int x0, int x1)
{
    hseg_low_rows_lack(rows, &h->grid, i);
    hseg_low_rows_enlarge(rows, &h->grid, i, x0, x1);
    return hseg_full_row(rows, &h->grid, i, 0) + x0;
}

/* What is known to be all the same, written out. */
static void
fill(uint8_t *row, uint8_t kind, int n)
{
    if (kind != HSEG_EDGE)
        memset(row, kind == HSEG_PERSON ? 255 : 0, n);
}

/* Spans that change, @x0 .. @x1-1 of @row, mixed into the mask's. */
static void
hold(const HsegHolder *h, const uint8_t *row, int x0, int x1, int y, HsegLowRows *rows)
{
    uint8_t *mask = hseg_frame_row(&h->mask, 0, y);
    HsegLowPlace place;

    if (!h->hold) {
        memcpy(mask + x0, row + x0, x1 - x0);
        return;
    }
    place = h->grid.place[y];
    const float *moves[2] = {need_row(h, rows, place.row, x0, x1), need_row(h, rows, place.next, x0, x1)};

    hseg_rows()->hold_u8(mask + x0, row + x0, moves, place.part, h->still, x1 - x0);
    for (int x = x0; x < x1; x += HSEG_SPAN) /* as in the frame, see fast-guided.c */
        __builtin_prefetch(mask + x + HSEG_ROWS_AHEAD * (ptrdiff_t)h->mask.stride[0], 1);
}

void
hseg_holder_row(HsegHolder *h, uint8_t *row, const uint8_t *kinds, int y, int thread)
{
    uint8_t *was = h->kinds + (size_t)y * h->spans, *mask = hseg_frame_row(&h->mask, 0, y);

    for (int s = 0, end; s < h->spans; s = end + 1) { /* what lies at @end stays as it was */
        int x0 = s * HSEG_SPAN, x1;

        for (end = s; end < h->spans && (kinds[end] == HSEG_EDGE || kinds[end] != was[end]); end++)
            fill(row + end * HSEG_SPAN, kinds[end], HSEG_MIN(h->mask.width - end * HSEG_SPAN, HSEG_SPAN));
        if (end == s)
            continue;
        x1 = HSEG_MIN(end * HSEG_SPAN, h->mask.width);
        hold(h, row, x0, x1, y, &h->rows[thread]);
        for (int x = x0; x < x1; x += HSEG_SPAN)
            was[x / HSEG_SPAN] = hseg_rows()->span_kind(mask + x, HSEG_MIN(x1 - x, HSEG_SPAN));
    }
}

const HsegFrame *
hseg_holder_mask(const HsegHolder *h)
{
    return &h->mask;
}

const uint8_t *
hseg_holder_kinds(const HsegHolder *h, int y)
{
    return h->kinds + (size_t)y * h->spans;
}
