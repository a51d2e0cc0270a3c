/* The tables that rows.c chooses from, each from its own rows-*.c. */
#pragma once

#include "image/rows.h"

extern const HsegRows hseg_rows_c, hseg_rows_avx2, hseg_rows_avx512;
