/* Part of rows-body.h: masks, blur, blend, conversion. */

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
hold_u8(uint8_t *restrict mask, uint8_t *restrict last, const float *const w[2], float t, int n)
{
    const float *restrict w0 = w[0], *restrict w1 = w[1];

    for (int x = 0; x < n; x++) {
        float weight = w0[x] + t * (w1[x] - w0[x]), from = last[x];

        mask[x] = last[x] = (uint8_t)(int)(from + weight * ((float)mask[x] - from) + 0.5f);
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
