/* The losses against their formulas in double, their gradients against central differences of these, and both
 * against PyTorch: golden/make-losses.py wrote golden/losses.json. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "train/distance.h"
#include "train/loss.h"

/* ---- the formulas ---- */

/* BCE as -g log p - (1 - g) log(1 - p), the logarithms of a sigmoid taken where they do not vanish. */
static double
want_pixel_bce(double z, double g)
{
    double log_p = z > -30 ? -log1p(exp(-z)) : z, log_q = z < 30 ? -log1p(exp(z)) : -z;

    return -(g * log_p + (1 - g) * log_q);
}

static double
want_bce(const HsegLossBatch *b, const double *z)
{
    double sum = 0;
    size_t count = (size_t)b->images * b->pixels;

    for (size_t i = 0; i < count; i++)
        sum += want_pixel_bce(z[i], b->target[i]);
    return sum / count;
}

/* Images whose targets add up to less than half a pixel show nobody: their cubic mean is wanted instead. */
static double
want_tversky(const HsegLossOptions *o, const HsegLossBatch *b, const double *z)
{
    double sum = 0;

    for (int n = 0; n < b->images; n++) {
        double tp = 0, fp = 0, fn = 0, cubes = 0;

        for (size_t i = n * b->pixels; i < (n + 1) * b->pixels; i++) {
            double p = 1 / (1 + exp(-z[i])), g = b->target[i];

            tp += p * g;
            fp += p * (1 - g);
            fn += (1 - p) * g;
            cubes += pow(want_pixel_bce(z[i], g), 3);
        }
        sum += tp + fn < 0.5 ? o->empty * pow(cubes / b->pixels, 1 / 3.0)
                             : 1 - (tp + 1) / (tp + o->alpha * fp + o->beta * fn + 1);
    }
    return sum / b->images;
}

/* A class of less than half a pixel is not there, and takes the other's weight. */
static double
want_gdl(const HsegLossBatch *b, const double *z)
{
    double sum = 0;

    for (int n = 0; n < b->images; n++) {
        double size[2] = {0}, both[2] = {0}, all[2] = {0}, weight[2];

        for (size_t i = n * b->pixels; i < (n + 1) * b->pixels; i++) {
            double p = 1 / (1 + exp(-z[i])), g = b->target[i];

            for (int c = 0; c < 2; c++, p = 1 - p, g = 1 - g) {
                size[c] += g;
                both[c] += p * g;
                all[c] += p + g;
            }
        }
        for (int c = 0; c < 2; c++)
            weight[c] = pow(size[c] < 0.5 ? size[1 - c] : size[c], -2);
        sum +=
            1 - 2 * (weight[0] * both[0] + weight[1] * both[1]) / (weight[0] * all[0] + weight[1] * all[1]);
    }
    return sum / b->images;
}

static double
want_boundary(const HsegLossBatch *b, const double *z)
{
    double sum = 0;
    size_t count = (size_t)b->images * b->pixels;

    for (size_t i = 0; b->phi && i < count; i++)
        sum += b->phi[i] / (1 + exp(-z[i]));
    return sum / count;
}

static double
want_region(const HsegLossOptions *o, const HsegLossBatch *b, const double *z)
{
    return o->kind == HSEG_REGION_GDL ? want_gdl(b, z) : want_tversky(o, b, z);
}

static double
want_total(const HsegLossOptions *o, const HsegLossBatch *b, const double *z)
{
    return (1 - o->boundary) * (o->bce * want_bce(b, z) + o->region * want_region(o, b, z)) +
           o->boundary * want_boundary(b, z);
}

/* ---- batches ---- */

enum { IMAGES = 3, PIXELS = 41 };

typedef struct {
    HsegLossBatch batch;
    float *z, *target, *grad, *phi;
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
               .phi = g_new(float, count),
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
        b.phi[i] = hseg_rng_uniform(&rng, -1, 1);
    }
    b.batch = (HsegLossBatch){IMAGES, PIXELS, b.z, z_pixel, b.target, b.grad, 1, b.phi};
    return b;
}

static void
free_batch(Batch *b)
{
    g_free(b->z);
    g_free(b->target);
    g_free(b->grad);
    g_free(b->phi);
    g_free(b->exact);
}

/* ---- tests ---- */

static const HsegLossOptions options[] = {
    HSEG_LOSS_REFERENCE,
    {.bce = 1},
    {.region = 1, .alpha = 0.3, .beta = 0.7},
    {.bce = 0.2, .region = 0.8, .alpha = 0.5, .beta = 0.5},
    {.region = 1, .alpha = 0.5, .beta = 0.5, .empty = 1},
    {.bce = 0.6, .region = 0.4, .alpha = 0.3, .beta = 0.7, .boundary = 0.2, .empty = 0.3},
    {.region = 1, .kind = HSEG_REGION_GDL},
    {.bce = 0.6, .region = 0.4, .kind = HSEG_REGION_GDL, .boundary = 0.3},
    {.bce = 0.6, .region = 0.4, .alpha = 0.3, .beta = 0.7, .boundary = 0.9},
    {.boundary = 1},
};

static void
test_value(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        Batch b = make_batch(i % 2 ? 8 : 1, 6);
        HsegLoss got = hseg_loss(&options[i], &b.batch, 2);

        g_assert_cmpfloat_with_epsilon(got.bce, want_bce(&b.batch, b.exact), 1e-6);
        g_assert_cmpfloat_with_epsilon(got.region, want_region(&options[i], &b.batch, b.exact), 1e-6);
        g_assert_cmpfloat_with_epsilon(got.boundary, want_boundary(&b.batch, b.exact), 1e-6);
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
        HsegLossBatch b = {1, 1, &z[i], 1, &target[i], &grad, 1, NULL};
        HsegLoss bce = hseg_loss(&(HsegLossOptions){.bce = 1, .region = 0, .alpha = 0.3, .beta = 0.7}, &b, 1),
                 both;

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
    HsegLossBatch b = {1, 4, z, 1, right, NULL, 1, NULL};

    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).total, 0, 1e-9);
    b.target = one; /* TP 1, FP 1: T = 1 - 2 / (1 + 0.3 + 1) */
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).region, 1 - 2 / 2.3, 1e-9);
    b.target = half; /* TP 1, FP 1, FN 1 */
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).region, 1 - 2 / 3.0, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_loss(&HSEG_LOSS_REFERENCE, &b, 1).total, 0.6 * 50 + 0.4 / 3, 1e-6);
}

/* An empty image, one pixel in 1000 called person by a logit of 10: the cubic mean is a tenth of the BCE
 * there, and nothing once nothing is called person. */
static void
test_speck(void)
{
    enum { N = 1000 };
    const float target[N] = {0};
    float z[N], grad[N];
    HsegLossOptions o = {.region = 1, .alpha = 0.5, .beta = 0.5, .empty = 1};
    HsegLossBatch b = {1, N, z, 1, target, grad, 1, NULL};

    for (int i = 0; i < N; i++)
        z[i] = i == 17 ? 10 : -200;
    g_assert_cmpfloat_with_epsilon(hseg_loss(&o, &b, 1).total, 1, 1e-4);
    g_assert_cmpfloat_with_epsilon(grad[17], 0.1, 1e-4);
    g_assert_cmpfloat_with_epsilon(grad[18], 0, 1e-9);
    z[17] = -200;
    g_assert_cmpfloat(hseg_loss(&o, &b, 1).total, ==, 0);
    for (int i = 0; i < N; i++)
        g_assert_cmpfloat(grad[i], ==, 0);
}

/* Without a person BCE alone counts unless "empty" is given, its gradient too. */
static void
test_nobody(void)
{
    const float z[] = {1, 2, -3, 0.5f}, target[4] = {0};
    float grad[4], bce_grad[4];
    HsegLossBatch b = {1, 4, z, 1, target, grad, 1, NULL};
    HsegLoss loss = hseg_loss(&(HsegLossOptions){.bce = 1, .region = 0.4, .alpha = 0.3, .beta = 0.7}, &b, 1);

    g_assert_cmpfloat(loss.region, ==, 0);
    g_assert_cmpfloat(loss.bce, >, 0.5);
    g_assert_cmpfloat(loss.total, ==, loss.bce);
    b.grad = bce_grad;
    hseg_loss(&(HsegLossOptions){.bce = 1, .region = 0, .alpha = 0.3, .beta = 0.7}, &b, 1);
    g_assert_cmpmem(grad, sizeof grad, bce_grad, sizeof bce_grad);
}

/* Generalised Dice without a person, or without anything else, is the mean of what is wrong. */
static void
test_one_class(void)
{
    const float z[] = {1, 2, -3, 0.5f};
    double mean = 0;

    for (int i = 0; i < 4; i++)
        mean += 0.25 / (1 + exp(-z[i]));
    for (int person = 0; person <= 1; person++) {
        const float target[] = {person, person, person, person};
        HsegLossBatch b = {1, 4, z, 1, target, NULL, 1, NULL};
        HsegLoss loss = hseg_loss(&(HsegLossOptions){.region = 1, .kind = HSEG_REGION_GDL}, &b, 1);

        g_assert_cmpfloat_with_epsilon(loss.total, person ? 1 - mean : mean, 1e-6);
    }
}

/* Without a distance map the boundary loss is nothing, with a share of 0 it changes nothing. */
static void
test_no_boundary(void)
{
    Batch b = make_batch(1, 6);
    size_t bytes = IMAGES * PIXELS * sizeof(float);
    HsegLoss with = hseg_loss(&HSEG_LOSS_REFERENCE, &b.batch, 1), without;
    g_autofree float *grad = g_memdup2(b.grad, bytes);

    b.batch.phi = NULL;
    without = hseg_loss(&HSEG_LOSS_REFERENCE, &b.batch, 1);
    g_assert_cmpmem(b.grad, bytes, grad, bytes);
    g_assert_cmpfloat(with.total, ==, without.total);
    g_assert_cmpfloat(with.boundary, !=, 0);
    g_assert_cmpfloat(without.boundary, ==, 0);
    free_batch(&b);
}

/* ---- PyTorch ---- */

static float *
read_floats(JsonObject *o, const char *key, size_t *count)
{
    JsonArray *list = json_object_get_array_member(o, key);
    float *values = g_new(float, json_array_get_length(list));

    *count = json_array_get_length(list);
    for (guint i = 0; i < *count; i++)
        values[i] = (float)json_array_get_double_element(list, i);
    return values;
}

static HsegLossOptions
golden_options(const char *name)
{
    HsegLossOptions o = {.alpha = 0.3, .beta = 0.7, .kind = HSEG_REGION_GDL};

    if (strcmp(name, "bce") == 0)
        o.bce = 1;
    else if (strcmp(name, "boundary") == 0)
        o.boundary = 1;
    else if (strcmp(name, "mixed") == 0)
        o.bce = 0.6, o.region = 0.4, o.boundary = 0.25;
    else
        o.region = 1;
    if (strcmp(name, "tversky") == 0 || strcmp(name, "empty") == 0)
        o.kind = HSEG_REGION_TVERSKY;
    if (strcmp(name, "empty") == 0)
        o.empty = 0.5;
    return o;
}

static void
check_golden(JsonObject *want, HsegLossBatch *b)
{
    const char *name = json_object_get_string_member(want, "name");
    HsegLossOptions o = golden_options(name);
    double largest = 0, worst = 0;
    size_t count;
    g_autofree float *gradient = read_floats(want, "gradient", &count);
    double value = hseg_loss(&o, b, 2).total;

    g_test_message("%s: %.9g", name, value);
    g_assert_cmpfloat_with_epsilon(value, json_object_get_double_member(want, "value"), 1e-6);
    g_assert_cmpuint(count, ==, b->images * b->pixels);
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabsf(gradient[i]));
        worst = fmax(worst, fabsf(gradient[i] - b->grad[i]));
    }
    g_assert_cmpfloat(worst, <=, 1e-5 * largest);
}

/* The distance map too, which there is SciPy's. */
static void
check_file(JsonObject *root)
{
    size_t count;
    int images = (int)json_object_get_int_member(root, "images"),
        w = (int)json_object_get_int_member(root, "width"),
        h = (int)json_object_get_int_member(root, "height");
    g_autofree float *z = read_floats(root, "z", &count), *g = read_floats(root, "target", &count),
                     *want_phi = read_floats(root, "phi", &count), *phi = g_new(float, count),
                     *grad = g_new(float, count);
    g_autofree int32_t *scratch = g_new(int32_t, hseg_distance_scratch(w, h));
    JsonArray *losses = json_object_get_array_member(root, "losses");
    HsegLossBatch b = {images, (size_t)w * h, z, 1, g, grad, 1, phi};

    for (int i = 0; i < images; i++)
        hseg_distance_map(phi + i * w * h, g + i * w * h, w, h, scratch);
    for (size_t i = 0; i < count; i++)
        g_assert_cmpfloat_with_epsilon(phi[i], want_phi[i], 1e-6);
    g_assert_cmpuint(json_array_get_length(losses), ==, 6);
    for (guint i = 0; i < 6; i++)
        check_golden(json_array_get_object_element(losses, i), &b);
}

static void
test_golden(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "golden", "losses.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_assert_true(json_parser_load_from_file(parser, path, NULL));
    check_file(json_node_get_object(json_parser_get_root(parser)));
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
    g_test_add_func("/train/loss/speck", test_speck);
    g_test_add_func("/train/loss/one-class", test_one_class);
    g_test_add_func("/train/loss/no-boundary", test_no_boundary);
    g_test_add_func("/train/loss/golden", test_golden);
    g_test_add_func("/train/loss/threads", test_threads);
    return g_test_run();
}
