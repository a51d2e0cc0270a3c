#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *
hseg_mem_new0(size_t bytes)
{
    size_t rounded = (bytes + HSEG_ALIGN - 1) & ~(size_t)(HSEG_ALIGN - 1);
    void *p;

    if (rounded < bytes)
        return NULL;
    if (!rounded)
        rounded = HSEG_ALIGN;
    p = aligned_alloc(HSEG_ALIGN, rounded);
    if (p)
        memset(p, 0, rounded);
    return p;
}

void
hseg_mem_free(void *p)
{
    free(p);
}
