/* Words that every room uses: sizes that can't overflow, clamps, array lengths. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HSEG_COUNT(a)         (sizeof(a) / sizeof((a)[0]))
#define HSEG_MIN(a, b)        ((a) < (b) ? (a) : (b))
#define HSEG_MAX(a, b)        ((a) > (b) ? (a) : (b))
#define HSEG_CLAMP(v, lo, hi) HSEG_MAX(lo, HSEG_MIN(v, hi))

/* Rounds @v up to a multiple of @m, a power of two. */
static inline int
hseg_round_up(int v, int m)
{
    return (v + m - 1) & -m;
}

/* *out = a * b; false, and *out untouched, where that overflows. */
static inline bool
hseg_size_mul(size_t a, size_t b, size_t *out)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}
