/* The whole state of a run in one file. */
#pragma once

#include "train/optimiser.h"
#include "train/schedule.h"

typedef struct {
    int epoch, batch;                                /* done: whole epochs, and batches of the next one */
    double loss, bce, region, boundary, consistency; /* sums over those batches */
    double seconds;                                  /* spent on them */
    HsegScheduleState schedule;                      /* after the whole epochs */
    float *marked;  /* (nullable) [n_marked]: of each background, how much the network marked (mine.h) */
    gsize n_marked; /* the caller's to allocate and free, before it loads too */
} HsegRunState;

/* Which run it is. */
typedef struct {
    const char *settings; /* in one line: hseg_settings_describe() */
    const char *pictures; /* hseg_train_set_describe() */
    const char *data;     /* where these are from, in words */
} HsegRunName;

/* Written to a temporary name, then renamed. */
gboolean hseg_checkpoint_save(const char *path, const HsegRunName *run, const HsegRunState *state,
                              const HsegParams *params, const HsegOptimiser *optimiser, const char *history,
                              GError **error);

/* The opposite. HSEG_ERROR_ARGUMENT where the file belongs to a run with other settings or other pictures.
 * @history: (transfer full). */
gboolean hseg_checkpoint_load(const char *path, const HsegRunName *run, HsegRunState *state,
                              HsegParams *params, HsegOptimiser *optimiser, char **history, GError **error);
