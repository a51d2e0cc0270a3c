/* The library's objects that the element works with, made when what they are
 * made for changes. */
#pragma once

#include <gst/video/video.h>
#include <humanseg/humanseg.h>
#include "gsthumansegsettings.h"

G_BEGIN_DECLS

/* All NULL at first. */
typedef struct
{
  HsegModel *model;
  HsegSegmenter *segmenter;
  HsegBackdrop *backdrop;
  HsegCompositor *compositor;
} GstHumanSegEngine;

/* What they are made for. */
typedef struct
{
  const gchar *model;
  const gchar *image;           /* or NULL */
  HsegBackground background;
  HsegPrecision precision;
  HsegOrientation orientation;
  HsegOutput output;
  gint threads;
  const GstVideoInfo *in, *out; /* or both NULL: the frames aren't known yet */
} GstHumanSegOrder;

/* What can be made only when the frames are known. */
#define GST_HUMAN_SEG_NEED_FRAMES \
    (GST_HUMAN_SEG_STALE_SEGMENTER | GST_HUMAN_SEG_STALE_COMPOSITOR)

/* Makes anew what is @stale, as far as the frames are known. FALSE: @element
 * has posted an error that names what failed. */
gboolean gst_human_seg_engine_make (GstHumanSegEngine * engine,
    GstElement * element, const GstHumanSegOrder * order,
    GstHumanSegStale stale);

void gst_human_seg_engine_clear (GstHumanSegEngine * engine);

G_END_DECLS
