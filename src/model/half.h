/* float16 (IEEE 754 binary16) and bfloat16 in software: model files need them on processors that don't have
 * them. */
#pragma once

#include <stdint.h>

float hseg_half_to_float(uint16_t half);

/* Nearest, ties to even; overflows to infinity, keeps NaN. */
uint16_t hseg_half_from_float(float value);

float hseg_bfloat_to_float(uint16_t bfloat);
