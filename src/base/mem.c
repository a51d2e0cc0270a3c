#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Buffers from this size on ask for huge pages: streaming through them then misses the TLB less. */
#define HUGE_PAGE ((size_t)2 << 20)

static void *
allocate(size_t bytes)
{
    void *p = aligned_alloc(bytes < 2 * HUGE_PAGE ? HSEG_ALIGN : HUGE_PAGE, bytes);

#ifdef MADV_HUGEPAGE
    if (p && bytes >= 2 * HUGE_PAGE)
        madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return p;
}

void *
hseg_mem_new0(size_t bytes)
{
    size_t align = bytes < 2 * HUGE_PAGE ? HSEG_ALIGN : HUGE_PAGE;
    size_t rounded = (bytes + align - 1) & ~(align - 1);
    void *p;

    if (rounded < bytes)
        return NULL;
    if (!rounded)
        rounded = HSEG_ALIGN;
    p = allocate(rounded);
    if (p)
        memset(p, 0, rounded);
    return p;
}

void
hseg_mem_free(void *p)
{
    free(p);
}
