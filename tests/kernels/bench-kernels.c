/* How fast the kernels are: GEMM shapes in GFLOP/s and per cent of what this core can do, the rest in GB/s of
 * the maps that they read and write. Best of many short runs, since other programs share the machine.
 *     bench-kernels [VARIANT] */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "kernels/kernels.h"

#define SECONDS 0.05 /* per line */

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Lowers *@best to the seconds that one call of @run takes. */
static void
time_once(void (*run)(void *), void *data, double *best)
{
    double t = now();

    run(data);
    t = now() - t;
    *best = t < *best ? t : *best;
}

/* Best seconds of one call of @run. */
static double
best_of(void (*run)(void *), void *data)
{
    double best = 1e9, begin = now();

    do
        time_once(run, data, &best);
    while (now() - begin < SECONDS);
    return best;
}

/* Multiply-adds that depend on nothing but themselves: 12 chains hide their latency. */
#define PEAK_LOOPS  2000
#define PEAK_CHAINS 12
#define PEAK(name, lanes, target)                                                                            \
    target static void name(void *sink)                                                                      \
    {                                                                                                        \
        typedef float V __attribute__((vector_size(4 * lanes)));                                             \
        typedef float V1 __attribute__((vector_size(4 * lanes), aligned(4), may_alias));                     \
        V s[PEAK_CHAINS] = {{0}}, k = *(V1 *)sink, sum = {0};                                                \
                                                                                                             \
        for (int j = 0; j < PEAK_CHAINS; j++)                                                                \
            s[j] = k + (float)j; /* were they equal, the compiler would keep one */                          \
        for (int i = 0; i < PEAK_LOOPS; i++) {                                                               \
            _Pragma("GCC unroll 12") for (int j = 0; j < PEAK_CHAINS; j++) s[j] = s[j] * k + k;              \
        }                                                                                                    \
        for (int j = 0; j < PEAK_CHAINS; j++)                                                                \
            sum += s[j];                                                                                     \
        *(V1 *)sink = sum * 1e-30f;                                                                          \
    }

PEAK(peak_4, 4, )
#if defined(__x86_64__)
PEAK(peak_8, 8, __attribute__((target("avx2,fma"))))
PEAK(peak_16, 16, __attribute__((target("avx512f"))))
#endif

/* The loop above for @k's instruction set, and its operations. */
static void (*peak_of(const HsegKernels *k, double *flops))(void *)
{
    const double flops_per_lane = 2.0 * PEAK_LOOPS * PEAK_CHAINS;

#if defined(__x86_64__)
    if (!strcmp(k->name, "avx2")) {
        *flops = 8 * flops_per_lane;
        return peak_8;
    }
    if (!strcmp(k->name, "avx512")) {
        *flops = 16 * flops_per_lane;
        return peak_16;
    }
#endif
    *flops = 4 * flops_per_lane;
    return peak_4;
}

static float *
random_floats(size_t n)
{
    float *p = hseg_mem_new0(n * sizeof(*p));
    HsegRng rng;

    hseg_rng_init(&rng, 1, n);
    for (size_t i = 0; p && i < n; i++)
        p[i] = hseg_rng_uniform(&rng, -1, 1);
    return p;
}

typedef struct {
    const HsegKernels *k;
    HsegGemm g;
} Gemm;

static void
run_gemm(void *data)
{
    Gemm *t = data;

    t->k->gemm(&t->g);
}

/* C[m][n] = A B over @depth; @weights: as a gradient of weights, A's rows adjacent and B row-major. The peak
 * is measured in the same instants, for the processor changes its clock. */
static void
bench_gemm(const HsegKernels *k, int m, int n, int depth, bool weights)
{
    float *a = random_floats((size_t)m * depth), *b = random_floats((size_t)n * depth);
    float *packed = random_floats((size_t)(n + 64) * depth), *c = random_floats((size_t)m * n);
    Gemm t = {.k = k, .g = {.m = m, .n = n, .segs = 1, .depth = depth, .c = c, .c_row = n}};
    double flops, best = 1e9, peak_best = 1e9, begin = now(), rate, peak;
    void (*peak_loop)(void *) = peak_of(k, &flops);
    float sink[16] = {1e-3f};

    k->gemm_pack(packed, b, n, depth, n);
    t.g.a = a;
    t.g.a_row = weights ? 1 : depth;
    t.g.a_depth = weights ? m : 1;
    t.g.b = weights ? b : packed;
    t.g.b_depth = weights ? n : k->nr;
    t.g.b_panel = (size_t)k->nr * (weights ? 1 : depth);
    while (now() - begin < SECONDS) {
        for (int i = 0; i < 20; i++)
            time_once(peak_loop, sink, &peak_best);
        time_once(run_gemm, &t, &best);
    }
    rate = 2e-9 * m * n * depth / best;
    peak = 1e-9 * flops / peak_best;
    printf("%-7s gemm%-8s m %5d n %4d depth %5d  %7.1f of %5.1f GFLOP/s  %3.0f %%\n", k->name,
           weights ? " weights" : "", m, n, depth, rate, peak, 100 * rate / peak);
    hseg_mem_free(a);
    hseg_mem_free(b);
    hseg_mem_free(packed);
    hseg_mem_free(c);
}

static void
bench_gemms(const HsegKernels *k)
{
    static const int shapes[][3] = {{3600, 64, 64},   {3600, 128, 64},  {3600, 128, 128}, {3600, 256, 256},
                                    {3600, 512, 512}, {920, 512, 1024}, {3600, 8, 64},    {3600, 16, 64},
                                    {3600, 24, 144},  {3600, 32, 128},  {3600, 40, 96},   {14400, 16, 32},
                                    {14400, 64, 32},  {14400, 32, 8},   {1, 256, 64}};
    static const int weights[][3] = {{32, 32, 14400},  {64, 64, 14400},  {128, 128, 3600}, {256, 256, 3600},
                                     {512, 512, 2000}, {512, 256, 3600}, {16, 16, 14400},  {32, 8, 14400},
                                     {8, 32, 14400},   {27, 16, 57600},  {288, 32, 14400}};

    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        bench_gemm(k, shapes[i][0], shapes[i][1], shapes[i][2], false);
    for (size_t i = 0; i < sizeof(weights) / sizeof(*weights); i++)
        bench_gemm(k, weights[i][0], weights[i][1], weights[i][2], true);
}

/* Everything that a pass over maps may need. */
typedef struct {
    const HsegKernels *k;
    HsegDepthwise d;
    HsegUpsample u;
    int c;
    size_t pixels;
    float *x, *y, *z, *rows; /* rows: nine of c */
    double *sums;
} Maps;

static void
run_depthwise(void *data)
{
    Maps *t = data;

    t->k->depthwise(&t->d, t->y, t->x, t->rows, t->rows, HSEG_ACT_RELU6, 0,
                    (t->d.in_h + t->d.stride - 1) / t->d.stride);
}

static void
run_depthwise_grad_input(void *data)
{
    Maps *t = data;

    t->k->depthwise_grad_input(&t->d, t->x, t->y, t->rows, false, 0, t->d.in_h);
}

static void
run_depthwise_grad_weight(void *data)
{
    Maps *t = data;

    t->k->depthwise_grad_weight(&t->d, t->z, t->x, t->y, 0, (t->d.in_h + t->d.stride - 1) / t->d.stride);
}

static void
run_channel_sums(void *data)
{
    Maps *t = data;

    t->k->channel_sums(t->sums, t->sums + t->c, t->x, t->c, t->pixels, t->c);
}

static void
run_scale_shift(void *data)
{
    Maps *t = data;

    t->k->scale_shift(t->y, t->c, t->x, t->c, t->rows, t->rows, HSEG_ACT_HSWISH, NULL, 0, t->pixels, t->c);
}

static void
run_norm_grad_sums(void *data)
{
    Maps *t = data;

    t->k->norm_grad_sums(t->sums, t->sums + t->c, t->y, t->c, t->x, t->c, t->rows, t->rows, HSEG_ACT_RELU6,
                         t->pixels, t->c);
}

static void
run_norm_grad(void *data)
{
    Maps *t = data;

    t->k->norm_grad(t->z, t->c, t->y, t->c, t->x, t->c, t->rows, t->rows, HSEG_ACT_RELU6, t->rows, t->rows,
                    t->rows, t->pixels, t->c);
}

static void
run_add(void *data)
{
    Maps *t = data;

    t->k->add(t->y, t->c, t->x, t->c, t->pixels, t->c);
}

static void
run_upsample(void *data)
{
    Maps *t = data;

    t->k->upsample(&t->u, t->y, t->x, 0, t->u.out_h);
}

static void
run_upsample_grad(void *data)
{
    Maps *t = data;

    t->k->upsample_grad(&t->u, t->x, t->y, false, 0, t->u.in_h);
}

static void
run_adamw(void *data)
{
    Maps *t = data;

    t->k->adamw(t->x, t->y, t->z, t->x + 1, t->pixels * t->c - 1, 1e-5f, 1e-3f, 0.9f, 0.999f, 1, 1e-8f);
}

/* @maps: maps of h x w x c that are read or written once. */
static void
print_rate(Maps *t, const char *name, double maps, void (*run)(void *))
{
    double seconds = best_of(run, t);

    printf("%-7s %-24s %4d x %3d x %3d  %8.1f us  %6.1f GB/s\n", t->k->name, name, t->d.in_h, t->d.in_w, t->c,
           seconds * 1e6, maps * t->pixels * t->c * 4e-9 / seconds);
}

static void
bench_maps(const HsegKernels *k, int h, int w, int c)
{
    const size_t pixels = (size_t)h * w;
    Maps t = {.k = k, .c = c, .pixels = pixels};

    t.d = (HsegDepthwise){h, w, c, 1, HSEG_PAD_REFLECT, c, c, 0};
    t.u = (HsegUpsample){h / 2, w / 2, h, w, c, c, c};
    t.x = random_floats(pixels * c);
    t.y = random_floats(pixels * c);
    t.z = random_floats(pixels * c);
    t.rows = random_floats(9 * c);
    t.sums = hseg_mem_new0(2 * c * sizeof(double));
    print_rate(&t, "depthwise", 2, run_depthwise);
    print_rate(&t, "depthwise grad input", 2, run_depthwise_grad_input);
    print_rate(&t, "depthwise grad weight", 2, run_depthwise_grad_weight);
    t.d.stride = 2;
    t.d.pad = HSEG_PAD_ZERO;
    print_rate(&t, "depthwise /2", 1.25, run_depthwise);
    print_rate(&t, "depthwise /2 grad input", 1.25, run_depthwise_grad_input);
    print_rate(&t, "depthwise /2 grad weight", 1.25, run_depthwise_grad_weight);
    print_rate(&t, "channel sums", 1, run_channel_sums);
    print_rate(&t, "scale shift hswish", 2, run_scale_shift);
    print_rate(&t, "norm grad sums relu6", 2, run_norm_grad_sums);
    print_rate(&t, "norm grad relu6", 3, run_norm_grad);
    print_rate(&t, "add", 3, run_add);
    print_rate(&t, "upsample", 1.25, run_upsample);
    print_rate(&t, "upsample grad", 1.25, run_upsample_grad);
    print_rate(&t, "adamw", 7, run_adamw);
    hseg_mem_free(t.x);
    hseg_mem_free(t.y);
    hseg_mem_free(t.z);
    hseg_mem_free(t.rows);
    hseg_mem_free(t.sums);
}

int
main(int argc, char **argv)
{
    for (const HsegKernels *const *k = hseg_kernels_all(); *k; k++) {
        if (argc > 1 && strcmp(argv[1], (*k)->name))
            continue;
        bench_gemms(*k);
        bench_maps(*k, 90, 160, 24);
        bench_maps(*k, 45, 80, 128);
        bench_maps(*k, 23, 40, 512);
    }
    return 0;
}
