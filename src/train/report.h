/* A run as one page for people: DIR/index.html, with nothing beside it. */
#pragma once

#include "model/model.h"
#include "train/history.h"
#include "train/trainset.h"

typedef struct {
    const char *dir;           /* made where there is none */
    const char *out, *command; /* the model's file, and the command line */
    const HsegTrainSet *set;
    const GArray *history; /* of HsegEpoch */
    int epochs;            /* that the run was asked for */
    int threads;
} HsegTrainReport;

/* Writes the page under a temporary name first: the command line, what there is to train on, curves of
 * losses, scores and rate, all epochs as a table. @running: browsers load it again every half minute. */
gboolean hseg_train_report_save(const HsegTrainReport *report, gboolean running, GError **error);

/* The same with what @model makes of the held-out pictures: all scores, the ROC, and the worst pictures as
 * image, truth and prediction. */
gboolean hseg_train_report_save_final(const HsegTrainReport *report, HsegModel *model, GError **error);
