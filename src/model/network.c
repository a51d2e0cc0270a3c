#include "model/network.h"

#include <humanseg/error.h>

#include "base/mem.h"
#include "kernels/int8.h"
#include "model/fold.h"
#include "model/int8.h"

struct HsegNetwork {
    HsegModel *model;
    HsegGraph *graph;
    int output;    /* tensor */
    float *logits; /* [h][w], where the graph's own are not contiguous; else NULL */
};

HsegPrecision
hseg_network_precision(const HsegModel *model, HsegPrecision wanted)
{
    if (wanted != HSEG_PRECISION_AUTO)
        return wanted;
    return hseg_model_has_int8(model) && hseg_int8_kernels()->faster ? HSEG_PRECISION_INT8
                                                                     : HSEG_PRECISION_FLOAT32;
}

/* Puts bytes in the place of floats in the graph as it is built. Lack of memory shows when it is planned. */
static gboolean
quantise(HsegNetwork *network, GError **error)
{
    HsegGraph *g = network->graph;
    g_autofree HsegValueRange *ranges = g_new(HsegValueRange, g->n_tensors + 1);
    g_autofree bool *keep = g_new0(bool, g->n_ops + 1);

    if (!hseg_model_read_int8(network->model, g, ranges, keep, error))
        return FALSE;
    if (!hseg_graph_quantise(g, network->output, ranges, keep))
        network->output = -1;
    return TRUE;
}

static HsegNetwork *
network_new(HsegModel *model, HsegPrecision precision, gboolean every_map, int width, int height, int threads,
            GError **error)
{
    g_autoptr(HsegNetwork) network = g_new0(HsegNetwork, 1);
    HsegArch arch = model->arch;

    network->model = hseg_model_ref(model);
    precision = hseg_network_precision(model, precision);
    arch.width = width;
    arch.height = height;
    if (width < 32 || height < 32 || !hseg_arch_check(&arch, NULL)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s: cannot take an input of %dx%d", model->name,
                    width, height);
        return NULL;
    }
    network->graph = hseg_graph_new(1, threads, false);
    if (network->graph) {
        network->graph->every_map = every_map;
        network->output = hseg_unet_build(network->graph, &arch, width, height);
    }
    if (network->graph && precision == HSEG_PRECISION_INT8 && !quantise(network, error))
        return NULL;
    if (!network->graph || !hseg_graph_plan(network->graph, network->output)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "%s: no memory for maps of %dx%d", model->name,
                    width, height);
        return NULL;
    }
    if (network->graph->tensors[network->output].pixel != 1)
        network->logits = hseg_mem_new0((size_t)width * height * sizeof(float));
    hseg_fold(model, network->graph);
    return g_steal_pointer(&network);
}

HsegNetwork *
hseg_network_new(HsegModel *model, HsegPrecision precision, int width, int height, int threads,
                 GError **error)
{
    return network_new(model, precision, FALSE, width, height, threads, error);
}

HsegNetwork *
hseg_network_new_observed(HsegModel *model, int width, int height, int threads, GError **error)
{
    return network_new(model, HSEG_PRECISION_FLOAT32, TRUE, width, height, threads, error);
}

void
hseg_network_free(HsegNetwork *network)
{
    if (!network)
        return;
    hseg_mem_free(network->logits);
    hseg_graph_free(network->graph);
    hseg_model_unref(network->model);
    g_free(network);
}

float *
hseg_network_input(HsegNetwork *network)
{
    return network->graph->tensors[0].data;
}

uint8_t *
hseg_network_take_bytes(HsegNetwork *network)
{
    return hseg_graph_take_bytes(network->graph);
}

const float *
hseg_network_run(HsegNetwork *network)
{
    const HsegTensor *out = &network->graph->tensors[network->output];

    hseg_graph_forward(network->graph);
    if (!network->logits)
        return out->data;
    for (size_t i = 0; i < (size_t)out->h * out->w; i++)
        network->logits[i] = out->data[i * out->pixel];
    return network->logits;
}

void
hseg_network_time(HsegNetwork *network, gint64 *op_ns)
{
    network->graph->op_ns = op_ns;
}

const HsegGraph *
hseg_network_graph(const HsegNetwork *network)
{
    return network->graph;
}
