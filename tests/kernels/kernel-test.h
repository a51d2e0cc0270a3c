/* What the kernel tests share: maps of random numbers at odd addresses, with canaries where nothing may be
 * written, and double-precision versions of the activations. A test runs once for every table of
 * hseg_kernels_all(). */
#pragma once

#include <glib.h>
#include <math.h>

#include "base/rng.h"
#include "kernels/kernels.h"

/* @pixels pixels of @c floats, @pixel apart. The last one is followed by the end of its memory, so that
 * AddressSanitizer sees a read past it; p is not aligned. */
typedef struct {
    float *base, *p;
    size_t pixels, pixel;
    int c;
} Map;

static inline void
test_rng(HsegRng *rng)
{
    hseg_rng_init(rng, (guint32)g_test_rand_int(), 1); /* GLib prints its seed, --seed replays it */
}

/* @pixel 0: a random distance. */
static inline Map
map_new(HsegRng *rng, size_t pixels, int c, size_t pixel)
{
    Map m = {.pixels = pixels, .c = c, .pixel = pixel ? pixel : (size_t)(c + 3 * hseg_rng_int(rng, 0, 3))};
    size_t n = (pixels - 1) * m.pixel + c;

    m.base = g_new(float, n + 1);
    m.p = m.base + 1;
    for (size_t i = 0; i <= n; i++)
        m.base[i] = hseg_rng_uniform(rng, -1, 1);
    return m;
}

static inline Map
map_copy(const Map *from)
{
    Map m = *from;

    m.base = g_memdup2(from->base, ((m.pixels - 1) * m.pixel + m.c + 1) * sizeof(float));
    m.p = m.base + 1;
    return m;
}

/* NAN everywhere: what isn't written stays so, what is written must not be. */
static inline Map
map_new_nan(HsegRng *rng, size_t pixels, int c)
{
    Map m = map_new(rng, pixels, c, 0);

    for (size_t i = 0; i < (pixels - 1) * m.pixel + c; i++)
        m.p[i] = NAN;
    return m;
}

static inline void
map_clear(Map *m)
{
    g_clear_pointer(&m->base, g_free);
}

static inline float
map_get(const Map *m, size_t pixel, int c)
{
    return m->p[pixel * m->pixel + c];
}

/* @got's value at (@pixel, @c) is @want within @eps. */
static inline void
map_check(const Map *got, size_t pixel, int c, double want, double eps)
{
    double v = map_get(got, pixel, c);

    if (!(fabs(v - want) <= eps)) {
        g_test_message("pixel %zu of %zu, channel %d of %d: got %.9g, want %.9g +- %.2g", pixel, got->pixels,
                       c, got->c, v, want, eps);
        g_test_fail();
        g_assert_cmpfloat_with_epsilon(v, want, eps);
    }
}

/* The floats between the pixels of @m, which was made by map_new_nan(), are untouched. */
static inline void
map_check_gaps(const Map *m)
{
    for (size_t i = 0; i + 1 < m->pixels; i++)
        for (size_t c = m->c; c < m->pixel; c++)
            g_assert_true(isnan(m->p[i * m->pixel + c]));
}

static inline int
random_channels(HsegRng *rng, int most)
{
    return HSEG_CHANNELS * hseg_rng_int(rng, 1, most / HSEG_CHANNELS);
}

static inline double
relu6(double x)
{
    return fmin(fmax(x, 0), 6);
}

static inline double
want_act(double x, HsegAct act)
{
    switch (act) {
    case HSEG_ACT_RELU:
        return fmax(x, 0);
    case HSEG_ACT_RELU6:
        return relu6(x);
    case HSEG_ACT_HSWISH:
        return x * relu6(x + 3) / 6;
    default:
        return x;
    }
}

static inline double
want_act_grad(double x, HsegAct act)
{
    switch (act) {
    case HSEG_ACT_RELU:
        return x > 0;
    case HSEG_ACT_RELU6:
        return x > 0 && x < 6;
    case HSEG_ACT_HSWISH:
        return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    default:
        return 1;
    }
}

/* Registers @test as /kernels/VARIANT/@name for every variant. */
static inline void
add_for_each(const char *name, GTestDataFunc test)
{
    for (const HsegKernels *const *k = hseg_kernels_all(); *k; k++) {
        g_autofree char *path = g_strdup_printf("/kernels/%s/%s", (*k)->name, name);

        g_test_add_data_func(path, *k, test);
    }
}
