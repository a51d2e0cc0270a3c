/* The element `humanseg`: cuts people out of video. */
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_HUMAN_SEG (gst_human_seg_get_type ())
G_DECLARE_FINAL_TYPE (GstHumanSeg, gst_human_seg, GST, HUMAN_SEG,
    GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (humanseg);

G_END_DECLS
