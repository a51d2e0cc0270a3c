/* The losses against their formulas in double, and their gradients against central differences of these. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "train/loss.h"
#include <glib.h>

/* ---- the formulas ---- */

/* BCE as -g log p - (1 - g) log(1 - p), the logarithms of a sigmoid taken where they do not vanish. */
static double
want_bce(const HsegLossBatch *b, const double *z)
{
    double sum = 0;
    size_t count = (size_t)b->images * b->pixels;

    for (size_t i = 0; i < count; i++) {
        double log_p = z[i] > -30 ? -log1p(exp(-z[i])) : z[i], log_q = z[i] < 30 ? -log1p(exp(z[i])) : -z[i];

        sum -= b->target[i] * log_p + (1 - b->target[i]) * log_q;
    }
    return sum / count;
}

/* Images whose targets add up to less than half a pixel show nobody and are left out. */
static double
want_tversky(const HsegLossOptions *o, const HsegLossBatch *b, const double *z)
{
    double sum = 0;

    for (int n = 0; n < b->images; n++) {
        double tp = 0, fp = 0, fn = 0;

        for (size_t i = n * b->pixels; i < (n + 1) * b->pixels; i++) {
            double p = 1 / (1 + exp(-z[i])), g = b->target[i];

            tp += p * g;
            fp += p * (1 - g);
            fn += (1 - p) * g;
        }
        if (tp + fn >= 0.5)
            sum += 1 - (tp + 1) / (tp + o->alpha * fp + o->beta * fn + 1);
    }
    return sum / b->images;
}

static double
want_total(const HsegLossOptions *o, const HsegLossBatch *b, const double *z)
{
    return o->bce * want_bce(b, z) + o->tversky * want_tversky(o, b, z);
}

/* ---- batches ---- */

enum { IMAGES = 3, PIXELS = 41 };

typedef struct {
    HsegLossBatch batch;
    float *z, *target, *grad;
    double *exact; /* the logits, tight */
} Batch;

/* Logits up to @range; the padding of @z_pixel holds NAN. The first image is empty, the others are soft in
 * places. */
static Batch
make_batch(size_t z_pixel, float range)
{
    size_t count = IMAGES * PIXELS;
    Batch b = {.z = g_new(float, count *z_pixel),
               .target = g_new(float, count),
               .grad = g_new(float, count *z_pixel),
               .exact = g_new(double, count)};
    HsegRng rng;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (size_t i = 0; i < count * z_pixel; i++) {
        b.z[i] = i % z_pixel ? NAN : hseg_rng_uniform(&rng, -range, range);
        b.grad[i] = NAN;
        b.exact[i / z_pixel] = b.z[i - i % z_pixel];
    }
    for (size_t i = 0; i < count; i++) {
        float u = hseg_rng_uniform(&rng, -1, 2);

        b.target[i] = i < PIXELS ? 0 : CLAMP(u, 0, 1);
    }
    b.batch = (HsegLossBatch){IMAGES, PIXELS, b.z, z_pixel, b.target, b.grad, 1};
    return b;
}

static void
free_batch(Batch *b)
{
    g_free(b->z);
    g_free(b->target);
    g_free(b->grad);
    g_free(b->exact);
}

/* ---- tests ---- */

static const HsegLossOptions options[] = {
    HSEG_LOSS_REFERENCE, {1, 0, 0.3, 0.7}, {0, 1, 0.3, 0.7}, {0.2, 0.8, 0.5, 0.5}};

static void
test_value(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        Batch b = make_batch(i % 2 ? 8 : 1, 6);
        HsegLoss got = hseg_loss(&options[i], &b.batch, 2);

        g_assert_cmpfloat_with_epsilon(got.bce, want_bce(&b.batch, b.exact), 1e-6);
        g_assert_cmpfloat_with_epsilon(got.tversky, want_tversky(&options[i], &b.batch, b.exact), 1e-6);
        g_assert_cmpfloat_with_epsilon(got.total, want_total(&options[i], &b.batch, b.exact), 1e-6);
        free_batch(&b);
    }
}

/* Each logit's derivative, scaled; 0 in the padding. */
static void
check_gradient(const HsegLossOptions *o, Batch *b)
{
    const double h = 1e-4;
    size_t count = IMAGES * PIXELS;
    double largest = 0, worst = 0;

    b->batch.scale = 0.25;
    hseg_loss(o, &b->batch, 2);
    for (size_t i = 0; i < count; i++) {
        double z = b->exact[i], up, down, want;

        b->exact[i] = z + h;
        up = want_total(o, &b->batch, b->exact);
        b->exact[i] = z - h;
        down = want_total(o, &b->batch, b->exact);
        b->exact[i] = z;
        want = 0.25 * (up - down) / (2 * h);
        worst = fmax(worst, fabs(b->grad[i * b->batch.z_pixel] - want));
        largest = fmax(largest, fabs(want));
        for (size_t c = 1; c < b->batch.z_pixel; c++)
            g_assert_cmpfloat(b->grad[i * b->batch.z_pixel + c], ==, 0);
    }
    g_assert_cmpfloat(worst, <=, 1e-5 * largest);
}

static void
test_gradient(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        Batch b = make_batch(i % 2 ? 8 : 1, 6);

        check_gradient(&options[i], &b);
        free_batch(&b);
    }
}

/* Logits far beyond what exp() takes: BCE is |z| where wrong and 0 where right, its gradient 1 and 0. */
static void
test_saturated(void)
{
    const float z[] = {80, 80, -80, -80, 1000, -1000, 1000, -1000}, target[] = {1, 0, 0, 1, 1, 0, 0, 1};
    const double want[] = {0, 80, 0, 80, 0, 0, 1000, 1000}, slope[] = {0, 1, 0, -1, 0, 0, 1, -1};

    for (size_t i = 0; i < G_N_ELEMENTS(z); i++) {
        float grad = NAN;
        HsegLossBatch b = {1, 1, &z[i], 1, &target[i], &grad, 1};
        HsegLoss bce = hseg_loss(&(HsegLossOptions){1, 0, 0.3, 0.7}, &b, 1), both;

        g_assert_cmpfloat_with_epsilon(bce.total, want[i], 1e-6);
        g_assert_cmpfloat_with_epsilon(grad, slope[i], 1e-6);
        both = hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1);
        g_assert_true(isfinite(both.total) && isfinite(grad));
    }
}

/* 2 of 4 pixels are called person. */
static void
test_by_hand(void)
{
    const float z[] = {100, 100, -100, -100}, right[] = {1, 1, 0, 0}, half[] = {1, 0, 1, 0},
                one[] = {1, 0, 0, 0};
    HsegLossBatch b = {1, 4, z, 1, right, NULL, 1};

    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).total, 0, 1e-9);
    b.target = one; /* TP 1, FP 1: T = 1 - 2 / (1 + 0.3 + 1) */
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).tversky, 1 - 2 / 2.3, 1e-9);
    b.target = half; /* TP 1, FP 1, FN 1 */
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).tversky, 1 - 2 / 3.0, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).total, 0.6 * 50 + 0.4 / 3, 1e-6);
}

/* Without a person BCE alone counts, its gradient too. */
static void
test_nobody(void)
{
    const float z[] = {1, 2, -3, 0.5f}, target[4] = {0};
    float grad[4], bce_grad[4];
    HsegLossBatch b = {1, 4, z, 1, target, grad, 1};
    HsegLoss loss = hseg_loss(&(HsegLossOptions){1, 0.4, 0.3, 0.7}, &b, 1);

    g_assert_cmpfloat(loss.tversky, ==, 0);
    g_assert_cmpfloat(loss.bce, >, 0.5);
    g_assert_cmpfloat(loss.total, ==, loss.bce);
    b.grad = bce_grad;
    hseg_loss(&(HsegLossOptions){1, 0, 0.3, 0.7}, &b, 1);
    g_assert_cmpmem(grad, sizeof grad, bce_grad, sizeof bce_grad);
}

static void
test_threads(void)
{
    Batch b = make_batch(8, 6);
    size_t bytes = IMAGES * PIXELS * 8 * sizeof(float);
    HsegLoss one = hseg_loss(&HSEG_LOSS_REFERENCE, &b.batch, 1);
    g_autofree float *grad = g_memdup2(b.grad, bytes);

    for (int threads = 2; threads <= 3; threads++) {
        HsegLoss many = hseg_loss(&HSEG_LOSS_REFERENCE, &b.batch, threads);

        g_assert_cmpmem(&many, sizeof many, &one, sizeof one);
        g_assert_cmpmem(b.grad, bytes, grad, bytes);
    }
    b.batch.grad = NULL;
    g_assert_cmpfloat(hseg_loss(&HSEG_LOSS_REFERENCE, &b.batch, 1).total, ==, one.total);
    free_batch(&b);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/loss/value", test_value);
    g_test_add_func("/train/loss/gradient", test_gradient);
    g_test_add_func("/train/loss/saturated", test_saturated);
    g_test_add_func("/train/loss/by-hand", test_by_hand);
    g_test_add_func("/train/loss/nobody", test_nobody);
    g_test_add_func("/train/loss/threads", test_threads);
    return g_test_run();
}
