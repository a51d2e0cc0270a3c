#include "cli/peak.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/parallel.h"
#include "kernels/int8.h"

#define CHAINS      10 /* independent sums: enough to hide an FMA's latency, few enough for 16 registers */
#define STEPS       2000000L /* some milliseconds */
#define BYTE_STEPS  500000L  /* the same of the kernels' tiles, which have more sums */
#define ROUNDS      5
#define MAX_THREADS 64

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
    int lanes;
    double multiply_adds[MAX_THREADS]; /* that each thread's job made */
    float results[MAX_THREADS];
} Run;

static void
spin_floats(void *data, int job, int thread)
{
    Run *run = data;

    run->results[job] = run->spin((float)job, 0.5f);
    run->multiply_adds[job] = (double)CHAINS * STEPS * run->lanes;
}

static void
spin_bytes(void *data, int job, int thread)
{
    Run *run = data;

    run->multiply_adds[job] = (double)hseg_int8_kernels()->spin(BYTE_STEPS);
}

/* The best of some rounds: a machine that has other work too gives less. */
static double
measure(int threads, HsegJob job, Run *run)
{
    double best = 0;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = hseg_clock_ns(), ns;
        double made = 0;

        hseg_parallel(threads, threads, job, run);
        ns = hseg_clock_ns() - start;
        for (int t = 0; t < threads; t++)
            made += run->multiply_adds[t];
        best = HSEG_MAX(best, 2 * made / (double)ns);
    }
    return best;
}

HsegPeak
hseg_peak(int threads)
{
    Run run = {.spin = spin_baseline, .lanes = 4};

    threads = HSEG_CLAMP(threads, 1, MAX_THREADS);
#ifdef __x86_64__
    if (hseg_cpu_flags() & HSEG_CPU_AVX2) {
        run.spin = spin_avx2;
        run.lanes = 8;
    }
    if (hseg_cpu_flags() & HSEG_CPU_AVX512) {
        run.spin = spin_avx512;
        run.lanes = 16;
    }
#endif
    return (HsegPeak){measure(threads, spin_floats, &run), measure(threads, spin_bytes, &run)};
}
