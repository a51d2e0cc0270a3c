/* Memory aligned for the widest vector, so that no kernel asks. */
#pragma once

#include <stddef.h>

#define HSEG_ALIGN 64 /* bytes: one cache line, one AVX-512 register */

/* @bytes zeroed bytes, aligned to HSEG_ALIGN; NULL where there is no memory. Free with hseg_mem_free(). */
void *hseg_mem_new0(size_t bytes);

/* Accepts NULL. */
void hseg_mem_free(void *p);
