#include "gsthumansegrefusal.h"

#include "gsthumansegframe.h"

/* What of the caps upstreams stumble over, and what to tell them. */
static const struct
{
  const gchar *wanted, *words;
} refusals[] = {
  { "video/x-raw, interlace-mode = (string) progressive",
      "Interlaced frames: put videoconvert ! deinterlace before humanseg" },
  { "video/x-raw, width = (int) [ 16, 8192 ], height = (int) [ 16, 8192 ]",
      "Frames of a wrong size: it has to be 16 to 8192 pixels either way; "
      "videoscale or videocrop before humanseg makes it so" },
  { "video/x-raw, format = (string) " GST_HUMAN_SEG_SINK_FORMATS,
      "Frames of a format that is not taken: put videoconvert before humanseg" },
};

/* Whether none of @caps, of whatever else, can be as @wanted. */
static gboolean
none_is (const GstCaps * caps, const gchar * wanted)
{
  GstStructure *structure = gst_structure_from_string (wanted, NULL);
  GstCaps *all = gst_caps_new_full (structure, NULL);
  gboolean none = !gst_caps_can_intersect (caps, all);

  gst_caps_unref (all);
  return none;
}

const gchar *
gst_human_seg_refusal_parse (GstQuery * query, GstCaps ** caps)
{
  *caps = NULL;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    gst_query_parse_caps (query, caps);
  else if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    gst_query_parse_accept_caps (query, caps);
  if (!*caps || none_is (*caps, "video/x-raw"))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (none_is (*caps, refusals[i].wanted))
      return refusals[i].words;
  return NULL;
}
