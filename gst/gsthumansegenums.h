/* The element's enumerations as GLib types; their values are the library's. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define GST_TYPE_HUMAN_SEG_OUTPUT (gst_human_seg_output_get_type ())
GType gst_human_seg_output_get_type (void);

#define GST_TYPE_HUMAN_SEG_BACKGROUND (gst_human_seg_background_get_type ())
GType gst_human_seg_background_get_type (void);

#define GST_TYPE_HUMAN_SEG_PRECISION (gst_human_seg_precision_get_type ())
GType gst_human_seg_precision_get_type (void);

#define GST_TYPE_HUMAN_SEG_REFINE (gst_human_seg_refine_get_type ())
GType gst_human_seg_refine_get_type (void);

#define GST_TYPE_HUMAN_SEG_SUBJECT (gst_human_seg_subject_get_type ())
GType gst_human_seg_subject_get_type (void);

G_END_DECLS
