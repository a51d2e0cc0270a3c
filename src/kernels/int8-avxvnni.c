/* As int8-avx2.c, where one instruction multiplies and adds 32 bytes: 12 sums, 2 vectors of B, a broadcast of
 * A. */
#ifndef __AVXVNNI__
#error "build this file with -mavx2 -mavxvnni"
#endif
#include "base/cpu.h"
#include "kernels/int8-variants.h"

#include <immintrin.h>

#define WIDE         8
#define MR           6
#define VARIANT      avxvnni
#define VARIANT_NAME "avxvnni"
#define NEEDS        (HSEG_CPU_AVX2 | HSEG_CPU_AVXVNNI)
#define FASTER       true
#include "kernels/int8-body.h"
