/* The memory planner: places buffers of known size and lifetime in one arena, so that those never alive at
 * the same time share bytes (largest first, lowest gap that fits; as in Pisarchyk and Lee 2020, "greedy by
 * size"). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t size;     /* bytes */
    int first, last; /* first and last step at which it is alive, both included */
    size_t offset;   /* result: its place in the arena, aligned to HSEG_ALIGN */
} HsegPlanItem;

/* Fills in the offsets; @arena takes the bytes needed in all. False without memory. */
bool hseg_plan(HsegPlanItem *items, int count, size_t *arena);
