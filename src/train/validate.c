#include "train/validate.h"

#include <math.h>

#include "model/network.h"

HsegMetrics *
hseg_validate(HsegModel *model, const GPtrArray *items, int threads, GError **error)
{
    int w = model->arch.width, h = model->arch.height;
    size_t pixels = (size_t)w * h;
    g_autoptr(HsegNetwork) network = hseg_network_new(model, w, h, threads, error);
    g_autofree float *mask = g_new(float, pixels), *probability = g_new(float, pixels);
    g_autofree uint8_t *truth = g_new(uint8_t, pixels);
    HsegMetrics *metrics;

    if (!network)
        return NULL;
    metrics = hseg_metrics_new();
    for (guint i = 0; i < items->len; i++) {
        const float *logits;

        hseg_train_item_letterbox(items->pdata[i], w, h, hseg_network_input(network), mask);
        logits = hseg_network_run(network);
        for (size_t p = 0; p < pixels; p++) {
            probability[p] = 1 / (1 + expf(-logits[p]));
            truth[p] = (uint8_t)(mask[p] * 255 + 0.5f);
        }
        hseg_metrics_add(metrics, probability, w, truth, w, w, h);
    }
    return metrics;
}
