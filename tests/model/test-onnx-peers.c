/* Exported networks in other runtimes: every member of the family must put out there what it puts out here.
 * What isn't installed is skipped; tests/bench/peers/setup installs it. */
#include "../folder.h"
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "model/network.h"
#include "model/onnx.h"

#define NOT_THERE 77 /* the scripts' exit status without their runtime */
#define TOLERANCE 1e-4

/* Weights that leave nothing as it is, and norms that do something; logits of about one. */
static HsegModel *
random_model(const HsegArch *arch, guint32 seed)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    HsegModel *model = hseg_model_new(arch, "random", &error);
    const HsegParams *params = &model->blueprint->params;

    g_assert_no_error(error);
    hseg_model_randomise(model, seed);
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];

        if (!strstr(p->name, ".bn."))
            continue;
        for (int c = 0; c < p->out.count; c++) {
            double u = g_rand_double_range(rand, -1, 1);
            gboolean scale = g_str_has_suffix(p->name, "weight"),
                     var = g_str_has_suffix(p->name, "running_var");

            params->value[p->offset + c] = (float)(scale                               ? 2 + u
                                                   : var                               ? 1 + 0.5 * u
                                                   : g_str_has_suffix(p->name, "bias") ? 1 + u
                                                                                       : 0.3 * u);
        }
    }
    return model;
}

/* NAME.onnx, NAME.input: [3][h][w], and NAME.logits, our own: [h][w]. */
static void
write_case(const char *dir, const char *name, HsegModel *model, HsegOnnxForm form)
{
    int w = model->arch.width, h = model->arch.height;
    g_autofree char *base = g_strdup_printf("%s/%s-%dx%d", dir, name, w, h);
    g_autofree char *onnx = g_strconcat(base, ".onnx", NULL), *in = g_strconcat(base, ".input", NULL),
                    *out = g_strconcat(base, ".logits", NULL);
    g_autofree float *planar = g_new(float, 3 * w * h);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegNetwork) network = hseg_network_new(model, HSEG_PRECISION_FLOAT32, w, h, 1, &error);
    float *input = hseg_network_input(network);

    for (int i = 0; i < w * h; i++)
        for (int c = 0; c < 3; c++)
            planar[c * w * h + i] = input[3 * i + c] = (float)g_rand_double_range(rand, -1, 1);
    hseg_onnx_save(model, form, onnx, &error);
    g_assert_no_error(error);
    g_file_set_contents(in, (char *)planar, (gssize)(3 * w * h * sizeof(float)), &error);
    g_assert_no_error(error);
    g_file_set_contents(out, (const char *)hseg_network_run(network), (gssize)(w * h * sizeof(float)),
                        &error);
    g_assert_no_error(error);
}

/* All combinations of what is a choice of operators; sizes that leave odd rows and columns on the way down.
 */
static void
write_family(const char *dir, HsegOnnxForm form)
{
    int seed = 0;

    for (int block = HSEG_BLOCK_V1; block <= HSEG_BLOCK_V3; block++)
        for (int up = HSEG_UP_TRANSPOSE; up <= HSEG_UP_POINTWISE; up++)
            for (int bits = 0; bits < 8; bits++) {
                HsegArch arch = {.block = block,
                                 .alpha = 0.12,
                                 .decoder_alpha = 0.1,
                                 .expansion = 2,
                                 .stem_stride = bits & 1 ? 2 : 1,
                                 .up = up,
                                 .pad = bits & 2 ? HSEG_PAD_REFLECT : HSEG_PAD_ZERO,
                                 .middle_blocks = 1,
                                 .decoder_blocks = 1 + (bits + up) % 2,
                                 .stem_skip = bits >> 2,
                                 .width = bits & 1 ? 83 : 67,
                                 .height = bits & 1 ? 70 : 45};
                g_autoptr(HsegModel) model = random_model(&arch, ++seed);
                g_autofree char *name = g_strdup_printf("v%d-%d-%d", block + 1, up, bits);

                write_case(dir, name, model, form);
            }
}

static float *
read_floats(const char *dir, const char *name, const char *suffix, gsize *count)
{
    g_autofree char *path = g_strconcat(dir, "/", name, ".", suffix, NULL);
    g_autoptr(GError) error = NULL;
    char *bytes;

    g_file_get_contents(path, &bytes, count, &error);
    g_assert_no_error(error);
    *count /= sizeof(float);
    return (float *)bytes;
}

/* The largest difference of a case, relative to its largest logit where that is over one. */
static double
difference(const char *dir, const char *name, const char *peer)
{
    gsize count, peer_count;
    g_autofree float *ours = read_floats(dir, name, "logits", &count);
    g_autofree float *theirs = read_floats(dir, name, peer, &peer_count);
    double worst = 0, scale = 1, low = ours[0], high = ours[0];

    g_assert_cmpint(count, ==, peer_count);
    for (gsize i = 0; i < count; i++) {
        g_assert_true(isfinite(theirs[i]));
        scale = fmax(scale, fabs(ours[i]));
        worst = fmax(worst, fabs(ours[i] - theirs[i]));
        low = fmin(low, ours[i]);
        high = fmax(high, ours[i]);
    }
    g_assert_cmpfloat(high - low, >, 100 * TOLERANCE); /* the picture makes a difference */
    return worst / scale;
}

static void
compare_all(const char *dir, const char *peer)
{
    g_autoptr(GDir) listing = g_dir_open(dir, 0, NULL);
    const char *file;
    int cases = 0;

    while ((file = g_dir_read_name(listing))) {
        g_autofree char *name = g_strndup(file, strlen(file) - MIN(strlen(file), strlen(".onnx")));
        double off;

        if (!g_str_has_suffix(file, ".onnx"))
            continue;
        off = difference(dir, name, peer);
        g_test_message("%s: %.2g", name, off);
        g_assert_cmpfloat(off, <=, TOLERANCE);
        cases++;
    }
    g_assert_cmpint(cases, ==, 3 * 3 * 8 + 1);
}

typedef struct {
    const char *interpreter, *script;
    const char *suffix; /* of what it leaves */
    HsegOnnxForm form;
} Peer;

static gboolean
interpreter_there(const Peer *peer)
{
    const char *args[] = {peer->interpreter, "--version", NULL};

    return g_spawn_sync(NULL, (char **)args, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                        NULL, NULL, NULL, NULL, NULL);
}

/* FALSE where the runtime isn't installed. */
static gboolean
run_peer(const Peer *peer, const char *dir)
{
    g_autofree char *script = g_test_build_filename(G_TEST_DIST, "peers", peer->script, NULL), *said = NULL;
    const char *args[] = {peer->interpreter, script, dir, NULL};
    g_autoptr(GError) error = NULL;
    int status;

    g_spawn_sync(NULL, (char **)args, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &said, &status, &error);
    g_assert_no_error(error);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_THERE)
        return FALSE;
    if (!g_spawn_check_wait_status(status, &error))
        g_error("%s: %s", script, said);
    return TRUE;
}

static void
test_peer(gconstpointer data)
{
    const Peer *peer = data;
    g_autofree char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_autoptr(HsegModel) model = hseg_model_load("default", NULL);

    /* In an empty folder there is nothing to do but find out. */
    if (!interpreter_there(peer) || !run_peer(peer, dir)) {
        g_test_skip("not installed; see tests/bench/peers/setup");
    } else {
        write_family(dir, peer->form);
        write_case(dir, "default", model, peer->form);
        run_peer(peer, dir);
        compare_all(dir, peer->suffix);
    }
    remove_folder(dir);
}

int
main(int argc, char **argv)
{
    static const Peer onnxruntime = {"node", "onnxruntime.js", "onnxruntime", {0}};
    static const Peer clipless = {"node", "onnxruntime.js", "onnxruntime", {.clipless = TRUE}};
    static const Peer opencv = {"/usr/bin/python3", "opencv.py", "opencv", {.clipless = TRUE}};

    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/model/onnx/onnxruntime", &onnxruntime, test_peer);
    g_test_add_data_func("/model/onnx/onnxruntime-clipless", &clipless, test_peer);
    g_test_add_data_func("/model/onnx/opencv", &opencv, test_peer);
    return g_test_run();
}
