#include "cli/peak.h"

#include "base/base.h"
#include "base/cpu.h"
#include "base/parallel.h"
#include <glib.h>

#define CHAINS 10 /* independent sums: enough to hide an FMA's latency, few enough for 16 registers */
#define STEPS  2000000L
#define ROUNDS 5

/* NAME(start, factor): STEPS multiply-adds in each of CHAINS vectors of BYTES bytes; the result keeps them
 * from being optimised away. */
#define DEFINE_SPIN(NAME, TARGET, BYTES)                                                                     \
    TARGET static float NAME(float start, float factor)                                                      \
    {                                                                                                        \
        typedef float Vector __attribute__((vector_size(BYTES)));                                            \
        Vector sum[CHAINS], f = (Vector){0} + factor, total = {0};                                           \
                                                                                                             \
        for (int k = 0; k < CHAINS; k++)                                                                     \
            sum[k] = (Vector){0} + (start + (float)k);                                                       \
        for (long i = 0; i < STEPS; i++)                                                                     \
            for (int k = 0; k < CHAINS; k++)                                                                 \
                sum[k] = sum[k] * f + f;                                                                     \
        for (int k = 0; k < CHAINS; k++)                                                                     \
            total += sum[k];                                                                                 \
        return total[0];                                                                                     \
    }

typedef float (*Spin)(float start, float factor);

#ifdef __x86_64__
DEFINE_SPIN(spin_avx512, __attribute__((target("avx512f"))), 64)
DEFINE_SPIN(spin_avx2, __attribute__((target("avx2,fma"))), 32)
#endif
DEFINE_SPIN(spin_baseline, , 16)

typedef struct {
    Spin spin;
    float results[64];
} Run;

static void
spin_job(void *data, int job, int thread)
{
    Run *run = data;

    run->results[job] = run->spin((float)job, 0.5f);
}

double
hseg_peak_gflops(int threads)
{
    Run run = {.spin = spin_baseline};
    int lanes = 4;
    double best = 0;

    threads = HSEG_CLAMP(threads, 1, (int)HSEG_COUNT(run.results));
#ifdef __x86_64__
    if (hseg_cpu_flags() & HSEG_CPU_AVX2) {
        run.spin = spin_avx2;
        lanes = 8;
    }
    if (hseg_cpu_flags() & HSEG_CPU_AVX512) {
        run.spin = spin_avx512;
        lanes = 16;
    }
#endif
    for (int i = 0; i < ROUNDS; i++) {
        gint64 start = g_get_monotonic_time();

        hseg_parallel(threads, threads, spin_job, &run);
        best = HSEG_MAX(best, 2.0 * CHAINS * STEPS * lanes * threads /
                                  (1e3 * (double)(g_get_monotonic_time() - start)));
    }
    return best;
}
