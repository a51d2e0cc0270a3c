/* Part of rows-body.h: sums down and across, and luma. */

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

/* A row of the sums; the first one has none before it. */
INLINE void
add_row(uint16_t *restrict out, const uint8_t *restrict row, int n, bool first)
{
    int x = 0;

    for (; x + LINE <= n; x += LINE) {
        __builtin_prefetch(row + x + AHEAD);
        for (int i = x; i < x + LINE; i++)
            out[i] = (uint16_t)((first ? 0 : out[i]) + row[i]);
    }
    for (; x < n; x++)
        out[x] = (uint16_t)((first ? 0 : out[x]) + row[x]);
}

/* Row after row, in the order of memory, which is what has to be waited for; the sums stay in the cache. */
static void
add_rows(uint16_t *restrict out, const uint8_t *restrict row, ptrdiff_t stride, int rows, int n)
{
    add_row(out, row, n, true);
    for (int y = 1; y < rows; y++)
        add_row(out, row + y * stride, n, false);
}

INLINE void
average_taps(float *restrict out, const uint16_t *restrict in, int step, float weight, int n, int taps)
{
    for (int x = 0; x < n; x++) {
        int s = 0;

        for (int t = 0; t < taps; t++)
            s += in[(x * taps + t) * step];
        out[x] = (float)s * weight;
    }
}

static void
average_u16(float *out, const uint16_t *in, int step, int taps, float weight, int n)
{
    if (taps > 4)
        average_taps(out, in, step, weight, n, taps);
    else if (step == 1)
        BY_STEP(average_taps, taps, out, in, 1, weight, n);
    else if (step == 2)
        BY_STEP(average_taps, taps, out, in, 2, weight, n);
    else
        BY_STEP(average_taps, taps, out, in, step, weight, n);
}

static void
round_u8(uint8_t *restrict out, const float *restrict in, int n)
{
    for (int x = 0; x < n; x++) {
        float v = in[x] + 0.5f;

        out[x] = (uint8_t)(int)HSEG_CLAMP(v, 0.f, 255.f);
    }
}

/* Four bytes of a pixel, the last one 0. */
INLINE void
put_four(uint8_t *p, int a, int b, int c)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint32_t four = (uint32_t)a | (uint32_t)b << 8 | (uint32_t)c << 16;

    memcpy(p, &four, sizeof four);
#else
    const uint8_t four[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c};

    memcpy(p, four, sizeof four);
#endif
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

static void
matrix_u8(uint8_t *restrict out, const float *const in[3], const float m[3][4], float lo, float hi, int n)
{
    const float *restrict a = in[0], *restrict b = in[1], *restrict c = in[2];
    float k[3][4];

    memcpy(k, m, sizeof k);
    for (int x = 0; x < n; x++) {
        float r = k[0][0] * a[x] + k[0][1] * b[x] + k[0][2] * c[x] + k[0][3];
        float g = k[1][0] * a[x] + k[1][1] * b[x] + k[1][2] * c[x] + k[1][3];
        float v = k[2][0] * a[x] + k[2][1] * b[x] + k[2][2] * c[x] + k[2][3];

        put_four(out + 4 * x, (int)clamp(r, lo, hi), (int)clamp(g, lo, hi), (int)clamp(v, lo, hi));
    }
}

static void
weigh_f32(float *restrict out, const float *const in[3], const float m[4], int n)
{
    const float *restrict a = in[0], *restrict b = in[1], *restrict c = in[2];
    const float k[4] = {m[0], m[1], m[2], m[3]};

    for (int x = 0; x < n; x++)
        out[x] = k[0] * a[x] + k[1] * b[x] + k[2] * c[x] + k[3];
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
