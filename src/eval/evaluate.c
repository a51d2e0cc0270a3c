#include "eval/evaluate.h"

#include "files/dataset.h"
#include "image/fast-guided.h"
#include "image/letterbox.h"
#include "image/resize.h"
#include "model/network.h"
#include <humanseg/error.h>
#include <math.h>

typedef struct {
    const HsegEvaluateParams *params;
    HsegNetwork *network;
    int net_w, net_h;
    float *probability; /* [net_h][net_w] at most: the content's */
    float *luma;        /* the same: the content's */
    uint8_t *truth;     /* the same */
} Evaluator;

static gboolean
no_memory(const HsegPair *pair, GError **error)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "%s: no memory to work on this picture",
                pair->image);
    return FALSE;
}

/* The content's probabilities out of the logits [net_h][net_w]. */
static void
take_content(Evaluator *e, const float *logits, const HsegLetterbox *box)
{
    for (int y = 0; y < box->h; y++) {
        const float *row = logits + (size_t)(box->y + y) * (size_t)e->net_w + box->x;
        float *out = e->probability + (size_t)y * (size_t)box->w;

        for (int x = 0; x < box->w; x++)
            out[x] = 1 / (1 + expf(-row[x]));
    }
}

/* Picture in, the content's probabilities and luma out. */
static gboolean
run_network(Evaluator *e, const HsegFrame *frame, const HsegLetterbox *box)
{
    HsegLetterboxer *letterboxer = hseg_letterboxer_new(frame, box, e->params->threads);

    if (!letterboxer)
        return FALSE;
    hseg_letterboxer_run(letterboxer, frame, hseg_network_input(e->network), e->luma);
    hseg_letterboxer_free(letterboxer);
    take_content(e, hseg_network_run(e->network), box);
    return TRUE;
}

/* Scores at the network's size: the truth is shrunk to the content's. */
static gboolean
count_small(Evaluator *e, const HsegLetterbox *box, const HsegPicture *mask, HsegMetrics *metrics)
{
    if (!hseg_resize_u8(e->truth, box->w, box->h, box->w, mask->data, mask->width, mask->height,
                        (ptrdiff_t)mask->stride, 1, HSEG_RESIZE_AREA))
        return FALSE;
    hseg_metrics_add(metrics, e->probability, (size_t)box->w, e->truth, (size_t)box->w, box->w, box->h);
    return TRUE;
}

/* Scores at the picture's size, edges refined as in video. */
static gboolean
count_guided(Evaluator *e, const HsegFrame *frame, const HsegLetterbox *box, const HsegPicture *mask,
             HsegMetrics *metrics)
{
    HsegFastGuided *guided =
        hseg_fast_guided_new(box->w, box->h, frame->width, frame->height, e->params->threads);
    float *q = g_try_new(float, (gsize)frame->width *(gsize)frame->height);
    gboolean ok = guided && q;

    if (ok) {
        hseg_fast_guided_fit(guided, e->luma, e->probability, box->w, e->params->radius,
                             (float)e->params->epsilon);
        hseg_fast_guided_rows_f32(guided, frame, q, frame->width, 0, frame->height, 0);
        hseg_metrics_add(metrics, q, (size_t)frame->width, mask->data, mask->stride, mask->width,
                         mask->height);
    }
    g_free(q);
    hseg_fast_guided_free(guided);
    return ok;
}

static gboolean
count_pair(Evaluator *e, const HsegPair *pair, HsegMetrics *metrics, GError **error)
{
    g_autoptr(HsegPicture) image = NULL, mask = NULL;
    HsegFrame frame;
    HsegLetterbox box;
    gboolean ok;

    if (!hseg_pair_load(pair, &image, &mask, error))
        return FALSE;
    frame = (HsegFrame){.format = HSEG_FORMAT_RGB,
                        .range = HSEG_RANGE_FULL,
                        .width = image->width,
                        .height = image->height,
                        .plane = {image->data},
                        .stride = {(ptrdiff_t)image->stride}};
    box = hseg_letterbox_fit(frame.width, frame.height, 1, 1, e->net_w, e->net_h);
    ok = run_network(e, &frame, &box) && (e->params->guided ? count_guided(e, &frame, &box, mask, metrics)
                                                            : count_small(e, &box, mask, metrics));
    return ok ? TRUE : no_memory(pair, error);
}

static void
set_free(gpointer data)
{
    HsegEvaluatedSet *set = data;

    g_free(set->name);
    hseg_metrics_free(set->metrics);
    g_free(set);
}

static HsegEvaluatedSet *
add_set(HsegEvaluation *result, const char *name)
{
    HsegEvaluatedSet *set = g_new(HsegEvaluatedSet, 1);

    set->name = g_strdup(name);
    set->metrics = hseg_metrics_new();
    g_ptr_array_add(result->sets, set);
    return set;
}

/* The pairs of @dataset, which stand set by set. */
static gboolean
count_dataset(Evaluator *e, const HsegDataset *dataset, HsegEvaluation *result, int done, int total,
              GError **error)
{
    HsegEvaluatedSet *set = NULL;
    const char *current = NULL;

    for (guint i = 0; i < dataset->pairs->len; i++) {
        const HsegPair *pair = dataset->pairs->pdata[i];

        if (g_strcmp0(current, pair->set) != 0) {
            current = pair->set;
            set = add_set(result, pair->set);
        }
        if (!count_pair(e, pair, set->metrics, error))
            return FALSE;
        if (e->params->progress && !e->params->progress(done + (int)i + 1, total, e->params->data)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED, "evaluation stopped");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
count_all(Evaluator *e, const char *const *dirs, HsegEvaluation *result, GError **error)
{
    g_autoptr(GPtrArray) datasets = g_ptr_array_new_with_free_func((GDestroyNotify)hseg_dataset_free);
    int total = 0, done = 0;

    for (int i = 0; dirs[i]; i++) {
        HsegDataset *dataset = hseg_dataset_open(dirs[i], error);

        if (!dataset)
            return FALSE;
        g_ptr_array_add(datasets, dataset);
        total += (int)dataset->pairs->len;
    }
    for (guint i = 0; i < datasets->len; i++) {
        const HsegDataset *dataset = datasets->pdata[i];

        if (!count_dataset(e, dataset, result, done, total, error))
            return FALSE;
        done += (int)dataset->pairs->len;
    }
    for (guint i = 0; i < result->sets->len; i++)
        hseg_metrics_merge(result->pool, ((const HsegEvaluatedSet *)result->sets->pdata[i])->metrics);
    return TRUE;
}

static gboolean
evaluator_init(Evaluator *e, HsegModel *model, const HsegEvaluateParams *params, GError **error)
{
    gsize pixels;

    e->params = params;
    hseg_model_get_input_size(model, &e->net_w, &e->net_h);
    e->network = hseg_network_new(model, e->net_w, e->net_h, params->threads, error);
    if (!e->network)
        return FALSE;
    pixels = (gsize)e->net_w * (gsize)e->net_h;
    e->probability = g_new(float, pixels);
    e->luma = g_new(float, pixels);
    e->truth = g_new(uint8_t, pixels);
    return TRUE;
}

static void
evaluator_clear(Evaluator *e)
{
    hseg_network_free(e->network);
    g_free(e->probability);
    g_free(e->luma);
    g_free(e->truth);
}

HsegEvaluation *
hseg_evaluate(HsegModel *model, const char *const *dirs, const HsegEvaluateParams *params, GError **error)
{
    g_autoptr(HsegEvaluation) result = g_new0(HsegEvaluation, 1);
    Evaluator e = {0};
    gboolean ok;

    result->sets = g_ptr_array_new_with_free_func(set_free);
    result->pool = hseg_metrics_new();
    ok = evaluator_init(&e, model, params, error) && count_all(&e, dirs, result, error);
    evaluator_clear(&e);
    return ok ? g_steal_pointer(&result) : NULL;
}

void
hseg_evaluation_free(HsegEvaluation *e)
{
    if (!e)
        return;
    g_ptr_array_unref(e->sets);
    hseg_metrics_free(e->pool);
    g_free(e);
}
