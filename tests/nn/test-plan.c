/* The memory planner on random buffers. */
#include <glib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "nn/plan.h"

enum { MAX_ITEMS = 60, CASES = 200 };

static int
random_items(HsegRng *rng, HsegPlanItem *items)
{
    int count = hseg_rng_int(rng, 1, MAX_ITEMS), steps = hseg_rng_int(rng, 1, 80);

    for (int i = 0; i < count; i++) {
        int a = hseg_rng_int(rng, 0, steps), length = hseg_rng_int(rng, 0, 10);

        items[i] = (HsegPlanItem){.size = (size_t)hseg_rng_int(rng, 0, 5000), .first = a, .last = a + length};
    }
    return count;
}

static gboolean
alive_together(const HsegPlanItem *a, const HsegPlanItem *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static gboolean
share_bytes(const HsegPlanItem *a, const HsegPlanItem *b)
{
    return a->size > 0 && b->size > 0 && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* The most bytes alive at one step: no plan can need fewer. */
static size_t
most_alive(const HsegPlanItem *items, int count)
{
    size_t most = 0;

    for (int i = 0; i < count; i++) {
        size_t alive = 0;

        for (int k = 0; k < count; k++)
            if (items[k].first <= items[i].first && items[i].first <= items[k].last)
                alive += items[k].size;
        most = MAX(most, alive);
    }
    return most;
}

static void
test_random(void)
{
    HsegRng rng;
    double ratio = 0;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (int round = 0; round < CASES; round++) {
        HsegPlanItem items[MAX_ITEMS];
        int count = random_items(&rng, items);
        size_t arena, all = 0, end = 0, least;

        g_assert_true(hseg_plan(items, count, &arena));
        for (int i = 0; i < count; i++) {
            g_assert_cmpuint(items[i].offset % HSEG_ALIGN, ==, 0);
            end = MAX(end, items[i].offset + items[i].size);
            all += items[i].size;
            for (int k = 0; k < i; k++)
                g_assert_false(alive_together(&items[i], &items[k]) && share_bytes(&items[i], &items[k]));
        }
        least = most_alive(items, count);
        g_assert_cmpuint(end, ==, arena);
        g_assert_cmpuint(arena, <=, all);
        g_assert_cmpuint(arena, >=, least);
        ratio += least > 0 ? (double)arena / least / CASES : 1.0 / CASES;
    }
    g_test_message("arenas are %.3f times as large as they must be, on average", ratio);
    g_assert_cmpfloat(ratio, <, 1.2);
}

/* A chain of equal maps, each alive from its writing to its reading, needs two at a time. */
static void
test_chain(void)
{
    HsegPlanItem items[40];
    size_t arena;

    for (int i = 0; i < 40; i++)
        items[i] = (HsegPlanItem){.size = 640, .first = i, .last = i + 1};
    g_assert_true(hseg_plan(items, 40, &arena));
    g_assert_cmpuint(arena, ==, 2 * 640);
}

/* 100 fits below 1000 as soon as what stood there is gone; sizes are rounded up to whole lines. */
static void
test_gap(void)
{
    HsegPlanItem items[] = {{.size = 1000, .first = 0, .last = 9},
                            {.size = 500, .first = 0, .last = 3},
                            {.size = 300, .first = 0, .last = 9},
                            {.size = 100, .first = 4, .last = 6},
                            {.size = 0, .first = 0, .last = 9}};
    size_t arena;

    g_assert_true(hseg_plan(items, G_N_ELEMENTS(items), &arena));
    g_assert_cmpuint(items[0].offset, ==, 0);
    g_assert_cmpuint(items[1].offset, ==, 1024);
    g_assert_cmpuint(items[2].offset, ==, 1536);
    g_assert_cmpuint(items[3].offset, ==, 1024);
    g_assert_cmpuint(arena, ==, 1536 + 320);
}

static void
test_nothing(void)
{
    size_t arena = 1;

    g_assert_true(hseg_plan(NULL, 0, &arena));
    g_assert_cmpuint(arena, ==, 0);
}

static void
test_same_again(void)
{
    HsegRng rng;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (int round = 0; round < 20; round++) {
        HsegPlanItem items[MAX_ITEMS], copy[MAX_ITEMS];
        int count = random_items(&rng, items);
        size_t arena, again;

        memcpy(copy, items, sizeof copy);
        g_assert_true(hseg_plan(items, count, &arena));
        g_assert_true(hseg_plan(copy, count, &again));
        g_assert_cmpuint(arena, ==, again);
        for (int i = 0; i < count; i++)
            g_assert_cmpuint(items[i].offset, ==, copy[i].offset);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nn/plan/random", test_random);
    g_test_add_func("/nn/plan/chain", test_chain);
    g_test_add_func("/nn/plan/gap", test_gap);
    g_test_add_func("/nn/plan/nothing", test_nothing);
    g_test_add_func("/nn/plan/same-again", test_same_again);
    return g_test_run();
}
