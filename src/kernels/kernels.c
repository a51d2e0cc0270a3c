#include "kernels/kernels.h"

#include "base/cpu.h"
#include "kernels/variants.h"

/* Best first. Whoever can run one can run all after it: the flags of cpu.h include each other. */
static const HsegKernels *const tables[] = {
#if defined(__x86_64__)
    &hseg_kernels_avx512,
    &hseg_kernels_avx2,
#elif defined(__aarch64__)
    &hseg_kernels_neon,
#endif
    &hseg_kernels_c,
    NULL,
};

const HsegKernels *const *
hseg_kernels_all(void)
{
    const unsigned cpu = hseg_cpu_flags();
    const HsegKernels *const *k = tables;

    while ((*k)->needs & ~cpu) /* the plain C one needs nothing */
        k++;
    return k;
}

const HsegKernels *
hseg_kernels(void)
{
    return *hseg_kernels_all();
}
