#include "base/cpu.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define ALL_AVX512 (HSEG_CPU_AVX2 | HSEG_CPU_AVX512)

/* What HSEG_CPU=name leaves. */
static const struct {
    const char *name;
    unsigned mask;
} limits[] = {
    {"c", 0},
    {"avx2", HSEG_CPU_AVX2},
    {"avx512", ALL_AVX512},
    {"avx512vnni", ALL_AVX512 | HSEG_CPU_VNNI},
    {"neon", HSEG_CPU_NEON},
};

/* Each level includes those below it, as hseg_kernels_all() needs. */
static unsigned
detect(void)
{
    unsigned flags = 0;

#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        flags |= HSEG_CPU_AVX2;
    if (flags && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        flags |= HSEG_CPU_AVX512;
    if ((flags & HSEG_CPU_AVX512) && __builtin_cpu_supports("avx512vnni"))
        flags |= HSEG_CPU_VNNI;
#elif defined(__aarch64__)
    flags |= HSEG_CPU_NEON;
#endif
    return flags;
}

unsigned
hseg_cpu_flags(void)
{
    const char *limit = getenv("HSEG_CPU");
    unsigned flags = detect();

    for (size_t i = 0; limit && i < HSEG_COUNT(limits); i++)
        if (!strcmp(limit, limits[i].name))
            flags &= limits[i].mask;
    return flags;
}
