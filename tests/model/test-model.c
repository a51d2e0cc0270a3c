/* Models in files: what comes back, and what is refused by name. */
#include "model/mean.h"

#include "../folder.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "model/network.h"

#define VARIANCE "up4.final_block.pointwise.bn.running_var"
#define STEM     "backbone.model.layer1.0.conv.weight"
#define TENSOR   "backbone.model.layer1.1.expand.conv.weight" /* [6][3][1][1] */

/* ---- a model, a folder ---- */

typedef struct {
    char *dir, *path; /* where the model has been saved, and its folder */
    HsegModel *model;
} Fixture;

static HsegModel *
small_model(const char *block, guint64 seed)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(GError) error = NULL;
    HsegModel *model;

    hseg_arch_set(&arch, "block", block, &error);
    hseg_arch_set(&arch, "alpha", "0.1", &error);
    hseg_arch_set(&arch, "middle_blocks", "1", &error);
    hseg_arch_set(&arch, "input", "64x48", &error);
    g_assert_no_error(error);
    model = hseg_model_new(&arch, "small", &error);
    g_assert_no_error(error);
    hseg_model_randomise(model, seed);
    hseg_model_set_note(model, "training_command", "humanseg train --data \"a, b\"");
    return model;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "model.safetensors", NULL);
    f->model = small_model("v3", 1);
    g_assert_true(hseg_model_save(f->model, f->path, FALSE, &error));
    g_assert_no_error(error);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    remove_folder(f->dir);
    g_free(f->dir);
    g_free(f->path);
    hseg_model_unref(f->model);
}

static const float *
values(const HsegModel *model, size_t *bytes)
{
    *bytes = model->blueprint->params.size * sizeof(float);
    return model->blueprint->params.value;
}

/* ---- what comes back ---- */

static void
test_round_trip(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) back = hseg_model_load(f->path, &error);
    size_t bytes, back_bytes;
    const float *was = values(f->model, &bytes), *is;
    int width, height;

    g_assert_no_error(error);
    is = values(back, &back_bytes);
    g_assert_cmpmem(is, back_bytes, was, bytes);
    g_assert_cmpstr(hseg_model_get_name(back), ==, f->path);
    hseg_model_get_input_size(back, &width, &height);
    g_assert_cmpint(width, ==, 64);
    g_assert_cmpint(height, ==, 48);
    g_assert_cmpint(back->arch.block, ==, HSEG_BLOCK_V3);
    g_assert_cmpfloat(back->arch.alpha, ==, 0.1);
    g_assert_cmpstr(g_hash_table_lookup(back->notes, "training_command"), ==,
                    "humanseg train --data \"a, b\"");
    g_assert_cmpuint(g_hash_table_size(back->notes), ==, 1);
}

/* Each number is the mean of the models' numbers, and the record names all of their commands. */
static void
test_mean(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) other = small_model("v3", 2), third = small_model("v3", 3), mean = NULL;
    HsegModel *models[] = {f->model, other, third};
    const HsegParams *params = &f->model->blueprint->params;

    mean = hseg_model_mean(models, 3, &error);
    g_assert_no_error(error);
    for (size_t k = 0; k < params->size; k++)
        g_assert_cmpfloat_with_epsilon(mean->blueprint->params.value[k],
                                       ((double)params->value[k] + other->blueprint->params.value[k] +
                                        third->blueprint->params.value[k]) /
                                           3,
                                       1e-6);
    g_assert_cmpstr(g_hash_table_lookup(mean->notes, "training_command"), ==,
                    "mean of: humanseg train --data \"a, b\"; humanseg train --data \"a, b\"; "
                    "humanseg train --data \"a, b\"");
}

static void
test_mean_of_others(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) other = small_model("v2", 2);
    HsegModel *models[] = {f->model, other};

    g_assert_null(hseg_model_mean(models, 2, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "block is v2"));
}

/* Weights to 11 bits, vectors as they are. */
static void
test_half(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) back = NULL;
    const HsegParams *was = &f->model->blueprint->params, *is;
    GStatBuf whole, half;
    int rounded = 0;

    g_stat(f->path, &whole);
    g_assert_true(hseg_model_save(f->model, f->path, TRUE, &error));
    g_stat(f->path, &half);
    g_assert_cmpint(half.st_size, <, whole.st_size * 0.6);
    back = hseg_model_load(f->path, &error);
    g_assert_no_error(error);
    is = &back->blueprint->params;
    for (int i = 0; i < was->count; i++) {
        const HsegParam *p = &was->list[i];

        for (size_t k = p->offset; k < p->offset + p->size; k++) {
            double tolerance = p->kind == HSEG_PARAM_VECTOR ? 0 : fabs(was->value[k]) * 0x1p-11 + 0x1p-25;

            g_assert_cmpfloat(fabs(is->value[k] - was->value[k]), <=, tolerance);
            rounded += is->value[k] != was->value[k];
        }
    }
    g_assert_cmpint(rounded, >, 0);
}

/* What was loaded computes what was saved. */
static void
test_same_logits(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) back = hseg_model_load(f->path, &error);
    g_autoptr(HsegNetwork) first = hseg_network_new(f->model, HSEG_PRECISION_FLOAT32, 64, 48, 1, &error);
    g_autoptr(HsegNetwork) second = hseg_network_new(back, HSEG_PRECISION_FLOAT32, 64, 48, 2, &error);
    size_t bytes = 64 * 48 * sizeof(float);

    g_assert_no_error(error);
    for (int i = 0; i < 64 * 48 * 3; i++)
        hseg_network_input(first)[i] = hseg_network_input(second)[i] = (float)(i % 17) / 8 - 1;
    g_assert_cmpmem(hseg_network_run(first), bytes, hseg_network_run(second), bytes);
}

static void
test_network_size(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_network_new(f->model, HSEG_PRECISION_FLOAT32, 31, 48, 1, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "31x48"));
}

/* ---- what is refused ---- */

/* A copy of the model's file with one thing changed. */
typedef struct {
    const char *name;
    const char *key, *value;   /* metadata to replace, or (value NULL) to leave out */
    const char *drop;          /* tensor to leave out */
    const char *negate;        /* tensor whose first number becomes -1 */
    gboolean reshape, integer; /* of TENSOR: another shape, another type */
    float poison;              /* put into TENSOR, where it isn't 0 */
    HsegError code;
    const char *says; /* in the error, beside the file's name */
} Fault;

static const Fault faults[] = {
    {.name = "no-format", .key = "format", .code = HSEG_ERROR_FORMAT, .says = "missing"},
    {.name = "other-format", .key = "format", .value = "pt", .code = HSEG_ERROR_FORMAT, .says = "'pt'"},
    {.name = "checkpoint",
     .key = "format",
     .value = "humanseg-checkpoint",
     .code = HSEG_ERROR_FORMAT,
     .says = "'humanseg-checkpoint'"},
    {.name = "unknown-block",
     .key = "block",
     .value = "v9",
     .code = HSEG_ERROR_ARGUMENT,
     .says = "block is 'v9'"},
    {.name = "bad-alpha",
     .key = "alpha",
     .value = "-1",
     .code = HSEG_ERROR_ARGUMENT,
     .says = "alpha is '-1'"},
    {.name = "bad-input",
     .key = "input",
     .value = "8x8",
     .code = HSEG_ERROR_ARGUMENT,
     .says = "input is '8x8'"},
    {.name = "other-alpha", .key = "alpha", .value = "0.2", .code = HSEG_ERROR_SHAPE, .says = STEM},
    {.name = "other-block",
     .key = "block",
     .value = "v1",
     .code = HSEG_ERROR_SHAPE,
     .says = "backbone.model.layer1.1"},
    {.name = "missing-tensor", .drop = TENSOR, .code = HSEG_ERROR_FORMAT, .says = TENSOR},
    {.name = "missing-statistics", .drop = VARIANCE, .code = HSEG_ERROR_FORMAT, .says = VARIANCE},
    {.name = "wrong-shape", .reshape = TRUE, .code = HSEG_ERROR_SHAPE, .says = TENSOR},
    {.name = "wrong-dtype", .integer = TRUE, .code = HSEG_ERROR_SHAPE, .says = TENSOR},
    {.name = "nan", .poison = NAN, .code = HSEG_ERROR_FORMAT, .says = TENSOR},
    {.name = "negative-variance", .negate = VARIANCE, .code = HSEG_ERROR_FORMAT, .says = VARIANCE},
    {.name = "infinite", .poison = INFINITY, .code = HSEG_ERROR_FORMAT, .says = TENSOR},
};

static void
copy_tensor(HsegSafetensorsWriter *writer, const HsegStoredTensor *t, const Fault *fault)
{
    g_autofree float *data = g_memdup2(t->data, t->bytes);
    int64_t shape[4] = {t->shape[0], t->shape[1], t->shape[2], t->shape[3]};
    gboolean target = strcmp(t->name, TENSOR) == 0;

    if (g_strcmp0(t->name, fault->drop) == 0)
        return;
    if (target && fault->reshape) {
        shape[0] = t->shape[1];
        shape[1] = t->shape[0];
    }
    if (g_strcmp0(t->name, fault->negate) == 0)
        data[0] = -1;
    if (target && fault->poison != 0)
        data[7] = fault->poison;
    hseg_safetensors_writer_add(writer, t->name, target && fault->integer ? HSEG_DTYPE_I32 : t->dtype, shape,
                                t->n_dims, data);
}

static void
copy_with_fault(const char *path, const Fault *fault)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(path, &error);
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();
    g_autoptr(GList) keys = hseg_safetensors_metadata_keys(file);

    for (GList *k = keys; k; k = k->next)
        if (g_strcmp0(k->data, fault->key) != 0)
            hseg_safetensors_writer_add_metadata(writer, k->data, hseg_safetensors_metadata(file, k->data));
    if (fault->value)
        hseg_safetensors_writer_add_metadata(writer, fault->key, fault->value);
    for (int i = 0; i < hseg_safetensors_count(file); i++)
        copy_tensor(writer, hseg_safetensors_get(file, i), fault);
    g_assert_true(hseg_safetensors_writer_save(writer, path, &error));
}

static void
test_fault(Fixture *f, gconstpointer data)
{
    const Fault *fault = data;
    g_autoptr(GError) error = NULL;

    copy_with_fault(f->path, fault);
    g_assert_null(hseg_model_load(f->path, &error));
    g_assert_error(error, HSEG_ERROR, (int)fault->code);
    if (!strstr(error->message, f->path) || !strstr(error->message, fault->says))
        g_error("'%s' does not name %s and %s", error->message, f->path, fault->says);
}

/* The copy itself is not at fault. */
static void
test_no_fault(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;

    copy_with_fault(f->path, &(Fault){.name = "none"});
    model = hseg_model_load(f->path, &error);
    g_assert_no_error(error);
}

static void
check_load_error(const char *name, HsegError code)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_model_load(name, &error));
    g_assert_error(error, HSEG_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, name));
}

static void
test_no_file(Fixture *f, gconstpointer data)
{
    g_autofree char *absent = g_build_filename(f->dir, "absent.safetensors", NULL);

    check_load_error("no-such-model", HSEG_ERROR_FILE);
    check_load_error("", HSEG_ERROR_FILE);
    check_load_error(absent, HSEG_ERROR_FILE);
    check_load_error(f->dir, HSEG_ERROR_FILE);
}

static void
test_truncated(Fixture *f, gconstpointer data)
{
    g_autofree char *content = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(f->path, &content, &length, NULL));
    g_assert_true(g_file_set_contents(f->path, content, length - 1, NULL));
    check_load_error(f->path, HSEG_ERROR_FORMAT);
    g_assert_true(g_file_set_contents(f->path, content, 5, NULL));
    check_load_error(f->path, HSEG_ERROR_FORMAT);
    g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
    check_load_error(f->path, HSEG_ERROR_FORMAT);
}

/* ---- a start from parts ---- */

/* @to gets the encoder of @from, then @more. */
static int
save_encoder(const char *from, const char *to, const char *more, const int64_t *shape)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(from, &error);
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();
    float zeros[64] = {0};
    int count = 0;

    for (int i = 0; i < hseg_safetensors_count(file); i++) {
        const HsegStoredTensor *t = hseg_safetensors_get(file, i);

        if (!g_str_has_prefix(t->name, "backbone."))
            continue;
        hseg_safetensors_writer_add(writer, t->name, t->dtype, t->shape, t->n_dims, t->data);
        count++;
    }
    hseg_safetensors_writer_add_f32(writer, more, shape, 1, zeros);
    g_assert_true(hseg_safetensors_writer_save(writer, to, &error));
    return count;
}

static void
test_init(Fixture *f, gconstpointer data)
{
    g_autofree char *part = g_build_filename(f->dir, "encoder.safetensors", NULL);
    int count = save_encoder(f->path, part, "backbone.model.fc.bias", (int64_t[]){64}), differing = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(part, &error);
    g_autoptr(HsegModel) fresh = small_model("v3", 2), other = small_model("v3", 2);
    const HsegParams *params = &fresh->blueprint->params;

    g_assert_cmpint(hseg_model_init_from(fresh, file, &error), ==, count);
    g_assert_no_error(error);
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];
        const HsegModel *want = g_str_has_prefix(p->name, "backbone.") ? f->model : other;
        size_t bytes = p->size * sizeof(float);

        g_assert_cmpmem(params->value + p->offset, bytes, want->blueprint->params.value + p->offset, bytes);
        differing +=
            memcmp(params->value + p->offset, other->blueprint->params.value + p->offset, bytes) != 0;
    }
    g_assert_cmpint(differing, >, count / 4); /* norms start equal */
}

static void
check_init_error(Fixture *f, const char *part, const char *block, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(part, &error);
    g_autoptr(HsegModel) fresh = small_model(block, 2);

    g_assert_cmpint(hseg_model_init_from(fresh, file, &error), ==, -1);
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, part));
    g_assert_nonnull(strstr(error->message, says));
}

static void
test_init_refused(Fixture *f, gconstpointer data)
{
    g_autofree char *part = g_build_filename(f->dir, "part.safetensors", NULL);
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();

    save_encoder(f->path, part, "out.bias", (int64_t[]){2});
    check_init_error(f, part, "v3", "out.bias");
    hseg_safetensors_writer_add_f32(writer, "features.0.weight", (int64_t[]){1}, 1, (float[]){1});
    g_assert_true(hseg_safetensors_writer_save(writer, part, NULL));
    check_init_error(f, part, "v3", "no tensor");
}

/* ---- random weights ---- */

static void
test_random(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegModel) same = small_model("v3", 1), other = small_model("v3", 2);
    const HsegParams *params = &f->model->blueprint->params;
    const HsegParam *stem = &params->list[hseg_params_find(params, STEM)];
    const HsegParam *up = &params->list[hseg_params_find(params, "up4.up.weight")];
    size_t bytes, count;
    const float *v = values(f->model, &bytes);
    float bound = 1 / sqrtf(27), largest = 0;

    g_assert_cmpmem(v, bytes, values(same, &count), count);
    g_assert_cmpint(memcmp(v, values(other, &count), bytes), !=, 0);
    for (size_t i = 0; i < stem->size; i++)
        largest = fmaxf(largest, fabsf(v[stem->offset + i]));
    g_assert_cmpfloat(largest, <=, bound);
    g_assert_cmpfloat(largest, >, 0.8 * bound);
    /* Transposed: PyTorch's fan in is that of the outputs, 6 channels of 9 taps. */
    bound = 1 / sqrtf(54);
    largest = 0;
    for (size_t i = 0; i < up->size; i++)
        largest = fmaxf(largest, fabsf(v[up->offset + i]));
    g_assert_cmpfloat(largest, <=, bound);
    g_assert_cmpfloat(largest, >, 0.8 * bound);
}

int
main(int argc, char **argv)
{
    const struct {
        const char *name;
        void (*test)(Fixture *f, gconstpointer data);
    } tests[] = {{"round-trip", test_round_trip},
                 {"half", test_half},
                 {"same-logits", test_same_logits},
                 {"network-size", test_network_size},
                 {"no-fault", test_no_fault},
                 {"no-file", test_no_file},
                 {"truncated", test_truncated},
                 {"init", test_init},
                 {"init-refused", test_init_refused},
                 {"random", test_random},
                 {"mean", test_mean},
                 {"mean-of-others", test_mean_of_others}};

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/model/file/", tests[i].name, NULL);

        g_test_add(path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_autofree char *path = g_strconcat("/model/file/fault/", faults[i].name, NULL);

        g_test_add(path, Fixture, &faults[i], set_up, test_fault, tear_down);
    }
    return g_test_run();
}
