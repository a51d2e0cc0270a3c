/* Part of rows-body.h: box sums and the guided filter. */

/* Box sums */

static void
box_add(double *restrict sum, const float *restrict row, double sign, int n)
{
    for (int x = 0; x < n; x++)
        sum[x] += sign * row[x];
}

static void
box_slide(double *restrict sum, const float *restrict in, const float *restrict out, int n)
{
    for (int x = 0; x < n; x++)
        sum[x] += (double)in[x] - (double)out[x];
}

/* Doubles that are summed up together. */
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

INLINE Lanes
last_lane(Lanes v)
{
#if LANES == 8
    return __builtin_shufflevector(v, v, 7, 7, 7, 7, 7, 7, 7, 7);
#elif LANES == 4
    return __builtin_shufflevector(v, v, 3, 3, 3, 3);
#else
    return __builtin_shufflevector(v, v, 1, 1);
#endif
}

/* The pixels from @x to before @end whose windows the border does not clip, some lanes at a time; returns the
 * first that is left. s: the sums of the windows around x - 1, then around the pixel before the one that is
 * returned. */
INLINE int
means_inside(double *restrict out, const double *restrict sum, size_t plane, int x, int end, int radius,
             double each, double s[4], int planes)
{
    Lanes before[4];

    for (int p = 0; p < planes; p++)
        before[p] = s[p] + (Lanes){0};
    for (; x + LANES <= end; x += LANES)
        for (int p = 0; p < planes; p++) {
            const double *at = sum + p * plane + x;
            Lanes mean, window = before[p] + sum_lanes(load_lanes(at + radius) - load_lanes(at - radius - 1));

            before[p] = last_lane(window); /* stays a vector: on the way through a number it would wait */
            mean = window * each;
            memcpy(out + p * plane + x, &mean, sizeof mean);
        }
    for (int p = 0; p < planes; p++)
        s[p] = before[p][0];
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
guided_slide(double *restrict sum, size_t plane, const float *const in[2], const float *const out[2], int n)
{
    const float *restrict guide = in[0], *restrict p = in[1], *restrict old_guide = out[0],
                          *restrict old_p = out[1];
    double *restrict i1 = sum, *restrict p1 = sum + plane, *restrict ii = sum + 2 * plane,
                     *restrict ip = sum + 3 * plane;

    for (int x = 0; x < n; x++) {
        double g = guide[x], v = p[x], h = old_guide[x], w = old_p[x];

        i1[x] += g - h;
        p1[x] += v - w;
        ii[x] += g * g - h * h;
        ip[x] += g * v - h * w;
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
        float slope =
            (float)cov / (float)(HSEG_MAX(var, 0.) + epsilon); /* of doubles it takes twice as long */

        a[x] = slope;
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

static void
guided_kinds(uint8_t *restrict kinds, const float *restrict a, const float *restrict b, const float luma[2],
             float nobody, float person, int n)
{
    const float from = luma[0], to = luma[1];

    for (int x = 0; x < n; x++) {
        float one = from * a[x] + b[x], other = to * a[x] + b[x];
        float least = HSEG_MIN(one, other), most = HSEG_MAX(one, other);
        int kind = least > person ? HSEG_PERSON : HSEG_EDGE;

        kinds[x] = (uint8_t)(most < nobody ? HSEG_NOBODY : kind);
    }
}

INLINE float
guided_value(uint8_t luma, const float unit[2], const float *const a[2], const float *const b[2], float t,
             int x)
{
    float slope = a[0][x] + t * (a[1][x] - a[0][x]), shift = b[0][x] + t * (b[1][x] - b[0][x]);
    float q = slope * (unit[0] * luma + unit[1]) + shift;

    return clamp(q, 0, 1);
}

INLINE uint8_t
ramp_value(float q, const float ramp[3])
{
    float v = (q - ramp[0]) * ramp[1] + ramp[2];

    return (uint8_t)(int)clamp(v, 0, 255);
}

static void
guided_mask(uint8_t *restrict mask, const uint8_t *restrict luma, const float unit[2],
            const float *const a[2], const float *const b[2], float t, const float ramp[3], int n)
{
    const float *const ka[2] = {a[0], a[1]}, *const kb[2] = {b[0], b[1]};
    const float ku[2] = {unit[0], unit[1]}, kr[3] = {ramp[0], ramp[1], ramp[2]};

    for (int x = 0; x < n; x++)
        mask[x] = ramp_value(guided_value(luma[x], ku, ka, kb, t, x), kr);
}

static void
guided_q(float *restrict q, const uint8_t *restrict luma, const float unit[2], const float *const a[2],
         const float *const b[2], float t, int n)
{
    const float *const ka[2] = {a[0], a[1]}, *const kb[2] = {b[0], b[1]};
    const float ku[2] = {unit[0], unit[1]};

    for (int x = 0; x < n; x++)
        q[x] = guided_value(luma[x], ku, ka, kb, t, x);
}

static void
ramp(uint8_t *restrict mask, const float *restrict q, const float r[3], int n)
{
    const float kr[3] = {r[0], r[1], r[2]};

    for (int x = 0; x < n; x++)
        mask[x] = ramp_value(clamp(q[x], 0, 1), kr);
}
