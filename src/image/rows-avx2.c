/* The row table for AVX2. */
#if !defined(__AVX2__) || !defined(__FMA__)
#error "build this file with -mavx2 -mfma"
#endif
#define ROWS       hseg_rows_avx2
#define ROWS_NAME  "avx2"
#define ROWS_NEEDS HSEG_CPU_AVX2
#include "image/rows-body.h"
