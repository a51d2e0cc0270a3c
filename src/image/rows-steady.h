/* Part of rows-body.h: probabilities, and what holds them still in time. */

typedef float Floats __attribute__((vector_size(VECTOR)));
typedef uint32_t Bits __attribute__((vector_size(VECTOR)));
#define FLOATS (VECTOR / (int)sizeof(float))

/* 1 / (1 + 2^-t) with t = x / ln 2; the power's fraction by a polynomial that is right to 2e-7. */
static void
sigmoid(float *restrict out, const float *restrict in, int n)
{
    for (int x = 0; x < n; x++) {
        float t = clamp(in[x] * -1.44269504f, -125, 125);
        int whole = (int)(t + 127);
        float part = t - (float)(whole - 127), power;
        float p = 1.8775767e-3f;

        p = p * part + 8.9893397e-3f;
        p = p * part + 5.5826318e-2f;
        p = p * part + 2.4015361e-1f;
        p = p * part + 6.9315308e-1f;
        p = p * part + 9.9999994e-1f;
        whole <<= 23; /* the exponent of a float */
        memcpy(&power, &whole, sizeof power);
        out[x] = 1 / (1 + p * power);
    }
}

static float
change(float *restrict out, float *restrict was, const float *restrict now, int n)
{
    Floats sums = {0};
    float sum = 0;
    int x = 0;

    for (; x + FLOATS <= n; x += FLOATS) {
        Floats a, b, v;

        memcpy(&a, now + x, sizeof a);
        memcpy(&b, was + x, sizeof b);
        v = (Floats)((Bits)(a - b) & 0x7fffffff); /* without its sign */
        memcpy(out + x, &v, sizeof v);
        memcpy(was + x, &a, sizeof a);
        sums += v;
    }
    for (int i = 0; i < FLOATS; i++)
        sum += sums[i];
    for (; x < n; x++) {
        out[x] = __builtin_fabsf(now[x] - was[x]);
        was[x] = now[x];
        sum += out[x];
    }
    return sum;
}

static void
minus(float *restrict out, const float *restrict a, const float *restrict b, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = a[x] - b[x];
}

static void
repeat_ends(float *row, int n)
{
    row[-2] = row[-1] = row[0];
    row[n] = row[n + 1] = row[n - 1];
}

/* The window reaches two pixels to every side; the ends of the rows are repeated. */
static void
window_means(float *restrict out, const float *const rows[5], float *restrict scratch, int n)
{
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
    float *restrict down = scratch + 2;

    for (int x = 0; x < n; x++)
        down[x] = a[x] + b[x] + c[x] + d[x] + e[x];
    repeat_ends(down, n);
    for (int x = 0; x < n; x++)
        out[x] = (down[x - 2] + down[x - 1] + down[x] + down[x + 1] + down[x + 2]) * (1.f / 25);
}

#define MIN5(a, b, c, d, e) HSEG_MIN(HSEG_MIN(HSEG_MIN(a, b), HSEG_MIN(c, d)), e)
#define MAX5(a, b, c, d, e) HSEG_MAX(HSEG_MAX(HSEG_MAX(a, b), HSEG_MAX(c, d)), e)

static void
window_ranges(float *restrict least, float *restrict most, const float *const rows[5],
              float *restrict scratch, int n)
{
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4];
    float *restrict low = scratch + 2, *restrict high = low + n + 4;

    for (int x = 0; x < n; x++) {
        low[x] = MIN5(a[x], b[x], c[x], d[x], e[x]);
        high[x] = MAX5(a[x], b[x], c[x], d[x], e[x]);
    }
    repeat_ends(low, n);
    repeat_ends(high, n);
    for (int x = 0; x < n; x++) {
        least[x] = MIN5(low[x - 2], low[x - 1], low[x], low[x + 1], low[x + 2]);
        most[x] = MAX5(high[x - 2], high[x - 1], high[x], high[x + 1], high[x + 2]);
    }
}

INLINE float
rise_of(float v, float low, float scale)
{
    return clamp((v - low) * scale, 0, 1);
}

static void
rise(float *restrict out, float *restrict most, const float *restrict in, float low, float high, int n)
{
    float scale = 1 / (high - low);

    for (int x = 0; x < n; x++) {
        out[x] = rise_of(in[x], low, scale);
        most[x] = HSEG_MAX(most[x], out[x]);
    }
}

static void
stray(float *restrict moved, const float *restrict known, const float *restrict least,
      const float *restrict most, float low, float high, int n)
{
    float scale = 1 / (high - low);

    for (int x = 0; x < n; x++) {
        float outside = HSEG_MAX(least[x] - known[x], known[x] - most[x]);

        moved[x] = HSEG_MAX(moved[x], rise_of(outside, low, scale));
    }
}

static void
settle(float *restrict p, float *restrict moves, float *restrict known, float *restrict moved,
       const float *restrict off, float low, float high, float still, int n)
{
    float scale = 1 / (high - low);

    for (int x = 0; x < n; x++) {
        float differs = rise_of(off[x] < 0 ? -off[x] : off[x], low, scale);

        moves[x] = HSEG_MAX(moved[x], differs);
        p[x] = known[x] += (still + (1 - still) * moves[x]) * (p[x] - known[x]);
        moved[x] = 0;
    }
}
