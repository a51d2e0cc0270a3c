/* Every kernel in bytes, written once. An int8-*.c defines WIDE (sums in its vector), MR (rows of a tile of
 * the matrix product), VARIANT (its name), NEEDS (its HSEG_CPU_* flags) and FASTER, and includes this file,
 * which ends in that variant's table. Built without contraction: a product and a sum are rounded one after
 * the other on every processor. */
#include <string.h>

#include "base/base.h"
#include "kernels/int8.h"
#include "kernels/window.h"

#define NR          (2 * WIDE)
#define SUMS_ROW    NR           /* of a tile, between rows */
#define SUM_PIXELS  256          /* of bytes, whose sums 16 bits hold */
#define BLOCK_BYTES (512 * 1024) /* of A that stay in the second-level cache */

/* Sums of two products in 16 bits (HSEG_INT8_PAIR) allow no other pairs of rows than those of one output. */
#if defined(__AVX512BW__) && !defined(__AVX512VNNI__) ||                                                     \
    defined(__AVX2__) && !defined(__AVX512BW__) && !defined(__AVXVNNI__)
#define ROWS 1
#else
#define ROWS 2
#endif

/* What tiles of the matrix product ask for while they compute: the weights of a network stay in no
 * second-level cache, and the multipliers would wait for each panel of them. */
typedef struct {
    const int8_t *at;
    size_t step; /* bytes for four of the depth */
} Ahead;

/* What an act adds to rescaling a sum. */
enum { PLAIN, CLAMPED, HSWISH };

/* Where nothing is added behind it, the byte's own bounds may do for the act's. */
static inline int
kind_of(const HsegRequant *r, bool added)
{
    const int low = added ? INT16_MIN : 0, high = added ? INT16_MAX : 255;

    return r->hswish ? HSWISH : r->low > low || r->high < high ? CLAMPED : PLAIN;
}

/* Runs @use for a constant `kind`, that of @requant. */
#define EACH_KIND(requant, added, use)                                                                       \
    do {                                                                                                     \
        switch (kind_of(requant, added)) {                                                                   \
        case HSWISH: {                                                                                       \
            enum { kind = HSWISH };                                                                          \
            use;                                                                                             \
            break;                                                                                           \
        }                                                                                                    \
        case CLAMPED: {                                                                                      \
            enum { kind = CLAMPED };                                                                         \
            use;                                                                                             \
            break;                                                                                           \
        }                                                                                                    \
        default: {                                                                                           \
            enum { kind = PLAIN };                                                                           \
            use;                                                                                             \
        }                                                                                                    \
        }                                                                                                    \
    } while (0)

/* The bodies in vectors of WIDE; where that is more than HSEG_CHANNELS, before it in vectors of that, for
 * what is left. */
#if WIDE > HSEG_CHANNELS
#define LANES HSEG_CHANNELS
#include "kernels/vector.h"

#include "kernels/vector-int8.h"

#include "kernels/body-depthwise-int8.h"
#include "kernels/body-gemm-int8.h"
#include "kernels/body-rows-int8.h"
#undef LANES
#endif
#define LANES WIDE
#include "kernels/vector.h"

#include "kernels/vector-int8.h"

#include "kernels/body-depthwise-int8.h"
#include "kernels/body-gemm-int8.h"
#include "kernels/body-rows-int8.h"
#undef LANES
#if WIDE > 4
#define LANES 4 /* few channels, and pixels of the picture */
#include "kernels/vector.h"

#include "kernels/vector-int8.h"

#include "kernels/body-depthwise-int8.h"
#include "kernels/body-rows-int8.h"
#undef LANES
#endif

#include "kernels/each-vector.h"

/* EACH_VECTOR for lanes of 16 bits, of which AVX-512 takes as many as there are: f(..., channels left). */
#if WIDE == 16
#define EACH_SHORTS(f, c, ...)                                                                               \
    for (int ch = 0; ch < (c); ch += 2 * WIDE)                                                               \
    WIDE_NAME(f)(__VA_ARGS__, HSEG_MIN((c)-ch, 2 * WIDE))
#else
#define EACH_SHORTS(f, c, ...) EACH_VECTOR(f, c, __VA_ARGS__, (c)-ch)
#endif

/* All columns of @g, whose A fits the cache: B's panels outside, the rows inside. */
static void
gemm_block(const HsegGemmInt8 *g)
{
    int col = 0;

    for (; col + WIDE < g->n; col += NR)
        WIDE_NAME(gemm_column_2)(g, col);
    if (col + WIDE == g->n)
        WIDE_NAME(gemm_column_1)(g, col);
#if WIDE > HSEG_CHANNELS
    else if (col < g->n)
        REST_NAME(gemm_column_1)(g, col);
#endif
}

static void
gemm(const HsegGemmInt8 *g)
{
    const int step = HSEG_MAX(BLOCK_BYTES / (g->segs * g->depth) / MR, 1) * MR;

    for (int row = 0; row < g->m; row += step) {
        HsegGemmInt8 part = *g;

        part.m = HSEG_MIN(step, g->m - row);
        part.a += row * g->a_row;
        if (g->real)
            part.real += row * g->c_row;
        else
            part.c += row * g->c_row;
        if (g->residual.bytes)
            part.residual.bytes += row * g->residual.row;
        gemm_block(&part);
    }
}

static void
gemm_pack(int8_t *packed, const int8_t *b, int depth, int n)
{
    for (int col = 0; col < n; col += NR)
        for (int d = 0; d < depth; d += 4)
            for (int j = 0; j < NR; j++)
                for (int i = 0; i < 4; i++)
                    *packed++ = col + j < n ? b[(size_t)(d + i) * n + col + j] : 0;
}

static void
gemm_round(int8_t *packed, float *step, int32_t *sum, const float *b, size_t b_row, const float *factor,
           float least, int depth, int n)
{
    EACH_VECTOR(round_columns, n, packed + (size_t)(ch / NR) * NR * depth + ch % NR * 4, step + ch, sum + ch,
                b + ch, b_row, factor, least, depth);
}

/* Columns x0 .. x1-1 of all channels; the last full block may go over some of them again. */
static void
depthwise_columns(const HsegDepthwiseInt8 *d, uint8_t *out, const uint8_t *in, const int8_t *w, int y0,
                  int y1, int x0, int x1)
{
    const int c = d->shape.c, block = 4 * WIDE;
    int ch = 0;

#if WIDE == 16
    if (c < block && c > block / 2) {
        depthwise_cut(d, out, in, w, y0, y1, x0, x1);
        return;
    }
#endif
    for (; ch + block <= c; ch += block)
        WIDE_NAME(depthwise_block)(d, out, in, w, ch, y0, y1, x0, x1);
    if (ch > 0 && c - ch > block / 3) {
        WIDE_NAME(depthwise_block)(d, out, in, w, c - block, y0, y1, x0, x1);
        return;
    }
#if WIDE > HSEG_CHANNELS
    for (; ch + 4 * HSEG_CHANNELS <= c; ch += 4 * HSEG_CHANNELS)
        REST_NAME(depthwise_block)(d, out, in, w, ch, y0, y1, x0, x1);
#endif
#if WIDE > 4
    for (; ch + 16 <= c; ch += 16)
        depthwise_block_4(d, out, in, w, ch, y0, y1, x0, x1);
#endif
    if (ch < c)
        depthwise_half(d, out, in, w, ch, y0, y1, x0, x1);
}

static void
depthwise(const HsegDepthwiseInt8 *d, uint8_t *out, const uint8_t *in, const int8_t *w, int y0, int y1)
{
    const int left = depthwise_inside(d, out, in, w, y0, y1);

    if (left > 1)
        depthwise_columns(d, out, in, w, y0, y1, 0, 1);
    depthwise_columns(d, out, in, w, y0, y1, left > 1 ? left : 0,
                      hseg_out_size(d->shape.in_w, d->shape.stride));
}

static void
upsample(const HsegUpsample *u, uint8_t *out, const uint8_t *in, int y0, int y1)
{
    const size_t in_row = u->in_w * u->in_pixel, out_row = u->out_w * u->out_pixel;

    for (int y = y0; y < y1; y++) {
        const int near = y / 2, far = y % 2 ? HSEG_MIN(near + 1, u->in_h - 1) : HSEG_MAX(near - 1, 0);

        EACH_SHORTS(upsample_row, u->c, u, out + y * out_row + ch, in + near * in_row + ch,
                    in + far * in_row + ch);
    }
}

/* A row between two, and a sample more at each end. */
static void
answer_between(float *restrict mid, const float *restrict near, const float *restrict far, int w)
{
    for (int x = 0; x < w; x++)
        mid[x + 1] = 0.75f * near[x] + 0.25f * far[x];
    mid[0] = mid[1];
    mid[w + 1] = mid[w];
}

/* Of @mid, which stands at the first sample. */
static void
answer_row(float *restrict out, const float *restrict mid, int w)
{
    for (int x = 0; x < w / 2; x++) {
        out[2 * x] = 0.25f * mid[x - 1] + 0.75f * mid[x];
        out[2 * x + 1] = 0.75f * mid[x] + 0.25f * mid[x + 1];
    }
    if (w % 2)
        out[w - 1] = 0.25f * mid[w / 2 - 1] + 0.75f * mid[w / 2];
}

static void
upsample_answer(const HsegUpsample *u, float *out, const float *in, float *mid, int y0, int y1)
{
    for (int y = y0; y < y1; y++) {
        const int near = y / 2, far = y % 2 ? HSEG_MIN(near + 1, u->in_h - 1) : HSEG_MAX(near - 1, 0);

        answer_between(mid, in + (size_t)near * u->in_w, in + (size_t)far * u->in_w, u->in_w);
        answer_row(out + (size_t)y * u->out_w, mid + 1, u->out_w);
    }
}

/* Runs @use for blocks of `count` pixels from `p`, for the channels of the next vector to be found in the
 * cache where this one's stood beside them. */
#define EACH_PIXEL_BLOCK(pixels, use)                                                                        \
    for (size_t p = 0, count; p < (pixels); p += count) {                                                    \
        count = HSEG_MIN((pixels)-p, SUM_PIXELS);                                                            \
        use;                                                                                                 \
    }

static void
rescale(uint8_t *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, const float *scale, const float *offset,
        size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_VECTOR(rescale, c, y + p * y_pixel + ch, y_pixel, x + p * x_pixel + ch,
                                         x_pixel, scale + ch, offset + ch, count))
}

static void
quantise(uint8_t *y, size_t y_pixel, const float *x, size_t x_pixel, float unit, int zero, size_t pixels,
         int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_VECTOR(quantise, c, y + p * y_pixel + ch, y_pixel, x + p * x_pixel + ch,
                                         x_pixel, unit, zero, count))
}

static void
quantise_rgb(uint8_t *y, const float *x, float unit, int zero, size_t pixels)
{
    const float last[4] = {x[3 * pixels - 3], x[3 * pixels - 2], x[3 * pixels - 1]};

    /* Each also reads the next one's red. */
    if (pixels > 1)
        VECTOR_CAT(quantise, 4)(y, 4, x, 3, unit, zero, pixels - 1);
    VECTOR_CAT(quantise, 4)(y + 4 * (pixels - 1), 4, last, 4, unit, zero, 1);
}

static void
dequantise(float *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, float step, int zero, size_t pixels,
           int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_VECTOR(dequantise, c, y + p * y_pixel + ch, y_pixel, x + p * x_pixel + ch,
                                         x_pixel, step, zero, count))
}

static void
sums(uint32_t *sum, const uint8_t *x, size_t x_pixel, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_SHORTS(sums, c, sum + ch, x + p * x_pixel + ch, x_pixel, count))
}

const HsegInt8Kernels VECTOR_CAT(hseg_int8, VARIANT) = {
    .name = VARIANT_NAME,
    .needs = NEEDS,
    .faster = FASTER,
    .nr = NR,
    .gemm = gemm,
    .gemm_pack = gemm_pack,
    .gemm_round = gemm_round,
    .depthwise = depthwise,
    .upsample = upsample,
    .upsample_answer = upsample_answer,
    .rescale = rescale,
    .quantise = quantise,
    .quantise_rgb = quantise_rgb,
    .dequantise = dequantise,
    .sums = sums,
    .spin = WIDE_NAME(spin),
};
