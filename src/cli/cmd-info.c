/* humanseg info: what a network is made of and what it costs. */
#include "cli/arch-options.h"
#include "cli/cli.h"
#include "model/count.h"
#include "model/int8.h"
#include "model/network.h"
#include "nn/op.h"
#include <string.h>

#define NOTE 300

static void
print_architecture(const HsegModel *model)
{
    g_print("model           %s\narchitecture   ", hseg_model_get_name(model));
    for (const char *const *field = hseg_arch_fields(); *field; field++) {
        g_autofree char *value = hseg_arch_get(&model->arch, *field);

        g_print(" %s=%s", *field, value);
    }
    g_print("\n");
}

/* What else the file says of itself, each on one line of at most NOTE characters. */
static void
print_notes(const HsegModel *model)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(model->notes), (GCompareFunc)strcmp);

    for (GList *k = keys; k; k = k->next) {
        g_autofree char *note =
            g_strdelimit(g_strdup(g_hash_table_lookup(model->notes, k->data)), "\r\n", ' ');
        gboolean fits = g_utf8_strlen(note, -1) <= NOTE;
        g_autofree char *start = g_utf8_substring(note, 0, fits ? g_utf8_strlen(note, -1) : NOTE);

        if (!g_str_has_prefix(k->data, "int8_")) /* it is said of each layer */
            g_print("%-15s %s%s\n", (const char *)k->data, start, fits ? "" : " ...");
    }
}

/* What a layer is computed in where the network is made for int8. */
static const char *
precision_note(const HsegModel *model, const HsegOp *op)
{
    if (!hseg_model_has_int8(model) || op->weight < 0)
        return "";
    return hseg_model_layer_is_int8(model, op->name) ? "  int8" : "  float32";
}

/* One line for each operator; a norm counts to the convolution that it follows. */
static void
print_layers(const HsegModel *model)
{
    const HsegGraph *g = model->blueprint;

    g_print("\n%-42s %-15s %-15s %10s %14s%s\n", "layer", "kind", "output", "parameters", "multiply-adds",
            hseg_model_has_int8(model) ? "  precision" : "");
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        const HsegOp *next = i + 1 < g->n_ops ? &g->ops[i + 1] : NULL;
        const HsegTensor *out = &g->tensors[op->out];
        gboolean normed = next && next->mean >= 0 && next->in == op->out;
        g_autofree char *shape = g_strdup_printf("%dx%dx%d", out->w, out->h, out->channels.count);
        guint64 params = hseg_count_op_params(model, op) + (normed ? hseg_count_op_params(model, next) : 0);

        if (op->mean >= 0)
            continue;
        g_print("%-42s %-15s %-15s %10" G_GUINT64_FORMAT " %14.0f%s\n", op->name ? op->name : "",
                op->class->kind, shape, params, op->macs, precision_note(model, op));
    }
}

static void
print_cost(const HsegModel *model, const HsegNetwork *network)
{
    HsegCount n = hseg_count(model);

    g_print("\nparameters      %" G_GUINT64_FORMAT
            " (with the classifier that the original carries unused: %" G_GUINT64_FORMAT
            "; norms folded: %" G_GUINT64_FORMAT ")\n",
            n.params, n.params_with_fc, n.folded);
    g_print("multiply-adds   %" G_GUINT64_FORMAT " a frame: %.3f G\n", n.macs, (double)n.macs / 1e9);
    g_print("operations      %" G_GUINT64_FORMAT ": %.3f GFLOP, two for each multiply-add\n", 2 * n.macs,
            2 * (double)n.macs / 1e9);
    g_print("fvcore          %" G_GUINT64_FORMAT
            ": %.3f \"GFLOPs\", one for each multiply-add, two for each number "
            "normed, one for each pooled\n",
            n.fvcore, (double)n.fvcore / 1e9);
    g_print("memory          %.1f MiB of maps, %.1f MiB of weights\n",
            (double)hseg_network_graph(network)->arena_bytes / (1 << 20),
            (double)n.folded * sizeof(float) / (1 << 20));
}

static gboolean
info(const HsegArch *arch, const char *name, GError **error)
{
    g_autoptr(HsegModel) model = hseg_arch_options_model(arch, name, error);
    g_autoptr(HsegNetwork) network = NULL;

    if (!model)
        return FALSE;
    network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, model->arch.width, model->arch.height, 1, error);
    if (!network)
        return FALSE;
    print_architecture(model);
    print_notes(model);
    print_layers(model);
    print_cost(model, network);
    return TRUE;
}

int
hseg_cmd_info(int argc, char **argv)
{
    static const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
    HsegArch arch = HSEG_ARCH_REFERENCE;
    gboolean given = hseg_arch_options_given(argc, argv);
    GError *error = NULL;
    gboolean ok =
        hseg_cli_parse(&argc, &argv, "[M]",
                       "Shows the layers, parameters and cost of a model (a built-in one or a .safetensors "
                       "file), or of an architecture.",
                       entries, hseg_arch_option_group(&arch), &error) &&
        hseg_cli_one_operand(argc, argv, &error) &&
        info(given ? &arch : NULL, argc > 1 ? argv[1] : NULL, &error);

    return ok ? 0 : hseg_cli_fail(error);
}
