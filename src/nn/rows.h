/* Padded copies of rows, for convolutions that read three rows and columns at once. */
#pragma once

#include "nn/tensor.h"

/* Rows first .. last (both may lie outside) of one image, tight: [last - first + 1][columns][channels.total],
 * with a column of padding on the left and as many on the right as there is room, at least one: only that one
 * is reflected, the others are zero. @image is the pixel (0, 0); @t gives its shape. */
void hseg_copy_padded_rows(float *dst, const float *image, const HsegTensor *t, HsegPad pad, int first,
                           int last, int columns);

/* The same of a map in bytes: zeros are its zero point. */
void hseg_copy_padded_bytes(uint8_t *dst, const uint8_t *image, const HsegTensor *t, HsegPad pad, int first,
                            int last, int columns);
