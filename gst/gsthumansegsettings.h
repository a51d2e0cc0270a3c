/* The element's properties: their names and ranges, and where their values are kept. */
#pragma once

#include <glib-object.h>
#include <humanseg/humanseg.h>

G_BEGIN_DECLS

/* What a changed property makes stale. */
typedef enum
{
  GST_HUMAN_SEG_STALE_CAPS = 1 << 0,
  GST_HUMAN_SEG_STALE_MODEL = 1 << 1,
  GST_HUMAN_SEG_STALE_SEGMENTER = 1 << 2,
  GST_HUMAN_SEG_STALE_BACKDROP = 1 << 3,
  GST_HUMAN_SEG_STALE_COMPOSITOR = 1 << 4,
} GstHumanSegStale;

typedef struct
{
  HsegOutput output;
  HsegBackground background;
  gchar *background_image;      /* or NULL */
  gchar *model;
  HsegPrecision precision;
  gint threads;
  gboolean qos;
  HsegSegmenterParams mask;
  HsegCompositorParams look;
} GstHumanSegSettings;

/* Ids from here on are free for the element's other properties. */
#define GST_HUMAN_SEG_FIRST_OTHER_PROP 64

/* Adds the properties to the class. */
void gst_human_seg_settings_install (GObjectClass * object_class);

/* The defaults; to be cleared. */
void gst_human_seg_settings_init (GstHumanSegSettings * settings);
void gst_human_seg_settings_clear (GstHumanSegSettings * settings);

/* Sets the property of @id, and adds to @stale what that makes stale. FALSE:
 * there is no such property. */
gboolean gst_human_seg_settings_set (GstHumanSegSettings * settings, guint id,
    const GValue * value, GstHumanSegStale * stale);

/* @value: (inout): of the property's type. FALSE: there is no such property. */
gboolean gst_human_seg_settings_get (const GstHumanSegSettings * settings,
    guint id, GValue * value);

G_END_DECLS
