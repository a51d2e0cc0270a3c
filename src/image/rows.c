#include "image/rows.h"

#include <stdatomic.h>

#include "base/cpu.h"
#include "image/row-variants.h"

/* Best first; "c" needs nothing, so every search ends. */
static const HsegRows *const built[] = {
#if defined(__x86_64__)
    &hseg_rows_avx512,
    &hseg_rows_avx2,
#endif
    &hseg_rows_c,
    NULL,
};

const HsegRows *const *
hseg_rows_all(void)
{
    unsigned cpu = hseg_cpu_flags();
    const HsegRows *const *r = built;

    while ((*r)->needs & ~cpu)
        r++;
    return r;
}

/* Asked for at every row, so it looks only once. */
const HsegRows *
hseg_rows(void)
{
    static _Atomic(const HsegRows *) chosen;
    const HsegRows *rows = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (!rows) {
        rows = *hseg_rows_all();
        atomic_store_explicit(&chosen, rows, memory_order_relaxed);
    }
    return rows;
}
