#include "kernels/int8.h"

#include "base/cpu.h"
#include "kernels/int8-variants.h"

/* Best first, as in kernels.c. */
static const HsegInt8Kernels *const tables[] = {
#if defined(__x86_64__)
    &hseg_int8_vnni, &hseg_int8_avx512,
    &hseg_int8_avx2,
#endif
    &hseg_int8_c,    NULL,
};

const HsegInt8Kernels *const *
hseg_int8_kernels_all(void)
{
    const unsigned cpu = hseg_cpu_flags();
    const HsegInt8Kernels *const *k = tables;

    while ((*k)->needs & ~cpu) /* the plain C one needs nothing */
        k++;
    return k;
}

const HsegInt8Kernels *
hseg_int8_kernels(void)
{
    return *hseg_int8_kernels_all();
}
