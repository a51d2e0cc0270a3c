#include "image/hold.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/frame.h"
#include "image/low.h"
#include "image/rows.h"

/* One thread's enlarged rows of weights: low rows i and i + 1 stand in slots i & 1 and (i + 1) & 1. */
typedef struct {
    int row[2];       /* the low row in each slot; -1: none */
    float *weight[2]; /* [width] */
    float *low;       /* [low_w + HSEG_ENLARGE_SLACK] */
} Slots;

struct HsegHolder {
    int low_w, low_h, width, height, threads;
    bool known;           /* whether there is a mask before */
    bool hold;            /* whether it counts for the rows at hand */
    const float *weights; /* [low_h][low_w] */
    uint8_t *last;        /* [height][width] */
    int *index;           /* [width]: the low column to the left of each column */
    float *part;          /* [width]: the way to the next one */
    Slots *slots;         /* [threads] */
};

HsegHolder *
hseg_holder_new(int low_w, int low_h, int width, int height, int threads)
{
    HsegHolder *h = hseg_mem_new0(sizeof *h);
    size_t low = low_w + HSEG_ENLARGE_SLACK;
    bool ok = true;

    if (!h)
        return NULL;
    *h = (HsegHolder){
        .low_w = low_w,
        .low_h = low_h,
        .width = width,
        .height = height,
        .threads = threads,
        .last = hseg_mem_new0((size_t)width * height),
        .index = hseg_mem_new0(width * sizeof(int)),
        .part = hseg_mem_new0(width * sizeof(float)),
        .slots = hseg_mem_new0(threads * sizeof(Slots)),
    };
    for (int i = 0; h->slots && i < threads; i++) {
        Slots *s = &h->slots[i];

        s->low = hseg_mem_new0((low + 2 * (size_t)width) * sizeof(float));
        s->weight[0] = s->low + low;
        s->weight[1] = s->weight[0] + width;
        ok = ok && s->low;
    }
    if (!ok || !h->last || !h->index || !h->part || !h->slots) {
        hseg_holder_free(h);
        return NULL;
    }
    for (int x = 0; x < width; x++)
        h->index[x] = hseg_low_position(x, low_w, width, &h->part[x]);
    return h;
}

void
hseg_holder_free(HsegHolder *h)
{
    if (!h)
        return;
    for (int i = 0; h->slots && i < h->threads; i++)
        hseg_mem_free(h->slots[i].low);
    hseg_mem_free(h->slots);
    hseg_mem_free(h->part);
    hseg_mem_free(h->index);
    hseg_mem_free(h->last);
    hseg_mem_free(h);
}

void
hseg_holder_set(HsegHolder *h, const float *weights)
{
    h->weights = weights;
    h->hold = h->known;
    h->known = true;
    for (int i = 0; i < h->threads; i++)
        h->slots[i].row[0] = h->slots[i].row[1] = -1;
}

void
hseg_holder_forget(HsegHolder *h)
{
    h->known = false;
}

/* Low row @i, enlarged across. */
static const float *
need_row(const HsegHolder *h, Slots *s, int i)
{
    int slot = i & 1;

    if (s->row[slot] != i) {
        memcpy(s->low, h->weights + (size_t)i * h->low_w, h->low_w * sizeof *s->low);
        hseg_rows()->enlarge(s->weight[slot], s->low, h->index, h->part, h->low_w > 1, h->width);
        s->row[slot] = i;
    }
    return s->weight[slot];
}

void
hseg_holder_rows(HsegHolder *h, const HsegFrame *mask, int y0, int y1, int thread)
{
    Slots *s = &h->slots[thread];

    for (int y = y0; y < y1; y++) {
        uint8_t *row = hseg_frame_row(mask, 0, y), *last = h->last + (size_t)y * h->width;
        float part;
        int i = hseg_low_position(y, h->low_h, h->height, &part);

        if (h->hold) {
            const float *weight[2] = {need_row(h, s, i), need_row(h, s, HSEG_MIN(i + 1, h->low_h - 1))};

            hseg_rows()->hold_u8(row, last, weight, part, h->width);
        } else {
            memcpy(last, row, h->width);
        }
    }
}
