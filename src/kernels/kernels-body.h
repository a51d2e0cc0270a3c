/* Every kernel, written once. A kernels-*.c defines WIDE (floats in its vector), MR (rows of a GEMM tile),
 * VARIANT (its name) and NEEDS (its HSEG_CPU_* flags) and includes this file, which ends in that variant's
 * table. */
#include <string.h>

#include "base/base.h"
#include "kernels/kernels.h"
#include "kernels/window.h"

#define NR           (2 * WIDE)
#define SUM_PIXELS   256  /* pixels that are summed in single precision */
#define DEPTH_BLOCK  128  /* of A and B that stay in the caches (copying B to packed panels was slower) */
#define TILE_FLOATS  2048 /* of a row of a depthwise convolution: four rows fill the first-level cache */
#define BLOCK_FLOATS (512 * 1024 / 4) /* of A that stay in the second-level cache */

/* Asks for the share of @ahead that falls to @part of @whole work, of which @done was done before. */
static inline __attribute__((always_inline, unused)) void
fetch_share(const HsegAhead ahead[HSEG_AHEAD], size_t done, size_t part, size_t whole)
{
    const size_t line = 64 / sizeof(float);

    for (int k = 0; k < HSEG_AHEAD; k++) {
        const size_t floats = ahead[k].floats;

        for (size_t i = floats * done / whole, end = floats * (done + part) / whole; i < end; i += line)
            __builtin_prefetch(ahead[k].at + i, 0, 2);
    }
}

/* The bodies in vectors of WIDE floats; where that is more than HSEG_CHANNELS, in vectors of that too, for
 * what is left. */
#define LANES WIDE
#include "kernels/vector.h"

#include "kernels/body-channels.h"
#include "kernels/body-depthwise.h"
#include "kernels/body-gemm.h"
#include "kernels/body-upsample.h"
#undef LANES
#if WIDE > HSEG_CHANNELS
#define LANES HSEG_CHANNELS
#include "kernels/vector.h"

#include "kernels/body-channels.h"
#include "kernels/body-depthwise.h"
#include "kernels/body-gemm.h"
#include "kernels/body-upsample.h"
#undef LANES
#endif
#define LANES 1
#include "kernels/vector.h"

#include "kernels/body-upsample.h"
#undef LANES

#include "kernels/each-vector.h"

/* EACH_VECTOR by blocks: f(..., vecs). */
#if WIDE > HSEG_CHANNELS
#define CHANNEL_REST(f, c, ...)                                                                              \
    if (ch < (c))                                                                                            \
    REST_NAME(f)(__VA_ARGS__, 1)
#else
#define CHANNEL_REST(f, c, ...) (void)0
#endif
#define EACH_CHANNEL_BLOCK(f, c, ...)                                                                        \
    do {                                                                                                     \
        int ch = 0;                                                                                          \
        for (; ch + 4 * WIDE <= (c); ch += 4 * WIDE)                                                         \
            WIDE_NAME(f)(__VA_ARGS__, 4);                                                                    \
        for (; ch + WIDE <= (c); ch += WIDE)                                                                 \
            WIDE_NAME(f)(__VA_ARGS__, 1);                                                                    \
        CHANNEL_REST(f, c, __VA_ARGS__);                                                                     \
    } while (0)

/* Statement @use with the constant ACT = @act. */
#define ACT_CASE(act, use)                                                                                   \
    case act: {                                                                                              \
        const HsegAct ACT = act;                                                                             \
        use;                                                                                                 \
        break;                                                                                               \
    }
#define WITH_ACT(act, use)                                                                                   \
    switch (act) {                                                                                           \
        ACT_CASE(HSEG_ACT_NONE, use)                                                                         \
        ACT_CASE(HSEG_ACT_RELU, use)                                                                         \
        ACT_CASE(HSEG_ACT_RELU6, use)                                                                        \
        ACT_CASE(HSEG_ACT_HSWISH, use)                                                                       \
    }

/* All columns of @g, whose A fits the cache: B's panels outside, the rows inside. */
static void
gemm_block(const HsegGemm *g)
{
    const bool across = g->a_row == 1 && g->a_depth != 1;
    int col = 0;

    for (; col + NR <= g->n; col += NR)
        (across ? WIDE_NAME(gemm_column_2a) : WIDE_NAME(gemm_column_2n))(g, col);
    for (; col + WIDE <= g->n; col += WIDE)
        (across ? WIDE_NAME(gemm_column_1a) : WIDE_NAME(gemm_column_1n))(g, col);
#if WIDE > HSEG_CHANNELS
    if (col < g->n)
        (across ? REST_NAME(gemm_column_1a) : REST_NAME(gemm_column_1n))(g, col);
#endif
}

/* Leaves to @part what falls to @count of @all of @whole's work, from @from on, of what that asks for. */
static void
share_ahead(HsegGemm *part, const HsegGemm *whole, size_t from, size_t count, size_t all)
{
    for (int k = 0; k < HSEG_AHEAD; k++) {
        const HsegAhead *ahead = &whole->ahead[k];
        const size_t first = ahead->floats * from / all, end = ahead->floats * (from + count) / all;

        if (ahead->floats > 0)
            part->ahead[k] = (HsegAhead){ahead->at + first, end - first};
    }
}

/* Blocks of rows; @g's depth is a block already, or can't be one. */
static void
gemm_rows(const HsegGemm *g)
{
    const size_t depth = (size_t)HSEG_MAX(g->segs, 1) * HSEG_MAX(g->depth, 1);
    const int step = (int)HSEG_MAX(BLOCK_FLOATS / depth / MR, 1) * MR;

    for (int row = 0; row < g->m; row += step) {
        HsegGemm part = *g;

        part.m = HSEG_MIN(step, g->m - row);
        part.a += row * g->a_row;
        part.c += row * g->c_row;
        if (g->residual)
            part.residual += row * g->residual_row;
        share_ahead(&part, g, row, part.m, g->m);
        gemm_block(&part);
    }
}

/* A gradient of weights is a small C of great depth, with A and B read across their rows: only a block of the
 * depth fits the caches. */
static void
gemm_deep(const HsegGemm *g)
{
    for (int d = 0; d < g->depth; d += DEPTH_BLOCK) {
        HsegGemm part = *g;

        part.depth = HSEG_MIN(DEPTH_BLOCK, g->depth - d);
        part.a += d * g->a_depth;
        part.b += d * g->b_depth;
        if (d > 0) {
            part.accumulate = true;
            part.bias = NULL;
        }
        share_ahead(&part, g, d, part.depth, g->depth);
        gemm_rows(&part);
    }
}

static void
gemm(const HsegGemm *g)
{
    if (g->a_row == 1 && g->segs == 1 && g->act == HSEG_ACT_NONE && !g->residual && g->depth > DEPTH_BLOCK)
        gemm_deep(g);
    else
        gemm_rows(g);
}

static void
gemm_pack(float *packed, const float *b, size_t b_row, int depth, int n)
{
    for (int col = 0; col < n; col += NR) {
        const int width = HSEG_MIN(NR, n - col);

        for (int d = 0; d < depth; d++, packed += NR) {
            memcpy(packed, b + d * b_row + col, width * sizeof(*b));
            memset(packed + width, 0, (NR - width) * sizeof(*b));
        }
    }
}

static void
gemm_pack_transposed(float *packed, const float *t, size_t t_row, int depth, int n)
{
    const int run = 16; /* one cache line of @t is used up before the next one */

    for (int col = 0; col < n; col += NR) {
        for (int d = 0; d < depth; d += run) {
            const int count = HSEG_MIN(run, depth - d);

            for (int j = 0; j < NR; j++)
                for (int i = 0; i < count; i++)
                    packed[i * NR + j] = col + j < n ? t[(col + j) * t_row + d + i] : 0;
            packed += count * NR;
        }
    }
}

static void
gemm_scale(float *restrict scaled, const float *restrict packed, const float *scale, int depth, int n)
{
    for (int col = 0; col < n; col += NR)
        for (int d = 0; d < depth; d++, scaled += NR, packed += NR)
            for (int j = 0; j < NR; j++)
                scaled[j] = packed[j] * scale[d];
}

/* Runs @use for all rows `y` of columns `x0` .. `x1` - 1, then for the next columns: so few that the
 * first-level cache still holds the rows above when all channels of a row are done. Column 0 is an edge and
 * rides with the first ones. */
#define EACH_TILE(width, c, use)                                                                             \
    for (int x0 = 0, x1; x0 < (width); x0 = x1) {                                                            \
        x1 = HSEG_MIN(x0 + !x0 + HSEG_MAX(TILE_FLOATS / (c) & ~3, 8), (width));                              \
        for (int y = y0; y < y1; y++)                                                                        \
            use;                                                                                             \
    }

static void
depthwise(const HsegDepthwise *d, float *out, const float *in, const float *w, const float *bias, HsegAct act,
          int y0, int y1)
{
    const int out_w = hseg_out_size(d->in_w, d->stride);

#define ROWS(stride, hswish)                                                                                 \
    EACH_TILE(out_w, d->c,                                                                                   \
              EACH_VECTOR(depthwise_row, d->c, d, out + ch, in + ch, w + ch, bias ? bias + ch : NULL, y, x0, \
                          x1, stride, act, hswish))
    if (d->stride == 1 && act == HSEG_ACT_HSWISH)
        ROWS(1, true)
    else if (d->stride == 1)
        ROWS(1, false)
    else if (act == HSEG_ACT_HSWISH)
        ROWS(2, true)
    else
        ROWS(2, false)
#undef ROWS
}

static void
depthwise_grad_input(const HsegDepthwise *d, float *din, const float *dout, const float *w, bool accumulate,
                     int y0, int y1)
{
    const int out_w = hseg_out_size(d->in_w, d->stride);

#define ROWS(f)                                                                                              \
    EACH_TILE(out_w, d->c, EACH_VECTOR(f, d->c, d, din + ch, dout + ch, w + ch, y, x0, x1, accumulate))
    if (d->stride == 1)
        ROWS(depthwise_grad_row1)
    else
        ROWS(depthwise_grad_row2)
#undef ROWS
}

static void
depthwise_grad_weight(const HsegDepthwise *d, float *dw, const float *in, const float *dout, int y0, int y1)
{
    const int out_w = hseg_out_size(d->in_w, d->stride);

    memset(dw, 0, 9 * (size_t)d->c * sizeof(*dw));
#define ROWS(stride)                                                                                         \
    EACH_TILE(                                                                                               \
        out_w, d->c,                                                                                         \
        EACH_VECTOR(depthwise_grad_weight_row, d->c, d, dw + ch, in + ch, dout + ch, y, x0, x1, stride))
    if (d->stride == 1)
        ROWS(1)
    else
        ROWS(2)
#undef ROWS
}

/* Runs @use for blocks of `count` pixels from `p`: few enough to be summed in single precision, and for the
 * channels of the next block to be found in the cache where this one's stood beside them. */
#define EACH_PIXEL_BLOCK(pixels, use)                                                                        \
    for (size_t p = 0, count; p < (pixels); p += count) {                                                    \
        count = HSEG_MIN((pixels)-p, SUM_PIXELS);                                                            \
        use;                                                                                                 \
    }

static void
channel_sums(double *sum, double *sum2, const float *x, size_t x_pixel, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_CHANNEL_BLOCK(channel_sums, c, sum + ch, sum2 + ch, x + p * x_pixel + ch,
                                                x_pixel, count))
}

static void
scale_shift(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *scale, const float *shift,
            HsegAct act, const float *residual, size_t residual_pixel, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels,
                     WITH_ACT(act, EACH_CHANNEL_BLOCK(scale_shift, c, y + p * y_pixel + ch, y_pixel,
                                                      x + p * x_pixel + ch, x_pixel, scale + ch, shift + ch,
                                                      residual ? residual + p * residual_pixel + ch : NULL,
                                                      residual_pixel, count, ACT)))
}

static void
norm_grad_sums(double *sum_g, double *sum_gx, const float *dy, size_t dy_pixel, const float *x,
               size_t x_pixel, const float *scale, const float *shift, HsegAct act, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels,
                     WITH_ACT(act, EACH_CHANNEL_BLOCK(norm_grad_sums, c, sum_g + ch, sum_gx + ch,
                                                      dy + p * dy_pixel + ch, dy_pixel, x + p * x_pixel + ch,
                                                      x_pixel, scale + ch, shift + ch, count, ACT)))
}

static void
norm_grad(float *dx, size_t dx_pixel, const float *dy, size_t dy_pixel, const float *x, size_t x_pixel,
          const float *scale, const float *shift, HsegAct act, const float *ka, const float *kx,
          const float *k1, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(
        pixels,
        WITH_ACT(act, EACH_CHANNEL_BLOCK(norm_grad, c, dx + p * dx_pixel + ch, dx_pixel,
                                         dy + p * dy_pixel + ch, dy_pixel, x + p * x_pixel + ch, x_pixel,
                                         scale + ch, shift + ch, ka + ch, kx + ch, k1 + ch, count, ACT)))
}

static void
gate_grad_sums(double *sums, const float *dy, size_t dy_pixel, const float *x, size_t x_pixel,
               const float *scale, const float *shift, HsegAct act, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(
        pixels,
        WITH_ACT(act, EACH_CHANNEL_BLOCK(gate_grad_sums, c, sums + ch, c, dy + p * dy_pixel + ch, dy_pixel,
                                         x + p * x_pixel + ch, x_pixel, scale + ch, shift + ch, count, ACT)))
}

static void
channel_scale(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *s, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_CHANNEL_BLOCK(channel_scale, c, y + p * y_pixel + ch, y_pixel,
                                                x + p * x_pixel + ch, x_pixel, s + ch, count))
}

static void
channel_dot(double *sum, const float *a, size_t a_pixel, const float *b, size_t b_pixel, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_CHANNEL_BLOCK(channel_dot, c, sum + ch, a + p * a_pixel + ch, a_pixel,
                                                b + p * b_pixel + ch, b_pixel, count))
}

static void
stream(float *y, const float *x, size_t n)
{
    /* Whole lines: what is before and after them goes the ordinary way. */
    const size_t line = 64, before = -(uintptr_t)y % line / sizeof(*y);
    size_t i = HSEG_MIN(before, n);

    memcpy(y, x, i * sizeof(*y));
    for (; i + WIDE <= n; i += WIDE)
        WIDE_NAME(store_past)(y + i, WIDE_NAME(load)(x + i));
    memcpy(y + i, x + i, (n - i) * sizeof(*y));
    STORED_PAST();
}

static void
add(float *y, size_t y_pixel, const float *x, size_t x_pixel, size_t pixels, int c)
{
    EACH_PIXEL_BLOCK(pixels, EACH_CHANNEL_BLOCK(add, c, y + p * y_pixel + ch, y_pixel, x + p * x_pixel + ch,
                                                x_pixel, count))
}

/* EACH_VECTOR for any @c: single channels last. */
#define EACH_ANY(f, c, ...)                                                                                  \
    do {                                                                                                     \
        const int whole = (c) / HSEG_CHANNELS * HSEG_CHANNELS;                                               \
        EACH_VECTOR(f, whole, __VA_ARGS__);                                                                  \
        for (int ch = whole; ch < (c); ch++)                                                                 \
            VECTOR_CAT(f, 1)(__VA_ARGS__);                                                                   \
    } while (0)

static void
upsample(const HsegUpsample *u, float *out, const float *in, int y0, int y1)
{
    const size_t in_row = u->in_w * u->in_pixel, out_row = u->out_w * u->out_pixel;

    for (int y = y0; y < y1; y++) {
        const int near = y / 2, far = y % 2 ? HSEG_MIN(near + 1, u->in_h - 1) : HSEG_MAX(near - 1, 0);

        EACH_ANY(upsample_row, u->c, u, out + y * out_row + ch, in + near * in_row + ch,
                 in + far * in_row + ch);
    }
}

static void
upsample_grad(const HsegUpsample *u, float *din, const float *dout, bool accumulate, int y0, int y1)
{
    const size_t in_row = u->in_w * u->in_pixel, out_row = u->out_w * u->out_pixel;

    for (int y = y0; y < y1; y++) { /* output rows 2y - 1 .. 2y + 2 were made from this one */
        const bool first = y == 0, last = y == u->in_h - 1, cropped = 2 * y + 1 == u->out_h;
        const float w[4] = {first ? 0 : 0.25f, first ? 1 : 0.75f,
                            cropped ? 0
                            : last  ? 1
                                    : 0.75f,
                            last ? 0 : 0.25f};
        const float *middle = dout + 2 * y * out_row;
        const float *const rows[4] = {first ? middle : middle - out_row, middle,
                                      cropped ? middle : middle + out_row,
                                      last ? middle : middle + 2 * out_row};

#define AT(ch) ((const float *const[4]){rows[0] + ch, rows[1] + ch, rows[2] + ch, rows[3] + ch})
        EACH_ANY(upsample_grad_row, u->c, u, din + y * in_row + ch, AT(ch), w, accumulate);
#undef AT
    }
}

static void
adamw(float *restrict p, float *restrict m, float *restrict v, const float *restrict g, size_t n,
      float lr_decay, float step, float beta1, float beta2, float vscale, float eps)
{
    for (size_t i = 0; i < n; i++) {
        float mi = beta1 * m[i] + (1 - beta1) * g[i];
        float vi = beta2 * v[i] + (1 - beta2) * g[i] * g[i];

        m[i] = mi;
        v[i] = vi;
        p[i] -= lr_decay * p[i];
        p[i] -= step * mi / (__builtin_sqrtf(vi) * vscale + eps);
    }
}

const HsegKernels VECTOR_CAT(hseg_kernels, VARIANT) = {
    .name = VARIANT_NAME,
    .needs = NEEDS,
    .mr = MR,
    .nr = NR,
    .gemm = gemm,
    .gemm_pack = gemm_pack,
    .gemm_pack_transposed = gemm_pack_transposed,
    .gemm_scale = gemm_scale,
    .depthwise = depthwise,
    .depthwise_grad_input = depthwise_grad_input,
    .depthwise_grad_weight = depthwise_grad_weight,
    .channel_sums = channel_sums,
    .scale_shift = scale_shift,
    .norm_grad_sums = norm_grad_sums,
    .norm_grad = norm_grad,
    .gate_grad_sums = gate_grad_sums,
    .channel_scale = channel_scale,
    .channel_dot = channel_dot,
    .stream = stream,
    .add = add,
    .upsample = upsample,
    .upsample_grad = upsample_grad,
    .adamw = adamw,
};
