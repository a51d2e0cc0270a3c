/* The row table for AVX-512. */
#if !defined(__AVX512BW__) || !defined(__AVX512DQ__) || !defined(__AVX512VL__)
#error "build this file with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma"
#endif
#define ROWS       hseg_rows_avx512
#define ROWS_NAME  "avx512"
#define ROWS_NEEDS HSEG_CPU_AVX512
#include "image/rows-body.h"
