#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Buffers from this size on ask for huge pages: streaming through them then misses the TLB less. */
#define HUGE_PAGE ((size_t)2 << 20)

/* From calloc, which does not touch what comes fresh from the system: what is set aside for a case that does
 * not come up costs address space and no memory. The block it gave stands before the aligned part of it. */
void *
hseg_mem_new0(size_t bytes)
{
    size_t align = bytes < 2 * HUGE_PAGE ? HSEG_ALIGN : HUGE_PAGE;
    size_t whole = (bytes + align - 1) / align * align + align + sizeof(void *);
    void **aligned;
    char *block;

    if (whole < bytes)
        return NULL;
    block = calloc(1, whole);
    if (!block)
        return NULL;
    aligned =
        (void **)(void *)(block + sizeof(void *) + (-(uintptr_t)(block + sizeof(void *)) & (align - 1)));
    aligned[-1] = block;
#ifdef MADV_HUGEPAGE
    if (bytes >= 2 * HUGE_PAGE)
        madvise(aligned, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return aligned;
}

void
hseg_mem_free(void *p)
{
    if (p)
        free(((void **)p)[-1]);
}
