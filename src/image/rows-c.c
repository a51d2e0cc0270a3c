/* The row table for any processor. */
#define ROWS       hseg_rows_c
#define ROWS_NAME  "c"
#define ROWS_NEEDS 0
#include "image/rows-body.h"
