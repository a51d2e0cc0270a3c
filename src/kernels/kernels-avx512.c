/* 32 registers of 16 floats: 28 sums, 2 vectors of B, 2 broadcasts of A. */
#ifndef __AVX512F__
#error "build this file with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma"
#endif
#include "base/cpu.h"
#include "kernels/variants.h"

#include <immintrin.h>

#define WIDE         16
#define MR           14
#define VARIANT      avx512
#define VARIANT_NAME "avx512"
#define NEEDS        (HSEG_CPU_AVX2 | HSEG_CPU_AVX512)
#include "kernels/kernels-body.h"
