/* The tables that int8.c chooses from, each from its own int8-*.c. */
#pragma once

#include "kernels/int8.h"

extern const HsegInt8Kernels hseg_int8_c, hseg_int8_avx2, hseg_int8_avxvnni, hseg_int8_avx512, hseg_int8_vnni;
