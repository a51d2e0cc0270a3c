/* The hot loops of a network in 8-bit integers: one portable source (int8-body.h), compiled once per
 * instruction set, as kernels.h has it for float32; the same promises and layout. All variants give the same
 * bits.
 *
 * A number x is kept as a byte q: x = step * (q - zero). Weights are signed, with a step for each output
 * channel and no zero point; what a zero point of the input adds to a sum is the caller's to put into the
 * bias. Sums are exact, in 32 bits; so are sums of two products in 16 bits, which AVX2 makes on its way,
 * since weights are chosen such that |w[0]| + |w[1]| and |w[2]| + |w[3]| of four that are multiplied together
 * are at most HSEG_INT8_PAIR. */
#pragma once

#include "kernels/kernels.h"

#define HSEG_INT8_PAIR 128 /* 255 * 128 < 2^15 */

/* What becomes of a sum: v = sum * scale + bias, in steps of the output and counted from where its bytes
 * start, clamped to low .. high. Or, with h-swish, scale and bias give a real number x, and v = x * clamp(x +
 * 3, 0, 6)
 * * unit + zero. Stored is v, with the residual added, rounded (ties to even), within 0 .. 255. */
typedef struct {
    const float *scale, *bias; /* [n] */
    float low, high;           /* infinite where the act doesn't clamp */
    bool hswish;
    float unit; /* a sixth of the steps in 1 */
    float zero; /* 0 .. 255 */
} HsegRequant;

/* C[m][n] of HsegRequant, the sum being that over s < segs, d < depth of A[m][s][d] * B[s * depth + d][n].
 * depth is a multiple of 4, n one of HSEG_CHANNELS. */
typedef struct {
    int m, n, segs, depth;
    const uint8_t *a; /* A[r][s][d] at a[r * a_row + s * a_seg + d] */
    size_t a_row, a_seg;
    const int8_t *b;    /* packed by gemm_pack */
    const int8_t *next; /* what will be read after B, or NULL: it is asked for ahead of time */
    uint8_t *c;
    size_t c_row;
    float *real; /* or NULL; else v is stored here as it is, c_row apart, and no residual is added */
    HsegRequant out;
    const uint8_t *residual; /* or NULL */
    size_t residual_row;
    int residual_zero;
    float residual_scale;
} HsegGemmInt8;

typedef struct {
    HsegDepthwise shape; /* pixels in bytes */
    int in_zero;         /* what padding holds */
    HsegRequant out;
} HsegDepthwiseInt8;

typedef struct {
    const char *name;
    unsigned needs; /* HSEG_CPU_* flags, all required */
    bool faster;    /* than float32 on the processors that this is the best variant for */
    int nr;         /* panel width */

    void (*gemm)(const HsegGemmInt8 *g);
    /* B row-major [depth][n], depth a multiple of 4 -> depth * round_up(n, nr) bytes. */
    void (*gemm_pack)(int8_t *packed, const int8_t *b, int depth, int n);
    /* The same of floats, row d times factor[d], for @n columns of B's b_row: each is rounded in steps of its
     * step[j], pairs within HSEG_INT8_PAIR, and sum[j] is what it then adds up to. Panels are left alone
     * beyond their columns. */
    void (*gemm_round)(int8_t *packed, float *step, int32_t *sum, const float *b, size_t b_row,
                       const float *factor, int depth, int n);

    /* Output rows y0 .. y1-1. w: [3 columns][c][4]: the weights of the three rows, then 0. */
    void (*depthwise)(const HsegDepthwiseInt8 *d, uint8_t *out, const uint8_t *in, const int8_t *w, int y0,
                      int y1);

    /* Output rows y0 .. y1-1, rounded to the nearest, halves up; the step and zero point stay. */
    void (*upsample)(const HsegUpsample *u, uint8_t *out, const uint8_t *in, int y0, int y1);

    /* The same of one channel of floats. */
    void (*upsample_answer)(const HsegUpsample *u, float *out, const float *in, int y0, int y1);

    /* y = HsegRequant of x, for each channel of @pixels pixels; its act isn't looked at. */
    void (*rescale)(uint8_t *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, const HsegRequant *r,
                    size_t pixels, int c);

    /* y = x * unit + zero, rounded, within 0 .. 255. */
    void (*quantise)(uint8_t *y, size_t y_pixel, const float *x, size_t x_pixel, float unit, int zero,
                     size_t pixels, int c);
    /* The same of a picture: [pixels][3] to [pixels][4], the fourth bytes of no meaning. */
    void (*quantise_rgb)(uint8_t *y, const float *x, float unit, int zero, size_t pixels);
    /* y = (x - zero) * step. */
    void (*dequantise)(float *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, float step, int zero,
                       size_t pixels, int c);
    /* sum[c] += sum of x over @pixels, at most 2^24 of them in all. */
    void (*sums)(uint32_t *sum, const uint8_t *x, size_t x_pixel, size_t pixels, int c);

    /* @steps times, at most 2^24, what a tile of gemm does, of numbers that stand in registers: what the
     * processor could do at best. All of them are 1, so that the sum is the number of multiply-adds. */
    int64_t (*spin)(long steps);
} HsegInt8Kernels;

/* The best table for this processor; the same on every call. */
const HsegInt8Kernels *hseg_int8_kernels(void);

/* Every table that was built and that this processor can run, best first, the plain C one last, then NULL. */
const HsegInt8Kernels *const *hseg_int8_kernels_all(void);
