/* The options of humanseg train. */
#pragma once

#include "train/trainer.h"

typedef struct {
    HsegTrainerOptions trainer;                       /* all but cluster; its strings are those below */
    char **data, **validation, **synth, **unlabelled; /* folders; synth has two, cut-outs and backgrounds */
    char *out, *init, *resume, *preview, *region, *schedule, *teacher, *report, *leave_out;
    char *command; /* as it was given, paths shortened */
    double val_share, teacher_share;
    gint64 seed;
    int threads, loader_threads;
    gboolean no_augment;
} HsegTrainOptions;

/* Fills *@o from a command line; what is out of range or doesn't fit together is HSEG_ERROR_ARGUMENT. In
 * either case it wants to be cleared. Shares that were not asked for are NAN. */
gboolean hseg_train_options_parse(HsegTrainOptions *o, int argc, char **argv, GError **error);

void hseg_train_options_clear(HsegTrainOptions *o);
