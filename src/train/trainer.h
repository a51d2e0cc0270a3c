/* Trains a network: epochs of batches, steps of the optimiser, validation, checkpoints.
 *
 * Where several processes share a run, the batch of which this page and the settings speak is all of theirs,
 * and the run is that of one process with such a batch; only the leader writes, validates and calls the
 * watch.
 *
 * What is saved is the running average of the weights. A run is a function of its options and seed;
 * interrupted at a checkpoint and resumed, it ends with the same weights. */
#pragma once

#include "model/model.h"
#include "train/cluster.h"
#include "train/history.h"
#include "train/loader.h"
#include "train/loss.h"
#include "train/optimiser.h"
#include "train/schedule.h"

typedef struct {
    HsegArch arch;
    HsegLoaderOptions loader; /* its size is taken from arch, its parts from cluster, its pairs from
                                 consistency */
    HsegCluster cluster; /* the processes that share out each batch: cluster.size * loader.batch samples; each
                            has the same files and options */
    HsegLossOptions loss; /* the boundary's share is the schedule's */
    double consistency;   /* weight, beside all other losses, of that of pairs of views (consistency.h); 0: no
                             pairs */
    HsegOptimiserOptions optimiser;
    int epochs;
    int accumulate; /* batches whose gradients make one step; an epoch's last group may be smaller */
    HsegScheduleOptions schedule; /* by the mIoU of held-out pictures */
    gboolean keep_best;           /* the model is that of the best epoch by mIoU, not of the last */
    double dropout;               /* factor on the reference's; 0: none */
    int threads;
    const char
        *init; /* (nullable): safetensors whose tensors are taken where they fit: a pretrained encoder */
    const char *out;           /* the model; OUT.ckpt holds the state, OUT.json and OUT.svg the record */
    const char *resume;        /* (nullable): checkpoint to go on from */
    const char *command;       /* the command line, for the record */
    const char *data;          /* what was trained on, for the record */
    double checkpoint_minutes; /* between checkpoints; one is also written after each epoch */
    const char *report;        /* (nullable): folder for a page about the run, rewritten after each epoch */
    gboolean half;             /* store float16 weights */
} HsegTrainerOptions;

typedef struct {
    int epoch, epochs;                      /* from 1 */
    int batch, batches;                     /* done in this epoch */
    double loss;                            /* mean over the epoch so far */
    double images_per_second, seconds_left; /* of the work since the start, by all processes */
} HsegTrainerProgress;

typedef struct {
    void (*batch)(const HsegTrainerProgress *progress, gpointer data);
    void (*epoch)(const HsegEpoch *epoch, gpointer data);
    gpointer data;
    const volatile int *stop; /* becomes non-zero: write a checkpoint and end with HSEG_ERROR_CANCELLED */
} HsegTrainerWatch;

typedef struct HsegTrainer HsegTrainer;

/* @set must outlive the trainer. Errors: whatever is wrong with options, files or memory. */
HsegTrainer *hseg_trainer_new(const HsegTrainerOptions *options, const HsegTrainSet *set, GError **error);

/* Accepts NULL. */
void hseg_trainer_free(HsegTrainer *trainer);

/* To the last epoch, or until the schedule ends the run; then the model has been written to options.out. */
gboolean hseg_trainer_run(HsegTrainer *trainer, const HsegTrainerWatch *watch, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegTrainer, hseg_trainer_free)
