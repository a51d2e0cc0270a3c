/* Bilinear x2 against its definition, and its gradient against the definition's transpose. */
#include "kernel-test.h"

#define CASES 60

typedef struct {
    HsegUpsample u;
    Map in, out; /* out: dL/dout for the gradient */
} Case;

static Case
case_new(HsegRng *rng)
{
    Case t = {.u = {.in_h = hseg_rng_int(rng, 1, 7),
                    .in_w = hseg_rng_int(rng, 1, 9),
                    .c = hseg_rng_int(rng, 1, 45)}};

    if (hseg_rng_int(rng, 0, 3) == 0)
        t.u.c = 1;
    t.u.out_h = 2 * t.u.in_h - hseg_rng_int(rng, 0, 1);
    t.u.out_w = 2 * t.u.in_w - hseg_rng_int(rng, 0, 1);
    t.in = map_new(rng, (size_t)t.u.in_h * t.u.in_w, t.u.c, 0);
    t.out = map_new(rng, (size_t)t.u.out_h * t.u.out_w, t.u.c, 0);
    t.u.in_pixel = t.in.pixel;
    t.u.out_pixel = t.out.pixel;
    g_test_message("%d x %d -> %d x %d, c %d", t.u.in_h, t.u.in_w, t.u.out_h, t.u.out_w, t.u.c);
    return t;
}

/* Output coordinate @o lies at (o + 0.5) / 2 - 0.5 of the input: between at[0] and at[1]. */
static void
taps(int o, int n, int at[2], double w[2])
{
    double x = (o + 0.5) / 2 - 0.5;
    int i = (int)floor(x);

    w[1] = x - i;
    w[0] = 1 - w[1];
    at[0] = MAX(i, 0);
    at[1] = MIN(i + 1, n - 1);
}

/* The four input pixels of output pixel @p and their weights. */
static void
taps_of(const HsegUpsample *u, int p, int at[4], double w[4])
{
    int ay[2], ax[2];
    double wy[2], wx[2];

    taps(p / u->out_w, u->in_h, ay, wy);
    taps(p % u->out_w, u->in_w, ax, wx);
    for (int i = 0; i < 4; i++) {
        at[i] = ay[i / 2] * u->in_w + ax[i % 2];
        w[i] = wy[i / 2] * wx[i % 2];
    }
}

static void
test_forward(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng);
        Map out = map_new_nan(&rng, t.out.pixels, t.u.c);
        const int split = hseg_rng_int(&rng, 0, t.u.out_h);

        t.u.out_pixel = out.pixel;
        k->upsample(&t.u, out.p, t.in.p, split, t.u.out_h);
        k->upsample(&t.u, out.p, t.in.p, 0, split);
        for (size_t p = 0; p < out.pixels; p++)
            for (int c = 0; c < t.u.c; c++) {
                int at[4];
                double w[4], want = 0;

                taps_of(&t.u, p, at, w);
                for (int j = 0; j < 4; j++)
                    want += w[j] * map_get(&t.in, at[j], c);
                map_check(&out, p, c, want, 1e-6);
            }
        map_check_gaps(&out);
        map_clear(&out);
        map_clear(&t.in);
        map_clear(&t.out);
    }
}

static void
test_grad(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng);
        const bool accumulate = hseg_rng_int(&rng, 0, 1);
        Map din = accumulate ? map_copy(&t.in) : map_new_nan(&rng, t.in.pixels, t.u.c);
        g_autofree double *want = g_new0(double, t.in.pixels * t.u.c);
        const int split = hseg_rng_int(&rng, 0, t.u.in_h);

        for (size_t p = 0; p < t.out.pixels; p++) {
            int at[4];
            double w[4];

            taps_of(&t.u, p, at, w);
            for (int j = 0; j < 4; j++)
                for (int c = 0; c < t.u.c; c++)
                    want[at[j] * t.u.c + c] += w[j] * map_get(&t.out, p, c);
        }
        t.u.in_pixel = din.pixel;
        k->upsample_grad(&t.u, din.p, t.out.p, accumulate, split, t.u.in_h);
        k->upsample_grad(&t.u, din.p, t.out.p, accumulate, 0, split);
        for (size_t p = 0; p < din.pixels; p++)
            for (int c = 0; c < t.u.c; c++)
                map_check(&din, p, c, want[p * t.u.c + c] + (accumulate ? map_get(&t.in, p, c) : 0), 3e-6);
        if (!accumulate)
            map_check_gaps(&din);
        map_clear(&din);
        map_clear(&t.in);
        map_clear(&t.out);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_for_each("upsample/forward", test_forward);
    add_for_each("upsample/grad", test_grad);
    return g_test_run();
}
