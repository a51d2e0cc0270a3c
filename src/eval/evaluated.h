/* What is known of a data set once a model has been scored on it. */
#pragma once

#include "eval/metrics.h"
#include "eval/predictor.h"
#include "eval/temporal.h"

typedef struct {
    char *image, *mask; /* paths; no mask: nobody is there */
    HsegScores scores;  /* of this picture alone */
} HsegEvaluatedImage;

typedef struct {
    char *name;             /* of the folder, as it is shown: UTF-8 */
    GPtrArray *images;      /* of HsegEvaluatedImage; a clip's in the order of its frames */
    HsegMetrics *metrics;   /* of them all */
    HsegTemporal *temporal; /* (nullable): of a clip */
} HsegEvaluatedSet;

/* Pictures without people in @dir, or in its images/. */
HsegEvaluatedSet *hseg_evaluated_set_of_negatives(const char *dir, GError **error);

/* Adds to @sets each data set in @dir (see hseg_dataset_open()). @video: each is a clip; else those are whose
 * pictures are numbered one by one. */
gboolean hseg_evaluated_sets_open(GPtrArray *sets, const char *dir, gboolean video, GError **error);

/* Accepts NULL. */
void hseg_evaluated_set_free(HsegEvaluatedSet *set);

/* Loads a picture and its mask: black where it has none. Both are NULL on an error. */
gboolean hseg_evaluated_image_load(const HsegEvaluatedImage *item, HsegPicture **image, HsegPicture **mask,
                                   GError **error);

/* Replaces @mask by itself at the size of @prediction. */
gboolean hseg_evaluated_fit(HsegPicture **mask, const HsegPrediction *prediction, GError **error);

/* The @n images of @sets that are lowest in one score (an index of hseg_score_get()), or highest where
 * @highest; never those without that score. (transfer container): of HsegEvaluatedImage, the first first. */
GPtrArray *hseg_evaluated_extremes(const GPtrArray *sets, int score, gboolean highest, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegEvaluatedSet, hseg_evaluated_set_free)
