/* 16 registers of 8 floats: 12 sums, 2 vectors of B, 2 broadcasts of A. */
#ifndef __AVX2__
#error "build this file with -mavx2 -mfma"
#endif
#include "base/cpu.h"
#include "kernels/variants.h"

#include <immintrin.h>

#define WIDE         8
#define MR           6
#define VARIANT      avx2
#define VARIANT_NAME "avx2"
#define NEEDS        HSEG_CPU_AVX2
#include "kernels/kernels-body.h"
