#include "gsthumansegpace.h"

/* Frames that a choice rests on: half a second of most cameras. */
#define ENOUGH 16
/* Parts of its time that a stream may spend here. Two threads take little less
 * than half as long as one, so that neither choice leads straight to the other. */
#define TIME_TO_SPARE 0.2
#define PRESSED 0.45
/* A pause is not a slow stream. */
#define LONGEST_PERIOD G_USEC_PER_SEC

static void
add (gdouble * mean, gdouble value, gint count)
{
  *mean += (value - *mean) / MIN (count, ENOUGH);
}

void
gst_human_seg_pace_begin (GstHumanSegPace * pace, gint64 now)
{
  if (pace->frames > 0)
    add (&pace->period, MIN (now - pace->began, LONGEST_PERIOD), pace->frames);
  pace->began = now;
}

void
gst_human_seg_pace_end (GstHumanSegPace * pace, gint64 now)
{
  gdouble share;

  add (&pace->busy, now - pace->began, ++pace->frames);
  if (pace->frames <= ENOUGH)
    return;
  pace->frames = ENOUGH + 1;
  share = pace->busy / MAX (pace->period, 1);
  if (pace->alone ? share > PRESSED : share < TIME_TO_SPARE) {
    pace->alone = !pace->alone;
    pace->frames = 0;
  }
}

gint
gst_human_seg_pace_threads (const GstHumanSegPace * pace)
{
  return pace->alone ? 1 : 0;
}
