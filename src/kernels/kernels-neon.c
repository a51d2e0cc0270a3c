/* 32 registers of 4 floats: 16 sums in 8 rows. */
#ifndef __ARM_NEON
#error "build this file for ARM64"
#endif
#include "base/cpu.h"
#include "kernels/variants.h"

#include <arm_neon.h>

#define WIDE         4
#define MR           8
#define VARIANT      neon
#define VARIANT_NAME "neon"
#define NEEDS        HSEG_CPU_NEON
#include "kernels/kernels-body.h"
