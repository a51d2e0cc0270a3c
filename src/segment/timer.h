/* Stop-watch of one stage: the mean over frames. */
#pragma once

#include <glib.h>

typedef struct {
    gint64 total; /* microseconds */
    guint64 count;
} HsegTimer;

/* Counts the time since @start (g_get_monotonic_time()) and returns the time now: the next stage's start. */
static inline gint64
hseg_timer_lap(HsegTimer *timer, gint64 start)
{
    gint64 now = g_get_monotonic_time();

    timer->total += now - start;
    timer->count++;
    return now;
}

static inline double
hseg_timer_mean_ms(const HsegTimer *timer)
{
    return timer->count ? timer->total / 1000.0 / timer->count : 0;
}
