/* Quality of service: which frames can only come too late. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Running time up to which frames are late, by what a sink says in @event;
 * GST_CLOCK_TIME_NONE where it says nothing of time. */
GstClockTime gst_human_seg_lateness_parse (GstEvent * event);

/* Whether @buffer of @segment is late if frames up to @earliest are. */
gboolean gst_human_seg_lateness_of (GstBuffer * buffer,
    const GstSegment * segment, GstClockTime earliest);

G_END_DECLS
