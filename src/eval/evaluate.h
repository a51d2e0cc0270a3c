/* A model's scores on folders of pictures with known masks. */
#pragma once

#include "eval/metrics.h"
#include <humanseg/model.h>

/**
 * @threads: of the network, 1 or more
 * @guided: score at the pictures' own size, edges refined by the fast guided filter of @radius (in pixels of
 * the network's input) and @epsilon; else at the network's size, as it answers
 * @progress: (nullable) called with @data after each picture; FALSE ends the work with HSEG_ERROR_CANCELLED
 */
typedef struct {
    int threads;
    gboolean guided;
    int radius;
    double epsilon;
    gboolean (*progress)(int done, int total, void *data);
    void *data;
} HsegEvaluateParams;

typedef struct {
    char *name; /* of the data set's folder */
    HsegMetrics *metrics;
} HsegEvaluatedSet;

typedef struct {
    GPtrArray *sets;   /* of HsegEvaluatedSet, as the folders come */
    HsegMetrics *pool; /* of all */
} HsegEvaluation;

/* Runs @model over the data sets in @dirs (NULL-terminated). Only what shows the picture counts: the bars
 * that fill it up to the network's shape are left out. Errors name the file or folder. */
HsegEvaluation *hseg_evaluate(HsegModel *model, const char *const *dirs, const HsegEvaluateParams *params,
                              GError **error);

/* Accepts NULL. */
void hseg_evaluation_free(HsegEvaluation *e);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegEvaluation, hseg_evaluation_free)
