/* What members of the family cost, against the integers that a count of the original PyTorch code gives at
 * 320 x 180. */
#include "model/count.h"

#include "nn/op.h"

typedef struct {
    const char *name;
    const char *fields[8]; /* name, value, ... */
    HsegCount want;
} Case;

/* params, with fc, folded, multiply-adds, fvcore */
static const Case cases[] = {
    {"v1-1.0",
     {"block", "v1", "alpha", "1.0"},
     {10835585, 11860585, 10802177, G_GUINT64_CONSTANT(10014883840), G_GUINT64_CONSTANT(10125271040)}},
    {"v2-1.0",
     {"block", "v2", "alpha", "1.0"},
     {24988993, 26013993, 24905857, G_GUINT64_CONSTANT(30066237440), G_GUINT64_CONSTANT(30356357120)}},
    {"v2-0.45",
     {"block", "v2", "alpha", "0.45"},
     {5107760, 5568760, 5070464, G_GUINT64_CONSTANT(6137570000), G_GUINT64_CONSTANT(6266190800)}},
    {"v3-1.0",
     {"block", "v3", "alpha", "1.0"},
     {34571825, 35596825, 34488689, G_GUINT64_CONSTANT(30075799552), G_GUINT64_CONSTANT(30418921472)}},
    {"v3-0.45",
     {"block", "v3", "alpha", "0.45"},
     {7044552, 7505552, 7007256, G_GUINT64_CONSTANT(6139497500), G_GUINT64_CONSTANT(6291629100)}},
    {"v3-0.3",
     {"block", "v3", "alpha", "0.3"},
     {3146409, 3454409, 3121599, G_GUINT64_CONSTANT(2774501008), G_GUINT64_CONSTANT(2876134288)}},
    {"v1-1.0-stem-stride-2",
     {"block", "v1", "stem_stride", "2"},
     {10835585, 11860585, 10802177, G_GUINT64_CONSTANT(2552862720), G_GUINT64_CONSTANT(2580736000)}},
    {"v3-0.3-stem-stride-2",
     {"block", "v3", "alpha", "0.3", "stem_stride", "2"},
     {3146409, 3454409, 3121599, G_GUINT64_CONSTANT(708935468), G_GUINT64_CONSTANT(734603308)}},
};

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;
    HsegCount got;
    guint64 by_operator = 0;

    for (int i = 0; c->fields[i]; i += 2)
        hseg_arch_set(&arch, c->fields[i], c->fields[i + 1], &error);
    g_assert_no_error(error);
    model = hseg_model_new(&arch, "count", &error);
    g_assert_no_error(error);
    got = hseg_count(model);
    g_assert_cmpuint(got.params, ==, c->want.params);
    g_assert_cmpuint(got.params_with_fc, ==, c->want.params_with_fc);
    g_assert_cmpuint(got.folded, ==, c->want.folded);
    g_assert_cmpuint(got.macs, ==, c->want.macs);
    g_assert_cmpuint(got.fvcore, ==, c->want.fvcore);

    for (int i = 0; i < model->blueprint->n_ops; i++)
        by_operator += hseg_count_op_params(model, &model->blueprint->ops[i]);
    g_assert_cmpuint(by_operator, ==, got.params);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/model/count/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
