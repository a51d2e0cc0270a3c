/* The consistency of pairs against its formula in double, its gradient against central differences of that.
 */
#include "train/consistency.h"

#include <glib.h>
#include <math.h>

#include "base/rng.h"

enum { IMAGES = 6, WIDTH = 13, HEIGHT = 9, PIXELS = WIDTH * HEIGHT, ALL = IMAGES * PIXELS };

/* Still; moved both ways; nothing that both see. */
static const HsegMotion motions[IMAGES / 2] = {
    {0, 0, 0, 0, WIDTH, HEIGHT}, {-3, 2, 4, 1, 8, 5}, {4, 0, 2, 2, 0, 7}};

typedef struct {
    HsegConsistencyBatch batch;
    double *exact; /* the logits, tight */
    float *z, *grad;
} Batch;

/* The padding holds NAN, the gradients 0.25. */
static Batch
make_batch(size_t z_pixel, float range)
{
    Batch b = {
        .exact = g_new(double, ALL), .z = g_new(float, ALL *z_pixel), .grad = g_new(float, ALL *z_pixel)};
    HsegRng rng;

    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (size_t i = 0; i < ALL * z_pixel; i++) {
        b.z[i] = i % z_pixel ? NAN : hseg_rng_uniform(&rng, -range, range);
        b.grad[i] = 0.25f;
        b.exact[i / z_pixel] = b.z[i - i % z_pixel];
    }
    b.batch = (HsegConsistencyBatch){IMAGES, WIDTH, HEIGHT, b.z, z_pixel, motions, b.grad, 1};
    return b;
}

static void
free_batch(Batch *b)
{
    g_free(b->exact);
    g_free(b->z);
    g_free(b->grad);
}

static double
probability(const double *z, int image, int x, int y)
{
    return 1 / (1 + exp(-z[image * PIXELS + y * WIDTH + x]));
}

static double
want(const double *z)
{
    double sum = 0;

    for (int i = 0; i < IMAGES / 2; i++) {
        const HsegMotion *m = &motions[i];

        for (int y = m->y; y < m->y + m->h; y++)
            for (int x = m->x; x < m->x + m->w; x++)
                sum += pow(probability(z, 2 * i, x, y) - probability(z, 2 * i + 1, x + m->dx, y + m->dy), 2) /
                       (m->w * m->h);
    }
    return sum / (IMAGES / 2);
}

static void
test_value(void)
{
    for (size_t z_pixel = 1; z_pixel <= 8; z_pixel += 7) {
        Batch b = make_batch(z_pixel, 6);

        g_assert_cmpfloat_with_epsilon(hseg_consistency(&b.batch, 2), want(b.exact), 1e-6);
        b.batch.grad = NULL;
        g_assert_cmpfloat_with_epsilon(hseg_consistency(&b.batch, 2), want(b.exact), 1e-6);
        free_batch(&b);
    }
}

/* Scaled, and added to what was there; nothing comes to the padding. */
static void
check_gradient(Batch *b)
{
    const double h = 1e-4;
    double largest = 0, worst = 0;

    b->batch.scale = 3;
    hseg_consistency(&b->batch, 2);
    for (int i = 0; i < ALL; i++) {
        double z = b->exact[i], up, down, slope;

        b->exact[i] = z + h;
        up = want(b->exact);
        b->exact[i] = z - h;
        down = want(b->exact);
        b->exact[i] = z;
        slope = 3 * (up - down) / (2 * h);
        worst = fmax(worst, fabs(b->grad[i * b->batch.z_pixel] - 0.25 - slope));
        largest = fmax(largest, fabs(slope));
        for (size_t c = 1; c < b->batch.z_pixel; c++)
            g_assert_cmpfloat(b->grad[i * b->batch.z_pixel + c], ==, 0.25);
    }
    g_assert_cmpfloat(largest, >, 1e-3);
    g_assert_cmpfloat(worst, <=, 1e-5 * largest + 3e-8);
}

static void
test_gradient(void)
{
    for (size_t z_pixel = 1; z_pixel <= 8; z_pixel += 7) {
        Batch b = make_batch(z_pixel, 6);

        check_gradient(&b);
        free_batch(&b);
    }
}

/* Of two pixels one is called person in the first view alone, by logits of which the sigmoid is 1 and 0. */
static void
test_by_hand(void)
{
    const HsegMotion still = {0, 0, 0, 0, 2, 1}, moved = {1, 0, 0, 0, 1, 1};
    const float z[] = {1000, -1000, -1000, -1000}, right[] = {1000, -1000, 1000, -1000};
    float grad[4] = {0};
    HsegConsistencyBatch b = {2, 2, 1, z, 1, &still, grad, 1};

    g_assert_cmpfloat(hseg_consistency(&b, 1), ==, 0.5);
    for (int i = 0; i < 4; i++)
        g_assert_cmpfloat(grad[i], ==, 0);
    b.z = right;
    g_assert_cmpfloat(hseg_consistency(&b, 1), ==, 0);
    b.motions = &moved; /* the first view's person against the second's second pixel */
    g_assert_cmpfloat(hseg_consistency(&b, 1), ==, 1);
}

static void
test_not_a_number(void)
{
    Batch b = make_batch(1, 6);

    b.z[5] = NAN;
    g_assert_true(isnan(hseg_consistency(&b.batch, 1)));
    free_batch(&b);
}

static void
test_threads(void)
{
    Batch one = make_batch(8, 6);
    double value = hseg_consistency(&one.batch, 1);

    for (int threads = 2; threads <= 3; threads++) {
        g_autofree float *grad = g_new(float, ALL * 8);
        HsegConsistencyBatch many = one.batch;

        for (int i = 0; i < ALL * 8; i++)
            grad[i] = 0.25f;
        many.grad = grad;
        g_assert_cmpfloat(hseg_consistency(&many, threads), ==, value);
        g_assert_cmpmem(grad, ALL * 8 * sizeof(float), one.grad, ALL * 8 * sizeof(float));
    }
    free_batch(&one);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/consistency/value", test_value);
    g_test_add_func("/train/consistency/gradient", test_gradient);
    g_test_add_func("/train/consistency/by-hand", test_by_hand);
    g_test_add_func("/train/consistency/not-a-number", test_not_a_number);
    g_test_add_func("/train/consistency/threads", test_threads);
    return g_test_run();
}
