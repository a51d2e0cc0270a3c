/* The hot loops over a row of pixels. One portable source (rows-body.h) is compiled once per instruction set;
 * hseg_rows() is the table for this processor. ORC has its part in layout.c.
 *
 * n counts target elements unless said; pointers never overlap unless said; nothing needs to be aligned. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HSEG_ENLARGE_SLACK 16
#define HSEG_WEIGH_SAMPLES (4 * (8192 + 16)) /* of the longest row */
#define HSEG_WEIGH_ROWS    16
#define HSEG_ADD_ROWS      257 /* times 255: 16 bits */

/* Bits behind the point of 16-bit numbers that hold samples of eight, or of ten, bits. */
#define HSEG_FRACTION_U8  6
#define HSEG_FRACTION_U16 4

typedef struct {
    const char *name; /* "c", "avx2", ...: for tests and benches */
    unsigned needs;   /* HSEG_CPU_* flags, all required */

    /* Resampling. out[i] = sum over t < taps of weight[t] * row[t * stride + i]: the way down. */
    void (*sum_u8)(float *out, const uint8_t *row, ptrdiff_t stride, const float *weight, int taps, int n);
    void (*sum_u16)(float *out, const uint16_t *row, ptrdiff_t stride, const float *weight, int taps, int n);
    void (*sum_f32)(float *out, const float *row, ptrdiff_t stride, const float *weight, int taps, int n);
    /* out[x * out_step] = sum over t < taps of weight[x * taps + t] * in[(first[x] + t) * step]: the way
     * across. */
    void (*gather)(float *out, int out_step, const float *in, int step, const int *first, const float *weight,
                   int taps, int n);
    /* Where every sample goes into one target, with equal weights: out[x] = sum over y < rows <=
     * HSEG_ADD_ROWS of row[y * stride + x]; halve_u16() as halve_u32() below; out[x] = weight * sum over t <
     * taps of in[(x * taps + t) * step]. */
    void (*add_rows)(uint16_t *out, const uint8_t *row, ptrdiff_t stride, int rows, int n);
    void (*halve_u16)(uint16_t *out, const uint16_t *in, int period, int n);
    void (*average_u16)(float *out, const uint16_t *in, int step, int taps, float weight, int n);
    /* out[x] = in[x] rounded and clamped to a byte. */
    void (*round_u8)(uint8_t *out, const float *in, int n);

    /* out[x][c] = sum over j < 3 of m[c][j] * in[j][x], plus m[c][3], clamped to lo .. hi. */
    void (*matrix)(float *out, const float *const in[3], const float m[3][4], float lo, float hi, int n);

    /* The same in bytes, four to a pixel: cut to an integer within 0 .. 255, and a 0. */
    void (*matrix_u8)(uint8_t *out, const float *const in[3], const float m[3][4], float lo, float hi, int n);
    /* out[x] = m[0] * in[0][x] + m[1] * in[1][x] + m[2] * in[2][x] + m[3] */
    void (*weigh_f32)(float *out, const float *const in[3], const float m[4], int n);

    /* Luma. out[x] = row[x * step]; row[x] / 2^shift rounded, at most 255; (weight . rgb + 2^14) >> 15. */
    void (*pick_u8)(uint8_t *out, const uint8_t *row, int step, int n);
    void (*narrow)(uint8_t *out, const uint16_t *row, int shift, int n);
    void (*luma_rgb)(uint8_t *out, const uint8_t *const rgb[3], const int weight[3], int n);

    /* Box sums, see box.h. sum[x] += sign * row[x]; in[x] - out[x]. */
    void (*box_add)(double *sum, const float *row, double sign, int n);
    void (*box_slide)(double *sum, const float *in, const float *out, int n);
    /* out[p][x] = scale * mean of sum[p][x - radius .. x + radius], clipped; rows of both @plane doubles
     * apart. */
    void (*box_means)(double *out, const double *sum, size_t plane, int planes, int width, int radius,
                      double scale);

    /* Guided filter, see guided.c. Sums of I, p, I * I, I * p, @plane doubles apart: sum += sign * value. */
    void (*guided_add)(double *sum, size_t plane, const float *guide, const float *p, double sign, int n);
    /* The same of a row that comes in and one that goes out: guide and p of both. */
    void (*guided_slide)(double *sum, size_t plane, const float *const in[2], const float *const out[2],
                         int n);
    /* a = cov(I, p) / (var(I) + epsilon), b = mean p - a * mean I, of means in that order. */
    void (*guided_solve)(float *a, float *b, const double *mean, size_t plane, double epsilon, int n);
    /* q = sum over c < channels of mean[c] * guide[c], plus mean[channels]; planes of both apart as said. */
    void (*guided_apply)(float *q, const float *guide, size_t guide_plane, const double *mean, size_t plane,
                         int channels, int n);
    /* out[x] = in[x]. */
    void (*narrow_f64)(float *out, const double *in, int n);
    /* out[x] = in[i] + part[x] * (in[i + next] - in[i]) with i = index[x], which never falls; next is 0 or 1.
     * HSEG_ENLARGE_SLACK samples behind the last one that is asked for may be read. */
    void (*enlarge)(float *out, const float *in, const int *index, const float *part, int next, int n);
    /* What a mask is wherever a * luma[i] + b lie below @nobody, or above @person: see spans.h. */
    void (*guided_kinds)(uint8_t *kinds, const float *a, const float *b, const float luma[2], float nobody,
                         float person, int n);
    /* q = (a0 + t (a1 - a0)) * (unit[0] * luma + unit[1]) + b0 + t (b1 - b0), clamped to 0 .. 1; then mask =
     * clamp((q - ramp[0]) * ramp[1] + ramp[2], 0, 255) cut to an integer, or q itself. */
    void (*guided_mask)(uint8_t *mask, const uint8_t *luma, const float unit[2], const float *const a[2],
                        const float *const b[2], float t, const float ramp[3], int n);
    void (*guided_q)(float *q, const uint8_t *luma, const float unit[2], const float *const a[2],
                     const float *const b[2], float t, int n);
    void (*ramp)(uint8_t *mask, const float *q, const float ramp[3], int n);

    /* Masks. Rounded means of pairs (a[2x], a[2x+1]) and of 2x2 (and b) pixels. */
    void (*mean_pairs)(uint8_t *out, const uint8_t *a, int n);
    void (*mean_quads)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n);
    /* The greater, and the lesser, of two; out may be either. */
    void (*most_u8)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n);
    void (*least_u8)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n);
    /* out = 255 - mask * (255 - near) * strength, in parts of 255, 255 and 256, cut to an integer. */
    void (*rim_u8)(uint8_t *out, const uint8_t *mask, const uint8_t *near, int strength, int n);
    /* What a span of @n pixels is, see spans.h. */
    uint8_t (*span_kind)(const uint8_t *mask, int n);
    /* mask += w * (now - mask), rounded, with w = still + (1 - still) * (m0 + t (m1 - m0)) in 0 .. 1. */
    void (*hold_u8)(uint8_t *mask, const uint8_t *now, const float *const m[2], float t, float still, int n);
    /* out[x * step] = in[x]: one component among its neighbours. */
    void (*spread_u8)(uint8_t *out, int step, const uint8_t *in, int n);
    void (*spread_u16)(uint16_t *out, int step, const uint16_t *in, int n);

    /* Blur. With w = 256 - mask: value[x] = sum over @rows of w * row[x] >> shift, weight[x] = that of w.
     * Rows lie
     * @stride samples apart; at most HSEG_WEIGH_ROWS; n is at most HSEG_WEIGH_SAMPLES.
     * sum: [n], scratch */
    void (*weigh_u8)(uint32_t *value, uint32_t *weight, uint16_t *sum, const uint8_t *row, ptrdiff_t stride,
                     const uint8_t *const *mask, int rows, int n);
    void (*weigh_u16)(uint32_t *value, uint32_t *weight, const uint16_t *row, ptrdiff_t stride,
                      const uint8_t *const *mask, int rows, int shift, int n);
    /* Pairs of @period values each: out[x * period + i] = in[2 * x * period + i] + in[(2 * x + 1) * period +
     * i]. */
    void (*halve_u32)(uint32_t *out, const uint32_t *in, int period, int n);
    /* out[x] = scale[x] * value[x * period] / weight[x * period], both below 2^31. */
    void (*cell_means)(float *out, const uint32_t *value, const uint32_t *weight, const float *scale,
                       int period, int n);
    /* A row of @cells values, the centres of cells @cell samples wide (1, 2, 4, 8, 16), bilinearly enlarged
     * to cells * cell samples and cut to integers: the caller has added a half. */
    void (*cells_u16)(uint16_t *out, const float *in, int cell, int cells);
    /* out[x] = a[x] + part / 2^15 * (b[x] - a[x]), rounded to whole numbers; a and b are below 2^14 and have
     * HSEG_FRACTION bits behind the point; part: 0 .. 2^15 - 1. u16: then moved up by @shift. */
    void (*between_u8)(uint8_t *out, const uint16_t *a, const uint16_t *b, int part, int n);
    void (*between_u16)(uint16_t *out, const uint16_t *a, const uint16_t *b, int part, int shift, int n);

    /* dst = (m * src + (255 - m) * back) / 255, rounded; dst may be src. u16: of the bits above @shift. */
    void (*blend_u8)(uint8_t *dst, const uint8_t *src, const uint8_t *back, const uint8_t *mask, int n);
    void (*blend_u16)(uint16_t *dst, const uint16_t *src, const uint16_t *back, const uint8_t *mask,
                      int shift, int n);

    /* Conversion. out[x] = in[x >> sub], u16: in[(x >> sub) * step] >> shift. */
    void (*unpack_u8)(int16_t *out, const uint8_t *in, int sub, int n);
    void (*unpack_u16)(int16_t *out, const uint16_t *in, int step, int sub, int shift, int n);
    /* v[i][x] = sum over j < 3 of m[i][j] * v[j][x], plus m[i][3], rounded and clamped to 0 .. top; in place.
     */
    void (*mix)(int16_t *const v[3], const float m[3][4], int top, int n);
    /* out[x] = in[x], u16: out[x * step] = in[x] << shift. */
    void (*pack_u8)(uint8_t *out, const int16_t *in, int n);
    void (*pack_u16)(uint16_t *out, int step, const int16_t *in, int shift, int n);
    /* out[x] = rounded mean of a[2x], a[2x + 1], b[2x], b[2x + 1]; out may be a. */
    void (*halve)(int16_t *out, const int16_t *a, const int16_t *b, int n);

    /* Steadiness, see segment/smooth.c. out[x] = 1 / (1 + e^-in[x]). */
    void (*sigmoid)(float *out, const float *in, int n);
    /* out[x] = |now[x] - was[x]|, and was[x] = now[x]; returns the sum of out[x]. */
    float (*change)(float *out, float *was, const float *now, int n);
    /* out[x] = a[x] - b[x]. */
    void (*minus)(float *out, const float *a, const float *b, int n);
    /* Means over windows of 5 x 5; @scratch: n + 4 values. */
    void (*window_means)(float *out, const float *const rows[5], float *scratch, int n);
    /* The least and the greatest value in each; @scratch: 2 * (n + 4) values. */
    void (*window_ranges)(float *least, float *most, const float *const rows[5], float *scratch, int n);
    /* out[x] = how far in[x] is from @low to @high, 0 .. 1; most[x]: the greater of it and what was there. */
    void (*rise)(float *out, float *most, const float *in, float low, float high, int n);
    /* moved[x] = the greater of it and of how far what lies between known[x] and least[x] .. most[x] is from
     * @low to @high. */
    void (*stray)(float *moved, const float *known, const float *least, const float *most, float low,
                  float high, int n);
    /* moves[x] = the greater of moved[x] and of how far |off[x]| is from @low to @high; p[x] = known[x] +
     * (still + (1 - still) * moves[x]) * (p[x] - known[x]), and known[x] too; moved[x] = 0. */
    void (*settle)(float *p, float *moves, float *known, float *moved, const float *off, float low,
                   float high, float still, int n);
} HsegRows;

/* The best table for this processor; the same on every call. */
const HsegRows *hseg_rows(void);

/* Every table that was built and that this processor can run, best first, NULL-terminated; the plain C one is
 * last. */
const HsegRows *const *hseg_rows_all(void);
