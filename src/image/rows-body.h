/* The body of a row table, see rows.h. The including file defines ROWS (the table's symbol), ROWS_NAME and
 * ROWS_NEEDS, and is compiled for its instruction set. The loops are written for the compiler's vectoriser:
 * sizes that take few values are handed to it as constants, one by one. */

#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "base/base.h"
#include "base/cpu.h"
#include "image/row-variants.h"

#define INLINE static inline __attribute__((always_inline))

/* f(..., step) with a constant step of 1 to 4. */
#define BY_STEP(f, step, ...)                                                                                \
    do {                                                                                                     \
        if ((step) == 1)                                                                                     \
            f(__VA_ARGS__, 1);                                                                               \
        else if ((step) == 2)                                                                                \
            f(__VA_ARGS__, 2);                                                                               \
        else if ((step) == 3)                                                                                \
            f(__VA_ARGS__, 3);                                                                               \
        else                                                                                                 \
            f(__VA_ARGS__, 4);                                                                               \
    } while (0)

/* Resampling */

/* Four rows at a time, so that out is seldom read back. */
#define DEFINE_SUM(NAME, TYPE)                                                                               \
    INLINE void NAME##_some(float *restrict out, const TYPE *restrict row, ptrdiff_t stride,                 \
                            const float *restrict weight, int n, bool start, int taps)                       \
    {                                                                                                        \
        for (int i = 0; i < n; i++) {                                                                        \
            float s = start ? 0 : out[i];                                                                    \
                                                                                                             \
            for (int t = 0; t < taps; t++)                                                                   \
                s += weight[t] * (float)row[t * stride + i];                                                 \
            out[i] = s;                                                                                      \
        }                                                                                                    \
    }                                                                                                        \
                                                                                                             \
    static void NAME(float *out, const TYPE *row, ptrdiff_t stride, const float *weight, int taps, int n)    \
    {                                                                                                        \
        bool start = true;                                                                                   \
                                                                                                             \
        for (; taps > 4; taps -= 4, row += 4 * stride, weight += 4) {                                        \
            NAME##_some(out, row, stride, weight, n, start, 4);                                              \
            start = false;                                                                                   \
        }                                                                                                    \
        BY_STEP(NAME##_some, taps, out, row, stride, weight, n, start);                                      \
    }

DEFINE_SUM(sum_u8, uint8_t)
DEFINE_SUM(sum_u16, uint16_t)
DEFINE_SUM(sum_f32, float)

INLINE void
gather_taps(float *restrict out, int out_step, const float *restrict in, int step, const int *restrict first,
            const float *restrict weight, int n, int taps)
{
    for (int x = 0; x < n; x++) {
        const float *p = in + (ptrdiff_t)first[x] * step, *w = weight + (size_t)x * taps;
        float s = 0;

        for (int t = 0; t < taps; t++)
            s += w[t] * p[t * step];
        out[x * out_step] = s;
    }
}

static void
gather(float *out, int out_step, const float *in, int step, const int *first, const float *weight, int taps,
       int n)
{
    if (taps <= 4)
        BY_STEP(gather_taps, taps, out, out_step, in, step, first, weight, n);
    else
        gather_taps(out, out_step, in, step, first, weight, n, taps);
}

INLINE void
average_taps(float *restrict out, const float *restrict in, float weight, int n, int taps)
{
    for (int x = 0; x < n; x++) {
        float s = 0;

        for (int t = 0; t < taps; t++)
            s += in[x * taps + t];
        out[x] = s * weight;
    }
}

static void
average(float *out, const float *in, int taps, int n)
{
    float weight = 1 / (float)taps;

    if (taps <= 4)
        BY_STEP(average_taps, taps, out, in, weight, n);
    else if (taps == 6)
        average_taps(out, in, weight, n, 6);
    else
        average_taps(out, in, weight, n, taps);
}

static void
round_u8(uint8_t *restrict out, const float *restrict in, int n)
{
    for (int x = 0; x < n; x++) {
        float v = in[x] + 0.5f;

        out[x] = (uint8_t)(int)HSEG_CLAMP(v, 0.f, 255.f);
    }
}

static void
matrix(float *restrict out, const float *const in[3], const float m[3][4], float lo, float hi, int n)
{
    const float *restrict a = in[0], *restrict b = in[1], *restrict c = in[2];

    for (int x = 0; x < n; x++)
        for (int i = 0; i < 3; i++) {
            float v = m[i][0] * a[x] + m[i][1] * b[x] + m[i][2] * c[x] + m[i][3];

            out[3 * x + i] = HSEG_CLAMP(v, lo, hi);
        }
}

/* Luma */

INLINE void
pick_step(uint8_t *restrict out, const uint8_t *restrict row, int n, int step)
{
    for (int x = 0; x < n; x++)
        out[x] = row[x * step];
}

static void
pick_u8(uint8_t *out, const uint8_t *row, int step, int n)
{
    BY_STEP(pick_step, step, out, row, n);
}

static void
narrow(uint8_t *restrict out, const uint16_t *restrict row, int shift, int n)
{
    for (int x = 0; x < n; x++) {
        int v = (row[x] + (1 << (shift - 1))) >> shift;

        out[x] = (uint8_t)HSEG_MIN(v, 255);
    }
}

static void
luma_rgb(uint8_t *restrict out, const uint8_t *const rgb[3], const int weight[3], int n)
{
    const uint8_t *restrict r = rgb[0], *restrict g = rgb[1], *restrict b = rgb[2];
    int16_t wr = (int16_t)weight[0], wg = (int16_t)weight[1], wb = (int16_t)weight[2];

    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((wr * r[x] + wg * g[x] + wb * b[x] + (1 << 14)) >> 15);
}

/* Box sums */

static void
box_add(double *restrict sum, const float *restrict row, double sign, int n)
{
    for (int x = 0; x < n; x++)
        sum[x] += sign * row[x];
}

#if defined(__AVX512F__)
#define LANES 8
#elif defined(__AVX2__)
#define LANES 4
#else
#define LANES 2
#endif
typedef double Lanes __attribute__((vector_size(LANES * sizeof(double))));

INLINE Lanes
load_lanes(const double *p)
{
    Lanes v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* Each lane plus all before it. */
INLINE Lanes
sum_lanes(Lanes v)
{
    const Lanes zero = {0};

#if LANES == 8
    v += __builtin_shufflevector(v, zero, 8, 0, 1, 2, 3, 4, 5, 6);
    v += __builtin_shufflevector(v, zero, 8, 8, 0, 1, 2, 3, 4, 5);
    return v + __builtin_shufflevector(v, zero, 8, 8, 8, 8, 0, 1, 2, 3);
#elif LANES == 4
    v += __builtin_shufflevector(v, zero, 4, 0, 1, 2);
    return v + __builtin_shufflevector(v, zero, 4, 4, 0, 1);
#else
    return v + __builtin_shufflevector(v, zero, 2, 0);
#endif
}

/* The pixels from @x to before @end whose windows the border does not clip, some lanes at a time; returns the
 * first that is left. s: the sums of the windows around x - 1, then around the pixel before the one that is
 * returned. */
INLINE int
means_inside(double *restrict out, const double *restrict sum, size_t plane, int x, int end, int radius,
             double each, double s[4], int planes)
{
    for (; x + LANES <= end; x += LANES)
        for (int p = 0; p < planes; p++) {
            const double *at = sum + p * plane + x;
            Lanes mean, window = s[p] + sum_lanes(load_lanes(at + radius) - load_lanes(at - radius - 1));

            s[p] = window[LANES - 1];
            mean = window * each;
            memcpy(out + p * plane + x, &mean, sizeof mean);
        }
    return x;
}

/* Some planes side by side: their running sums do not wait for each other. */
INLINE void
means_of(double *restrict out, const double *restrict sum, size_t plane, int width, int radius, double scale,
         int planes)
{
    double s[4] = {0}, each = scale / (2. * radius + 1);

    for (int p = 0; p < planes; p++)
        for (int x = 0; x < radius; x++)
            s[p] += sum[p * plane + x];
    for (int x = 0; x < width; x++) {
        int count = HSEG_MIN(x + radius, width - 1) - HSEG_MAX(x - radius, 0) + 1;

        if (x == radius + 1) {
            x = means_inside(out, sum, plane, x, width - radius, radius, each, s, planes);
            count = HSEG_MIN(x + radius, width - 1) - x + radius + 1;
            if (x == width)
                break;
        }
        for (int p = 0; p < planes; p++) {
            if (x + radius < width)
                s[p] += sum[p * plane + x + radius];
            if (x > radius)
                s[p] -= sum[p * plane + x - radius - 1];
            out[p * plane + x] = s[p] * (scale / count);
        }
    }
}

static void
box_means(double *out, const double *sum, size_t plane, int planes, int width, int radius, double scale)
{
    radius = HSEG_MIN(radius, width - 1); /* larger ones see the same columns */
    for (; planes > 4; planes -= 4, out += 4 * plane, sum += 4 * plane)
        means_of(out, sum, plane, width, radius, scale, 4);
    BY_STEP(means_of, planes, out, sum, plane, width, radius, scale);
}

/* Guided filter */

static void
guided_add(double *restrict sum, size_t plane, const float *restrict guide, const float *restrict p,
           double sign, int n)
{
    double *restrict i1 = sum, *restrict p1 = sum + plane, *restrict ii = sum + 2 * plane,
                     *restrict ip = sum + 3 * plane;

    for (int x = 0; x < n; x++) {
        double g = guide[x], v = sign * p[x], sg = sign * g;

        i1[x] += sg;
        p1[x] += v;
        ii[x] += sg * g;
        ip[x] += v * g;
    }
}

static void
guided_solve(float *restrict a, float *restrict b, const double *restrict mean, size_t plane, double epsilon,
             int n)
{
    const double *restrict i1 = mean, *restrict p1 = mean + plane, *restrict ii = mean + 2 * plane,
                           *restrict ip = mean + 3 * plane;

    for (int x = 0; x < n; x++) {
        double var = ii[x] - i1[x] * i1[x], cov = ip[x] - i1[x] * p1[x];
        double slope = cov / (HSEG_MAX(var, 0.) + epsilon);

        a[x] = (float)slope;
        b[x] = (float)(p1[x] - slope * i1[x]);
    }
}

INLINE void
apply_channels(float *restrict q, const float *restrict guide, size_t guide_plane,
               const double *restrict mean, size_t plane, int n, int channels)
{
    for (int x = 0; x < n; x++) {
        double v = mean[channels * plane + x];

        for (int c = 0; c < channels; c++)
            v += mean[c * plane + x] * guide[c * guide_plane + x];
        q[x] = (float)v;
    }
}

static void
guided_apply(float *q, const float *guide, size_t guide_plane, const double *mean, size_t plane, int channels,
             int n)
{
    BY_STEP(apply_channels, channels, q, guide, guide_plane, mean, plane, n);
}

static void
narrow_f64(float *restrict out, const double *restrict in, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (float)in[x];
}

/* Compilers make gathers of this, which are slower than scalar loads. But neighbouring pixels come from
 * neighbouring samples: where all of a vector's lie in one vector of samples, a permutation fetches them. */
#if defined(__AVX512F__)
#define PERMUTE           16
#define permute(v, index) _mm512_permutexvar_ps(index, v)
typedef __m512i Indices;
typedef __m512 Samples;
#elif defined(__AVX2__)
#define PERMUTE           8
#define permute(v, index) _mm256_permutevar8x32_ps(v, index)
typedef __m256i Indices;
typedef __m256 Samples;
#endif

#ifdef PERMUTE
typedef int Ints __attribute__((vector_size(4 * PERMUTE)));

/* Returns the first pixel that is left. */
static int
enlarge_vectors(float *restrict out, const float *restrict in, const int *restrict index,
                const float *restrict part, int next, int n)
{
    int x = 0;

    for (; x + PERMUTE <= n && index[x + PERMUTE - 1] - index[x] < PERMUTE; x += PERMUTE) {
        const float *from = in + index[x];
        Samples here, there, t;
        Ints at;

        memcpy(&at, index + x, sizeof at);
        memcpy(&here, from, sizeof here);
        memcpy(&there, from + next, sizeof there);
        memcpy(&t, part + x, sizeof t);
        here = permute(here, (Indices)(at - index[x]));
        there = permute(there, (Indices)(at - index[x]));
        here += t * (there - here);
        memcpy(out + x, &here, sizeof here);
    }
    return x;
}
#else
static int
enlarge_vectors(float *out, const float *in, const int *index, const float *part, int next, int n)
{
    return 0;
}
#endif

static void
enlarge(float *restrict out, const float *restrict in, const int *restrict index, const float *restrict part,
        int next, int n)
{
    for (int x = enlarge_vectors(out, in, index, part, next, n); x < n; x++) {
        const float *p = in + index[x];

        out[x] = p[0] + part[x] * (p[next] - p[0]);
    }
}

INLINE float
guided_value(float luma, const float *const a[2], const float *const b[2], float t, int x)
{
    float slope = a[0][x] + t * (a[1][x] - a[0][x]), shift = b[0][x] + t * (b[1][x] - b[0][x]);
    float q = slope * luma + shift;

    return HSEG_CLAMP(q, 0.f, 1.f);
}

INLINE uint8_t
ramp_value(float q, const float ramp[3])
{
    float v = (q - ramp[0]) * ramp[1] + ramp[2];

    return (uint8_t)(int)HSEG_CLAMP(v, 0.f, 255.f);
}

static void
guided_mask(uint8_t *restrict mask, const uint8_t *restrict luma, const float *const a[2],
            const float *const b[2], float t, const float ramp[3], int n)
{
    const float *const ka[2] = {a[0], a[1]}, *const kb[2] = {b[0], b[1]};
    const float kr[3] = {ramp[0], ramp[1], ramp[2]};

    for (int x = 0; x < n; x++)
        mask[x] = ramp_value(guided_value(luma[x], ka, kb, t, x), kr);
}

static void
guided_q(float *restrict q, const uint8_t *restrict luma, const float *const a[2], const float *const b[2],
         float t, int n)
{
    const float *const ka[2] = {a[0], a[1]}, *const kb[2] = {b[0], b[1]};

    for (int x = 0; x < n; x++)
        q[x] = guided_value(luma[x], ka, kb, t, x);
}

static void
ramp(uint8_t *restrict mask, const float *restrict q, const float r[3], int n)
{
    const float kr[3] = {r[0], r[1], r[2]};

    for (int x = 0; x < n; x++)
        mask[x] = ramp_value(HSEG_CLAMP(q[x], 0.f, 1.f), kr);
}

/* Masks */

static void
mean_pairs(uint8_t *restrict out, const uint8_t *restrict a, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + 1) >> 1);
}

static void
mean_quads(uint8_t *restrict out, const uint8_t *restrict a, const uint8_t *restrict b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

#define DEFINE_SPREAD(NAME, TYPE)                                                                            \
    INLINE void NAME##_step(TYPE *restrict out, const TYPE *restrict in, int n, int step)                    \
    {                                                                                                        \
        for (int x = 0; x < n; x++)                                                                          \
            out[x * step] = in[x];                                                                           \
    }                                                                                                        \
                                                                                                             \
    static void NAME(TYPE *out, int step, const TYPE *in, int n)                                             \
    {                                                                                                        \
        BY_STEP(NAME##_step, step, out, in, n);                                                              \
    }

DEFINE_SPREAD(spread_u8, uint8_t)
DEFINE_SPREAD(spread_u16, uint16_t)

/* Blur */

static void
weigh_u8(uint32_t *restrict value, uint32_t *restrict weight, const uint8_t *restrict row,
         const uint8_t *restrict mask, int n)
{
    for (int x = 0; x < n; x++) {
        uint16_t w = (uint16_t)(256 - mask[x]);

        value[x] += (uint16_t)(w * row[x]); /* at most 256 * 255 */
        weight[x] += w;
    }
}

static void
weigh_u16(uint32_t *restrict value, uint32_t *restrict weight, const uint16_t *restrict row,
          const uint8_t *restrict mask, int shift, int n)
{
    for (int x = 0; x < n; x++) {
        uint16_t w = (uint16_t)(256 - mask[x]);

        value[x] += (uint32_t)w * (row[x] >> shift);
        weight[x] += w;
    }
}

static void
add_pairs(uint32_t *restrict out, const uint32_t *restrict in, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = in[2 * x] + in[2 * x + 1];
}

#define DEFINE_CELLS(NAME, TYPE)                                                                             \
    INLINE void NAME##_of(TYPE *restrict out, const float *restrict in, int cells, int shift, int cell)      \
    {                                                                                                        \
        TYPE *restrict middle = out + cell / 2;                                                              \
                                                                                                             \
        for (int i = 0; i < cell / 2; i++)                                                                   \
            out[i] = (TYPE)((int)in[0] << shift);                                                            \
        for (int c = 0; c + 1 < cells; c++)                                                                  \
            for (int i = 0; i < cell; i++) {                                                                 \
                float at = cell > 1 ? (i + 0.5f) / (float)cell : 0;                                          \
                                                                                                             \
                middle[c * cell + i] = (TYPE)((int)(in[c] + at * (in[c + 1] - in[c])) << shift);             \
            }                                                                                                \
        for (int i = 0; i < cell - cell / 2; i++)                                                            \
            middle[(cells - 1) * cell + i] = (TYPE)((int)in[cells - 1] << shift);                            \
    }                                                                                                        \
                                                                                                             \
    INLINE void NAME##_any(TYPE *out, const float *in, int cell, int cells, int shift)                       \
    {                                                                                                        \
        switch (cell) {                                                                                      \
        case 1:                                                                                              \
            NAME##_of(out, in, cells, shift, 1);                                                             \
            break;                                                                                           \
        case 2:                                                                                              \
            NAME##_of(out, in, cells, shift, 2);                                                             \
            break;                                                                                           \
        case 4:                                                                                              \
            NAME##_of(out, in, cells, shift, 4);                                                             \
            break;                                                                                           \
        case 8:                                                                                              \
            NAME##_of(out, in, cells, shift, 8);                                                             \
            break;                                                                                           \
        default:                                                                                             \
            NAME##_of(out, in, cells, shift, 16);                                                            \
            break;                                                                                           \
        }                                                                                                    \
    }

DEFINE_CELLS(cells_u8, uint8_t)
DEFINE_CELLS(cells_u16, uint16_t)

static void
cells_u8(uint8_t *out, const float *in, int cell, int cells)
{
    cells_u8_any(out, in, cell, cells, 0);
}

static void
cells_u16(uint16_t *out, const float *in, int cell, int cells, int shift)
{
    cells_u16_any(out, in, cell, cells, shift);
}

/* Blend */

static void
blend_u8(uint8_t *restrict dst, const uint8_t *restrict back, const uint8_t *restrict mask, int n)
{
    for (int x = 0; x < n; x++) {
        uint16_t v = (uint16_t)(mask[x] * dst[x] + (255 - mask[x]) * back[x] + 128);

        dst[x] = (uint8_t)((v + (v >> 8)) >> 8); /* (v - 128) / 255 rounded, for all that can occur */
    }
}

static void
blend_u16(uint16_t *restrict dst, const uint16_t *restrict back, const uint8_t *restrict mask, int shift,
          int n)
{
    for (int x = 0; x < n; x++) {
        int m = mask[x], v = m * (dst[x] >> shift) + (255 - m) * (back[x] >> shift);

        /* v / 255 is never nearer than 1 / 510 to a half, far beyond what the product is wrong by */
        dst[x] = (uint16_t)((int)((float)v * (1.f / 255) + 0.5f) << shift);
    }
}

/* Conversion */

static void
unpack_u8(int16_t *restrict out, const uint8_t *restrict in, int sub, int n)
{
    if (!sub) {
        for (int x = 0; x < n; x++)
            out[x] = in[x];
        return;
    }
    for (int x = 0; x < n / 2; x++)
        out[2 * x] = out[2 * x + 1] = in[x];
    if (n & 1)
        out[n - 1] = in[n / 2];
}

static void
unpack_u16(int16_t *restrict out, const uint16_t *restrict in, int step, int sub, int shift, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (int16_t)(in[(x >> sub) * step] >> shift);
}

static void
mix(int16_t *const v[3], const float m[3][4], int top, int n)
{
    int16_t *restrict a = v[0], *restrict b = v[1], *restrict c = v[2];
    float k[3][4], most = (float)top;

    memcpy(k, m, sizeof k);
    for (int x = 0; x < n; x++) {
        float p = a[x], q = b[x], r = c[x];
        float i = k[0][0] * p + k[0][1] * q + k[0][2] * r + (k[0][3] + 0.5f);
        float j = k[1][0] * p + k[1][1] * q + k[1][2] * r + (k[1][3] + 0.5f);
        float l = k[2][0] * p + k[2][1] * q + k[2][2] * r + (k[2][3] + 0.5f);

        a[x] = (int16_t)(int)HSEG_CLAMP(i, 0.f, most);
        b[x] = (int16_t)(int)HSEG_CLAMP(j, 0.f, most);
        c[x] = (int16_t)(int)HSEG_CLAMP(l, 0.f, most);
    }
}

static void
pack_u8(uint8_t *restrict out, const int16_t *restrict in, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)in[x];
}

static void
pack_u16(uint16_t *restrict out, int step, const int16_t *restrict in, int shift, int n)
{
    for (int x = 0; x < n; x++)
        out[x * step] = (uint16_t)(in[x] << shift);
}

static void
halve(int16_t *out, const int16_t *a, const int16_t *b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (int16_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
}

const HsegRows ROWS = {
    .name = ROWS_NAME,
    .needs = ROWS_NEEDS,
    .sum_u8 = sum_u8,
    .sum_u16 = sum_u16,
    .sum_f32 = sum_f32,
    .gather = gather,
    .average = average,
    .round_u8 = round_u8,
    .matrix = matrix,
    .pick_u8 = pick_u8,
    .narrow = narrow,
    .luma_rgb = luma_rgb,
    .box_add = box_add,
    .box_means = box_means,
    .guided_add = guided_add,
    .guided_solve = guided_solve,
    .guided_apply = guided_apply,
    .narrow_f64 = narrow_f64,
    .enlarge = enlarge,
    .guided_mask = guided_mask,
    .guided_q = guided_q,
    .ramp = ramp,
    .mean_pairs = mean_pairs,
    .mean_quads = mean_quads,
    .spread_u8 = spread_u8,
    .spread_u16 = spread_u16,
    .weigh_u8 = weigh_u8,
    .weigh_u16 = weigh_u16,
    .add_pairs = add_pairs,
    .cells_u8 = cells_u8,
    .cells_u16 = cells_u16,
    .blend_u8 = blend_u8,
    .blend_u16 = blend_u16,
    .unpack_u8 = unpack_u8,
    .unpack_u16 = unpack_u16,
    .mix = mix,
    .pack_u8 = pack_u8,
    .pack_u16 = pack_u16,
    .halve = halve,
};
