/* 32 registers of 16 sums, four products added up by two multiplications as in AVX2. */
#ifndef __AVX512BW__
#error "build this file with -mavx512f -mavx512bw -mavx512dq -mavx512vl"
#endif
#include "base/cpu.h"
#include "kernels/int8-variants.h"

#include <immintrin.h>

#define WIDE         16
#define MR           12
#define VARIANT      avx512
#define VARIANT_NAME "avx512"
#define NEEDS        (HSEG_CPU_AVX2 | HSEG_CPU_AVX512)
#define FASTER       true
#include "kernels/int8-body.h"
