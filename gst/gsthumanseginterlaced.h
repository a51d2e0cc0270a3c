/* Interlaced frames, which the caps refuse. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* (transfer none) (nullable): the caps that @query asks a pad about, if they
 * hold nothing but interlaced frames. */
GstCaps *gst_human_seg_interlaced_parse (GstQuery * query);

G_END_DECLS
