/* 32 registers of 16 sums; one instruction multiplies and adds 64 bytes. */
#ifndef __AVX512VNNI__
#error "build this file with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni"
#endif
#include "base/cpu.h"
#include "kernels/int8-variants.h"

#include <immintrin.h>

#define WIDE         16
#define MR           14
#define VARIANT      vnni
#define VARIANT_NAME "avx512vnni"
#define NEEDS        (HSEG_CPU_AVX2 | HSEG_CPU_AVX512 | HSEG_CPU_VNNI)
#define FASTER       true
#include "kernels/int8-body.h"
