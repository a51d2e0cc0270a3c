/* Part of rows-body.h: masks, blur, blend, conversion. */

/* Masks */

/* Both bytes of a pair at once. */
INLINE uint16_t
pair_sum(const uint8_t *a)
{
    uint16_t pair;

    memcpy(&pair, a, sizeof pair);
    return (uint16_t)((pair & 255) + (pair >> 8));
}

static void
mean_pairs(uint8_t *restrict out, const uint8_t *restrict a, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(pair_sum(a + 2 * x) + 1) >> 1);
}

static void
mean_quads(uint8_t *restrict out, const uint8_t *restrict a, const uint8_t *restrict b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(pair_sum(a + 2 * x) + pair_sum(b + 2 * x) + 2) >> 2);
}

static void
most_u8(uint8_t *out, const uint8_t *a, const uint8_t *b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = HSEG_MAX(a[x], b[x]);
}

static void
least_u8(uint8_t *out, const uint8_t *a, const uint8_t *b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = HSEG_MIN(a[x], b[x]);
}

static void
rim_u8(uint8_t *restrict out, const uint8_t *restrict mask, const uint8_t *restrict near, int strength, int n)
{
    for (int x = 0; x < n; x++) {
        uint32_t rim = (uint32_t)mask[x] * (255 - near[x]) * (uint32_t)strength; /* below 2^24 */

        out[x] = (uint8_t)(255 - (rim >> 16));
    }
}

static void
hold_u8(uint8_t *restrict mask, const uint8_t *restrict now, const float *const m[2], float t, float still,
        int n)
{
    const float *restrict m0 = m[0], *restrict m1 = m[1];

    for (int x = 0; x < n; x++) {
        float weight = still + (1 - still) * (m0[x] + t * (m1[x] - m0[x])), from = mask[x];

        mask[x] = (uint8_t)(int)(from + weight * ((float)now[x] - from) + 0.5f);
    }
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

/* Spans: most of a mask is all background or all person, and what can be said of it there needs no
 * arithmetic. */

#define SPAN HSEG_SPAN

INLINE int
span_kind(const uint8_t *mask)
{
#ifdef __AVX2__
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)mask);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(mask + 32));

    if (_mm256_testz_si256(a, a) && _mm256_testz_si256(b, b))
        return HSEG_NOBODY;
    return _mm256_testc_si256(_mm256_and_si256(a, b), _mm256_set1_epi8(-1)) ? HSEG_PERSON : HSEG_EDGE;
#else
    uint64_t part[SPAN / 8], any = 0, all = ~(uint64_t)0;

    memcpy(part, mask, SPAN);
    for (int i = 0; i < SPAN / 8; i++) {
        any |= part[i];
        all &= part[i];
    }
    return !any ? HSEG_NOBODY : !~all ? HSEG_PERSON : HSEG_EDGE;
#endif
}

static uint8_t
any_span_kind(const uint8_t *mask, int n)
{
    uint8_t any = 0, all = 255;

    if (n == SPAN)
        return (uint8_t)span_kind(mask);
    for (int x = 0; x < n; x++) {
        any |= mask[x];
        all &= mask[x];
    }
    return !any ? HSEG_NOBODY : all == 255 ? HSEG_PERSON : HSEG_EDGE;
}

/* Blur. Rows are gone through one after the other, in the order of memory, which is what has to be waited
 * for. */

/* What the spans of all @rows together are. */
INLINE void
find_kinds(uint8_t *kinds, const uint8_t *const *mask, int rows, int spans)
{
    for (int s = 0; s < spans; s++)
        kinds[s] = (uint8_t)span_kind(mask[0] + s * SPAN);
    for (int y = 1; y < rows; y++)
        for (int s = 0; s < spans; s++)
            if (kinds[s] != HSEG_EDGE && span_kind(mask[y] + s * SPAN) != kinds[s])
                kinds[s] = HSEG_EDGE;
}

/* A span of one kind is only added up: in 16 bits, as HSEG_WEIGH_ROWS bytes fit. The @first row has none
 * before it. */
INLINE void
add_span(uint16_t *restrict sum, const uint8_t *restrict row, bool first)
{
    for (int x = 0; x < SPAN; x++)
        sum[x] = (uint16_t)((first ? 0 : sum[x]) + row[x]);
}

INLINE void
weigh_pixels(uint32_t *restrict value, uint32_t *restrict weight, const uint8_t *restrict row,
             const uint8_t *restrict mask, int n, bool first)
{
    for (int x = 0; x < n; x++) {
        uint16_t w = (uint16_t)(256 - mask[x]);

        value[x] = (first ? 0 : value[x]) + (uint16_t)(w * row[x]); /* at most 256 * 255 */
        weight[x] = (first ? 0 : weight[x]) + w;
    }
}

INLINE void
weigh_row(uint32_t *restrict value, uint32_t *restrict weight, uint16_t *restrict sum,
          const uint8_t *restrict row, const uint8_t *restrict mask, const uint8_t *restrict kinds, int n,
          bool first)
{
    int x = 0;

    for (; x + SPAN <= n; x += SPAN) {
        __builtin_prefetch(row + x + AHEAD);
        if (kinds[x / SPAN] == HSEG_EDGE)
            weigh_pixels(value + x, weight + x, row + x, mask + x, SPAN, first);
        else
            add_span(sum + x, row + x, first);
    }
    weigh_pixels(value + x, weight + x, row + x, mask + x, n - x, first);
}

/* Where all pixels weigh @w. */
INLINE void
weigh_span(uint32_t *restrict value, uint32_t *restrict weight, const uint16_t *restrict sum, int rows,
           uint32_t w)
{
    for (int x = 0; x < SPAN; x++) {
        value[x] = sum[x] * w;
        weight[x] = (uint32_t)rows * w;
    }
}

static void
weigh_u8(uint32_t *restrict value, uint32_t *restrict weight, uint16_t *restrict sum,
         const uint8_t *restrict row, ptrdiff_t stride, const uint8_t *const *mask, int rows, int n)
{
    uint8_t kinds[HSEG_WEIGH_SAMPLES / SPAN];
    int spans = n / SPAN;

    find_kinds(kinds, mask, rows, spans);
    weigh_row(value, weight, sum, row, mask[0], kinds, n, true);
    for (int y = 1; y < rows; y++)
        weigh_row(value, weight, sum, row + y * stride, mask[y], kinds, n, false);
    for (int s = 0, x = 0; s < spans; s++, x += SPAN)
        if (kinds[s] != HSEG_EDGE)
            weigh_span(value + x, weight + x, sum + x, rows, kinds[s] == HSEG_PERSON ? 1 : 256);
}

static void
weigh_u16(uint32_t *restrict value, uint32_t *restrict weight, const uint16_t *restrict row, ptrdiff_t stride,
          const uint8_t *const *mask, int rows, int shift, int n)
{
    memset(value, 0, n * sizeof *value);
    memset(weight, 0, n * sizeof *weight);
    for (int y = 0; y < rows; y++) {
        const uint16_t *restrict line = row + y * stride;
        const uint8_t *restrict m = mask[y];

        for (int x = 0; x < n; x++) {
            uint16_t w = (uint16_t)(256 - m[x]);

            value[x] += (uint32_t)w * (line[x] >> shift);
            weight[x] += w;
        }
    }
}

#define DEFINE_HALVE(NAME, TYPE)                                                                             \
    INLINE void NAME##_step(TYPE *restrict out, const TYPE *restrict in, int n, int period)                  \
    {                                                                                                        \
        for (int x = 0; x < n; x++)                                                                          \
            for (int i = 0; i < period; i++)                                                                 \
                out[x * period + i] = (TYPE)(in[2 * x * period + i] + in[(2 * x + 1) * period + i]);         \
    }                                                                                                        \
                                                                                                             \
    static void NAME(TYPE *out, const TYPE *in, int period, int n)                                           \
    {                                                                                                        \
        BY_STEP(NAME##_step, period, out, in, n);                                                            \
    }

DEFINE_HALVE(halve_u16, uint16_t)
DEFINE_HALVE(halve_u32, uint32_t)

INLINE void
means_step(float *restrict out, const uint32_t *restrict value, const uint32_t *restrict weight,
           const float *restrict scale, int n, int period)
{
    for (int x = 0; x < n; x++)
        out[x] = scale[x] * (float)(int)value[x * period] / (float)(int)weight[x * period];
}

static void
cell_means(float *out, const uint32_t *value, const uint32_t *weight, const float *scale, int period, int n)
{
    BY_STEP(means_step, period, out, value, weight, scale, n);
}

INLINE void
cells_of(uint16_t *restrict out, const float *restrict in, int cells, int cell)
{
    uint16_t *restrict middle = out + cell / 2;

    for (int i = 0; i < cell / 2; i++)
        out[i] = (uint16_t)(int)in[0];
    for (int c = 0; c + 1 < cells; c++)
        for (int i = 0; i < cell; i++) {
            float at = cell > 1 ? (i + 0.5f) / (float)cell : 0;

            middle[c * cell + i] = (uint16_t)(int)(in[c] + at * (in[c + 1] - in[c]));
        }
    for (int i = 0; i < cell - cell / 2; i++)
        middle[(cells - 1) * cell + i] = (uint16_t)(int)in[cells - 1];
}

static void
cells_u16(uint16_t *out, const float *in, int cell, int cells)
{
    switch (cell) {
    case 1:
        cells_of(out, in, cells, 1);
        break;
    case 2:
        cells_of(out, in, cells, 2);
        break;
    case 4:
        cells_of(out, in, cells, 4);
        break;
    case 8:
        cells_of(out, in, cells, 8);
        break;
    default:
        cells_of(out, in, cells, 16);
        break;
    }
}

/* a + part / 2^15 * (b - a), by a multiplication that keeps the upper half. */
INLINE uint16_t
between(uint16_t a, uint16_t b, int16_t part)
{
    int16_t twice = (int16_t)(2 * (b - a));

    return (uint16_t)(a + (int16_t)(((int)twice * part) >> 16));
}

static void
between_u8(uint8_t *restrict out, const uint16_t *restrict a, const uint16_t *restrict b, int part, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint8_t)((uint16_t)(between(a[x], b[x], (int16_t)part) + (1 << (HSEG_FRACTION_U8 - 1))) >>
                           HSEG_FRACTION_U8);
}

static void
between_u16(uint16_t *restrict out, const uint16_t *restrict a, const uint16_t *restrict b, int part,
            int shift, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)((uint16_t)(between(a[x], b[x], (int16_t)part) + (1 << (HSEG_FRACTION_U16 - 1))) >>
                            HSEG_FRACTION_U16 << shift);
}

/* Blend */

INLINE uint8_t
blend(uint8_t person, uint8_t back, uint8_t mask)
{
    uint16_t v = (uint16_t)(mask * person + (255 - mask) * back + 128);

    return (uint8_t)((v + (v >> 8)) >> 8); /* (v - 128) / 255 rounded, for all that can occur */
}

INLINE void
blend_span(uint8_t *dst, const uint8_t *src, const uint8_t *back, const uint8_t *mask)
{
    uint8_t out[SPAN];

    for (int x = 0; x < SPAN; x++)
        out[x] = blend(src[x], back[x], mask[x]);
    memcpy(dst, out, SPAN);
}

static void
blend_u8(uint8_t *dst, const uint8_t *src, const uint8_t *back, const uint8_t *mask, int n)
{
    int x = 0;

    for (; x + SPAN <= n; x += SPAN) {
        int kind = span_kind(mask + x);

        __builtin_prefetch(dst + x + AHEAD, 1);
        if (kind == HSEG_NOBODY)
            memcpy(dst + x, back + x, SPAN);
        else if (kind == HSEG_EDGE)
            blend_span(dst + x, src + x, back + x, mask + x);
        else if (dst != src)
            memcpy(dst + x, src + x, SPAN);
    }
    for (; x < n; x++)
        dst[x] = blend(src[x], back[x], mask[x]);
}

static void
blend_u16(uint16_t *dst, const uint16_t *src, const uint16_t *back, const uint8_t *mask, int shift, int n)
{
    for (int x = 0; x < n; x++) {
        int m = mask[x], v = m * (src[x] >> shift) + (255 - m) * (back[x] >> shift);

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
