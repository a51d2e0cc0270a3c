#include "nn/plan.h"

#include <stdlib.h>

#include "base/mem.h"

static int
larger_first(const void *pa, const void *pb)
{
    const HsegPlanItem *a = *(HsegPlanItem *const *)pa, *b = *(HsegPlanItem *const *)pb;

    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return a < b ? -1 : a > b; /* a stable order: the same plan on every machine */
}

static bool
overlap(const HsegPlanItem *a, const HsegPlanItem *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset at which @item fits beside @placed, which are sorted by offset. */
static size_t
lowest_gap(const HsegPlanItem *item, HsegPlanItem *const *placed, int count)
{
    size_t at = 0;

    for (int i = 0; i < count; i++) {
        if (!overlap(item, placed[i]))
            continue;
        if (placed[i]->offset >= at + item->size)
            break;
        if (placed[i]->offset + placed[i]->size > at)
            at = placed[i]->offset + placed[i]->size;
    }
    return at;
}

bool
hseg_plan(HsegPlanItem *items, int count, size_t *arena)
{
    HsegPlanItem **order = malloc((count + 1) * sizeof *order);
    HsegPlanItem **placed = malloc((count + 1) * sizeof *placed);

    *arena = 0;
    if (!order || !placed) {
        free(order);
        free(placed);
        return false;
    }
    for (int i = 0; i < count; i++) {
        items[i].size = (items[i].size + HSEG_ALIGN - 1) & ~(size_t)(HSEG_ALIGN - 1);
        order[i] = &items[i];
    }
    qsort(order, count, sizeof *order, larger_first);

    for (int i = 0; i < count; i++) {
        HsegPlanItem *item = order[i];
        int at = i;

        item->offset = lowest_gap(item, placed, i);
        for (; at > 0 && placed[at - 1]->offset > item->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = item;
        if (item->offset + item->size > *arena)
            *arena = item->offset + item->size;
    }
    free(order);
    free(placed);
    return true;
}
