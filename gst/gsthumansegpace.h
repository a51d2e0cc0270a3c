/* How many threads the frames are worth. Threads that share one frame's work
 * also wait for each other: in a stream with time to spare, as a camera's has,
 * one alone takes longer for a frame and less of the processors in all. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* All 0 at first. Times are g_get_monotonic_time()'s. */
typedef struct
{
  gint64 began;                 /* the last frame */
  gdouble busy, period;         /* mean microseconds in a frame, and from one to the next */
  gint frames;                  /* in these means; 0: the next one starts them */
  gboolean alone;
} GstHumanSegPace;

/* Around each frame. */
void gst_human_seg_pace_begin (GstHumanSegPace * pace, gint64 now);
void gst_human_seg_pace_end (GstHumanSegPace * pace, gint64 now);

/* For the next frame: 1, or 0 for as many as there are. */
gint gst_human_seg_pace_threads (const GstHumanSegPace * pace);

G_END_DECLS
