#include "cli/bench-layers.h"

#include "cli/cli.h"
#include "nn/op.h"
#include <string.h>

#define INT8 " int8" /* how the kinds of operators in bytes end */

struct HsegBenchLayers {
    HsegNetwork *network;
    const HsegGraph *graph;
    int most;
    gint64 *last; /* [n_ops], nanoseconds */
    double *ms;   /* [n_ops][most] */
};

HsegBenchLayers *
hseg_bench_layers_new(HsegNetwork *network, int most)
{
    HsegBenchLayers *l = g_new0(HsegBenchLayers, 1);

    l->network = network;
    l->graph = hseg_network_graph(network);
    l->most = most;
    l->last = g_new0(gint64, l->graph->n_ops);
    l->ms = g_new(double, (gsize)l->graph->n_ops *most);
    hseg_network_time(network, l->last);
    return l;
}

void
hseg_bench_layers_free(HsegBenchLayers *l)
{
    if (!l)
        return;
    hseg_network_time(l->network, NULL);
    g_free(l->last);
    g_free(l->ms);
    g_free(l);
}

void
hseg_bench_layers_note(HsegBenchLayers *l, int run)
{
    for (int i = 0; i < l->graph->n_ops; i++)
        l->ms[(gsize)i * l->most + run] = (double)l->last[i] / 1e6;
}

/* ---- one layer ---- */

typedef struct {
    const char *name;
    char *kind;           /* as `humanseg info` has it */
    gboolean int8, below; /* below: the next layer does this one's work, in its own time */
    const HsegTensor *out;
    double macs, ms, gflops, percent;
    gsize bytes; /* of maps in memory while it runs */
} Layer;

/* What only turns floats into bytes counts as int8, what turns them back as float32. */
static gboolean
is_int8(const HsegGraph *g, const HsegOp *op)
{
    return g_str_has_suffix(op->class->kind, INT8) || g->tensors[op->out].quant.step > 0;
}

static double
peak_of(const HsegGraph *g, const HsegOp *op, const HsegPeak *peak)
{
    return is_int8(g, op) ? peak->int8 : peak->float32;
}

/* The multiply-adds of what is done while @op runs. */
static double
work_of(const HsegGraph *g, const HsegOp *op)
{
    if (op->inside)
        return 0;
    return op->macs + (op->expand < 0 ? 0 : g->ops[op->expand].macs);
}

static Layer
layer_init(const HsegBenchLayers *l, int i, int runs, const HsegPeak *peak)
{
    const HsegOp *op = &l->graph->ops[i];
    g_autofree double *ms = g_memdup2(l->ms + (gsize)i * l->most, (gsize)runs * sizeof *ms);
    gsize kind = strlen(op->class->kind);
    Layer layer = {.name = op->name,
                   .int8 = is_int8(l->graph, op),
                   .below = op->inside,
                   .out = &l->graph->tensors[op->out],
                   .macs = op->macs,
                   .ms = hseg_cli_median(ms, runs),
                   .bytes = op->alive};

    if (g_str_has_suffix(op->class->kind, INT8))
        kind -= strlen(INT8);
    layer.kind = g_strndup(op->class->kind, kind);
    layer.gflops = layer.ms > 0 ? 2 * work_of(l->graph, op) / (layer.ms * 1e6) : 0;
    layer.percent = 100 * layer.gflops / peak_of(l->graph, op, peak);
    return layer;
}

static void
layer_clear(Layer *layer)
{
    g_free(layer->kind);
}

static const char *
precision_name(const Layer *layer)
{
    return layer->int8 ? "int8" : "float32";
}

double
hseg_bench_layers_ideal_ms(const HsegBenchLayers *l, const HsegPeak *peak)
{
    double ms = 0;

    for (int i = 0; i < l->graph->n_ops; i++)
        ms += 2 * l->graph->ops[i].macs / (peak_of(l->graph, &l->graph->ops[i], peak) * 1e6);
    return ms;
}

/* ---- as text ---- */

static int
name_width(const HsegGraph *g)
{
    gsize width = strlen("layer");

    for (int i = 0; i < g->n_ops; i++)
        width = MAX(width, strlen(g->ops[i].name));
    return (int)width;
}

static void
print_layer(const Layer *layer, int width)
{
    g_autofree char *shape =
        g_strdup_printf("%dx%dx%d", layer->out->w, layer->out->h, layer->out->channels.count);

    g_print("%-*s  %-14s  %-11s  %-9s", width, layer->name, layer->kind, shape, precision_name(layer));
    if (layer->below)
        g_print("  %13.0f  %8s  %8s  %6s", layer->macs, "below", "-", "-");
    else if (layer->macs > 0)
        g_print("  %13.0f  %8.3f  %8.1f  %4.0f %%", layer->macs, layer->ms, layer->gflops, layer->percent);
    else
        g_print("  %13s  %8.3f  %8s  %6s", "-", layer->ms, "-", "-");
    g_print("  %6.2f\n", (double)layer->bytes / (1 << 20));
}

void
hseg_bench_layers_print(const HsegBenchLayers *l, int runs, const HsegPeak *peak, double stage_ms)
{
    const int width = name_width(l->graph);
    double macs = 0, ms = 0;
    gsize bytes = 0;

    g_print("\n%-*s  %-14s  %-11s  %-9s  %13s  %8s  %8s  %6s  %6s\n", width, "layer", "kind", "output",
            "precision", "multiply-adds", "ms", "GOP/s", "peak", "MiB");
    for (int i = 0; i < l->graph->n_ops; i++) {
        Layer layer = layer_init(l, i, runs, peak);

        print_layer(&layer, width);
        macs += layer.macs;
        ms += layer.ms;
        bytes = MAX(bytes, layer.bytes);
        layer_clear(&layer);
    }
    g_print("%-*s  %13.0f  %8.3f  %8.1f  %4.0f %%  %6.2f\n", width + 40, "all layers", macs, ms,
            2 * macs / (ms * 1e6), 100 * hseg_bench_layers_ideal_ms(l, peak) / ms, (double)bytes / (1 << 20));
    g_print("%-*s  %13s  %8.3f\n", width + 40, "rest of inference: sigmoid, smoothing, cuts", "-",
            stage_ms - ms);
    g_print("\nbelow: rows are made as the layer below needs them, in its time\npeak: of %.1f GOP/s in "
            "float32 and %.1f in int8, as measured; MiB: of maps in memory at that "
            "time\n",
            peak->float32, peak->int8);
}

/* ---- as JSON ---- */

static void
add_layer(JsonBuilder *j, const Layer *layer)
{
    json_builder_begin_object(j);
    json_builder_set_member_name(j, "name");
    json_builder_add_string_value(j, layer->name);
    json_builder_set_member_name(j, "kind");
    json_builder_add_string_value(j, layer->kind);
    json_builder_set_member_name(j, "precision");
    json_builder_add_string_value(j, precision_name(layer));
    hseg_cli_add_int(j, "width", layer->out->w);
    hseg_cli_add_int(j, "height", layer->out->h);
    hseg_cli_add_int(j, "channels", layer->out->channels.count);
    hseg_cli_add_int(j, "multiply_adds", (gint64)layer->macs);
    hseg_cli_add_number(j, "median_ms", layer->ms);
    hseg_cli_add_number(j, "gflops", layer->gflops);
    hseg_cli_add_number(j, "percent_of_peak", layer->percent);
    hseg_cli_add_int(j, "memory_bytes", (gint64)layer->bytes);
    json_builder_end_object(j);
}

void
hseg_bench_layers_add_json(const HsegBenchLayers *l, int runs, const HsegPeak *peak, JsonBuilder *j)
{
    json_builder_begin_array(j);
    for (int i = 0; i < l->graph->n_ops; i++) {
        Layer layer = layer_init(l, i, runs, peak);

        add_layer(j, &layer);
        layer_clear(&layer);
    }
    json_builder_end_array(j);
}
