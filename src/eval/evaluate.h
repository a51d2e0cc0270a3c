/* A model's scores on pictures with known masks, on clips, and on pictures without people. */
#pragma once

#include "eval/evaluated.h"

/**
 * What to score; each a NULL-terminated list of folders, or NULL.
 * @data: data sets, or folders of data sets. A set whose pictures are numbered one by one, all of one size,
 * is taken for a clip and gets temporal scores besides
 * @video: the same, but each set is a clip, its frames in the order of the numbers in their names
 * @negatives: folders of pictures without people, right in them or in their images/
 */
typedef struct {
    const char *const *data, *const *video, *const *negatives;
} HsegEvaluateDirs;

/**
 * @progress: (nullable) called with @user after each picture; FALSE ends the work with HSEG_ERROR_CANCELLED
 */
typedef struct {
    HsegPredictParams predict;
    gboolean (*progress)(int done, int total, void *user);
    void *user;
} HsegEvaluateParams;

typedef struct {
    GPtrArray *sets, *clips,
        *negatives;         /* of HsegEvaluatedSet, as the folders come: data, video, negatives */
    HsegMetrics *pool;      /* of all sets; where there are none, of all clips */
    HsegMetrics *clip_pool; /* of all clips */
    HsegTemporal *temporal; /* of all clips, and of the sets that are clips */
} HsegEvaluation;

/* Errors name the file or folder. */
HsegEvaluation *hseg_evaluate(HsegModel *model, const HsegEvaluateDirs *dirs,
                              const HsegEvaluateParams *params, GError **error);

/* Accepts NULL. */
void hseg_evaluation_free(HsegEvaluation *e);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegEvaluation, hseg_evaluation_free)
