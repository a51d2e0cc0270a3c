#include "eval/predictor.h"

#include "image/fast-guided.h"
#include "image/letterbox.h"
#include "model/network.h"
#include <humanseg/error.h>
#include <math.h>

struct HsegPredictor {
    HsegPredictParams params;
    HsegNetwork *network;
    int net_w, net_h;
    float *small, *luma; /* [net_h][net_w] at most: the content's */
    float *full;         /* [height][width] of the picture at hand */
};

HsegPredictor *
hseg_predictor_new(HsegModel *model, const HsegPredictParams *params, GError **error)
{
    g_autoptr(HsegPredictor) p = g_new0(HsegPredictor, 1);
    gsize pixels;

    p->params = *params;
    hseg_model_get_input_size(model, &p->net_w, &p->net_h);
    p->network = hseg_network_new(model, p->net_w, p->net_h, params->threads, error);
    if (!p->network)
        return NULL;
    pixels = (gsize)p->net_w * (gsize)p->net_h;
    p->small = g_new(float, pixels);
    p->luma = g_new(float, pixels);
    return g_steal_pointer(&p);
}

void
hseg_predictor_free(HsegPredictor *p)
{
    if (!p)
        return;
    hseg_network_free(p->network);
    g_free(p->small);
    g_free(p->luma);
    g_free(p->full);
    g_free(p);
}

/* The content's probabilities out of the logits [net_h][net_w]. */
static void
take_content(HsegPredictor *p, const float *logits, const HsegLetterbox *box)
{
    for (int y = 0; y < box->h; y++) {
        const float *row = logits + (size_t)(box->y + y) * (size_t)p->net_w + box->x;
        float *out = p->small + (size_t)y * (size_t)box->w;

        for (int x = 0; x < box->w; x++)
            out[x] = 1 / (1 + expf(-row[x]));
    }
}

static gboolean
run_network(HsegPredictor *p, const HsegFrame *frame, const HsegLetterbox *box)
{
    HsegLetterboxer *letterboxer = hseg_letterboxer_new(frame, box, p->params.threads);

    if (!letterboxer)
        return FALSE;
    hseg_letterboxer_run(letterboxer, frame, hseg_network_input(p->network), p->luma);
    hseg_letterboxer_free(letterboxer);
    take_content(p, hseg_network_run(p->network), box);
    return TRUE;
}

static gboolean
enlarge(HsegPredictor *p, const HsegFrame *frame, const HsegLetterbox *box)
{
    HsegFastGuided *guided =
        hseg_fast_guided_new(box->w, box->h, frame->width, frame->height, p->params.threads);
    gboolean ok;

    g_free(p->full);
    p->full = g_try_new(float, (gsize)frame->width *(gsize)frame->height);
    ok = guided && p->full;
    if (ok) {
        if (p->params.mode == HSEG_PREDICT_GUIDED)
            hseg_fast_guided_fit(guided, p->luma, p->small, box->w, p->params.radius,
                                 (float)p->params.epsilon);
        else
            hseg_fast_guided_plain(guided, p->small, box->w);
        hseg_fast_guided_rows_f32(guided, frame, p->full, frame->width, 0, frame->height, 0);
    }
    hseg_fast_guided_free(guided);
    return ok;
}

gboolean
hseg_predictor_run(HsegPredictor *p, const HsegPicture *image, HsegPrediction *prediction, GError **error)
{
    const HsegFrame frame = {.format = HSEG_FORMAT_RGB,
                             .range = HSEG_RANGE_FULL,
                             .width = image->width,
                             .height = image->height,
                             .plane = {image->data},
                             .stride = {(ptrdiff_t)image->stride}};
    const HsegLetterbox box = hseg_letterbox_fit(frame.width, frame.height, 1, 1, p->net_w, p->net_h);
    gboolean small = p->params.mode == HSEG_PREDICT_SMALL;

    if (!run_network(p, &frame, &box) || (!small && !enlarge(p, &frame, &box))) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to work on %d x %d pixels",
                    image->width, image->height);
        return FALSE;
    }
    *prediction = small ? (HsegPrediction){p->small, box.w, box.h}
                        : (HsegPrediction){p->full, frame.width, frame.height};
    return TRUE;
}
