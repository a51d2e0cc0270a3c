#include "gsthumanseglateness.h"

/* A sink says how late the frame of @timestamp came. Those that follow are as
 * late, until the time lost has been made up for twice over. Where it asks for
 * less (throttling), it says for how long. */
GstClockTime
gst_human_seg_lateness_parse (GstEvent * event)
{
  GstClockTime timestamp;
  GstClockTimeDiff late;
  GstQOSType type;

  gst_event_parse_qos (event, &type, NULL, &late, &timestamp);
  if (!GST_CLOCK_TIME_IS_VALID (timestamp))
    return GST_CLOCK_TIME_NONE;
  if (late > 0)
    return timestamp + (type == GST_QOS_TYPE_THROTTLE ? late : 2 * late);
  return timestamp - MIN ((GstClockTime) - late, timestamp);
}

gboolean
gst_human_seg_lateness_of (GstBuffer * buffer, const GstSegment * segment,
    GstClockTime earliest)
{
  GstClockTime time;

  if (!GST_CLOCK_TIME_IS_VALID (earliest) || segment->format != GST_FORMAT_TIME)
    return FALSE;
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_TIMESTAMP (buffer));
  return GST_CLOCK_TIME_IS_VALID (time) && time <= earliest;
}
