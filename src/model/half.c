#include "model/half.h"

#include <string.h>

static uint32_t
float_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float
bits_float(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

float
hseg_half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f, mantissa = half & 0x3ff;

    if (exponent == 0) /* zero or subnormal: multiples of 2^-24, exact in a float */
        return bits_float(sign | float_bits((float)mantissa * 0x1p-24f));
    if (exponent == 31)
        return bits_float(sign | 0x7f800000 | mantissa << 13);
    return bits_float(sign | (exponent + 127 - 15) << 23 | mantissa << 13);
}

uint16_t
hseg_half_from_float(float value)
{
    uint32_t bits = float_bits(value), magnitude = bits & 0x7fffffff;
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);

    if (magnitude > 0x7f800000)
        return sign | 0x7e00; /* NaN */
    if (magnitude >= float_bits(65536.0f))
        return sign | 0x7c00;
    if (magnitude <
        float_bits(0x1p-14f)) /* subnormal: 0.5's last place is 2^-24, so the addition rounds there */
        return (uint16_t)(sign | (float_bits(bits_float(magnitude) + 0.5f) - float_bits(0.5f)));

    /* Half an ulp less one, plus the last bit kept: ties go to even. A carry rolls over into the exponent, as
     * it must. */
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((magnitude >> 13) - ((127 - 15) << 10)));
}

float
hseg_bfloat_to_float(uint16_t bfloat)
{
    return bits_float((uint32_t)bfloat << 16);
}

void
hseg_half_to_floats(float *out, const void *halves, size_t count)
{
    uint16_t half;

    for (size_t i = 0; i < count; i++) {
        memcpy(&half, (const char *)halves + 2 * i, 2);
        out[i] = hseg_half_to_float(half);
    }
}

void
hseg_bfloat_to_floats(float *out, const void *bfloats, size_t count)
{
    uint16_t bfloat;

    for (size_t i = 0; i < count; i++) {
        memcpy(&bfloat, (const char *)bfloats + 2 * i, 2);
        out[i] = hseg_bfloat_to_float(bfloat);
    }
}
