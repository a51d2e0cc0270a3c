/* How a run goes on from epoch to epoch: the learning rate, the boundary phase, and when to end early.
 *
 * A rise is a validation score at least HSEG_SCHEDULE_RISE above that of the last rise. After @patience
 * epochs without one the boundary phase begins: the boundary loss's share grows by @boundary_step an epoch,
 * and the learning rate falls to @boundary_rate, where it is not lower already (Kervadec et al. 2019,
 * "rebalance"). */
#pragma once

#include <glib.h>

#define HSEG_SCHEDULE_RISE 1e-3
#define HSEG_SCHEDULE_CUT  0.3 /* what a further plateau leaves of the learning rate */

typedef enum {
    HSEG_SCHEDULE_COSINE,  /* falls to a hundredth along half a cosine */
    HSEG_SCHEDULE_PLATEAU, /* stays; in the boundary phase each further @patience epochs without a rise cut it
                            */
} HsegScheduleKind;

typedef struct {
    HsegScheduleKind kind;
    double learning_rate; /* after the warm-up */
    int warmup;           /* steps of linear rise */
    int patience;         /* epochs; 0: no boundary phase */
    int early_stop;       /* epochs without a rise, in one phase, after which the run ends; 0: never */
    double boundary_step, boundary_most; /* the boundary loss's share: growth an epoch, and limit */
    double boundary_rate;
} HsegScheduleOptions;

#define HSEG_SCHEDULE_REFERENCE ((HsegScheduleOptions){HSEG_SCHEDULE_COSINE, 1e-3, 50, 0, 0, 0.01, 0.9, 3e-4})

/* What of a run the schedule has to remember; all 0 at the start. */
typedef struct {
    double best;       /* highest score so far */
    double mark;       /* score of the last rise */
    int waited, stale; /* epochs since the last rise, the phase's beginning or, for the first, the last cut */
    int boundary_epochs; /* of the boundary phase: with the one that comes; 0 in the first phase */
    int cuts;
} HsegScheduleState;

/* NULL, or what is wrong with the options. */
const char *hseg_schedule_check(const HsegScheduleOptions *o);

/* Takes an epoch's score, 0 .. 1, into account. */
void hseg_schedule_advance(const HsegScheduleOptions *o, HsegScheduleState *s, double score);

gboolean hseg_schedule_has_ended(const HsegScheduleOptions *o, const HsegScheduleState *s);

/* The boundary loss's share of the loss, 0 .. 1, in the epoch that comes. */
double hseg_schedule_boundary(const HsegScheduleOptions *o, const HsegScheduleState *s);

/* The learning rate of step @step (from 0) of a run of @steps. */
double hseg_schedule_rate(const HsegScheduleOptions *o, const HsegScheduleState *s, double step,
                          double steps);
