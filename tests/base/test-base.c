/* src/base: random numbers against published ones, alignment, threads that do each job once, then sleep. */
#include <glib.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "base/cpu.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/rng.h"

/* O'Neill's pcg32-demo, seed 42, stream 54: the first round of her expected output. */
static void
test_rng_known(void)
{
    static const guint32 want[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    HsegRng rng;

    hseg_rng_init(&rng, 42, 54);
    for (gsize i = 0; i < G_N_ELEMENTS(want); i++)
        g_assert_cmphex(hseg_rng_u32(&rng), ==, want[i]);
}

static void
test_rng_ranges(void)
{
    int counts[7] = {0};
    double sum = 0, sum2 = 0;
    HsegRng rng;

    hseg_rng_init(&rng, 1, 2);
    for (int i = 0; i < 70000; i++) {
        float f = hseg_rng_float(&rng), u = hseg_rng_uniform(&rng, 3, 4), n = hseg_rng_normal(&rng);
        int v = hseg_rng_int(&rng, -3, 3);

        g_assert_true(f >= 0 && f < 1);
        g_assert_true(u >= 3 && u < 4);
        g_assert_true(v >= -3 && v <= 3);
        counts[v + 3]++;
        sum += n;
        sum2 += n * n;
    }
    for (int i = 0; i < 7; i++)
        g_assert_cmpfloat_with_epsilon(counts[i], 10000, 400);
    g_assert_cmpfloat_with_epsilon(sum / 70000, 0, 0.02);
    g_assert_cmpfloat_with_epsilon(sum2 / 70000, 1, 0.03);
    g_assert_cmpint(hseg_rng_int(&rng, 5, 5), ==, 5);
    hseg_rng_int(&rng, G_MININT, G_MAXINT);
}

static void
test_rng_streams(void)
{
    HsegRng a, b;
    int same = 0;

    hseg_rng_init(&a, 7, 1);
    hseg_rng_init(&b, 7, 2);
    for (int i = 0; i < 1000; i++)
        same += hseg_rng_u32(&a) == hseg_rng_u32(&b);
    g_assert_cmpint(same, <, 3);
}

static void
test_mem(void)
{
    static const gsize sizes[] = {0, 1, 63, 64, 65, 100000, (5 << 20) + 3};

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint8 *p = hseg_mem_new0(sizes[i]);

        g_assert_nonnull(p);
        g_assert_cmpuint((guintptr)p % HSEG_ALIGN, ==, 0);
        for (gsize j = 0; j < sizes[i]; j++)
            g_assert_cmpint(p[j], ==, 0);
        memset(p, 1, sizes[i]);
        hseg_mem_free(p);
    }
    g_assert_null(hseg_mem_new0(SIZE_MAX));
    hseg_mem_free(NULL);
}

static void
test_size_mul(void)
{
    size_t n = 3;

    g_assert_false(hseg_size_mul(SIZE_MAX / 2, 3, &n));
    g_assert_cmpuint(n, ==, 3);
    g_assert_true(hseg_size_mul(6, 7, &n));
    g_assert_cmpuint(n, ==, 42);
}

static unsigned
flags_under(const char *limit)
{
    unsigned before = hseg_cpu_flags();

    if (limit)
        g_setenv("HSEG_CPU", limit, TRUE);
    else
        g_unsetenv("HSEG_CPU");
    g_assert_cmphex(hseg_cpu_flags(), ==, before);
    hseg_cpu_look_again();
    return hseg_cpu_flags();
}

/* The flags can only be lowered, and stay what they were when first asked for. */
static void
test_cpu(void)
{
    g_autofree char *old = g_strdup(g_getenv("HSEG_CPU"));
    unsigned all = flags_under(NULL);

    g_assert_cmphex(flags_under("c"), ==, 0);
    g_assert_cmphex(flags_under("avx2"), ==, all & HSEG_CPU_AVX2);
    g_assert_cmphex(flags_under("avx512"), ==, all & (HSEG_CPU_AVX2 | HSEG_CPU_AVX512));
    flags_under(old);
}

typedef struct {
    int threads, count;
    int *ran; /* [count], written by whoever runs the job: a race would show in ThreadSanitizer */
    int in_thread[8], too_far; /* atomic */
} Jobs;

static void
count_job(void *data, int job, int thread)
{
    Jobs *jobs = data;

    if (thread < 0 || thread >= jobs->threads || job < 0 || job >= jobs->count) {
        g_atomic_int_inc(&jobs->too_far);
        return;
    }
    /* @thread is one thread's at a time */
    g_assert_cmpint(g_atomic_int_add(&jobs->in_thread[thread], 1), ==, 0);
    jobs->ran[job]++;
    g_atomic_int_add(&jobs->in_thread[thread], -1);
}

static gpointer
run_batches(gpointer unused)
{
    for (int i = 0; i < 400; i++) {
        Jobs jobs = {.threads = 1 + i % 4, .count = i % 23};

        jobs.ran = g_new0(int, jobs.count + 1);
        hseg_parallel(jobs.threads, jobs.count, count_job, &jobs);
        for (int j = 0; j < jobs.count; j++)
            g_assert_cmpint(jobs.ran[j], ==, 1);
        g_assert_cmpint(jobs.too_far, ==, 0);
        g_free(jobs.ran);
        if (i % 50 == 0)
            g_usleep(1000); /* let the workers fall asleep now and then */
    }
    return NULL;
}

static void
test_parallel(void)
{
    run_batches(NULL);
}

static void
test_parallel_two_callers(void)
{
    GThread *a = g_thread_new("a", run_batches, NULL), *b = g_thread_new("b", run_batches, NULL);

    g_thread_join(a);
    g_thread_join(b);
}

/* Each of two jobs waits for the other to begin: it ends only if two threads really work. */
static void
meet_job(void *data, int job, int thread)
{
    int *begun = data;

    g_atomic_int_inc(begun);
    while (g_atomic_int_get(begun) < 2)
        g_thread_yield();
}

static gpointer
run_met(gpointer unused)
{
    int begun = 0;

    hseg_parallel(2, 2, meet_job, &begun);
    g_assert_cmpint(begun, ==, 2);
    return NULL;
}

static void
test_parallel_at_once(void)
{
    run_met(NULL);
    g_assert_cmpint(hseg_parallel_cpus(), >=, 1);
}

static void
note_job(void *data, int job, int thread)
{
    GThread **who = data;

    who[job] = g_thread_self();
    g_assert_cmpint(thread, ==, 0);
}

/* With a limit of one, the caller does it all; another thread has limits of its own. */
static void
test_parallel_limit(void)
{
    GThread *who[64];

    hseg_parallel_limit(1);
    hseg_parallel(4, G_N_ELEMENTS(who), note_job, who);
    for (gsize i = 0; i < G_N_ELEMENTS(who); i++)
        g_assert_true(who[i] == g_thread_self());
    g_thread_join(g_thread_new("unlimited", run_met, NULL));
    hseg_parallel_limit(0);
    run_met(NULL);
}

static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* 0.2 s of idling must cost next to nothing. Not a speed test: a spinning thread would take it all. */
static void
test_parallel_sleeps(void)
{
    double begin;
    int begun = 0;

    hseg_parallel(2, 2, meet_job, &begun);
    begin = cpu_seconds();
    g_usleep(200000);
    g_assert_cmpfloat(cpu_seconds() - begin, <, 0.05);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/rng/known", test_rng_known);
    g_test_add_func("/base/rng/ranges", test_rng_ranges);
    g_test_add_func("/base/rng/streams", test_rng_streams);
    g_test_add_func("/base/mem", test_mem);
    g_test_add_func("/base/size-mul", test_size_mul);
    g_test_add_func("/base/cpu", test_cpu);
    g_test_add_func("/base/parallel/once", test_parallel);
    g_test_add_func("/base/parallel/two-callers", test_parallel_two_callers);
    g_test_add_func("/base/parallel/at-once", test_parallel_at_once);
    g_test_add_func("/base/parallel/limit", test_parallel_limit);
    g_test_add_func("/base/parallel/sleeps", test_parallel_sleeps);
    return g_test_run();
}
