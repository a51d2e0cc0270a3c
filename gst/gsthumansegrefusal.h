/* Why frames are refused that the caps of the pads leave out. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* (nullable): what is wrong with the caps that @query asks a pad about, if there
 * is nothing in them that could be taken; these caps (transfer none) as @caps. */
const gchar *gst_human_seg_refusal_parse (GstQuery * query, GstCaps ** caps);

G_END_DECLS
