/* Networks in bytes against the same in floats: random weights, all members of the family, pictures that are
 * noise. */
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "model/int8.h"
#include "model/network.h"
#include "model/quantise.h"
#include "nn/op.h"

#define WIDTH    96
#define HEIGHT   56
#define PICTURES 3
#define MOST     0.1 /* of the answer's variance; random networks pass errors on, a wrong layer makes it 1 */

/* Networks take long to make under the thread sanitizer: one number of threads on each instruction set, then.
 */
#ifdef __SANITIZE_THREAD__
#define BRIEF TRUE
#else
#define BRIEF FALSE
#endif

static const struct {
    const char *name, *fields;
} members[] = {
    {"default", "block=v1 alpha=0.25 decoder_alpha=0.125 stem_stride=2 upsample=pointwise stem_skip=1 "
                "middle_blocks=0 decoder_blocks=1"},
    {"v1", "block=v1 alpha=0.25 upsample=transpose middle_blocks=0 decoder_blocks=1"},
    {"v2", "block=v2 alpha=0.15 upsample=bilinear padding=zero"},
    {"v3", "block=v3 alpha=0.15 stem_stride=2 upsample=bilinear middle_blocks=2"},
};

/* Coarse noise: fine noise is averaged away by the layers, and leaves nothing to compare. */
static gboolean
make_picture(void *data, int i, float *input, GError **error)
{
    HsegRng rng;
    float cells[HEIGHT / 8 + 1][WIDTH / 8 + 1][3];

    hseg_rng_init(&rng, 7, (guint64)i);
    for (gsize k = 0; k < sizeof cells / sizeof(float); k++)
        ((float *)cells)[k] = hseg_rng_uniform(&rng, -1, 1);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                input[(y * WIDTH + x) * 3 + c] = cells[y / 8][x / 8][c];
    return TRUE;
}

/* The norms' statistics, from a batch: then numbers are of the same size in all layers, as in networks
 * that have been trained. Random biases make channels differ. */
static void
settle_norms(HsegModel *model)
{
    HsegGraph *g = hseg_graph_new(PICTURES, 2, true);
    HsegParams *params = &model->blueprint->params;
    int output = hseg_unet_build(g, &model->arch, WIDTH, HEIGHT);
    HsegRng rng;

    g_assert_true(hseg_graph_plan(g, output));
    hseg_rng_init(&rng, 5, 5);
    for (int i = 0; i < params->count; i++)
        for (int k = 0; g_str_has_suffix(params->list[i].name, ".bn.bias") && k < params->list[i].out.count;
             k++)
            params->value[params->list[i].offset + (size_t)k] = hseg_rng_uniform(&rng, 0, 1);
    hseg_model_get_params(model, &g->params);
    hseg_graph_params_changed(g);
    for (int i = 0; i < PICTURES; i++)
        make_picture(NULL, i, g->tensors[0].data + i * WIDTH * HEIGHT * 3, NULL);
    hseg_graph_forward(g);
    for (int i = 0; i < 50; i++) /* each time weighs a tenth */
        hseg_graph_update_statistics(g);
    hseg_model_set_params(model, &g->params, g->params.value);
    hseg_graph_free(g);
}

static HsegModel *
new_float_member(const char *fields)
{
    g_auto(GStrv) settings = g_strsplit(fields, " ", -1);
    HsegArch arch = HSEG_ARCH_REFERENCE;
    g_autoptr(GError) error = NULL;
    HsegModel *model;

    arch.width = WIDTH;
    arch.height = HEIGHT;
    for (char **s = settings; *s; s++) {
        g_auto(GStrv) pair = g_strsplit(*s, "=", 2);

        hseg_arch_set(&arch, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
    model = hseg_model_new(&arch, "random", &error);
    g_assert_no_error(error);
    hseg_model_randomise(model, 3);
    settle_norms(model);
    g_assert_false(hseg_model_has_int8(model));
    return model;
}

static void
quantise(HsegModel *model)
{
    g_autoptr(GError) error = NULL;
    HsegQuantiseReport report;

    hseg_model_quantise(model, PICTURES, make_picture, NULL, NULL, 2, &report, &error);
    g_assert_no_error(error);
    g_assert_true(hseg_model_has_int8(model));
}

static HsegModel *
new_member(const char *fields)
{
    HsegModel *model = new_float_member(fields);

    quantise(model);
    return model;
}

/* (transfer full): the logits of the first @n pictures. */
static float *
run(HsegModel *model, HsegPrecision precision, int threads, int n)
{
    const gsize size = WIDTH * HEIGHT;
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegNetwork) network = hseg_network_new(model, precision, WIDTH, HEIGHT, threads, &error);
    float *logits = g_malloc_n((gsize)n, size * sizeof *logits);

    g_assert_no_error(error);
    for (int i = 0; i < n; i++) {
        make_picture(NULL, i, hseg_network_input(network), NULL);
        memcpy(logits + size * (gsize)i, hseg_network_run(network), size * sizeof *logits);
    }
    return logits;
}

/* The picture in bytes at once; in float32 there is no such thing. */
static void
assert_takes_bytes(HsegModel *model)
{
    g_autoptr(HsegNetwork) floats = hseg_network_new(model, HSEG_PRECISION_FLOAT32, WIDTH, HEIGHT, 1, NULL);
    g_autoptr(HsegNetwork) network = hseg_network_new(model, HSEG_PRECISION_INT8, WIDTH, HEIGHT, 1, NULL);
    g_autofree float *picture = g_new(float, WIDTH *HEIGHT * 3),
                     *want = run(model, HSEG_PRECISION_INT8, 1, 1);
    guint8 *bytes = hseg_network_take_bytes(network);

    g_assert_null(hseg_network_take_bytes(floats));
    g_assert_nonnull(bytes);
    make_picture(NULL, 0, picture, NULL);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        for (int c = 0; c < 4; c++)
            bytes[4 * i + c] = c < 3 ? (guint8)lrintf(picture[3 * i + c] * 127 + 128) : 99;
    g_assert_cmpmem(hseg_network_run(network), WIDTH * HEIGHT * sizeof *want, want,
                    WIDTH * HEIGHT * sizeof *want);
}

/* The part of @want's variance that @got lacks. */
static double
relative_error(const float *got, const float *want)
{
    double mean = 0, variance = 0, error = 0;

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        mean += want[i] / (WIDTH * HEIGHT);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        variance += (want[i] - mean) * (want[i] - mean);
        error += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
    }
    return error / variance;
}

/* @wants: the pictures' logits in float32. */
static void
assert_close(HsegModel *model, const float *wants)
{
    g_autofree float *gots = run(model, HSEG_PRECISION_INT8, 1, PICTURES);

    for (int i = 0; i < PICTURES; i++) {
        double error = relative_error(gots + i * WIDTH * HEIGHT, wants + i * WIDTH * HEIGHT);

        g_test_message("error %.4f", error);
        g_assert_cmpfloat(error, <, MOST);
        g_assert_cmpfloat(error, >, 0); /* they are other numbers */
    }
}

/* Whoever computes it, and in how many threads. Where layers are in float32 that isn't so. */
static void
assert_same_bits(HsegModel *model)
{
    static const char *const cpus[] = {"c", "avx2", "avxvnni", "avx512", "avx512vnni"};
    g_autofree float *want = NULL;
    g_autofree char *before = g_strdup(g_getenv("HSEG_CPU"));

    g_hash_table_remove(model->notes, "int8_float32");
    for (guint i = 0; i < G_N_ELEMENTS(cpus); i++)
        for (int threads = want && BRIEF ? 3 : 1; threads <= 3; threads += 2) {
            g_autofree float *got = NULL;

            g_setenv("HSEG_CPU", cpus[i], TRUE);
            hseg_cpu_look_again();
            got = run(model, HSEG_PRECISION_INT8, threads, 1);
            if (want)
                g_assert_cmpmem(got, WIDTH * HEIGHT * sizeof *got, want, WIDTH * HEIGHT * sizeof *want);
            else
                want = g_steal_pointer(&got);
        }
    if (before)
        g_setenv("HSEG_CPU", before, TRUE);
    else
        g_unsetenv("HSEG_CPU");
    hseg_cpu_look_again();
}

/* Every second layer in floats: each way between the two, at concatenations and residuals too. */
static void
assert_close_mixed(HsegModel *model, const float *wants)
{
    g_autoptr(GString) kept = g_string_new(NULL);
    g_auto(GStrv) ranges = g_strsplit(g_hash_table_lookup(model->notes, "int8_ranges"), "; ", -1);

    for (int first = 0; first < 2; first++) {
        g_string_truncate(kept, 0);
        for (guint i = first; i < g_strv_length(ranges); i += 2)
            g_string_append_printf(kept, "%s%.*s", kept->len ? "; " : "", (int)strcspn(ranges[i], " "),
                                   ranges[i]);
        hseg_model_set_note(model, "int8_float32", kept->str);
        assert_close(model, wants);
    }
}

static void
test_member(gconstpointer fields)
{
    g_autoptr(HsegModel) model = new_member(fields);
    g_autofree float *wants = run(model, HSEG_PRECISION_FLOAT32, 1, PICTURES);

    assert_close(model, wants);
    assert_close_mixed(model, wants);
    assert_same_bits(model);
    assert_takes_bytes(model);
}

static void
assert_same(HsegModel *model, HsegPrecision precision, const float *want)
{
    g_autofree float *got = run(model, precision, 1, 1);

    g_assert_cmpmem(got, WIDTH * HEIGHT * sizeof *got, want, WIDTH * HEIGHT * sizeof *want);
}

/* Ranges come and go with the file; float32 is what it was without them, to the bit. */
static void
test_file(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL),
                    *path = g_build_filename(dir, "m.safetensors", NULL);
    g_autoptr(HsegModel) model = new_float_member(members[0].fields), back = NULL;
    g_autofree float *want = run(model, HSEG_PRECISION_FLOAT32, 1, 1), *want_int8 = NULL;

    quantise(model);
    want_int8 = run(model, HSEG_PRECISION_INT8, 1, 1);
    g_assert_false(hseg_model_is_half(model));
    hseg_model_save(model, path, FALSE, &error);
    g_assert_no_error(error);
    back = hseg_model_load(path, &error);
    g_assert_no_error(error);
    assert_same(back, HSEG_PRECISION_FLOAT32, want);
    assert_same(back, HSEG_PRECISION_INT8, want_int8);
    g_remove(path);
    g_rmdir(dir);
}

static void
assert_refused(HsegModel *model, HsegPrecision precision, int code, const char *part)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_network_new(model, precision, WIDTH, HEIGHT, 1, &error));
    g_assert_error(error, HSEG_ERROR, code);
    g_assert_nonnull(strstr(error->message, "random"));
    if (!strstr(error->message, part))
        g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, part));
}

static void
test_bad_ranges(void)
{
    static const char *const bad[] = {"", "-3", "0 nan", "0 1e40", "1 0", "0 1 2", "a b"};
    g_autoptr(HsegModel) model = new_member(members[0].fields);
    g_auto(GStrv) ranges = g_strsplit(g_hash_table_lookup(model->notes, "int8_ranges"), "; ", 2);

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *name = g_strndup(ranges[0], strcspn(ranges[0], " ")),
                        *text = g_strdup_printf("%s %s; %s", name, bad[i], ranges[1]);

        hseg_model_set_note(model, "int8_ranges", text);
        assert_refused(model, HSEG_PRECISION_INT8, HSEG_ERROR_FORMAT, name);
    }
    hseg_model_set_note(model, "int8_ranges", ranges[1]);
    assert_refused(model, HSEG_PRECISION_INT8, HSEG_ERROR_FORMAT, "missing");
    hseg_model_drop_int8(model);
    assert_refused(model, HSEG_PRECISION_INT8, HSEG_ERROR_ARGUMENT, "humanseg quantize");
    g_assert_cmpint(hseg_network_precision(model, HSEG_PRECISION_AUTO), ==, HSEG_PRECISION_FLOAT32);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        g_autofree char *path = g_strdup_printf("/model/int8/%s", members[i].name);

        g_test_add_data_func(path, members[i].fields, test_member);
    }
    g_test_add_func("/model/int8/file", test_file);
    g_test_add_func("/model/int8/bad-ranges", test_bad_ranges);
    return g_test_run();
}
