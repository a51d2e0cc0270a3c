/* The tables that kernels.c chooses from, each from its own kernels-*.c. */
#pragma once

#include "kernels/kernels.h"

extern const HsegKernels hseg_kernels_c, hseg_kernels_avx2, hseg_kernels_avx512, hseg_kernels_neon;
