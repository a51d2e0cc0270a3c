/* What every compiler has vectors for. On ARM64 that is NEON. */
#include "base/cpu.h"
#include "kernels/int8-variants.h"

#ifdef __SSE2__
#include <immintrin.h>
#define FASTER true
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
#ifndef FASTER
#define FASTER false
#endif

#define WIDE         4
#define MR           4
#define VARIANT      c
#define VARIANT_NAME "c"
#define NEEDS        0
#include "kernels/int8-body.h"
