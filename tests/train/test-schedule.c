/* The learning rate, the boundary phase and the early end, from made-up scores. */
#include "train/schedule.h"

#include <math.h>

/* Epochs of @score. */
static void
wait(const HsegScheduleOptions *o, HsegScheduleState *s, double score, int epochs)
{
    for (int i = 0; i < epochs; i++)
        hseg_schedule_advance(o, s, score);
}

/* 10 steps of warm-up to 0.01, then half a cosine over 100 to a hundredth. */
static void
test_cosine(void)
{
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {0};

    o.learning_rate = 0.01;
    o.warmup = 10;
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 0, 110), 0.001, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 9, 110), 0.01, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 10, 110), 0.01, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 60, 110), 0.00505, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 110, 110), 0.0001, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 500, 110), 0.0001, 1e-12);
}

/* Nothing happens without patience, however long the scores stand still. */
static void
test_off(void)
{
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {0};

    wait(&o, &s, 0.5, 1000);
    g_assert_cmpint(s.boundary_epochs, ==, 0);
    g_assert_cmpfloat(hseg_schedule_boundary(&o, &s), ==, 0);
    g_assert_false(hseg_schedule_has_ended(&o, &s));
    g_assert_cmpfloat(s.best, ==, 0.5);
}

/* Patience of 3: the rises at epochs 1, 2 and 4 put the phase off to epoch 8; a rise below the least that
 * counts does not. From then on the share grows by a hundredth an epoch, to its limit. */
static void
test_boundary_phase(void)
{
    static const double scores[] = {0.5, 0.6, 0.6, 0.62, 0.6205, 0.6209, 0.61};
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {0};

    o.patience = 3;
    for (size_t i = 0; i < G_N_ELEMENTS(scores); i++) {
        g_assert_cmpfloat(hseg_schedule_boundary(&o, &s), ==, 0);
        hseg_schedule_advance(&o, &s, scores[i]);
    }
    g_assert_cmpfloat(s.best, ==, 0.6209);
    for (int epoch = 1; epoch <= 120; epoch++) {
        g_assert_cmpfloat_with_epsilon(hseg_schedule_boundary(&o, &s), MIN(0.01 * epoch, 0.9), 1e-12);
        hseg_schedule_advance(&o, &s, epoch == 5 ? 0.9 : 0.3); /* a rise does not end it */
    }
}

/* The rate falls to that of the phase, and does not rise to it. */
static void
test_boundary_rate(void)
{
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {.boundary_epochs = 1};

    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 60, 1000), 3e-4, 1e-12);
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 1000, 1000), 1e-5, 1e-12);
    o.kind = HSEG_SCHEDULE_PLATEAU;
    g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 1000, 1000), 3e-4, 1e-12);
}

/* The rate stays, falls with the boundary phase, and by 0.3 after each further two epochs without a rise. */
static void
test_plateau(void)
{
    static const double want[] = {1e-3, 1e-3, 1e-3, 3e-4, 3e-4, 9e-5, 9e-5, 2.7e-5};
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {0};

    o.kind = HSEG_SCHEDULE_PLATEAU;
    o.patience = 2;
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_cmpfloat_with_epsilon(hseg_schedule_rate(&o, &s, 100, 200), want[i], 1e-12);
        hseg_schedule_advance(&o, &s, 0.5);
    }
    g_assert_cmpint(s.cuts, ==, 2);
    hseg_schedule_advance(&o, &s, 0.7);
    wait(&o, &s, 0.7, 1);
    g_assert_cmpint(s.cuts, ==, 2);
    wait(&o, &s, 0.7, 1);
    g_assert_cmpint(s.cuts, ==, 3);
}

/* After four epochs without a rise; the boundary phase counts anew. */
static void
test_early_stop(void)
{
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;
    HsegScheduleState s = {0};

    o.early_stop = 4;
    wait(&o, &s, 0.5, 4);
    g_assert_false(hseg_schedule_has_ended(&o, &s));
    wait(&o, &s, 0.5, 1);
    g_assert_true(hseg_schedule_has_ended(&o, &s));

    o.patience = 3;
    s = (HsegScheduleState){0};
    wait(&o, &s, 0.5, 7);
    g_assert_cmpint(s.boundary_epochs, ==, 4);
    g_assert_false(hseg_schedule_has_ended(&o, &s));
    wait(&o, &s, 0.5, 1);
    g_assert_true(hseg_schedule_has_ended(&o, &s));
}

static void
test_check(void)
{
    HsegScheduleOptions o = HSEG_SCHEDULE_REFERENCE;

    g_assert_null(hseg_schedule_check(&o));
    o.kind = HSEG_SCHEDULE_PLATEAU;
    g_assert_nonnull(hseg_schedule_check(&o));
    o.patience = 1;
    g_assert_null(hseg_schedule_check(&o));
    o.boundary_rate = NAN;
    g_assert_nonnull(hseg_schedule_check(&o));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/schedule/cosine", test_cosine);
    g_test_add_func("/train/schedule/off", test_off);
    g_test_add_func("/train/schedule/boundary-phase", test_boundary_phase);
    g_test_add_func("/train/schedule/boundary-rate", test_boundary_rate);
    g_test_add_func("/train/schedule/plateau", test_plateau);
    g_test_add_func("/train/schedule/early-stop", test_early_stop);
    g_test_add_func("/train/schedule/check", test_check);
    return g_test_run();
}
