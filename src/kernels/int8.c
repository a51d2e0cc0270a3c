#include "kernels/int8.h"

#include "base/cpu.h"
#include "kernels/int8-variants.h"

/* Best first, as in kernels.c. */
#if defined(__x86_64__)
static const HsegInt8Kernels *const wide[] = {&hseg_int8_vnni, &hseg_int8_avx512, &hseg_int8_avx2,
                                              &hseg_int8_c, NULL};
static const HsegInt8Kernels *const tables[] = {&hseg_int8_avxvnni, &hseg_int8_avx2, &hseg_int8_c, NULL};
#else
static const HsegInt8Kernels *const tables[] = {&hseg_int8_c, NULL};
#endif

const HsegInt8Kernels *const *
hseg_int8_kernels_all(void)
{
    const unsigned cpu = hseg_cpu_flags();
    const HsegInt8Kernels *const *k = tables;

#if defined(__x86_64__)
    if (cpu & HSEG_CPU_AVX512)
        k = wide;
#endif
    while ((*k)->needs & ~cpu) /* the plain C one needs nothing */
        k++;
    return k;
}

const HsegInt8Kernels *
hseg_int8_kernels(void)
{
    return *hseg_int8_kernels_all();
}
