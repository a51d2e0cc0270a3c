/* Whole networks against PyTorch: golden/make-golden.py wrote golden/networks.json. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "model/network.h"
#include "nn/op.h"
#include "train/loss.h"

/* ---- the numbers that both sides make ---- */

static guint32
crc32_of(const char *text)
{
    guint32 crc = 0xFFFFFFFFu;

    for (; *text; text++) {
        crc ^= (guint8)*text;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static float
noise(guint32 name, guint32 i)
{
    guint32 h = i * 0x9E3779B9u + name;

    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13) * 0xC2B2AE35u;
    h ^= h >> 16;
    return (float)(h >> 8) / (1 << 23) - 1;
}

static void
fill_noise(float *out, const char *name, const char *salt, size_t count)
{
    g_autofree char *salted = g_strconcat(name, salt, NULL);
    guint32 id = crc32_of(salted);

    for (size_t i = 0; i < count; i++)
        out[i] = noise(id, (guint32)i);
}

/* [batch][h][w][3]: squares of one colour each, and a little noise on top. */
static void
fill_picture(float *out, const char *salt, int batch, int h, int w)
{
    enum { CELL = 16 };
    int rows = (h + CELL - 1) / CELL, columns = (w + CELL - 1) / CELL;
    g_autofree float *cells = g_new(float, (size_t)batch *rows *columns * 3);

    fill_noise(cells, "input", salt, (size_t)batch * rows * columns * 3);
    fill_noise(out, "grain", salt, (size_t)batch * h * w * 3);
    for (int n = 0; n < batch; n++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                for (int c = 0; c < 3; c++, out++)
                    *out = 0.25f * *out + cells[((n * rows + y / CELL) * columns + x / CELL) * 3 + c];
}

static float
spread(const char *name, float u)
{
    if (g_str_has_suffix(name, "running_var"))
        return 1 + 0.5f * u;
    if (g_str_has_suffix(name, "bn.weight"))
        return 0.6f + 0.3f * u;
    if (g_str_has_suffix(name, "bn.bias"))
        return 1.5f + 0.5f * u;
    return 0.1f * u;
}

static void
fill_param(const HsegParam *p, const char *salt, float *engine)
{
    size_t count = hseg_param_count(p);
    g_autofree float *plain = g_new(float, count);
    int shape[4];

    fill_noise(plain, p->name, salt, count);
    if (hseg_param_shape(p, shape) == 4) {
        double scale = sqrt(3.0 / ((double)shape[1] * shape[2] * shape[3]));

        for (size_t i = 0; i < count; i++)
            plain[i] = (float)(plain[i] * scale);
    } else {
        for (size_t i = 0; i < count; i++)
            plain[i] = spread(p->name, plain[i]);
    }
    hseg_param_import(p, engine, plain);
}

/* ---- cases ---- */

static HsegModel *
model_of(JsonObject *arch_fields, const char *salt)
{
    g_autoptr(GList) names = json_object_get_members(arch_fields);
    g_autoptr(GError) error = NULL;
    HsegArch arch = HSEG_ARCH_REFERENCE;
    HsegModel *model;

    for (GList *n = names; n; n = n->next) {
        hseg_arch_set(&arch, n->data, json_object_get_string_member(arch_fields, n->data), &error);
        g_assert_no_error(error);
    }
    model = hseg_model_new(&arch, "golden", &error);
    g_assert_no_error(error);
    for (int i = 0; i < model->blueprint->params.count; i++) {
        const HsegParam *p = &model->blueprint->params.list[i];

        fill_param(p, salt, model->blueprint->params.value + p->offset);
    }
    return model;
}

/* Largest difference relative to the largest logit: at most 1e-4. */
static void
test_forward(gconstpointer data)
{
    JsonObject *c = (JsonObject *)data;
    g_autoptr(HsegModel) model = model_of(json_object_get_object_member(c, "arch"), "");
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegNetwork) network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, model->arch.width, model->arch.height, 2, &error);
    JsonArray *want = json_object_get_array_member(c, "logits");
    size_t step = json_object_get_int_member(c, "step");
    double scale = json_object_get_double_member(c, "scale"), worst = 0;
    const float *got;

    g_assert_no_error(error);
    fill_picture(hseg_network_input(network), "", 1, model->arch.height, model->arch.width);
    got = hseg_network_run(network);
    for (guint i = 0; i < json_array_get_length(want); i++)
        worst = fmax(worst, fabs(got[i * step] - json_array_get_double_element(want, i)) / scale);
    g_test_message("largest relative difference %.2g", worst);
    g_assert_cmpfloat(worst, <=, 1e-4);
}

static void
check_gradient(const HsegParam *p, const char *salt, const float *engine, JsonArray *want, double *worst)
{
    size_t count = hseg_param_count(p);
    g_autofree float *plain = g_new(float, count);
    g_autofree char *probe_name = g_strconcat("probe ", p->name, salt, NULL);
    double norm = 0, dot = 0, wanted = json_array_get_double_element(want, 0);
    guint32 id = crc32_of(probe_name);

    hseg_param_export(p, plain, engine);
    for (size_t i = 0; i < count; i++) {
        norm += (double)plain[i] * plain[i];
        dot += (double)plain[i] * noise(id, (guint32)i);
    }
    *worst = fmax(fabs(sqrt(norm) - wanted), fabs(dot - json_array_get_double_element(want, 1))) /
             fmax(wanted, 1e-3);
}

static HsegGraph *
training_graph(HsegModel *model, int batch, int *output)
{
    HsegGraph *g = hseg_graph_new(batch, 2, true);

    *output = hseg_unet_build(g, &model->arch, model->arch.width, model->arch.height);
    g_assert_true(hseg_graph_plan(g, *output));
    hseg_model_get_params(model, &g->params);
    hseg_graph_params_changed(g);
    return g;
}

static void
check_statistics(HsegGraph *g, JsonObject *want)
{
    g_autoptr(GList) names = json_object_get_members(want);

    for (GList *n = names; n; n = n->next) {
        const HsegParam *p = &g->params.list[hseg_params_find(&g->params, n->data)];
        double norm = 0, wanted = json_object_get_double_member(want, n->data);

        for (size_t i = 0; i < p->size; i++)
            norm += (double)g->params.value[p->offset + i] * g->params.value[p->offset + i];
        if (fabs(sqrt(norm) - wanted) > 1e-4 * wanted)
            g_test_message("%s: norm %.9g, PyTorch has %.9g", (char *)n->data, sqrt(norm), wanted);
        g_assert_cmpfloat_with_epsilon(sqrt(norm), wanted, 1e-4 * wanted);
    }
}

static void
test_train(gconstpointer data)
{
    JsonObject *c = (JsonObject *)data, *gradients = json_object_get_object_member(c, "gradients");
    const char *salt = json_object_get_string_member(c, "salt");
    g_autoptr(HsegModel) model = model_of(json_object_get_object_member(c, "arch"), salt);
    int batch = (int)json_object_get_int_member(c, "batch"), output;
    size_t pixels = (size_t)batch * model->arch.width * model->arch.height;
    g_autofree float *target = g_new(float, pixels);
    HsegGraph *g = training_graph(model, batch, &output);
    HsegTensor *out = &g->tensors[output];
    HsegLossBatch lb = {batch, pixels / batch, out->data, out->pixel, target, out->grad, 1, NULL};
    double loss, wanted = json_object_get_double_member(c, "loss"), largest = 0;

    fill_picture(g->tensors[0].data, salt, batch, model->arch.height, model->arch.width);
    fill_noise(target, "target", salt, pixels);
    for (size_t i = 0; i < pixels; i++)
        target[i] = target[i] > 0.4f;
    hseg_graph_forward(g);
    loss = hseg_loss(&HSEG_LOSS_REFERENCE, &lb, 2).total;
    hseg_graph_backward(g);
    hseg_graph_update_statistics(g);

    g_assert_cmpfloat_with_epsilon(loss, wanted, 1e-4 * wanted);
    for (int i = 0; i < g->params.count; i++) {
        const HsegParam *p = &g->params.list[i];
        double worst;

        if (!p->trained)
            continue;
        check_gradient(p, salt, g->params.grad + p->offset, json_object_get_array_member(gradients, p->name),
                       &worst);
        if (worst > 1e-4)
            g_test_message("%s: relative difference %.2g", p->name, worst);
        largest = fmax(largest, worst);
    }
    g_test_message("loss %.9g, PyTorch's %.9g; largest relative difference of a gradient %.2g", loss, wanted,
                   largest);
    g_assert_cmpfloat(largest, <=, 1e-4);
    check_statistics(g, json_object_get_object_member(c, "statistics"));
    hseg_graph_free(g);
}

static void
add_cases(JsonObject *root, const char *kind, GTestDataFunc test)
{
    JsonArray *cases = json_object_get_array_member(root, kind);

    for (guint i = 0; i < json_array_get_length(cases); i++) {
        JsonObject *c = json_array_get_object_element(cases, i),
                   *arch = json_object_get_object_member(c, "arch");
        g_autofree char *path = g_strdup_printf(
            "/model/golden/%s/%s-%s-%s-%u", kind, json_object_get_string_member(arch, "block"),
            json_object_get_string_member(arch, "alpha"), json_object_get_string_member(arch, "input"), i);

        g_test_add_data_func(path, c, test);
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *file = NULL;
    g_autoptr(GError) error = NULL;
    JsonObject *root;

    g_test_init(&argc, &argv, NULL);
    file = g_test_build_filename(G_TEST_DIST, "golden", "networks.json", NULL);
    if (!json_parser_load_from_file(parser, file, &error))
        g_error("%s: %s", file, error->message);
    root = json_node_get_object(json_parser_get_root(parser));
    add_cases(root, "forward", test_forward);
    add_cases(root, "train", test_train);
    return g_test_run();
}
