#include "eval/predictor.h"

#include "image/fast-guided.h"
#include "image/letterbox.h"
#include "model/network.h"
#include <humanseg/error.h>
#include <humanseg/segmenter.h>
#include <math.h>

struct HsegPredictor {
    HsegPredictParams params;
    HsegModel *model;
    HsegNetwork *network;     /* not of a stream */
    HsegSegmenter *segmenter; /* of a stream, for frames of this size: */
    int width, height;
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
    p->model = hseg_model_ref(model);
    if (params->mode == HSEG_PREDICT_STREAM)
        return g_steal_pointer(&p);
    hseg_model_get_input_size(model, &p->net_w, &p->net_h);
    p->network = hseg_network_new(model, params->precision, p->net_w, p->net_h, params->threads, error);
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
    hseg_model_unref(p->model);
    hseg_network_free(p->network);
    hseg_segmenter_free(p->segmenter);
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

static gboolean
no_memory(const HsegFrame *frame, GError **error)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to work on %d x %d pixels", frame->width,
                frame->height);
    return FALSE;
}

static gboolean
run_picture(HsegPredictor *p, const HsegFrame *frame, HsegPrediction *prediction, GError **error)
{
    const HsegLetterbox box = hseg_letterbox_fit(frame->width, frame->height, 1, 1, p->net_w, p->net_h);
    gboolean small = p->params.mode == HSEG_PREDICT_SMALL;

    if (!run_network(p, frame, &box) || (!small && !enlarge(p, frame, &box)))
        return no_memory(frame, error);
    *prediction = small ? (HsegPrediction){p->small, box.w, box.h}
                        : (HsegPrediction){p->full, frame->width, frame->height};
    return TRUE;
}

/* A segmenter that goes on where the last frame was of the same size. */
static gboolean
prepare_stream(HsegPredictor *p, const HsegFrame *frame, GError **error)
{
    const HsegSegmenterConfig config = {.frame = *frame,
                                        .par_n = 1,
                                        .par_d = 1,
                                        .precision = p->params.precision,
                                        .threads = p->params.threads};

    if (p->segmenter && p->width == frame->width && p->height == frame->height)
        return TRUE;
    g_clear_pointer(&p->segmenter, hseg_segmenter_free);
    g_free(p->full);
    p->width = frame->width;
    p->height = frame->height;
    p->full = g_try_new(float, (gsize)p->width *(gsize)p->height);
    if (!p->full)
        return no_memory(frame, error);
    p->segmenter = hseg_segmenter_new(p->model, &config, error);
    return p->segmenter != NULL;
}

static gboolean
run_stream(HsegPredictor *p, const HsegFrame *frame, HsegPrediction *prediction, GError **error)
{
    const HsegFrame *mask;

    if (!prepare_stream(p, frame, error))
        return FALSE;
    mask = hseg_segmenter_run(p->segmenter, frame);
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++)
            p->full[(size_t)y * (size_t)p->width + (size_t)x] =
                mask->plane[0][y * mask->stride[0] + x] / 255.0f;
    *prediction = (HsegPrediction){p->full, p->width, p->height};
    return TRUE;
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

    return p->params.mode == HSEG_PREDICT_STREAM ? run_stream(p, &frame, prediction, error)
                                                 : run_picture(p, &frame, prediction, error);
}

void
hseg_predictor_reset(HsegPredictor *p)
{
    if (p->segmenter)
        hseg_segmenter_reset(p->segmenter);
}
