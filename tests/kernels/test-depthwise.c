/* Depthwise convolution and its gradients against loops that write the definition down: each output is nine
 * products of padded inputs, and the gradients hand the same products back. */
#include <string.h>

#include "kernel-test.h"

#define CASES 60

typedef struct {
    HsegDepthwise d;
    int out_h, out_w;
    Map in, w, bias, out; /* out: outputs, or dL/dout */
} Case;

static int
padded(int i, int n, HsegPad pad)
{
    if (i >= 0 && i < n)
        return i;
    return pad == HSEG_PAD_ZERO ? -1 : i < 0 ? -i : 2 * (n - 1) - i;
}

/* Input pixel under @tap (0 .. 8) of output pixel (@y, @x), or -1. */
static int
input_of(const Case *t, int y, int x, int tap)
{
    const int iy = padded(y * t->d.stride + tap / 3 - 1, t->d.in_h, t->d.pad);
    const int ix = padded(x * t->d.stride + tap % 3 - 1, t->d.in_w, t->d.pad);

    return iy < 0 || ix < 0 ? -1 : iy * t->d.in_w + ix;
}

static Case
case_new(HsegRng *rng, int i)
{
    Case t = {.d = {.stride = 1 + i % 2, .c = random_channels(rng, 72)}};
    HsegDepthwise *d = &t.d;

    d->pad = d->stride == 1 && i % 4 ? HSEG_PAD_REFLECT : HSEG_PAD_ZERO;
    d->in_h = hseg_rng_int(rng, d->pad == HSEG_PAD_REFLECT ? 2 : 1, 11);
    d->in_w = hseg_rng_int(rng, d->pad == HSEG_PAD_REFLECT ? 2 : 1, 19);
    if (i % 6 > 3) { /* a row that is worked on in several pieces */
        d->in_w += 40;
        d->c += 200;
    }
    t.out_h = (d->in_h + d->stride - 1) / d->stride;
    t.out_w = (d->in_w + d->stride - 1) / d->stride;
    t.in = map_new(rng, (size_t)d->in_h * d->in_w, d->c, 0);
    t.out = map_new(rng, (size_t)t.out_h * t.out_w, d->c, 0);
    t.w = map_new(rng, 9, d->c, d->c);
    t.bias = map_new(rng, 1, d->c, 0);
    d->in_pixel = t.in.pixel;
    d->out_pixel = t.out.pixel;
    g_test_message("%d x %d x %d stride %d pad %d", d->in_h, d->in_w, d->c, d->stride, d->pad);
    return t;
}

static void
case_clear(Case *t)
{
    map_clear(&t->in);
    map_clear(&t->out);
    map_clear(&t->w);
    map_clear(&t->bias);
}

static void
test_forward(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        Map out = map_new_nan(&rng, t.out.pixels, t.d.c);
        const HsegAct act = hseg_rng_int(&rng, HSEG_ACT_NONE, HSEG_ACT_HSWISH);
        const float *bias = hseg_rng_int(&rng, 0, 1) ? t.bias.p : NULL;
        const int split = hseg_rng_int(&rng, 0, t.out_h);

        t.d.out_pixel = out.pixel;
        k->depthwise(&t.d, out.p, t.in.p, t.w.p, bias, act, split, t.out_h);
        g_assert_true(split == 0 || isnan(out.p[0]));
        k->depthwise(&t.d, out.p, t.in.p, t.w.p, bias, act, 0, split);
        for (int p = 0; p < t.out_h * t.out_w; p++)
            for (int c = 0; c < t.d.c; c++) {
                double sum = bias ? bias[c] : 0;

                for (int tap = 0; tap < 9; tap++) {
                    int at = input_of(&t, p / t.out_w, p % t.out_w, tap);

                    if (at >= 0)
                        sum += (double)map_get(&t.w, tap, c) * map_get(&t.in, at, c);
                }
                map_check(&out, p, c, want_act(sum, act), 1e-5);
            }
        map_check_gaps(&out);
        map_clear(&out);
        case_clear(&t);
    }
}

/* The same numbers from four rows that are kept, as from all of them; from some row on. */
static void
test_rows_kept(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        const size_t row = (size_t)t.d.in_w * t.in.pixel;
        const int from = hseg_rng_int(&rng, 0, t.out_h - 1);
        Map kept = map_new_nan(&rng, 4 * (size_t)t.d.in_w, t.d.c), out = map_copy(&t.out);
        HsegDepthwise d = t.d;

        d.in_rows = 4;
        d.in_pixel = kept.pixel;
        k->depthwise(&t.d, t.out.p, t.in.p, t.w.p, t.bias.p, HSEG_ACT_HSWISH, 0, t.out_h);
        for (int y = from, rows = MAX(from * d.stride - 1, 0); y < t.out_h; y++) {
            for (; rows < MIN(y * d.stride + 2, d.in_h); rows++)
                for (int x = 0; x < d.in_w; x++)
                    memcpy(kept.p + (rows % 4 * d.in_w + x) * kept.pixel,
                           t.in.p + rows * row + x * t.in.pixel, d.c * sizeof(float));
            k->depthwise(&d, out.p, kept.p, t.w.p, t.bias.p, HSEG_ACT_HSWISH, y, y + 1);
        }
        for (int p = from * t.out_w; p < t.out_h * t.out_w; p++)
            for (int c = 0; c < d.c; c++)
                g_assert_cmpfloat(map_get(&out, p, c), ==, map_get(&t.out, p, c));
        map_clear(&kept);
        map_clear(&out);
        case_clear(&t);
    }
}

static void
test_grad_input(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        const bool accumulate = hseg_rng_int(&rng, 0, 1);
        Map din = accumulate ? map_new(&rng, t.in.pixels, t.d.c, 0) : map_new_nan(&rng, t.in.pixels, t.d.c);
        Map before = map_copy(&din);
        double *want = g_new0(double, t.in.pixels *t.d.c);
        const int split = hseg_rng_int(&rng, 0, t.d.in_h);

        for (int p = 0; p < t.out_h * t.out_w; p++)
            for (int tap = 0; tap < 9; tap++) {
                int at = input_of(&t, p / t.out_w, p % t.out_w, tap);

                for (int c = 0; at >= 0 && c < t.d.c; c++)
                    want[at * t.d.c + c] += (double)map_get(&t.w, tap, c) * map_get(&t.out, p, c);
            }
        t.d.in_pixel = din.pixel;
        k->depthwise_grad_input(&t.d, din.p, t.out.p, t.w.p, accumulate, split, t.d.in_h);
        k->depthwise_grad_input(&t.d, din.p, t.out.p, t.w.p, accumulate, 0, split);
        for (size_t p = 0; p < t.in.pixels; p++)
            for (int c = 0; c < t.d.c; c++)
                map_check(&din, p, c, want[p * t.d.c + c] + (accumulate ? map_get(&before, p, c) : 0), 1e-5);
        if (!accumulate)
            map_check_gaps(&din);
        map_clear(&din);
        map_clear(&before);
        case_clear(&t);
        g_free(want);
    }
}

static void
test_grad_weight(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        Case t = case_new(&rng, i);
        Map dw = map_new(&rng, 9, t.d.c, t.d.c);
        const int y0 = hseg_rng_int(&rng, 0, t.out_h - 1), y1 = hseg_rng_int(&rng, y0, t.out_h);

        k->depthwise_grad_weight(&t.d, dw.p, t.in.p, t.out.p, y0, y1);
        for (int tap = 0; tap < 9; tap++)
            for (int c = 0; c < t.d.c; c++) {
                double sum = 0;

                for (int p = y0 * t.out_w; p < y1 * t.out_w; p++) {
                    int at = input_of(&t, p / t.out_w, p % t.out_w, tap);

                    if (at >= 0)
                        sum += (double)map_get(&t.in, at, c) * map_get(&t.out, p, c);
                }
                map_check(&dw, tap, c, sum, 5e-5);
            }
        map_clear(&dw);
        case_clear(&t);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_for_each("depthwise/forward", test_forward);
    add_for_each("depthwise/rows-kept", test_rows_kept);
    add_for_each("depthwise/grad-input", test_grad_input);
    add_for_each("depthwise/grad-weight", test_grad_weight);
    return g_test_run();
}
