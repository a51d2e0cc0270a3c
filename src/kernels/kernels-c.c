/* What every compiler has vectors for: 16 registers of 4 floats on baseline x86-64. */
#include "base/cpu.h"
#include "kernels/variants.h"

#ifdef __SSE__
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define WIDE         4
#define MR           4
#define VARIANT      c
#define VARIANT_NAME "c"
#define NEEDS        0
#include "kernels/kernels-body.h"
