#include "gsthumansegengine.h"

#include "gsthumansegframe.h"

GST_DEBUG_CATEGORY_EXTERN (gst_human_seg_debug);
#define GST_CAT_DEFAULT gst_human_seg_debug

static gboolean
load_model (GstHumanSegEngine * engine, GstElement * element,
    const gchar * name)
{
  g_autoptr (GError) error = NULL;
  HsegModel *model = hseg_model_load (name, &error);

  if (!model) {
    GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ,
        ("Can't load the model: %s", error->message), (NULL));
    return FALSE;
  }
  g_clear_pointer (&engine->model, hseg_model_unref);
  engine->model = model;
  GST_INFO_OBJECT (element, "model %s", name);
  return TRUE;
}

static gboolean
load_backdrop (GstHumanSegEngine * engine, GstElement * element,
    HsegBackground background, const gchar * path)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&engine->backdrop, hseg_backdrop_free);
  if (background != HSEG_BACKGROUND_IMAGE)
    return TRUE;
  if (!path) {
    GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS,
        ("background=image needs the path of a picture in background-image"),
        (NULL));
    return FALSE;
  }
  engine->backdrop = hseg_backdrop_load (path, &error);
  if (!engine->backdrop) {
    GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ,
        ("Can't load the background: %s", error->message), (NULL));
    return FALSE;
  }
  GST_INFO_OBJECT (element, "background %s", path);
  return TRUE;
}

static gboolean
make_segmenter (GstHumanSegEngine * engine, GstElement * element,
    const GstHumanSegOrder * order)
{
  g_autoptr (GError) error = NULL;
  HsegSegmenterConfig config = {
    .par_n = GST_VIDEO_INFO_PAR_N (order->in),
    .par_d = GST_VIDEO_INFO_PAR_D (order->in),
    .orientation = order->orientation,
    .precision = order->precision,
    .threads = order->threads,
  };

  g_clear_pointer (&engine->segmenter, hseg_segmenter_free);
  gst_human_seg_frame_describe (order->in, &config.frame);
  engine->segmenter = hseg_segmenter_new (engine->model, &config, &error);
  if (!engine->segmenter) {
    GST_ELEMENT_ERROR (element, LIBRARY, INIT,
        ("Can't set up the segmentation: %s", error->message), (NULL));
    return FALSE;
  }
  GST_DEBUG_OBJECT (element,
      "segmenter for %s, %dx%d pixels of %d:%d, orientation %d",
      hseg_format_name (config.frame.format), config.frame.width,
      config.frame.height, config.par_n, config.par_d, config.orientation);
  return TRUE;
}

static gboolean
make_compositor (GstHumanSegEngine * engine, GstElement * element,
    const GstHumanSegOrder * order)
{
  g_autoptr (GError) error = NULL;
  HsegCompositorConfig config = {
    .output = order->output,
    .background = order->background,
    .backdrop = engine->backdrop,
    .par_n = GST_VIDEO_INFO_PAR_N (order->in),
    .par_d = GST_VIDEO_INFO_PAR_D (order->in),
    .orientation = order->orientation,
    .threads = order->threads,
  };

  g_clear_pointer (&engine->compositor, hseg_compositor_free);
  gst_human_seg_frame_describe (order->in, &config.frame);
  gst_human_seg_frame_describe (order->out, &config.made);
  engine->compositor = hseg_compositor_new (&config, &error);
  if (!engine->compositor) {
    GST_ELEMENT_ERROR (element, LIBRARY, INIT,
        ("Can't set up the compositing: %s", error->message), (NULL));
    return FALSE;
  }
  GST_DEBUG_OBJECT (element, "compositor from %s to %s",
      hseg_format_name (config.frame.format),
      hseg_format_name (config.made.format));
  return TRUE;
}

gboolean
gst_human_seg_engine_make (GstHumanSegEngine * engine, GstElement * element,
    const GstHumanSegOrder * order, GstHumanSegStale stale)
{
  if (stale & GST_HUMAN_SEG_STALE_MODEL
      && !load_model (engine, element, order->model))
    return FALSE;
  if (stale & GST_HUMAN_SEG_STALE_BACKDROP
      && !load_backdrop (engine, element, order->background, order->image))
    return FALSE;
  if (!order->in)
    return TRUE;
  if (stale & GST_HUMAN_SEG_STALE_SEGMENTER
      && !make_segmenter (engine, element, order))
    return FALSE;
  return !(stale & GST_HUMAN_SEG_STALE_COMPOSITOR)
      || make_compositor (engine, element, order);
}

void
gst_human_seg_engine_clear (GstHumanSegEngine * engine)
{
  g_clear_pointer (&engine->compositor, hseg_compositor_free);
  g_clear_pointer (&engine->segmenter, hseg_segmenter_free);
  g_clear_pointer (&engine->backdrop, hseg_backdrop_free);
  g_clear_pointer (&engine->model, hseg_model_unref);
}
