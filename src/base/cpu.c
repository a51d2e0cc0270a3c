#include "base/cpu.h"

#include "base/base.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define ALL_AVX512 (HSEG_CPU_AVX2 | HSEG_CPU_AVX512)

/* What HSEG_CPU=name leaves. */
static const struct {
    const char *name;
    unsigned mask;
} limits[] = {
    {"c", 0},
    {"avx2", HSEG_CPU_AVX2},
    {"avxvnni", HSEG_CPU_AVX2 | HSEG_CPU_AVXVNNI},
    {"avx512", ALL_AVX512},
    {"avx512vnni", ALL_AVX512 | HSEG_CPU_VNNI},
    {"neon", HSEG_CPU_NEON},
};

#if defined(__x86_64__)
/* Bit 4 of EAX in leaf 7, subleaf 1 (Intel SDM, CPUID); clang 14's __builtin_cpu_supports() has no name for
 * it. Asked for once: in a virtual machine the instruction takes the host's time, microseconds of it. */
static bool
has_avxvnni(void)
{
    enum { UNKNOWN, NO, YES };
    static atomic_int known = UNKNOWN;
    unsigned a, b, c, d;
    int has = atomic_load_explicit(&known, memory_order_relaxed);

    if (has == UNKNOWN) {
        has = __get_cpuid_count(7, 0, &a, &b, &c, &d) && a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) &&
                      a >> 4 & 1
                  ? YES
                  : NO;
        atomic_store_explicit(&known, has, memory_order_relaxed);
    }
    return has == YES;
}
#endif

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
    if (flags && has_avxvnni())
        flags |= HSEG_CPU_AVXVNNI;
#elif defined(__aarch64__)
    flags |= HSEG_CPU_NEON;
#endif
    return flags;
}

/* Asked for at each call of a kernel, so it looks only once. */
#define LOOKED (1u << 31)
static _Atomic unsigned known;

unsigned
hseg_cpu_flags(void)
{
    unsigned flags = atomic_load_explicit(&known, memory_order_relaxed);
    const char *limit;

    if (flags)
        return flags & ~LOOKED;
    flags = detect();
    limit = getenv("HSEG_CPU");
    for (size_t i = 0; limit && i < HSEG_COUNT(limits); i++)
        if (!strcmp(limit, limits[i].name))
            flags &= limits[i].mask;
    atomic_store_explicit(&known, flags | LOOKED, memory_order_relaxed);
    return flags;
}

void
hseg_cpu_look_again(void)
{
    atomic_store_explicit(&known, 0, memory_order_relaxed);
}
