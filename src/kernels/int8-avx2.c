/* 16 registers of 8 sums: 8 sums, 2 vectors of B, a broadcast of A, a product and the ones that add its
 * pairs. */
#ifndef __AVX2__
#error "build this file with -mavx2"
#endif
#include "base/cpu.h"
#include "kernels/int8-variants.h"

#include <immintrin.h>

#define WIDE         8
#define MR           4
#define VARIANT      avx2
#define VARIANT_NAME "avx2"
#define NEEDS        HSEG_CPU_AVX2
#define FASTER       true
#include "kernels/int8-body.h"
