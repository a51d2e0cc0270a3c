/* The passes around batch norm, the optimiser and small helpers against double precision. */
#include "kernel-test.h"

#define CASES 40

/* Two maps of the same shape and three rows of constants. */
typedef struct {
    size_t pixels;
    int c;
    HsegAct act;
    Map x, y, scale, shift, k;
} Case;

static Case
case_new(HsegRng *rng, int i)
{
    Case t = {.pixels = hseg_rng_int(rng, 1, i % 5 ? 60 : 700), .c = random_channels(rng, 168), .act = i % 4};

    t.x = map_new(rng, t.pixels, t.c, 0);
    t.y = map_new(rng, t.pixels, t.c, 0);
    t.scale = map_new(rng, 1, t.c, 0);
    t.shift = map_new(rng, 1, t.c, 0);
    t.k = map_new(rng, 3, t.c, t.c);
    for (int c = 0; c < t.c; c++) { /* both kinks of every activation lie inside */
        t.scale.p[c] *= 8;
        t.shift.p[c] *= 4;
    }
    g_test_message("%zu x %d, act %d", t.pixels, t.c, t.act);
    return t;
}

static void
case_clear(Case *t)
{
    map_clear(&t->x);
    map_clear(&t->y);
    map_clear(&t->scale);
    map_clear(&t->shift);
    map_clear(&t->k);
}

static double
normed(const Case *t, size_t p, int c)
{
    return (double)map_get(&t->x, p, c) * t->scale.p[c] + t->shift.p[c];
}

/* dy * act'; @unsure where x is so near a kink that rounding decides the side. */
static double
grad(const Case *t, size_t p, int c, bool *unsure)
{
    double z = normed(t, p, c);

    *unsure = (t->act == HSEG_ACT_RELU || t->act == HSEG_ACT_RELU6) && (fabs(z) < 1e-5 || fabs(z - 6) < 1e-5);
    *unsure |= t->act == HSEG_ACT_HSWISH && fabs(fabs(z) - 3) < 1e-5;
    return map_get(&t->y, p, c) * want_act_grad(z, t->act);
}

static void
check_sums(const double *got, const double *want, int c, double size)
{
    for (int i = 0; i < c; i++)
        g_assert_cmpfloat_with_epsilon(got[i], want[i] + 1, 3e-6 * size + 1e-6);
}

/* Sums start from one, since they are to be added to. */
static double *
ones(int n)
{
    double *p = g_new(double, n);

    for (int i = 0; i < n; i++)
        p[i] = 1;
    return p;
}

static void
test_sums(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        g_autofree double *s = ones(t.c), *s2 = ones(t.c), *dot = ones(t.c);
        g_autofree double *w = g_new0(double, t.c), *w2 = g_new0(double, t.c), *wdot = g_new0(double, t.c);

        k->channel_sums(s, s2, t.x.p, t.x.pixel, t.pixels, t.c);
        k->channel_dot(dot, t.x.p, t.x.pixel, t.y.p, t.y.pixel, t.pixels, t.c);
        for (size_t p = 0; p < t.pixels; p++)
            for (int c = 0; c < t.c; c++) {
                double v = map_get(&t.x, p, c);

                w[c] += v;
                w2[c] += v * v;
                wdot[c] += v * map_get(&t.y, p, c);
            }
        check_sums(s, w, t.c, t.pixels);
        check_sums(s2, w2, t.c, t.pixels);
        check_sums(dot, wdot, t.c, t.pixels);
        case_clear(&t);
    }
}

static void
test_scale_shift(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        Map out = map_new_nan(&rng, t.pixels, t.c), in_place = map_copy(&t.x);
        const float *residual = i / 4 % 2 ? t.y.p : NULL;

        k->scale_shift(out.p, out.pixel, t.x.p, t.x.pixel, t.scale.p, t.shift.p, t.act, residual, t.y.pixel,
                       t.pixels, t.c);
        k->scale_shift(in_place.p, in_place.pixel, in_place.p, in_place.pixel, t.scale.p, t.shift.p, t.act,
                       residual, t.y.pixel, t.pixels, t.c);
        for (size_t p = 0; p < t.pixels; p++)
            for (int c = 0; c < t.c; c++) {
                double want = want_act(normed(&t, p, c), t.act) + (residual ? map_get(&t.y, p, c) : 0);

                map_check(&out, p, c, want, 1e-5);
                g_assert_cmpfloat(map_get(&in_place, p, c), ==, map_get(&out, p, c));
            }
        map_check_gaps(&out);
        map_clear(&out);
        map_clear(&in_place);
        case_clear(&t);
    }
}

static void
test_norm_grad(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        Map dx = map_new_nan(&rng, t.pixels, t.c), in_place = map_copy(&t.y);
        g_autofree double *s = ones(t.c), *sx = ones(t.c);
        g_autofree double *w = g_new0(double, t.c), *wx = g_new0(double, t.c);
        const float *ka = t.k.p, *kx = ka + t.c, *k1 = kx + t.c;
        bool unsure, any = false;

        k->norm_grad(dx.p, dx.pixel, t.y.p, t.y.pixel, t.x.p, t.x.pixel, t.scale.p, t.shift.p, t.act, ka, kx,
                     k1, t.pixels, t.c);
        k->norm_grad(in_place.p, in_place.pixel, in_place.p, in_place.pixel, t.x.p, t.x.pixel, t.scale.p,
                     t.shift.p, t.act, ka, kx, k1, t.pixels, t.c);
        k->norm_grad_sums(s, sx, t.y.p, t.y.pixel, t.x.p, t.x.pixel, t.scale.p, t.shift.p, t.act, t.pixels,
                          t.c);
        for (size_t p = 0; p < t.pixels; p++)
            for (int c = 0; c < t.c; c++) {
                double g = grad(&t, p, c, &unsure), x = map_get(&t.x, p, c);

                g_assert_cmpfloat(map_get(&in_place, p, c), ==, map_get(&dx, p, c));
                if (!unsure)
                    map_check(&dx, p, c, ka[c] * g + kx[c] * x + k1[c], 1e-5);
                any |= unsure;
                w[c] += g;
                wx[c] += g * x;
            }
        if (!any) {
            check_sums(s, w, t.c, t.pixels);
            check_sums(sx, wx, t.c, t.pixels);
        }
        map_check_gaps(&dx);
        map_clear(&dx);
        map_clear(&in_place);
        case_clear(&t);
    }
}

static void
test_gate_grad(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        g_autofree double *got = ones(5 * t.c), *want = g_new0(double, 5 * t.c);
        bool unsure, any = false;

        k->gate_grad_sums(got, t.y.p, t.y.pixel, t.x.p, t.x.pixel, t.scale.p, t.shift.p, t.act, t.pixels,
                          t.c);
        for (size_t p = 0; p < t.pixels; p++)
            for (int c = 0; c < t.c; c++) {
                double g = grad(&t, p, c, &unsure), z = normed(&t, p, c), x = map_get(&t.x, p, c);
                double terms[] = {map_get(&t.y, p, c) * want_act(z, t.act), g, g * x, want_act_grad(z, t.act),
                                  want_act_grad(z, t.act) * x};

                any |= unsure;
                for (int j = 0; j < 5; j++)
                    want[j * t.c + c] += terms[j];
            }
        if (!any)
            check_sums(got, want, 5 * t.c, 12 * t.pixels);
        case_clear(&t);
    }
}

/* On the kinks themselves the derivative is that of the constant side. */
static void
test_kinks(gconstpointer kernels)
{
    static const struct {
        HsegAct act;
        float z, want;
    } kinks[] = {{HSEG_ACT_RELU, 0, 0},    {HSEG_ACT_RELU6, 0, 0},  {HSEG_ACT_RELU6, 6, 0},
                 {HSEG_ACT_HSWISH, -3, 0}, {HSEG_ACT_HSWISH, 3, 1}, {HSEG_ACT_HSWISH, 0, 0.5f}};
    const float one[8] = {1, 1, 1, 1, 1, 1, 1, 1}, zero[8] = {0};
    const HsegKernels *k = kernels;

    for (size_t i = 0; i < G_N_ELEMENTS(kinks); i++) {
        const float z = kinks[i].z, x[8] = {z, z, z, z, z, z, z, z};
        float dx[8];

        k->norm_grad(dx, 8, one, 8, x, 8, one, zero, kinks[i].act, one, zero, zero, 1, 8);
        for (int c = 0; c < 8; c++)
            g_assert_cmpfloat_with_epsilon(dx[c], kinks[i].want, 1e-6);
    }
}

/* A NAN must come out as one: it is how a training run that diverged is noticed. */
static void
test_nan(gconstpointer kernels)
{
    const HsegKernels *k = kernels;

    for (HsegAct act = HSEG_ACT_NONE; act <= HSEG_ACT_HSWISH; act++) {
        float x[8] = {NAN, 1, NAN, 1, NAN, 1, NAN, 1}, one[8] = {1, 1, 1, 1, 1, 1, 1, 1}, zero[8] = {0};

        k->scale_shift(x, 8, x, 8, one, zero, act, NULL, 0, 1, 8);
        for (int c = 0; c < 8; c++)
            g_assert_cmpint(!!isnan(x[c]), ==, c % 2 == 0);
    }
}

static void
test_scale_add(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        Map out = map_new_nan(&rng, t.pixels, t.c), sum = map_copy(&t.x);

        k->channel_scale(out.p, out.pixel, t.x.p, t.x.pixel, t.scale.p, t.pixels, t.c);
        k->add(sum.p, sum.pixel, t.y.p, t.y.pixel, t.pixels, t.c);
        for (size_t p = 0; p < t.pixels; p++)
            for (int c = 0; c < t.c; c++) {
                g_assert_cmpfloat(map_get(&out, p, c), ==, map_get(&t.x, p, c) * t.scale.p[c]);
                g_assert_cmpfloat(map_get(&sum, p, c), ==, map_get(&t.x, p, c) + map_get(&t.y, p, c));
            }
        map_check_gaps(&out);
        map_clear(&out);
        map_clear(&sum);
        case_clear(&t);
    }
}

/* From any address to any other, and nothing beside it. */
static void
test_stream(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    float from[240], to[240];
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < 240; i++)
        from[i] = hseg_rng_uniform(&rng, -1, 1);
    for (int i = 0; i < 20 * CASES; i++) {
        int n = hseg_rng_int(&rng, 0, 200), at = hseg_rng_int(&rng, 0, 20),
            source = hseg_rng_int(&rng, 0, 20);

        for (int j = 0; j < 240; j++)
            to[j] = NAN;
        k->stream(to + at, from + source, n);
        for (int j = 0; j < 240; j++)
            if (j < at || j >= at + n)
                g_assert_true(isnan(to[j]));
            else
                g_assert_cmpfloat(to[j], ==, from[source + j - at]);
    }
}

static void
test_adamw(gconstpointer kernels)
{
    const double lr = 1e-2, decay = 0.05, b1 = 0.9, b2 = 0.99, eps = 1e-8;
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int n = 1; n < 70; n += 3) {
        float p[72], m[72] = {0}, v[72] = {0}, g[72];
        double wp[72], wm[72] = {0}, wv[72] = {0};

        for (int i = 0; i < 72; i++)
            wp[i] = p[i] = hseg_rng_normal(&rng);
        for (int t = 1; t <= 5; t++) {
            for (int i = 0; i < n; i++) {
                double gi = g[i] = hseg_rng_normal(&rng);

                wp[i] -= lr * decay * wp[i];
                wm[i] = b1 * wm[i] + (1 - b1) * gi;
                wv[i] = b2 * wv[i] + (1 - b2) * gi * gi;
                wp[i] -= lr * (wm[i] / (1 - pow(b1, t))) / (sqrt(wv[i] / (1 - pow(b2, t))) + eps);
            }
            k->adamw(p, m, v, g, n, lr * decay, lr / (1 - pow(b1, t)), b1, b2, 1 / sqrt(1 - pow(b2, t)), eps);
        }
        for (int i = 0; i < 72; i++) /* those past n are as they were */
            g_assert_cmpfloat_with_epsilon(p[i], wp[i], 3e-6);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_for_each("channels/sums", test_sums);
    add_for_each("channels/scale-shift", test_scale_shift);
    add_for_each("channels/norm-grad", test_norm_grad);
    add_for_each("channels/gate-grad", test_gate_grad);
    add_for_each("channels/kinks", test_kinks);
    add_for_each("channels/nan", test_nan);
    add_for_each("channels/scale-add", test_scale_add);
    add_for_each("channels/stream", test_stream);
    add_for_each("channels/adamw", test_adamw);
    return g_test_run();
}
