/* The kernels in bytes against plain loops. Sums are exact and each float operation is rounded by itself, so
 * that every variant must give the very same bytes. A test runs once for every table of
 * hseg_int8_kernels_all(). */
#include "kernel-test.h"

#include <string.h>

#include "kernels/int8.h"

#define CASES  120
#define CANARY 0xa5

/* @pixels pixels of @c bytes, @pixel apart, at an odd address. */
typedef struct {
    guint8 *base, *p;
    size_t pixels, pixel;
    int c;
} Bytes;

static Bytes
bytes_new(HsegRng *rng, size_t pixels, int c)
{
    Bytes m = {.pixels = pixels, .c = c, .pixel = (size_t)(c + 3 * hseg_rng_int(rng, 0, 3))};
    size_t n = (pixels - 1) * m.pixel + c;

    m.base = g_malloc(n + 1);
    m.p = m.base + 1;
    for (size_t i = 0; i <= n; i++)
        m.base[i] = (guint8)hseg_rng_u32(rng);
    return m;
}

static Bytes
bytes_new_canary(HsegRng *rng, size_t pixels, int c)
{
    Bytes m = bytes_new(rng, pixels, c);

    memset(m.p, CANARY, (pixels - 1) * m.pixel + c);
    return m;
}

static void
bytes_clear(Bytes *m)
{
    g_clear_pointer(&m->base, g_free);
}

static void
bytes_check(const Bytes *m, size_t pixel, int c, int want)
{
    if (m->p[pixel * m->pixel + c] != want)
        g_test_message("pixel %zu of %zu, channel %d of %d", pixel, m->pixels, c, m->c);
    g_assert_cmpint(m->p[pixel * m->pixel + c], ==, want);
}

static void
bytes_check_gaps(const Bytes *m)
{
    for (size_t i = 0; i + 1 < m->pixels; i++)
        for (size_t c = m->c; c < m->pixel; c++)
            g_assert_cmpint(m->p[i * m->pixel + c], ==, CANARY);
}

/* Weights of which four meet four bytes, @n fours: some at the very limit. */
static gint8 *
weights_new(HsegRng *rng, size_t n)
{
    gint8 *w = g_new(gint8, 4 * n);

    for (size_t i = 0; i < 2 * n; i++) {
        int a = hseg_rng_int(rng, -127, 127), room = HSEG_INT8_PAIR - ABS(a);
        int b = hseg_rng_int(rng, 0, 1) ? hseg_rng_int(rng, -room, room) : a < 0 ? -room : room;

        w[2 * i] = (gint8)a;
        w[2 * i + 1] = (gint8)CLAMP(b, -127, 127);
    }
    return w;
}

/* Constants of @n channels, and what is read behind them. */
typedef struct {
    gint32 *bias, *shift, *factor;
    HsegRequant r;
} Requant;

/* For sums of about @size, such that what comes out is partly within and partly beyond a byte. */
static Requant
requant_new(HsegRng *rng, int n, float size)
{
    Requant k = {g_new0(gint32, n + 64), g_new(gint32, n), g_new(gint32, n), {0}};
    const bool hswish = hseg_rng_int(rng, 0, 2) == 0, clamps = hseg_rng_int(rng, 0, 1);
    const int zero = hseg_rng_int(rng, 0, 1) * hseg_rng_int(rng, 0, 255);

    k.r = (HsegRequant){.bias = k.bias,
                        .shift = k.shift,
                        .factor = k.factor,
                        .low = clamps ? zero : INT16_MIN,
                        .high = clamps ? zero + hseg_rng_int(rng, 50, 300) : INT16_MAX,
                        .hswish = hswish,
                        .part = hseg_rng_int(rng, 0, INT16_MAX),
                        .three = hseg_rng_int(rng, 0, 8191),
                        .zero = zero};
    for (int i = 0; i < n; i++) {
        k.shift[i] = hseg_rng_int(rng, MAX((int)log2f(size) - 16, 0), MAX((int)log2f(size) - 10, 0));
        k.factor[i] = hswish ? hseg_rng_int(rng, 1 << 14, INT16_MAX) : hseg_rng_int(rng, 0, 1 << 12);
        k.bias[i] = (gint32)(size * hseg_rng_uniform(rng, -0.5f, 0.5f));
    }
    return k;
}

static void
requant_clear(Requant *k)
{
    g_clear_pointer(&k->bias, g_free);
    g_clear_pointer(&k->shift, g_free);
    g_clear_pointer(&k->factor, g_free);
}

/* a * b / 2^15, rounded, halves up: of numbers of 16 bits. */
static int
want_product(int a, int b)
{
    g_assert_cmpint(a, ==, (gint16)a);
    g_assert_cmpint(b, ==, (gint16)b);
    return (int)floor(((double)a * b + 16384) / 32768);
}

/* What is stored in 16 bits before it becomes a byte. */
static int
want_value(const HsegRequant *r, int sum, int ch)
{
    const double shifted = floor(ldexp((double)sum + r->bias[ch], -r->shift[ch]));
    const int y = want_product((int)CLAMP(shifted, INT16_MIN, INT16_MAX), r->factor[ch]);

    if (r->hswish)
        return want_product(y, CLAMP(want_product(y, r->part), -r->three, r->three) + r->three) + r->zero;
    return MIN(r->high, MAX(r->low, y));
}

/* Never contracted, whatever the compiler's idea: the volatile product is rounded. */
static float
rounded_product(float a, float b)
{
    volatile float product = a * b;

    return product;
}

static int
want_byte(float v)
{
    return (int)lrint(CLAMP((double)v, 0, 255));
}

/* ---- the matrix product ---- */

static int
want_residual(const HsegResidual *k, int y, int r, int j)
{
    return (y + want_product((k->bytes[r * k->row + j] - k->zero) * 128, k->factor)) >> 3;
}

static void
check_product(const HsegGemmInt8 *g, const gint8 *b, const Bytes *c)
{
    const int columns = g->real && g->c_row == 1 ? 1 : g->n;

    for (int r = 0; r < g->m; r++)
        for (int j = 0; j < columns; j++) {
            int sum = 0, v;

            for (int s = 0; s < g->segs; s++)
                for (int d = 0; d < g->depth; d++)
                    sum += g->a[r * g->a_row + s * g->a_seg + d] * b[(size_t)(s * g->depth + d) * g->n + j];
            if (g->real) {
                const HsegAffine *f = &g->affine;

                g_assert_cmpfloat(
                    g->real[r * g->c_row + j], ==,
                    CLAMP(rounded_product((float)sum, f->scale[j]) + f->offset[j], f->low, f->high));
                continue;
            }
            v = want_value(&g->out, sum, j);
            bytes_check(c, r, j, want_byte(g->residual.bytes ? want_residual(&g->residual, v, r, j) : v));
        }
}

/* B with the pairs of each column within HSEG_INT8_PAIR. */
static gint8 *
matrix_new(HsegRng *rng, int depth, int n)
{
    g_autofree gint8 *fours = weights_new(rng, (size_t)depth / 4 * n);
    gint8 *b = g_new(gint8, (size_t)depth * n);

    for (int d = 0; d < depth; d++)
        for (int j = 0; j < n; j++)
            b[(size_t)d * n + j] = fours[((size_t)d / 4 * n + j) * 4 + d % 4];
    return b;
}

static void
run_product(const HsegInt8Kernels *k, HsegRng *rng, int m, int n, int segs, int depth)
{
    Bytes a = bytes_new(rng, m + segs - 1, depth), c = bytes_new_canary(rng, m, n),
          residual = bytes_new(rng, m, n);
    Map constants = map_new(rng, 2, n, n);
    g_autofree float *real = g_new(float, m *c.pixel);
    Requant k_out = requant_new(rng, n, 4000 * sqrtf((float)(segs * depth)));
    g_autofree gint8 *b = matrix_new(rng, segs * depth, n);
    g_autofree gint8 *packed = g_new(gint8, (size_t)segs * depth * ((n + k->nr - 1) / k->nr * k->nr));
    HsegGemmInt8 g = {.m = m,
                      .n = n,
                      .segs = segs,
                      .depth = depth,
                      .a = a.p,
                      .a_row = a.pixel,
                      .a_seg = a.pixel,
                      .b = packed,
                      .c = c.p,
                      .c_row = c.pixel,
                      .out = k_out.r,
                      .affine = {constants.p, constants.p + n, hseg_rng_uniform(rng, -1e6f, 0), INFINITY}};

    k->gemm_pack(packed, b, segs * depth, n);
    if (!g.out.hswish && hseg_rng_int(rng, 0, 1))
        g.residual = (HsegResidual){residual.p, residual.pixel, hseg_rng_int(rng, 0, 255),
                                    hseg_rng_int(rng, 1000, 16000)};
    g_test_message("m %d n %d segs %d depth %d hswish %d", m, n, segs, depth, g.out.hswish);
    k->gemm(&g);
    check_product(&g, b, &c);
    bytes_check_gaps(&c);
    g.real = real;
    k->gemm(&g);
    check_product(&g, b, &c);
    if (n == HSEG_CHANNELS) {
        g.c_row = 1;
        real[m] = NAN;
        k->gemm(&g);
        check_product(&g, b, &c);
        g_assert_true(isnan(real[m]));
    }
    requant_clear(&k_out);
    map_clear(&constants);
    bytes_clear(&a);
    bytes_clear(&c);
    bytes_clear(&residual);
}

static void
test_product(gconstpointer kernels)
{
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++)
        run_product(kernels, &rng, hseg_rng_int(&rng, 1, 64), random_channels(&rng, 136),
                    hseg_rng_int(&rng, 1, 3), 4 * hseg_rng_int(&rng, 1, 24));
}

/* Every height of tile, at every width. */
static void
test_tiles(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int m = 1; m <= 16; m++)
        for (int n = 8; n <= k->nr + 8; n += 8)
            run_product(k, &rng, m, n, 1, 12);
    run_product(k, &rng, 1200, 16, 1, 1000); /* more than the second-level cache takes */
}

/* Rounded by any table, steps and sums are the same. */
static void
check_round_of_all(const Map *b, const float *factor, float least, const float *step, const gint32 *sum)
{
    const int depth = (int)b->pixels, n = b->c;

    for (const HsegInt8Kernels *const *k = hseg_int8_kernels_all(); *k; k++) {
        g_autofree gint8 *packed = g_new(gint8, depth * (n + (*k)->nr));
        g_autofree float *step2 = g_new(float, n);
        g_autofree gint32 *sum2 = g_new(gint32, n);

        (*k)->gemm_round(packed, step2, sum2, b->p, b->pixel, factor, least, depth, n);
        g_assert_cmpmem(step, n * sizeof *step, step2, n * sizeof *step);
        g_assert_cmpmem(sum, n * sizeof *sum, sum2, n * sizeof *sum);
    }
}

static void
run_round(const HsegInt8Kernels *k, HsegRng *rng, int depth, int n)
{
    const int size = (n + k->nr - 1) / k->nr * k->nr * depth;
    Map b = map_new(rng, depth, n, 0), factor = map_new(rng, 1, depth, 0);
    g_autofree gint8 *packed = g_new0(gint8, size), *want = g_new(gint8, size), *q = g_new(gint8, depth * n);
    g_autofree float *step = g_new(float, n);
    g_autofree gint32 *sum = g_new(gint32, n);
    const float least = hseg_rng_uniform(rng, 0, 0.01f); /* 0.008 is what most columns take */

    for (int d = 0; d < depth; d++)
        b.p[d * b.pixel] = 0; /* a column of nothing */
    k->gemm_round(packed, step, sum, b.p, b.pixel, factor.p, least, depth, n);
    for (int j = 0; j < n; j++) {
        gint32 total = 0;

        for (int d = 0; d < depth; d++) {
            const int byte = packed[(j / k->nr * depth + d / 4 * 4) * k->nr + j % k->nr * 4 + d % 4];
            const double w = (double)map_get(&b, d, j) * map_get(&factor, 0, d);

            q[d * n + j] = (gint8)byte;
            total += byte;
            g_assert_cmpfloat(fabs(byte * (double)step[j] - w), <=, 0.5001 * step[j]);
            g_assert_cmpint(ABS(byte) + (d % 2 ? ABS(q[(d - 1) * n + j]) : 0), <=, HSEG_INT8_PAIR);
        }
        g_assert_cmpint(sum[j], ==, total);
        g_assert_cmpfloat(step[j], >=, least);
    }
    k->gemm_pack(want, q, depth, n);
    g_assert_cmpmem(packed, size, want, size);
    check_round_of_all(&b, factor.p, least, step, sum);
    map_clear(&b);
    map_clear(&factor);
}

static void
test_round(gconstpointer kernels)
{
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++)
        run_round(kernels, &rng, 4 * hseg_rng_int(&rng, 1, 24), random_channels(&rng, 136));
}

/* ---- depthwise ---- */

static int
padded(int i, int n, HsegPad pad)
{
    if (i >= 0 && i < n)
        return i;
    if (pad == HSEG_PAD_ZERO)
        return -1;
    return i < 0 ? -i : 2 * n - 2 - i;
}

static int
depthwise_sum(const HsegDepthwiseInt8 *d, const Bytes *in, const gint8 *w, int y, int x, int ch)
{
    int sum = 0;

    for (int ky = 0; ky < 3; ky++)
        for (int kx = 0; kx < 3; kx++) {
            int row = padded(y * d->shape.stride + ky - 1, d->shape.in_h, d->shape.pad);
            int col = padded(x * d->shape.stride + kx - 1, d->shape.in_w, d->shape.pad);
            int q =
                row < 0 || col < 0 ? d->in_zero : in->p[((size_t)row * d->shape.in_w + col) * in->pixel + ch];

            sum += q * w[((size_t)kx * d->shape.c + ch) * 4 + hseg_int8_place(ky)];
        }
    return sum;
}

static void
run_depthwise(const HsegInt8Kernels *k, HsegRng *rng)
{
    const int h = hseg_rng_int(rng, 2, 9), w = hseg_rng_int(rng, 2, 40), c = random_channels(rng, 168),
              stride = hseg_rng_int(rng, 1, 2);
    const int out_h = (h + stride - 1) / stride, out_w = (w + stride - 1) / stride;
    const int y0 = hseg_rng_int(rng, 0, out_h - 1), y1 = hseg_rng_int(rng, y0 + 1, out_h);
    Bytes in = bytes_new(rng, (size_t)h * w, c), out = bytes_new_canary(rng, (size_t)out_h * out_w, c);
    g_autofree gint8 *weights = weights_new(rng, 3 * (size_t)c);
    Requant k_out = requant_new(rng, c, 40000);
    HsegDepthwiseInt8 d = {
        .shape = {h, w, c, stride, stride == 1 && hseg_rng_int(rng, 0, 1) ? HSEG_PAD_REFLECT : HSEG_PAD_ZERO,
                  in.pixel, out.pixel, 0},
        .in_zero = hseg_rng_int(rng, 0, 255),
        .out = k_out.r};

    for (int i = 3; i < 12 * c; i += 4)
        weights[i] = 0;
    g_test_message("%dx%dx%d stride %d rows %d to %d hswish %d", w, h, c, stride, y0, y1, d.out.hswish);
    k->depthwise(&d, out.p, in.p, weights, y0, y1);
    for (int y = 0; y < out_h; y++)
        for (int x = 0; x < out_w; x++)
            for (int ch = 0; ch < c; ch++) {
                int v = want_value(&d.out, depthwise_sum(&d, &in, weights, y, x, ch), ch);

                bytes_check(&out, (size_t)y * out_w + x, ch, y < y0 || y >= y1 ? CANARY : want_byte(v));
            }
    bytes_check_gaps(&out);
    requant_clear(&k_out);
    bytes_clear(&in);
    bytes_clear(&out);
}

static void
test_depthwise(gconstpointer kernels)
{
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++)
        run_depthwise(kernels, &rng);
}

/* ---- rows ---- */

/* Three parts of the nearer, one of the farther, both ways. */
static int
want_upsampled(const Bytes *in, int h, int w, int y, int x, int ch)
{
    const int near_y = y / 2, far_y = CLAMP(y % 2 ? near_y + 1 : near_y - 1, 0, h - 1);
    const int near_x = x / 2, far_x = CLAMP(x % 2 ? near_x + 1 : near_x - 1, 0, w - 1);
#define AT(y, x) in->p[((size_t)(y)*w + (x)) * in->pixel + ch]
    int sum = 9 * AT(near_y, near_x) + 3 * AT(near_y, far_x) + 3 * AT(far_y, near_x) + AT(far_y, far_x);
#undef AT

    return (sum + 8) / 16;
}

static void
test_upsample(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        const int h = hseg_rng_int(&rng, 1, 7), w = hseg_rng_int(&rng, 1, 9), c = random_channels(&rng, 40),
                  out_h = 2 * h - hseg_rng_int(&rng, 0, 1), out_w = 2 * w - hseg_rng_int(&rng, 0, 1);
        Bytes in = bytes_new(&rng, (size_t)h * w, c), out = bytes_new_canary(&rng, (size_t)out_h * out_w, c);
        HsegUpsample u = {h, w, out_h, out_w, c, in.pixel, out.pixel};

        k->upsample(&u, out.p, in.p, 0, out_h);
        for (int y = 0; y < out_h; y++)
            for (int x = 0; x < out_w; x++)
                for (int ch = 0; ch < c; ch++)
                    bytes_check(&out, (size_t)y * out_w + x, ch, want_upsampled(&in, h, w, y, x, ch));
        bytes_check_gaps(&out);
        bytes_clear(&in);
        bytes_clear(&out);
    }
}

/* To the bit. */
static float
want_answer(const Map *in, int h, int w, int y, int x)
{
    const int near_y = y / 2, far_y = CLAMP(y % 2 ? near_y + 1 : near_y - 1, 0, h - 1);
    const int near_x = x / 2, far_x = CLAMP(x % 2 ? near_x + 1 : near_x - 1, 0, w - 1);
    float mid[2];

    for (int i = 0; i < 2; i++) {
        const int at = i ? far_x : near_x;

        mid[i] =
            rounded_product(0.75f, in->p[near_y * w + at]) + rounded_product(0.25f, in->p[far_y * w + at]);
    }
    return rounded_product(0.75f, mid[0]) + rounded_product(0.25f, mid[1]);
}

static void
test_answer(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        const int h = hseg_rng_int(&rng, 1, 7), w = hseg_rng_int(&rng, 1, 70),
                  out_h = 2 * h - hseg_rng_int(&rng, 0, 1), out_w = 2 * w - hseg_rng_int(&rng, 0, 1);
        const HsegUpsample u = {h, w, out_h, out_w, 1, 1, 1};
        Map in = map_new(&rng, (size_t)h * w, 1, 1), out = map_new_nan(&rng, (size_t)out_h * out_w + 1, 1);
        g_autofree float *scratch = g_new(float, w + 2);

        k->upsample_answer(&u, out.p, in.p, scratch, 0, out_h);
        for (int y = 0; y < out_h; y++)
            for (int x = 0; x < out_w; x++)
                g_assert_cmpfloat(out.p[y * out_w + x], ==, want_answer(&in, h, w, y, x));
        g_assert_true(isnan(out.p[out_h * out_w]));
        map_clear(&in);
        map_clear(&out);
    }
}

static void
test_rescale(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        const int c = random_channels(&rng, 72), pixels = hseg_rng_int(&rng, 1, 300);
        Bytes in = bytes_new(&rng, pixels, c), out = bytes_new_canary(&rng, pixels, c);
        Map scale = map_new(&rng, 1, c, c), offset = map_new(&rng, 1, c, c);
        g_autofree guint32 *sums = g_new(guint32, c);

        for (int ch = 0; ch < c; ch++)
            offset.p[ch] *= 200;
        k->rescale(out.p, out.pixel, in.p, in.pixel, scale.p, offset.p, pixels, c);
        for (int ch = 0; ch < c; ch++)
            sums[ch] = ch;
        k->sums(sums, in.p, in.pixel, pixels, c);
        for (int ch = 0; ch < c; ch++) {
            guint32 sum = ch;

            for (int p = 0; p < pixels; p++) {
                int q = in.p[p * in.pixel + ch];

                sum += q;
                bytes_check(&out, p, ch, want_byte(rounded_product((float)q, scale.p[ch]) + offset.p[ch]));
            }
            g_assert_cmpuint(sums[ch], ==, sum);
        }
        bytes_check_gaps(&out);
        map_clear(&scale);
        map_clear(&offset);
        bytes_clear(&in);
        bytes_clear(&out);
    }
}

static void
test_quantise(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        const int c = random_channels(&rng, 40), pixels = hseg_rng_int(&rng, 1, 300),
                  zero = hseg_rng_int(&rng, 0, 255);
        const float unit = hseg_rng_uniform(&rng, 20, 300);
        Map in = map_new(&rng, pixels, c, 0), back = map_new_nan(&rng, pixels, c);
        Bytes out = bytes_new_canary(&rng, pixels, c);

        k->quantise(out.p, out.pixel, in.p, in.pixel, unit, zero, pixels, c);
        k->dequantise(back.p, back.pixel, out.p, out.pixel, 1 / unit, zero, pixels, c);
        for (int p = 0; p < pixels; p++)
            for (int ch = 0; ch < c; ch++) {
                int q = want_byte(rounded_product(map_get(&in, p, ch), unit) + (float)zero);

                bytes_check(&out, p, ch, q);
                g_assert_cmpfloat(map_get(&back, p, ch), ==, (float)(q - zero) * (1 / unit));
            }
        bytes_check_gaps(&out);
        map_check_gaps(&back);
        map_clear(&in);
        map_clear(&back);
        bytes_clear(&out);
    }
}

static void
test_picture(gconstpointer kernels)
{
    const HsegInt8Kernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int pixels = 1; pixels < 70; pixels++) {
        Map in = map_new(&rng, pixels, 3, 3);
        g_autofree guint8 *out = g_new(guint8, 4 * pixels);

        k->quantise_rgb(out, in.p, 127, 128, pixels);
        for (int p = 0; p < pixels; p++)
            for (int ch = 0; ch < 3; ch++)
                g_assert_cmpint(out[4 * p + ch], ==,
                                want_byte(rounded_product(map_get(&in, p, ch), 127) + 128));
        map_clear(&in);
    }
}

/* Each of a tile's sums counts its products. */
static void
test_spin(gconstpointer table)
{
    const HsegInt8Kernels *k = table;
    const gint64 one = k->spin(1);

    g_assert_cmpint(one, >, 0);
    g_assert_cmpint(one % (4 * k->nr), ==, 0);
    g_assert_cmpint(k->spin(1000), ==, 1000 * one);
    g_assert_cmpint(k->spin(0), ==, 0);
}

static void
add_int8(const char *name, GTestDataFunc test)
{
    for (const HsegInt8Kernels *const *k = hseg_int8_kernels_all(); *k; k++) {
        g_autofree char *path = g_strdup_printf("/kernels/int8/%s/%s", (*k)->name, name);

        g_test_add_data_func(path, *k, test);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_int8("gemm/shapes", test_product);
    add_int8("gemm/tiles", test_tiles);
    add_int8("gemm/round", test_round);
    add_int8("depthwise", test_depthwise);
    add_int8("upsample", test_upsample);
    add_int8("answer", test_answer);
    add_int8("rescale", test_rescale);
    add_int8("quantise", test_quantise);
    add_int8("picture", test_picture);
    add_int8("spin", test_spin);
    return g_test_run();
}
