/* AdamW against the paper's update rule in double, and the running average. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "train/optimiser.h"

enum { STEPS = 60 };

/* Weights that decay, a vector that doesn't, and running statistics, which are not trained. */
static void
make_params(HsegParams *params)
{
    HsegLayout in = hseg_layout(9), out = hseg_layout(19);
    HsegRng rng;

    hseg_params_init(params);
    hseg_params_add(params, "a.weight", HSEG_PARAM_DENSE, in, out, 1, true, true);
    hseg_params_add(params, "a.bias", HSEG_PARAM_VECTOR, in, out, 1, true, false);
    hseg_params_add(params, "a.running_mean", HSEG_PARAM_VECTOR, in, out, 1, false, false);
    g_assert_true(hseg_params_allocate(params, true));
    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 1);
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        g_autofree float *plain = g_new(float, hseg_param_count(p));

        for (size_t k = 0; k < hseg_param_count(p); k++)
            plain[k] = hseg_rng_uniform(&rng, -1, 1);
        hseg_param_import(p, params->value + p->offset, plain);
    }
}

/* Gradients as backward passes leave them: also some for what isn't trained would do no harm. */
static void
make_gradient(HsegParams *params, HsegRng *rng)
{
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        g_autofree float *plain = g_new(float, hseg_param_count(p));

        for (size_t k = 0; k < hseg_param_count(p); k++)
            plain[k] = hseg_rng_normal(rng) * (k % 3 ? 1.0f : 1e-3f);
        hseg_param_import(p, params->grad + p->offset, plain);
    }
}

/* One number of the parameters. */
typedef struct {
    double p, m, v, average;
} Number;

/* Loshchilov and Hutter 2019, algorithm 2, lines 6 to 12, with the learning rate on the decay as PyTorch has
 * it. */
static void
want_step(Number *n, double g, int t, double rate, double decay)
{
    n->m = 0.9 * n->m + 0.1 * g;
    n->v = 0.999 * n->v + 0.001 * g * g;
    n->p -=
        rate * decay * n->p + rate * (n->m / (1 - pow(0.9, t))) / (sqrt(n->v / (1 - pow(0.999, t))) + 1e-8);
}

static Number *
start(const HsegParams *params)
{
    Number *numbers = g_new0(Number, params->size);

    for (size_t i = 0; i < params->size; i++)
        numbers[i].p = numbers[i].average = params->value[i];
    return numbers;
}

static void
test_steps(void)
{
    HsegParams params;
    HsegOptimiser *o;
    Number *want;
    HsegRng rng;

    make_params(&params);
    want = start(&params);
    o = hseg_optimiser_new(&HSEG_OPTIMISER_REFERENCE, &params);
    hseg_rng_init(&rng, (guint32)g_test_rand_int(), 2);
    for (int t = 1; t <= STEPS; t++) {
        double rate = 0.01 * t / STEPS, share = 1 - MIN(0.999, (1.0 + t) / (10.0 + t));

        make_gradient(&params, &rng);
        for (int i = 0; i < 2; i++)
            for (size_t k = params.list[i].offset; k < params.list[i].offset + params.list[i].size; k++)
                want_step(&want[k], params.grad[k], t, rate, i == 0 ? 0.01 : 0);
        hseg_optimiser_step(o, &params, rate, 2);
        for (size_t k = 0; k < params.size; k++) {
            want[k].average += share * (want[k].p - want[k].average);
            g_assert_cmpfloat(params.grad[k], ==, 0);
            g_assert_cmpfloat_with_epsilon(params.value[k], want[k].p, 5e-6);
            g_assert_cmpfloat_with_epsilon(o->average[k], want[k].average, 5e-6);
        }
    }
    g_assert_cmpint(o->step, ==, STEPS);
    g_free(want);
    hseg_optimiser_free(o);
    hseg_params_clear(&params);
}

/* Without a gradient weights shrink by rate * decay, and nothing else moves. */
static void
test_decay(void)
{
    HsegOptimiserOptions options = HSEG_OPTIMISER_REFERENCE;
    HsegParams params;
    HsegOptimiser *o;
    g_autofree float *was = NULL;
    const HsegParam *weight, *bias;

    make_params(&params);
    weight = &params.list[0];
    bias = &params.list[1];
    was = g_memdup2(params.value, params.size * sizeof(float));
    options.weight_decay = 0.5;
    o = hseg_optimiser_new(&options, &params);
    hseg_optimiser_step(o, &params, 0.1, 2);
    for (size_t k = 0; k < weight->size; k++)
        g_assert_cmpfloat_with_epsilon(params.value[k], 0.95 * was[k], 1e-6);
    for (size_t k = bias->offset; k < params.size; k++)
        g_assert_cmpfloat(params.value[k], ==, was[k]);
    hseg_optimiser_free(o);
    hseg_params_clear(&params);
}

/* The first step moves each number by the rate against its gradient's sign, whatever its size. */
static void
test_first_step(void)
{
    HsegOptimiserOptions options = HSEG_OPTIMISER_REFERENCE;
    HsegParams params;
    HsegOptimiser *o;
    const HsegParam *bias;
    float was;

    make_params(&params);
    bias = &params.list[1];
    options.weight_decay = 0;
    o = hseg_optimiser_new(&options, &params);
    was = params.value[bias->offset + 3];
    params.grad[bias->offset + 3] = -1e-3f;
    hseg_optimiser_step(o, &params, 0.01, 2);
    g_assert_cmpfloat_with_epsilon(params.value[bias->offset + 3], was + 0.01, 1e-6);
    hseg_optimiser_free(o);
    hseg_params_clear(&params);
}

/* What training doesn't change by gradients, statistics, enters the average all the same; a decay of 0
 * averages nothing. */
static void
test_average(void)
{
    HsegOptimiserOptions options = HSEG_OPTIMISER_REFERENCE;
    HsegParams params;
    HsegOptimiser *o, *none;
    size_t at;
    float was;

    make_params(&params);
    at = params.list[2].offset;
    was = params.value[at];
    o = hseg_optimiser_new(&options, &params);
    options.average_decay = 0;
    none = hseg_optimiser_new(&options, &params);
    params.value[at] = was + 11;
    hseg_optimiser_step(o, &params, 0.01, 2);
    hseg_optimiser_step(none, &params, 0.01, 2);
    g_assert_cmpfloat_with_epsilon(o->average[at], was + 11 * (1 - 2.0 / 11), 1e-5);
    g_assert_cmpfloat_with_epsilon(none->average[at], was + 11, 1e-5);
    hseg_optimiser_free(o);
    hseg_optimiser_free(none);
    hseg_optimiser_free(NULL);
    hseg_params_clear(&params);
}

/* The encoder takes smaller steps, and its weights decay by less, as its share of the rate says. */
static void
test_encoder_rate(void)
{
    const float want[] = {-0.0025f, -0.01f};
    HsegOptimiserOptions options = HSEG_OPTIMISER_REFERENCE;
    HsegLayout one = hseg_layout(1);
    HsegParams params;
    HsegOptimiser *o;

    hseg_params_init(&params);
    hseg_params_add(&params, "backbone.model.layer2.0.0.bias", HSEG_PARAM_VECTOR, one, one, 1, true, false);
    hseg_params_add(&params, "up1.conv_block.bias", HSEG_PARAM_VECTOR, one, one, 1, true, false);
    g_assert_true(hseg_params_allocate(&params, true));
    options.encoder_rate = 0.25;
    o = hseg_optimiser_new(&options, &params);
    for (int i = 0; i < 2; i++)
        params.grad[params.list[i].offset] = 3;
    hseg_optimiser_step(o, &params, 0.01, 2);
    for (int i = 0; i < 2; i++)
        g_assert_cmpfloat_with_epsilon(params.value[params.list[i].offset], want[i], 1e-6);
    hseg_optimiser_free(o);
    hseg_params_clear(&params);
}

/* Parameters that the threads share out between them: each takes its step once, and the same one whoever
 * takes it. */
static void
test_threads(void)
{
    HsegOptimiserOptions options = HSEG_OPTIMISER_REFERENCE;
    HsegLayout in = hseg_layout(333), out = hseg_layout(304);
    HsegParams params[2];

    options.weight_decay = 0;
    for (int i = 0; i < 2; i++) {
        HsegOptimiser *o;

        hseg_params_init(&params[i]);
        hseg_params_add(&params[i], "a.weight", HSEG_PARAM_DENSE, in, out, 1, true, true);
        hseg_params_add(&params[i], "b.weight", HSEG_PARAM_DENSE, out, in, 1, true, true);
        g_assert_true(hseg_params_allocate(&params[i], true));
        for (size_t k = 0; k < params[i].size; k++)
            params[i].grad[k] = k % 3 ? 1e-3f * (float)(k % 1000) + 1 : -1;
        o = hseg_optimiser_new(&options, &params[i]);
        hseg_optimiser_step(o, &params[i], 0.01, 1 + 2 * i);
        hseg_optimiser_free(o);
    }
    for (size_t k = 0; k < params[0].size; k++) {
        g_assert_cmpfloat_with_epsilon(params[0].value[k], k % 3 ? -0.01 : 0.01, 1e-6);
        g_assert_cmpfloat(params[1].value[k], ==, params[0].value[k]);
        g_assert_cmpfloat(params[1].grad[k], ==, 0);
    }
    hseg_params_clear(&params[0]);
    hseg_params_clear(&params[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/optimiser/steps", test_steps);
    g_test_add_func("/train/optimiser/decay", test_decay);
    g_test_add_func("/train/optimiser/first-step", test_first_step);
    g_test_add_func("/train/optimiser/average", test_average);
    g_test_add_func("/train/optimiser/encoder-rate", test_encoder_rate);
    g_test_add_func("/train/optimiser/threads", test_threads);
    return g_test_run();
}
