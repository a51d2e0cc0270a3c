/* The scores of a model as one HTML page, for people to look at. */
#pragma once

#include "eval/evaluate.h"

typedef struct {
    const char *title;   /* the page's heading */
    const char *about;   /* a line below it */
    const char *command; /* that made it, below that */
} HsegReportTexts;

/**
 * @predict: as in the evaluation: the worst pictures are run through @model again, each by itself, to be
 * shown
 *
 * Writes DIR/index.html, under a temporary name first; makes @dir where there is none. The scores that count
 * most, tables of all sets, ROC and precision-recall curves, the histogram of the pictures' IoU, sheets of
 * the worst pictures; of clips the IoU from frame to frame.
 */
gboolean hseg_report_save(const HsegEvaluation *e, HsegModel *model, const HsegPredictParams *predict,
                          const HsegReportTexts *texts, const char *dir, GError **error);
