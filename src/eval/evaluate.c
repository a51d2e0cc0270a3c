#include "eval/evaluate.h"

#include <humanseg/error.h>

typedef struct {
    const HsegEvaluateParams *params;
    HsegPredictor *predictor;
    int done, total; /* pictures */
} Evaluator;

/* Temporal scores of a set that turns out to have pictures of several sizes: an error where it was given as a
 * clip, else it is none. */
static gboolean
add_frame(HsegEvaluatedSet *set, gboolean video, const HsegEvaluatedImage *item, const HsegPrediction *p,
          const HsegPicture *mask, GError **error)
{
    if (!set->temporal || hseg_temporal_add(set->temporal, p->probability, (size_t)p->width, mask->data,
                                            mask->stride, p->width, p->height))
        return TRUE;
    if (!video) {
        g_clear_pointer(&set->temporal, hseg_temporal_free);
        return TRUE;
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s is not of the size of the frames before it",
                item->image);
    return FALSE;
}

static gboolean
count_image(Evaluator *e, HsegEvaluatedSet *set, gboolean video, HsegEvaluatedImage *item, GError **error)
{
    g_autoptr(HsegPicture) image = NULL, mask = NULL;
    HsegPrediction p;

    if (!hseg_evaluated_image_load(item, &image, &mask, error))
        return FALSE;
    if (!hseg_predictor_run(e->predictor, image, &p, error) || !hseg_evaluated_fit(&mask, &p, error)) {
        g_prefix_error(error, "%s: ", item->image);
        return FALSE;
    }
    item->scores = hseg_metrics_add(set->metrics, p.probability, (size_t)p.width, mask->data, mask->stride,
                                    p.width, p.height);
    return add_frame(set, video, item, &p, mask, error);
}

static gboolean
count_sets(Evaluator *e, const GPtrArray *sets, gboolean video, GError **error)
{
    for (guint s = 0; s < sets->len; s++) {
        HsegEvaluatedSet *set = sets->pdata[s];

        for (guint i = 0; i < set->images->len; i++) {
            if (i == 0 || !set->temporal)
                hseg_predictor_reset(e->predictor);
            if (!count_image(e, set, video, set->images->pdata[i], error))
                return FALSE;
            e->done++;
            if (e->params->progress && !e->params->progress(e->done, e->total, e->params->user)) {
                g_set_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED, "evaluation stopped");
                return FALSE;
            }
        }
    }
    return TRUE;
}

static gboolean
open_data(GPtrArray *sets, const char *const *dirs, gboolean video, GError **error)
{
    for (int i = 0; dirs && dirs[i]; i++)
        if (!hseg_evaluated_sets_open(sets, dirs[i], video, error))
            return FALSE;
    return TRUE;
}

static gboolean
open_negatives(GPtrArray *sets, const char *const *dirs, GError **error)
{
    for (int i = 0; dirs && dirs[i]; i++) {
        HsegEvaluatedSet *set = hseg_evaluated_set_of_negatives(dirs[i], error);

        if (!set)
            return FALSE;
        g_ptr_array_add(sets, set);
    }
    return TRUE;
}

static int
count_pictures(const GPtrArray *sets)
{
    int n = 0;

    for (guint i = 0; i < sets->len; i++)
        n += (int)((const HsegEvaluatedSet *)sets->pdata[i])->images->len;
    return n;
}

static void
pool_sets(const GPtrArray *sets, HsegMetrics *pool, HsegTemporal *temporal)
{
    for (guint i = 0; i < sets->len; i++) {
        const HsegEvaluatedSet *set = sets->pdata[i];

        hseg_metrics_merge(pool, set->metrics);
        if (set->temporal)
            hseg_temporal_merge(temporal, set->temporal);
    }
}

static HsegEvaluation *
evaluation_new(void)
{
    HsegEvaluation *e = g_new(HsegEvaluation, 1);
    const GDestroyNotify free_set = (GDestroyNotify)hseg_evaluated_set_free;

    e->sets = g_ptr_array_new_with_free_func(free_set);
    e->clips = g_ptr_array_new_with_free_func(free_set);
    e->negatives = g_ptr_array_new_with_free_func(free_set);
    e->pool = hseg_metrics_new();
    e->clip_pool = hseg_metrics_new();
    e->temporal = hseg_temporal_new();
    return e;
}

void
hseg_evaluation_free(HsegEvaluation *e)
{
    if (!e)
        return;
    g_ptr_array_unref(e->sets);
    g_ptr_array_unref(e->clips);
    g_ptr_array_unref(e->negatives);
    hseg_metrics_free(e->pool);
    hseg_metrics_free(e->clip_pool);
    hseg_temporal_free(e->temporal);
    g_free(e);
}

HsegEvaluation *
hseg_evaluate(HsegModel *model, const HsegEvaluateDirs *dirs, const HsegEvaluateParams *params,
              GError **error)
{
    g_autoptr(HsegEvaluation) result = evaluation_new();
    g_autoptr(HsegPredictor) predictor = NULL;
    Evaluator e = {.params = params};

    if (!open_data(result->sets, dirs->data, FALSE, error) ||
        !open_data(result->clips, dirs->video, TRUE, error) ||
        !open_negatives(result->negatives, dirs->negatives, error))
        return NULL;
    e.total =
        count_pictures(result->sets) + count_pictures(result->clips) + count_pictures(result->negatives);
    e.predictor = predictor = hseg_predictor_new(model, &params->predict, error);
    if (!predictor || !count_sets(&e, result->sets, FALSE, error) ||
        !count_sets(&e, result->clips, TRUE, error) || !count_sets(&e, result->negatives, FALSE, error))
        return NULL;
    pool_sets(result->sets, result->pool, result->temporal);
    pool_sets(result->clips, result->clip_pool, result->temporal);
    if (result->sets->len == 0)
        hseg_metrics_merge(result->pool, result->clip_pool);
    return g_steal_pointer(&result);
}
