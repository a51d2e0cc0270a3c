/* float16 (IEEE 754 binary16) and bfloat16 in software: model files need them on processors that don't have
 * them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

float hseg_half_to_float(uint16_t half);
float hseg_bfloat_to_float(uint16_t bfloat);

/* @count of them, which need not be aligned. */
void hseg_half_to_floats(float *out, const void *halves, size_t count);
void hseg_bfloat_to_floats(float *out, const void *bfloats, size_t count);

/* Nearest, ties to even; overflows to infinity, keeps NaN. */
uint16_t hseg_half_from_float(float value);
