#include "train/schedule.h"

#include <math.h>

const char *
hseg_schedule_check(const HsegScheduleOptions *o)
{
    return o->warmup < 0                                      ? "warm-up must not be negative"
           : !(o->learning_rate > 0 && o->learning_rate <= 1) ? "the learning rate must lie in 0 .. 1"
           : o->patience < 0                                  ? "patience must not be negative"
           : o->early_stop < 0                                ? "early-stop must not be negative"
           : o->kind == HSEG_SCHEDULE_PLATEAU && o->patience == 0
               ? "the schedule plateau needs a patience of at least 1"
           : !(o->boundary_step >= 0 && o->boundary_step <= 1)
               ? "the boundary loss's growth must lie in 0 .. 1"
           : !(o->boundary_most >= 0 && o->boundary_most <= 1)
               ? "the boundary loss's limit must lie in 0 .. 1"
           : !(o->boundary_rate > 0 && o->boundary_rate <= 1)
               ? "the learning rate of the boundary phase must lie in 0 .. 1"
               : NULL;
}

void
hseg_schedule_advance(const HsegScheduleOptions *o, HsegScheduleState *s, double score)
{
    s->best = MAX(s->best, score);
    s->waited++;
    s->stale++;
    if (score >= s->mark + HSEG_SCHEDULE_RISE) {
        s->mark = score;
        s->waited = s->stale = 0;
    }
    if (s->boundary_epochs > 0) {
        s->boundary_epochs++;
    } else if (o->patience > 0 && s->waited >= o->patience) {
        s->boundary_epochs = 1;
        s->waited = s->stale = 0;
    }
    if (o->kind == HSEG_SCHEDULE_PLATEAU && s->waited >= o->patience) {
        s->cuts++;
        s->waited = 0;
    }
}

gboolean
hseg_schedule_has_ended(const HsegScheduleOptions *o, const HsegScheduleState *s)
{
    return o->early_stop > 0 && s->stale >= o->early_stop;
}

double
hseg_schedule_boundary(const HsegScheduleOptions *o, const HsegScheduleState *s)
{
    return MIN(o->boundary_step * s->boundary_epochs, o->boundary_most);
}

double
hseg_schedule_rate(const HsegScheduleOptions *o, const HsegScheduleState *s, double step, double steps)
{
    double rate = o->learning_rate, done = CLAMP((step - o->warmup) / MAX(steps - o->warmup, 1), 0, 1);

    if (step < o->warmup)
        rate = o->learning_rate * (step + 1) / o->warmup;
    else if (o->kind == HSEG_SCHEDULE_COSINE)
        rate = o->learning_rate * (0.01 + 0.99 * 0.5 * (1 + cos(G_PI * done)));
    if (s->boundary_epochs > 0)
        rate = MIN(rate, o->boundary_rate) * pow(HSEG_SCHEDULE_CUT, s->cuts);
    return rate;
}
