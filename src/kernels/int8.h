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

/* What becomes of a sum, in whole numbers of 16 bits, of which a vector has many:
 *     v = (sum + bias) >> shift, at most what 16 bits hold
 *     y = v * factor / 2^15, rounded, halves up
 * bias has half of what is shifted out, for v to be rounded too. Stored is y within low .. high, counted from
 * where the output's bytes start; or, with h-swish,
 *     y * (y * part / 2^15, within -three .. three, + three) / 2^15 + zero
 * where y stands for a real number and y * part / 2^15 for the same in other units, of which three are 3. In
 * any case what is stored is within 0 .. 255. */
typedef struct {
    const int32_t *bias;           /* [n rounded up to a panel] */
    const int32_t *shift, *factor; /* [n]: 0 .. 31, 0 .. 2^15 - 1 */
    int low, high;                 /* the 16 bits' bounds where the act doesn't clamp */
    bool hswish;
    int part, three; /* less than 2^15 and 2^13 */
    int zero;        /* 0 .. 255 */
} HsegRequant;

/* x * scale + offset, within low .. high, which are infinite where the act doesn't clamp. */
typedef struct {
    const float *scale, *offset; /* [n] */
    float low, high;
} HsegAffine;

/* What is added to y, within 2^14 either way, in eighths of the output's steps: the byte x at row, counted
 * from where the input's bytes start, as (x - zero) * 2^7 * factor / 2^15. Then zero's place is in eighths,
 * too, with four of them for rounding. */
typedef struct {
    const uint8_t *bytes; /* or NULL: nothing is added */
    size_t row;
    int zero, factor;
} HsegResidual;

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
    HsegRequant out;
    HsegResidual residual; /* not with h-swish */
    float *real; /* or NULL; else the sums' HsegAffine is stored here, c_row apart, and nothing in C; of a
                    panel's first column alone where c_row is 1, which takes n = HSEG_CHANNELS */
    HsegAffine affine;
} HsegGemmInt8;

/* Where the weight of a window's row 0 .. 2 stands among the four of its column. Neighbours share
 * HSEG_INT8_PAIR: so the middle row, which has the largest, is beside the fourth, which is 0. */
static inline int
hseg_int8_place(int row)
{
    return 2 * row % 3;
}

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
     * step[j], at least @least, pairs within HSEG_INT8_PAIR, and sum[j] is what it then adds up to. Panels
     * are left alone beyond their columns. */
    void (*gemm_round)(int8_t *packed, float *step, int32_t *sum, const float *b, size_t b_row,
                       const float *factor, float least, int depth, int n);

    /* Output rows y0 .. y1-1. w: [3 columns][c][4]: the three rows' weights, each in its place, and 0. */
    void (*depthwise)(const HsegDepthwiseInt8 *d, uint8_t *out, const uint8_t *in, const int8_t *w, int y0,
                      int y1);

    /* Output rows y0 .. y1-1, rounded to the nearest, halves up; the step and zero point stay. */
    void (*upsample)(const HsegUpsample *u, uint8_t *out, const uint8_t *in, int y0, int y1);

    /* The same of one channel of floats without gaps. scratch: [in_w + 2] */
    void (*upsample_answer)(const HsegUpsample *u, float *out, const float *in, float *scratch, int y0,
                            int y1);

    /* y = x * scale + offset, rounded, within 0 .. 255, for each channel of @pixels pixels. */
    void (*rescale)(uint8_t *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, const float *scale,
                    const float *offset, size_t pixels, int c);

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
