/* The matrix product against three plain loops in double precision. */
#include "kernel-test.h"

#define CASES 150

typedef struct {
    Map a, b, c, residual, bias;
    HsegGemm g;
    float *packed;
} Case;

/* A as it lies: rows apart (a_depth == 1), or rows adjacent as in a gradient of weights. */
static void
make_a(Case *t, HsegRng *rng, bool across)
{
    HsegGemm *g = &t->g;

    if (across) {
        t->a = map_new(rng, (size_t)g->segs * g->depth, g->m, 0);
        g->a_row = 1;
        g->a_depth = t->a.pixel;
        g->a_seg = t->a.pixel * g->depth;
    } else { /* as in a convolution: the segments are rows of a picture, and overlap */
        t->a = map_new(rng, (size_t)g->m + g->segs - 1, g->depth, 0);
        g->a_row = g->a_seg = t->a.pixel;
        g->a_depth = 1;
    }
    g->a = t->a.p;
}

static void
make_b(Case *t, const HsegKernels *k, HsegRng *rng, bool pack)
{
    HsegGemm *g = &t->g;
    const int depth = g->segs * g->depth;

    t->b = map_new(rng, depth, g->n, 0);
    g->b = t->b.p;
    g->b_depth = t->b.pixel;
    g->b_panel = k->nr;
    if (pack) {
        size_t n = (size_t)depth * ((g->n + k->nr - 1) / k->nr * k->nr);

        t->packed = g_new(float, n + 1);
        t->packed[n] = NAN;
        k->gemm_pack(t->packed, t->b.p, t->b.pixel, depth, g->n);
        g_assert_true(isnan(t->packed[n]));
        g->b = t->packed;
        g->b_depth = k->nr;
        g->b_panel = (size_t)k->nr * depth;
    }
}

static void
check(const Case *t, const Map *before)
{
    const HsegGemm *g = &t->g;

    for (int r = 0; r < g->m; r++)
        for (int j = 0; j < g->n; j++) {
            double sum = g->bias ? g->bias[j] : 0, size = fabs(sum);

            for (int s = 0; s < g->segs; s++)
                for (int d = 0; d < g->depth; d++) {
                    double v = (double)g->a[r * g->a_row + s * g->a_seg + d * g->a_depth] *
                               map_get(&t->b, s * g->depth + d, j);

                    sum += v;
                    size += fabs(v);
                }
            sum = want_act(sum, g->act);
            if (g->residual)
                sum += map_get(&t->residual, r, j);
            if (g->accumulate)
                sum += map_get(before, r, j);
            map_check(&t->c, r, j, sum, 2e-6 * size + 1e-6);
        }
}

static void
run(const HsegKernels *k, HsegRng *rng, int m, int n, int segs, int depth, bool across)
{
    Case t = {.g = {.m = m, .n = n, .segs = segs, .depth = depth}};
    Map before;

    make_a(&t, rng, across);
    make_b(&t, k, rng, hseg_rng_int(rng, 0, 1));
    t.residual = map_new(rng, m, n, 0);
    t.bias = map_new(rng, 1, n, 0);
    t.g.accumulate = hseg_rng_int(rng, 0, 3) == 0;
    if (!t.g.accumulate) {
        t.g.act = hseg_rng_int(rng, HSEG_ACT_NONE, HSEG_ACT_HSWISH);
        t.g.bias = hseg_rng_int(rng, 0, 1) ? t.bias.p : NULL;
        t.g.residual = hseg_rng_int(rng, 0, 1) ? t.residual.p : NULL;
        t.g.residual_row = t.residual.pixel;
    }
    if (hseg_rng_int(rng, 0, 1))
        t.g.ahead[hseg_rng_int(rng, 0, 1)] = (HsegAhead){t.a.p, hseg_rng_int(rng, 1, m)};
    t.c = map_new_nan(rng, m, n);
    for (int r = 0; t.g.accumulate && r < m; r++)
        for (int j = 0; j < n; j++)
            t.c.p[r * t.c.pixel + j] = hseg_rng_uniform(rng, -1, 1);
    before = map_copy(&t.c);
    t.g.c = t.c.p;
    t.g.c_row = t.c.pixel;
    g_test_message("m %d n %d segs %d depth %d across %d act %d", m, n, segs, depth, across, t.g.act);
    k->gemm(&t.g);
    check(&t, &before);
    map_check_gaps(&t.c);
    map_clear(&t.a);
    map_clear(&t.b);
    map_clear(&t.c);
    map_clear(&t.residual);
    map_clear(&t.bias);
    map_clear(&before);
    g_free(t.packed);
}

static void
test_shapes(gconstpointer kernels)
{
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++)
        run(kernels, &rng, hseg_rng_int(&rng, 1, 64), random_channels(&rng, 136), hseg_rng_int(&rng, 1, 3),
            hseg_rng_int(&rng, 1, 40), i % 2);
}

/* Every height of tile, at every width. */
static void
test_tiles(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int m = 1; m <= k->mr + 1; m++)
        for (int n = 8; n <= k->nr; n += 8)
            for (int across = 0; across < 2; across++)
                run(k, &rng, m, n, 1, 9, across);
}

/* Past the blocks that keep operands in the caches. */
static void
test_blocks(gconstpointer kernels)
{
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < 4; i++) {
        run(kernels, &rng, 37, 40, 1, 1100 + i, true);
        run(kernels, &rng, 37, 40, 2, 700 + i, true);
        run(kernels, &rng, 150, 16, 1, 2100 + i, false);
    }
}

static void
test_scale(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < CASES; i++) {
        const int depth = hseg_rng_int(&rng, 1, 40), n = random_channels(&rng, 90);
        const size_t count = (size_t)depth * ((n + k->nr - 1) / k->nr * k->nr);
        Map b = map_new(&rng, depth, n, 0), scale = map_new(&rng, 1, depth, depth);
        g_autofree float *packed = g_new(float, count), *scaled = g_new(float, count + 1);

        scaled[count] = NAN;
        k->gemm_pack(packed, b.p, b.pixel, depth, n);
        k->gemm_scale(scaled, packed, scale.p, depth, n);
        for (size_t at = 0; at < count; at++)
            g_assert_cmpfloat(scaled[at], ==, packed[at] * scale.p[at / k->nr % depth]);
        g_assert_true(isnan(scaled[count]));
        map_clear(&b);
        map_clear(&scale);
    }
}

static void
test_pack_transposed(gconstpointer kernels)
{
    const HsegKernels *k = kernels;
    HsegRng rng;

    test_rng(&rng);
    for (int i = 0; i < 20; i++) {
        const int depth = hseg_rng_int(&rng, 1, 50), n = random_channels(&rng, 104);
        const size_t count = (size_t)depth * ((n + k->nr - 1) / k->nr * k->nr);
        Map t = map_new(&rng, n, depth, 0);
        float *packed = g_new(float, count + 1);

        packed[count] = NAN;
        k->gemm_pack_transposed(packed, t.p, t.pixel, depth, n);
        for (size_t at = 0; at < count; at++) {
            int d = at / k->nr % depth, j = at / k->nr / depth * k->nr + at % k->nr;

            g_assert_cmpfloat(packed[at], ==, j < n ? map_get(&t, j, d) : 0);
        }
        g_assert_true(isnan(packed[count]));
        map_clear(&t);
        g_free(packed);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_for_each("gemm/shapes", test_shapes);
    add_for_each("gemm/tiles", test_tiles);
    add_for_each("gemm/blocks", test_blocks);
    add_for_each("gemm/pack-transposed", test_pack_transposed);
    add_for_each("gemm/scale", test_scale);
    return g_test_run();
}
