#include "gsthumanseginterlaced.h"

static gboolean
has_progressive (const GstStructure * structure)
{
  const GValue *mode = gst_structure_get_value (structure, "interlace-mode");
  g_auto (GValue) progressive = G_VALUE_INIT;

  g_value_init (&progressive, G_TYPE_STRING);
  g_value_set_static_string (&progressive, "progressive");
  return !mode || gst_value_intersect (NULL, mode, &progressive);
}

GstCaps *
gst_human_seg_interlaced_parse (GstQuery * query)
{
  GstCaps *caps = NULL;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    gst_query_parse_caps (query, &caps);
  else if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    gst_query_parse_accept_caps (query, &caps);
  if (!caps || gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return NULL;
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    if (has_progressive (gst_caps_get_structure (caps, i)))
      return NULL;
  return caps;
}
