#include "train/validate.h"

#include <math.h>
#include <string.h>

#include "model/network.h"

struct HsegValidator {
    HsegNetwork *network;
    size_t pixels;
    float *image, *mask, *probability;
    uint8_t *truth;
    HsegValidated seen;
};

HsegValidator *
hseg_validator_new(HsegModel *model, int threads, GError **error)
{
    int w = model->arch.width, h = model->arch.height;
    HsegNetwork *network = hseg_network_new(model, HSEG_PRECISION_FLOAT32, w, h, threads, error);
    HsegValidator *v;

    if (!network)
        return NULL;
    v = g_new0(HsegValidator, 1);
    v->network = network;
    v->pixels = (size_t)w * h;
    v->image = g_new(float, 3 * v->pixels);
    v->mask = g_new(float, v->pixels);
    v->probability = g_new(float, v->pixels);
    v->truth = g_new(uint8_t, v->pixels);
    v->seen = (HsegValidated){w, h, v->image, v->truth, v->probability};
    return v;
}

void
hseg_validator_free(HsegValidator *v)
{
    if (!v)
        return;
    hseg_network_free(v->network);
    g_free(v->image);
    g_free(v->mask);
    g_free(v->probability);
    g_free(v->truth);
    g_free(v);
}

const HsegValidated *
hseg_validator_run(HsegValidator *v, const HsegTrainItem *item)
{
    const float *logits;

    hseg_train_item_letterbox(item, v->seen.width, v->seen.height, v->image, v->mask);
    memcpy(hseg_network_input(v->network), v->image, 3 * v->pixels * sizeof(float));
    logits = hseg_network_run(v->network);
    for (size_t p = 0; p < v->pixels; p++) {
        v->probability[p] = 1 / (1 + expf(-logits[p]));
        v->truth[p] = (uint8_t)(v->mask[p] * 255 + 0.5f);
    }
    return &v->seen;
}

HsegMetrics *
hseg_validate(HsegModel *model, const GPtrArray *items, int threads, double *iou, GError **error)
{
    g_autoptr(HsegValidator) v = hseg_validator_new(model, threads, error);
    HsegMetrics *metrics;

    if (!v)
        return NULL;
    metrics = hseg_metrics_new();
    for (guint i = 0; i < items->len; i++) {
        const HsegValidated *seen = hseg_validator_run(v, items->pdata[i]);
        HsegScores own = hseg_metrics_add(metrics, seen->probability, seen->width, seen->truth, seen->width,
                                          seen->width, seen->height);

        if (iou)
            iou[i] = own.iou;
    }
    return metrics;
}
