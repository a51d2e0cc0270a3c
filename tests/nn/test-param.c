/* Parameters: layouts, and the way between PyTorch's order and the engine's. */
#include <glib.h>
#include <string.h>

#include "nn/param.h"

/* ---- one parameter of each kind ---- */

typedef struct {
    HsegParams params;
    HsegParam *p;
    float *plain;
    size_t count;
} One;

/* Its numbers in PyTorch's order are 1, 2, 3, ... */
static One
one(HsegParamKind kind, HsegLayout in, HsegLayout out, int kernel)
{
    One o;

    hseg_params_init(&o.params);
    g_assert_cmpint(hseg_params_add(&o.params, "x", kind, in, out, kernel, true, true), ==, 0);
    g_assert_true(hseg_params_allocate(&o.params, false));
    o.p = &o.params.list[0];
    o.count = hseg_param_count(o.p);
    o.plain = g_new(float, o.count);
    for (size_t i = 0; i < o.count; i++)
        o.plain[i] = (float)(i + 1);
    hseg_param_import(o.p, o.params.value, o.plain);
    return o;
}

static void
one_clear(One *o)
{
    g_free(o->plain);
    hseg_params_clear(&o->params);
}

/* What comes back is what went in, and as many numbers are set as there are: the padding stays 0. */
static void
check_round_trip(const One *o)
{
    g_autofree float *back = g_new0(float, o->count);
    size_t set = 0;

    hseg_param_export(o->p, back, o->params.value);
    for (size_t i = 0; i < o->count; i++)
        g_assert_cmpfloat(back[i], ==, o->plain[i]);
    for (size_t i = 0; i < o->p->size; i++)
        set += o->params.value[i] != 0;
    g_assert_cmpuint(set, ==, o->count);
}

static void
check_shape(const One *o, int n, const int *want)
{
    int shape[4];

    g_assert_cmpint(hseg_param_shape(o->p, shape), ==, n);
    for (int i = 0; i < n; i++)
        g_assert_cmpint(shape[i], ==, want[i]);
}

static void
test_vector(void)
{
    One o = one(HSEG_PARAM_VECTOR, hseg_layout(9), hseg_layout(9), 1);

    check_shape(&o, 1, (int[]){9});
    g_assert_cmpuint(o.count, ==, 9);
    g_assert_cmpuint(o.p->size, ==, 16);
    for (int i = 0; i < 9; i++)
        g_assert_cmpfloat(o.params.value[i], ==, i + 1);
    check_round_trip(&o);
    one_clear(&o);
}

/* PyTorch's [10][9][3][3] -> [3][3][16][16] */
static void
test_dense(void)
{
    One o = one(HSEG_PARAM_DENSE, hseg_layout(9), hseg_layout(10), 3);
    const float *e = o.params.value;

    check_shape(&o, 4, (int[]){10, 9, 3, 3});
    g_assert_cmpuint(o.p->size, ==, 9 * 16 * 16);
    g_assert_cmpfloat(e[0], ==, 1);                      /* [0][0][0][0] */
    g_assert_cmpfloat(e[1], ==, 82);                     /* [1][0][0][0]: 9 * 9 numbers on */
    g_assert_cmpfloat(e[16], ==, 10);                    /* [0][1][0][0] */
    g_assert_cmpfloat(e[16 * 16], ==, 2);                /* [0][0][0][1] */
    g_assert_cmpfloat(e[3 * 16 * 16], ==, 4);            /* [0][0][1][0] */
    g_assert_cmpfloat(e[8 * 256 + 8 * 16 + 9], ==, 810); /* [9][8][2][2]: the last */
    check_round_trip(&o);
    one_clear(&o);
}

/* PyTorch's [9 in][10 out][3][3] -> [3][3][16 out][16 in] */
static void
test_transposed(void)
{
    One o = one(HSEG_PARAM_TRANSPOSED, hseg_layout(9), hseg_layout(10), 3);
    const float *e = o.params.value;

    check_shape(&o, 4, (int[]){9, 10, 3, 3});
    g_assert_cmpfloat(e[0], ==, 1);
    g_assert_cmpfloat(e[1], ==, 91);      /* [1][0][0][0]: 10 * 9 numbers on */
    g_assert_cmpfloat(e[16], ==, 10);     /* [0][1][0][0] */
    g_assert_cmpfloat(e[5 * 256], ==, 6); /* [0][0][1][2] */
    g_assert_cmpfloat(e[8 * 256 + 9 * 16 + 8], ==, 810);
    check_round_trip(&o);
    one_clear(&o);
}

/* PyTorch's [9][1][3][3] -> [3][3][16] */
static void
test_depthwise(void)
{
    One o = one(HSEG_PARAM_DEPTHWISE, hseg_layout(9), hseg_layout(9), 3);
    const float *e = o.params.value;

    check_shape(&o, 4, (int[]){9, 1, 3, 3});
    g_assert_cmpuint(o.p->size, ==, 9 * 16);
    g_assert_cmpfloat(e[0], ==, 1);
    g_assert_cmpfloat(e[1], ==, 10); /* [1][0][0][0] */
    g_assert_cmpfloat(e[16], ==, 2); /* [0][0][0][1] */
    g_assert_cmpfloat(e[8 * 16 + 8], ==, 81);
    check_round_trip(&o);
    one_clear(&o);
}

/* A concatenation of 9 and 3 channels: the second part starts at 16. A picture's 3 channels have no padding.
 */
static void
test_gap(void)
{
    HsegLayout joined = hseg_layout_join(hseg_layout(9), hseg_layout(3));
    One dense = one(HSEG_PARAM_DENSE, joined, hseg_layout(1), 1),
        vector = one(HSEG_PARAM_VECTOR, joined, joined, 1);
    One stem = one(HSEG_PARAM_DENSE, hseg_layout_tight(3), hseg_layout(8), 3);

    check_shape(&dense, 4, (int[]){1, 12, 1, 1});
    g_assert_cmpuint(dense.p->size, ==, 24 * 8);
    g_assert_cmpfloat(dense.params.value[8 * 8], ==, 9);
    g_assert_cmpfloat(dense.params.value[16 * 8], ==, 10);
    g_assert_cmpfloat(vector.params.value[8], ==, 9);
    g_assert_cmpfloat(vector.params.value[16], ==, 10);
    g_assert_cmpuint(stem.p->size, ==, 9 * 3 * 8);
    check_round_trip(&dense);
    check_round_trip(&vector);
    check_round_trip(&stem);
    one_clear(&dense);
    one_clear(&vector);
    one_clear(&stem);
}

/* ---- the list ---- */

static void
test_list(void)
{
    HsegLayout c = hseg_layout(9);
    HsegParams params;

    hseg_params_init(&params);
    g_assert_cmpint(hseg_params_add(&params, "a.weight", HSEG_PARAM_DENSE, c, c, 1, true, true), ==, 0);
    g_assert_cmpint(hseg_params_add(&params, "a.bias", HSEG_PARAM_VECTOR, c, c, 1, true, false), ==, 1);
    g_assert_cmpint(
        hseg_params_add(&params, "a.small", HSEG_PARAM_VECTOR, c, hseg_layout(1), 1, false, false), ==, 2);
    g_assert_true(hseg_params_allocate(&params, true));

    g_assert_cmpint(hseg_params_find(&params, "a.bias"), ==, 1);
    g_assert_cmpint(hseg_params_find(&params, "a"), ==, -1);
    for (int i = 0; i < params.count; i++) {
        g_assert_cmpuint(params.list[i].offset % 16, ==, 0);
        if (i > 0)
            g_assert_cmpuint(params.list[i].offset, >=, params.list[i - 1].offset + params.list[i - 1].size);
    }
    g_assert_cmpuint(params.list[2].offset + params.list[2].size, <=, params.size);
    for (size_t i = 0; i < params.size; i++) {
        g_assert_cmpfloat(params.value[i], ==, 0);
        g_assert_cmpfloat(params.grad[i], ==, 0);
    }
    hseg_params_clear(&params);
    hseg_params_clear(&params);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nn/param/vector", test_vector);
    g_test_add_func("/nn/param/dense", test_dense);
    g_test_add_func("/nn/param/transposed", test_transposed);
    g_test_add_func("/nn/param/depthwise", test_depthwise);
    g_test_add_func("/nn/param/gap", test_gap);
    g_test_add_func("/nn/param/list", test_list);
    return g_test_run();
}
