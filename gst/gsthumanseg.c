/**
 * SECTION:element-humanseg
 * @title: humanseg
 * @short_description: cuts people out of video
 *
 * Finds the people in each frame with a neural network that runs on the CPU,
 * and replaces what is behind them, cuts them out, or puts out their mask.
 *
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! humanseg ! videoconvert ! autovideosink
 * ]| The person in front of their own background, blurred.
 *
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert !
 *     humanseg output=mask ! videoconvert ! x264enc ! mp4mux !
 *     filesink location=mask.mp4
 * ]| The mask as a video of its own.
 *
 * What fails, fails as an error of the stream: the raw frame is never let
 * through in place of a masked one.
 */
#include "gsthumanseg.h"

#include <gst/video/gstvideometa.h>
#include <gst/video/gstvideopool.h>
#include <gst/video/video.h>
#include "gsthumansegenums.h"
#include "gsthumansegframe.h"

GST_DEBUG_CATEGORY_STATIC (gst_human_seg_debug);
#define GST_CAT_DEFAULT gst_human_seg_debug

#define DEFAULT_OUTPUT HSEG_OUTPUT_COMPOSITE
#define DEFAULT_BACKGROUND HSEG_BACKGROUND_BLUR
#define DEFAULT_MODEL "default"
#define DEFAULT_PRECISION HSEG_PRECISION_AUTO
#define DEFAULT_THREADS 0

enum
{
  PROP_0,
  PROP_OUTPUT,
  PROP_BACKGROUND,
  PROP_BACKGROUND_COLOR,
  PROP_BACKGROUND_IMAGE,
  PROP_BLUR_RADIUS,
  PROP_DECONTAMINATE,
  PROP_MODEL,
  PROP_PRECISION,
  PROP_REFINE,
  PROP_REFINE_RADIUS,
  PROP_REFINE_EPSILON,
  PROP_THRESHOLD,
  PROP_SOFTNESS,
  PROP_EDGE_SHIFT,
  PROP_SMOOTHING,
  PROP_INTERVAL,
  PROP_SUBJECT,
  PROP_THREADS,
  PROP_STATS,
  PROP_QOS,                     /* the base class's, overridden */
};

static GParamSpec *props[PROP_QOS];

/* What a changed property makes stale. */
typedef enum
{
  STALE_MODEL = 1 << 0,
  STALE_SEGMENTER = 1 << 1,
  STALE_BACKDROP = 1 << 2,
  STALE_COMPOSITOR = 1 << 3,
} Stale;

struct _GstHumanSeg
{
  GstBaseTransform parent;

  /* properties, under the object lock */
  HsegOutput output;
  HsegBackground background;
  gchar *background_image;
  gchar *model_name;
  HsegPrecision precision;
  gint threads;
  gboolean qos;
  HsegSegmenterParams mask_params;
  HsegCompositorParams look_params;
  Stale stale;
  HsegSegmenterStats stats;
  gdouble composite_ms;
  GstClockTime earliest;        /* running time up to which frames are late */

  /* the streaming thread's */
  GstVideoInfo in_info, out_info;
  HsegOutput made;              /* the output that the caps were set for */
  HsegModel *model;
  HsegSegmenter *segmenter;
  HsegBackdrop *backdrop;
  HsegCompositor *compositor;
};

#define SIZE_CAPS \
    "width = (int) [ 16, 8192 ], height = (int) [ 16, 8192 ], " \
    "framerate = " GST_VIDEO_FPS_RANGE ", " \
    "interlace-mode = (string) progressive"

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format = (string) "
        GST_HUMAN_SEG_SINK_FORMATS ", " SIZE_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw, format = (string) "
        GST_HUMAN_SEG_SRC_FORMATS ", " SIZE_CAPS));

G_DEFINE_TYPE (GstHumanSeg, gst_human_seg, GST_TYPE_BASE_TRANSFORM)

GST_ELEMENT_REGISTER_DEFINE (humanseg, "humanseg", GST_RANK_NONE,
    GST_TYPE_HUMAN_SEG)

/* --- properties --- */

/* Frames pass untouched only while nothing is asked of them. Called with the
 * object lock held; returns whether the pads must negotiate anew. */
static gboolean
passes_frames (GstHumanSeg * self)
{
  return self->output == HSEG_OUTPUT_COMPOSITE
      && self->background == HSEG_BACKGROUND_NONE;
}

static void
renegotiate (GstHumanSeg * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  gboolean passes;

  GST_OBJECT_LOCK (self);
  passes = passes_frames (self);
  GST_OBJECT_UNLOCK (self);

  gst_base_transform_set_passthrough (trans, passes);
  gst_base_transform_reconfigure_src (trans);
}

static void
gst_human_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstHumanSeg *self = GST_HUMAN_SEG (object);
  gboolean negotiate = FALSE;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_OUTPUT:
      self->output = g_value_get_enum (value);
      self->stale |= STALE_COMPOSITOR;
      negotiate = TRUE;
      break;
    case PROP_BACKGROUND:
      self->background = g_value_get_enum (value);
      self->stale |= STALE_BACKDROP | STALE_COMPOSITOR;
      negotiate = TRUE;
      break;
    case PROP_BACKGROUND_COLOR:
      self->look_params.color = g_value_get_uint (value);
      break;
    case PROP_BACKGROUND_IMAGE:
      g_free (self->background_image);
      self->background_image = g_value_dup_string (value);
      self->stale |= STALE_BACKDROP | STALE_COMPOSITOR;
      break;
    case PROP_BLUR_RADIUS:
      self->look_params.blur_radius = g_value_get_double (value);
      break;
    case PROP_DECONTAMINATE:
      self->look_params.decontaminate = g_value_get_double (value);
      break;
    case PROP_MODEL:
      g_free (self->model_name);
      self->model_name = g_value_dup_string (value);
      if (!self->model_name)
        self->model_name = g_strdup (DEFAULT_MODEL);
      self->stale |= STALE_MODEL | STALE_SEGMENTER;
      break;
    case PROP_PRECISION:
      self->precision = g_value_get_enum (value);
      self->stale |= STALE_SEGMENTER;
      break;
    case PROP_REFINE:
      self->mask_params.refine = g_value_get_enum (value);
      break;
    case PROP_REFINE_RADIUS:
      self->mask_params.radius = g_value_get_int (value);
      break;
    case PROP_REFINE_EPSILON:
      self->mask_params.epsilon = g_value_get_double (value);
      break;
    case PROP_THRESHOLD:
      self->mask_params.threshold = g_value_get_double (value);
      break;
    case PROP_SOFTNESS:
      self->mask_params.softness = g_value_get_double (value);
      break;
    case PROP_EDGE_SHIFT:
      self->mask_params.edge_shift = g_value_get_double (value);
      break;
    case PROP_SMOOTHING:
      self->mask_params.smoothing = g_value_get_double (value);
      break;
    case PROP_INTERVAL:
      self->mask_params.interval = g_value_get_int (value);
      break;
    case PROP_SUBJECT:
      self->mask_params.subject = g_value_get_enum (value);
      break;
    case PROP_QOS:
      self->qos = g_value_get_boolean (value);
      break;
    case PROP_THREADS:
      self->threads = g_value_get_int (value);
      self->stale |= STALE_SEGMENTER | STALE_COMPOSITOR;
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);

  if (negotiate)
    renegotiate (self);
}

/* Called with the object lock held. */
static GstStructure *
make_stats (GstHumanSeg * self)
{
  const HsegSegmenterStats *s = &self->stats;

  return gst_structure_new ("humanseg-stats",
      "frames", G_TYPE_UINT64, s->frames,
      "inferred", G_TYPE_UINT64, s->inferred,
      "preprocess-ms", G_TYPE_DOUBLE, s->preprocess_ms,
      "inference-ms", G_TYPE_DOUBLE, s->inference_ms,
      "refine-ms", G_TYPE_DOUBLE, s->refine_ms,
      "composite-ms", G_TYPE_DOUBLE, self->composite_ms,
      "person-share", G_TYPE_DOUBLE, s->share, NULL);
}

static void
gst_human_seg_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstHumanSeg *self = GST_HUMAN_SEG (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_OUTPUT:
      g_value_set_enum (value, self->output);
      break;
    case PROP_BACKGROUND:
      g_value_set_enum (value, self->background);
      break;
    case PROP_BACKGROUND_COLOR:
      g_value_set_uint (value, self->look_params.color);
      break;
    case PROP_BACKGROUND_IMAGE:
      g_value_set_string (value, self->background_image);
      break;
    case PROP_BLUR_RADIUS:
      g_value_set_double (value, self->look_params.blur_radius);
      break;
    case PROP_DECONTAMINATE:
      g_value_set_double (value, self->look_params.decontaminate);
      break;
    case PROP_MODEL:
      g_value_set_string (value, self->model_name);
      break;
    case PROP_PRECISION:
      g_value_set_enum (value, self->precision);
      break;
    case PROP_REFINE:
      g_value_set_enum (value, self->mask_params.refine);
      break;
    case PROP_REFINE_RADIUS:
      g_value_set_int (value, self->mask_params.radius);
      break;
    case PROP_REFINE_EPSILON:
      g_value_set_double (value, self->mask_params.epsilon);
      break;
    case PROP_THRESHOLD:
      g_value_set_double (value, self->mask_params.threshold);
      break;
    case PROP_SOFTNESS:
      g_value_set_double (value, self->mask_params.softness);
      break;
    case PROP_EDGE_SHIFT:
      g_value_set_double (value, self->mask_params.edge_shift);
      break;
    case PROP_SMOOTHING:
      g_value_set_double (value, self->mask_params.smoothing);
      break;
    case PROP_INTERVAL:
      g_value_set_int (value, self->mask_params.interval);
      break;
    case PROP_SUBJECT:
      g_value_set_enum (value, self->mask_params.subject);
      break;
    case PROP_QOS:
      g_value_set_boolean (value, self->qos);
      break;
    case PROP_THREADS:
      g_value_set_int (value, self->threads);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, make_stats (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

/* --- the library's objects --- */

static void
drop_all (GstHumanSeg * self)
{
  g_clear_pointer (&self->compositor, hseg_compositor_free);
  g_clear_pointer (&self->segmenter, hseg_segmenter_free);
  g_clear_pointer (&self->backdrop, hseg_backdrop_free);
  g_clear_pointer (&self->model, hseg_model_unref);
}

static gboolean
load_model (GstHumanSeg * self, const gchar * name)
{
  g_autoptr (GError) error = NULL;
  HsegModel *model = hseg_model_load (name, &error);

  if (!model) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ,
        ("Can't load the model: %s", error->message), (NULL));
    return FALSE;
  }
  g_clear_pointer (&self->model, hseg_model_unref);
  self->model = model;
  GST_INFO_OBJECT (self, "model %s", name);
  return TRUE;
}

static gboolean
load_backdrop (GstHumanSeg * self, HsegBackground background,
    const gchar * path)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->backdrop, hseg_backdrop_free);
  if (background != HSEG_BACKGROUND_IMAGE)
    return TRUE;
  if (!path) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("background=image needs the path of a picture in background-image"),
        (NULL));
    return FALSE;
  }
  self->backdrop = hseg_backdrop_load (path, &error);
  if (!self->backdrop) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ,
        ("Can't load the background: %s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

static gboolean
make_segmenter (GstHumanSeg * self, HsegPrecision precision, gint threads)
{
  g_autoptr (GError) error = NULL;
  HsegSegmenterConfig config = {
    .par_n = GST_VIDEO_INFO_PAR_N (&self->in_info),
    .par_d = GST_VIDEO_INFO_PAR_D (&self->in_info),
    .precision = precision,
    .threads = threads,
  };

  g_clear_pointer (&self->segmenter, hseg_segmenter_free);
  gst_human_seg_frame_describe (&self->in_info, &config.frame);
  self->segmenter = hseg_segmenter_new (self->model, &config, &error);
  if (!self->segmenter) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT,
        ("Can't set up the segmentation: %s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

static gboolean
make_compositor (GstHumanSeg * self, HsegBackground background, gint threads)
{
  g_autoptr (GError) error = NULL;
  HsegCompositorConfig config = {
    .output = self->made,
    .background = background,
    .backdrop = self->backdrop,
    .par_n = GST_VIDEO_INFO_PAR_N (&self->in_info),
    .par_d = GST_VIDEO_INFO_PAR_D (&self->in_info),
    .threads = threads,
  };

  g_clear_pointer (&self->compositor, hseg_compositor_free);
  gst_human_seg_frame_describe (&self->in_info, &config.frame);
  gst_human_seg_frame_describe (&self->out_info, &config.made);
  self->compositor = hseg_compositor_new (&config, &error);
  if (!self->compositor) {
    GST_ELEMENT_ERROR (self, LIBRARY, INIT,
        ("Can't set up the compositing: %s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

/* Makes anew what properties have made stale, as far as the caps are known.
 * What fails stays stale, so that no later frame slips through. */
static gboolean
freshen (GstHumanSeg * self)
{
  g_autofree gchar *model = NULL;
  g_autofree gchar *image = NULL;
  gboolean have_caps =
      GST_VIDEO_INFO_FORMAT (&self->in_info) != GST_VIDEO_FORMAT_UNKNOWN;
  HsegBackground background;
  HsegPrecision precision;
  gint threads;
  Stale stale;

  GST_OBJECT_LOCK (self);
  stale = self->stale;
  if (G_LIKELY (!stale)) {
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  self->stale = have_caps ? 0 : stale & (STALE_SEGMENTER | STALE_COMPOSITOR);
  model = g_strdup (self->model_name);
  image = g_strdup (self->background_image);
  background = self->background;
  precision = self->precision;
  threads = self->threads;
  GST_OBJECT_UNLOCK (self);

  if ((!(stale & STALE_MODEL) || load_model (self, model))
      && (!(stale & STALE_BACKDROP) || load_backdrop (self, background, image))
      && (!have_caps || !(stale & STALE_SEGMENTER)
          || make_segmenter (self, precision, threads))
      && (!have_caps || !(stale & STALE_COMPOSITOR)
          || make_compositor (self, background, threads)))
    return TRUE;

  GST_OBJECT_LOCK (self);
  self->stale |= stale;
  GST_OBJECT_UNLOCK (self);
  return FALSE;
}

/* --- caps --- */

static GstCaps *
gst_human_seg_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstCaps *result, *filtered;
  HsegOutput output;

  GST_OBJECT_LOCK (self);
  output = self->output;
  GST_OBJECT_UNLOCK (self);

  result = gst_human_seg_other_caps (caps, direction, output);
  if (filter) {
    filtered = gst_caps_intersect_full (filter, result,
        GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = filtered;
  }
  GST_DEBUG_OBJECT (self, "%" GST_PTR_FORMAT " -> %" GST_PTR_FORMAT, caps,
      result);
  return result;
}

/* The other side's caps in our own order of preference, whatever the peer's. */
static GstCaps *
gst_human_seg_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps)
{
  GstCaps *ours = gst_human_seg_transform_caps (trans, direction, caps, NULL);
  GstCaps *both = gst_caps_intersect_full (ours, othercaps,
      GST_CAPS_INTERSECT_FIRST);

  gst_caps_unref (ours);
  gst_caps_unref (othercaps);
  return gst_caps_fixate (both);
}

static gboolean
gst_human_seg_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstVideoInfo before = self->in_info;
  gboolean passes;

  if (!gst_video_info_from_caps (&self->in_info, incaps)
      || !gst_video_info_from_caps (&self->out_info, outcaps)) {
    GST_ERROR_OBJECT (self, "no video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  passes = passes_frames (self);
  self->made = self->output;
  self->stale |= STALE_COMPOSITOR;
  if (!gst_video_info_is_equal (&before, &self->in_info))
    self->stale |= STALE_SEGMENTER;
  GST_OBJECT_UNLOCK (self);

  /* `output` may have been set since these caps were chosen; the next frame
   * then negotiates anew, but this one must fit them. */
  self->made = gst_human_seg_output_for (self->made, &self->in_info,
      &self->out_info);
  return passes || freshen (self);
}

/* --- buffers --- */

static gboolean
gst_human_seg_get_unit_size (GstBaseTransform * trans, GstCaps * caps,
    gsize * size)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, caps))
    return FALSE;
  *size = GST_VIDEO_INFO_SIZE (&info);
  return TRUE;
}

/* An input with padded rows is larger than its caps say; the output never is. */
static gboolean
gst_human_seg_transform_size (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, gsize size,
    GstCaps * othercaps, gsize * othersize)
{
  return gst_human_seg_get_unit_size (trans, othercaps, othersize);
}

static gboolean
gst_human_seg_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      propose_allocation (trans, decide_query, query))
    return FALSE;
  if (decide_query) /* NULL: the query has gone downstream already */
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

static gboolean
gst_human_seg_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstBufferPool *pool = NULL;
  guint size = 0, min = 0, max = 0;
  gboolean update = gst_query_get_n_allocation_pools (query) > 0;
  GstStructure *config;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (update)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (!pool)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, GST_VIDEO_INFO_SIZE (&self->out_info));

  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config,
        GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);

  if (update)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  gst_object_unref (pool);

  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      decide_allocation (trans, query);
}

/* Metas that describe the memory belong to the input's; those that describe
 * the picture hold for the output too, for its size and place are the same. */
static gboolean
gst_human_seg_transform_meta (GstBaseTransform * trans, GstBuffer * outbuf,
    GstMeta * meta, GstBuffer * inbuf)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GType api = meta->info->api;

  if (gst_meta_api_type_has_tag (api,
          g_quark_from_static_string (GST_META_TAG_MEMORY_STR)))
    return FALSE;
  if (gst_meta_api_type_has_tag (api,
          g_quark_from_static_string (GST_META_TAG_VIDEO_COLORSPACE_STR)))
    return self->made == HSEG_OUTPUT_COMPOSITE;
  return TRUE;
}

static void
gst_human_seg_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstClockTime time = gst_segment_to_stream_time (&trans->segment,
      GST_FORMAT_TIME, GST_BUFFER_TIMESTAMP (buffer));

  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (trans), time);
}

/* Whether the frame can only come too late at the sink. */
static gboolean
is_late (GstHumanSeg * self, GstBuffer * buffer)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  GstClockTime earliest, time;
  gboolean qos;

  GST_OBJECT_LOCK (self);
  qos = self->qos;
  earliest = self->earliest;
  GST_OBJECT_UNLOCK (self);
  if (!qos || !GST_CLOCK_TIME_IS_VALID (earliest)
      || segment->format != GST_FORMAT_TIME)
    return FALSE;
  time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_TIMESTAMP (buffer));
  return GST_CLOCK_TIME_IS_VALID (time) && time <= earliest;
}

static void
mark_person (GstHumanSeg * self, GstBuffer * buffer)
{
  const HsegSegmenterStats *s = &self->stats;

  if (s->width > 0)
    gst_buffer_add_video_region_of_interest_meta (buffer, "person", s->x, s->y,
        s->width, s->height);
}

/* Properties are read once, at the start of the frame. */
static void
work (GstHumanSeg * self, const HsegFrame * in, HsegFrame * out)
{
  HsegSegmenterParams mask_params;
  HsegCompositorParams look_params;
  HsegSegmenterStats stats;
  const HsegFrame *mask;

  GST_OBJECT_LOCK (self);
  mask_params = self->mask_params;
  look_params = self->look_params;
  GST_OBJECT_UNLOCK (self);

  hseg_segmenter_set_params (self->segmenter, &mask_params);
  hseg_compositor_set_params (self->compositor, &look_params);
  mask = hseg_segmenter_run (self->segmenter, in);
  hseg_compositor_run (self->compositor, in, mask, out);
  hseg_segmenter_get_stats (self->segmenter, &stats);

  GST_OBJECT_LOCK (self);
  self->stats = stats;
  self->composite_ms = hseg_compositor_get_ms (self->compositor);
  GST_OBJECT_UNLOCK (self);
}

static GstFlowReturn
gst_human_seg_transform (GstBaseTransform * trans, GstBuffer * inbuf,
    GstBuffer * outbuf)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstVideoFrame in_frame, out_frame;
  HsegFrame in, out;

  if (!freshen (self))
    return GST_FLOW_ERROR; /* said so already */
  if (GST_BUFFER_FLAG_IS_SET (inbuf, GST_BUFFER_FLAG_DISCONT))
    hseg_segmenter_reset (self->segmenter);
  if (is_late (self, inbuf))
    hseg_segmenter_spare (self->segmenter);
  if (!gst_video_frame_map (&in_frame, &self->in_info, inbuf, GST_MAP_READ))
    goto unreadable;
  if (!gst_video_frame_map (&out_frame, &self->out_info, outbuf,
          GST_MAP_WRITE))
    goto unwritable;

  gst_human_seg_frame_view (&in_frame, &in);
  gst_human_seg_frame_view (&out_frame, &out);
  work (self, &in, &out);

  gst_video_frame_unmap (&out_frame);
  gst_video_frame_unmap (&in_frame);
  mark_person (self, outbuf);
  return GST_FLOW_OK;

  /* ERRORS */
unwritable:
  gst_video_frame_unmap (&in_frame);
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Can't write to an output frame"),
      ("%" GST_PTR_FORMAT, outbuf));
  return GST_FLOW_ERROR;
unreadable:
  GST_ELEMENT_ERROR (self, RESOURCE, READ, ("Can't read an input frame"),
      ("%" GST_PTR_FORMAT, inbuf));
  return GST_FLOW_ERROR;
}

/* --- life --- */

static gboolean
gst_human_seg_start (GstBaseTransform * trans)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);

  gst_video_info_init (&self->in_info); /* no caps yet */
  gst_video_info_init (&self->out_info);
  GST_OBJECT_LOCK (self);
  self->stale = STALE_MODEL | STALE_SEGMENTER | STALE_BACKDROP |
      STALE_COMPOSITOR;
  memset (&self->stats, 0, sizeof self->stats);
  self->composite_ms = 0;
  self->earliest = GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  return freshen (self);
}

static gboolean
gst_human_seg_stop (GstBaseTransform * trans)
{
  drop_all (GST_HUMAN_SEG (trans));
  return TRUE;
}

static void
note_lateness (GstHumanSeg * self, GstClockTime earliest)
{
  GST_OBJECT_LOCK (self);
  self->earliest = earliest;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_human_seg_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    if (self->segmenter)
      hseg_segmenter_reset (self->segmenter);
    note_lateness (self, GST_CLOCK_TIME_NONE);
  }
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      sink_event (trans, event);
}

/* A sink says how late the frame of @timestamp came. Those that follow are as
 * late, until the time lost has been made up for twice over. */
static gboolean
gst_human_seg_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstClockTime timestamp;
  GstClockTimeDiff late;

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS) {
    gst_event_parse_qos (event, NULL, NULL, &late, &timestamp);
    if (!GST_CLOCK_TIME_IS_VALID (timestamp))
      timestamp = GST_CLOCK_TIME_NONE;
    else if (late > 0)
      timestamp += 2 * late;
    else
      timestamp -= MIN ((GstClockTime) - late, timestamp);
    note_lateness (GST_HUMAN_SEG (trans), timestamp);
  }
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      src_event (trans, event);
}

static void
gst_human_seg_finalize (GObject * object)
{
  GstHumanSeg *self = GST_HUMAN_SEG (object);

  drop_all (self);
  g_free (self->background_image);
  g_free (self->model_name);
  G_OBJECT_CLASS (gst_human_seg_parent_class)->finalize (object);
}

#define FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define NUMERIC (FLAGS | GST_PARAM_CONTROLLABLE)

static void
make_background_props (void)
{
  HsegCompositorParams look = hseg_compositor_default_params ();

  props[PROP_OUTPUT] = g_param_spec_enum ("output", "Output", "What to put out",
      GST_TYPE_HUMAN_SEG_OUTPUT, DEFAULT_OUTPUT, FLAGS);
  props[PROP_BACKGROUND] = g_param_spec_enum ("background", "Background",
      "What stands behind the person in output=composite",
      GST_TYPE_HUMAN_SEG_BACKGROUND, DEFAULT_BACKGROUND, FLAGS);
  props[PROP_BACKGROUND_COLOR] = g_param_spec_uint ("background-color",
      "Background color", "Colour of background=color, 0xAARRGGBB",
      0, G_MAXUINT32, look.color, NUMERIC);
  props[PROP_BACKGROUND_IMAGE] = g_param_spec_string ("background-image",
      "Background image", "Path of the PNG or JPEG file of background=image; "
      "it covers the frame, keeping its shape, centred", NULL, FLAGS);
  props[PROP_BLUR_RADIUS] = g_param_spec_double ("blur-radius", "Blur radius",
      "Standard deviation of background=blur as a part of the frame's height",
      0, 0.25, look.blur_radius, NUMERIC);
  props[PROP_DECONTAMINATE] = g_param_spec_double ("decontaminate",
      "Decontaminate", "How much of the old background's colour is taken out of "
      "half-transparent edges, in cutouts and before a color or an image",
      0, 1, look.decontaminate, NUMERIC);
}

static void
make_mask_props (void)
{
  HsegSegmenterParams mask = hseg_segmenter_default_params ();

  props[PROP_MODEL] = g_param_spec_string ("model", "Model",
      "Name of a built-in model, or path of a .safetensors file",
      DEFAULT_MODEL, FLAGS);
  props[PROP_PRECISION] = g_param_spec_enum ("precision", "Precision",
      "Arithmetic of the network", GST_TYPE_HUMAN_SEG_PRECISION,
      DEFAULT_PRECISION, FLAGS);
  props[PROP_REFINE] = g_param_spec_enum ("refine", "Refine",
      "How the mask's edges are brought to the frame's",
      GST_TYPE_HUMAN_SEG_REFINE, mask.refine, FLAGS);
  props[PROP_REFINE_RADIUS] = g_param_spec_int ("refine-radius",
      "Refine radius", "Radius of the guided filter's window, in pixels of "
      "the network's input", 1, 32, mask.radius, NUMERIC);
  props[PROP_REFINE_EPSILON] = g_param_spec_double ("refine-epsilon",
      "Refine epsilon", "How much a window of the guided filter must vary to "
      "count as an edge, in squared luma where white is 1",
      1e-9, 1, mask.epsilon, NUMERIC);
  props[PROP_THRESHOLD] = g_param_spec_double ("threshold", "Threshold",
      "Probability of a person at which the mask is half",
      0, 1, mask.threshold, NUMERIC);
  props[PROP_SOFTNESS] = g_param_spec_double ("softness", "Softness",
      "Width of the mask's ramp around the threshold, in probability; "
      "0 is a hard edge", 0, 1, mask.softness, NUMERIC);
  props[PROP_EDGE_SHIFT] = g_param_spec_double ("edge-shift", "Edge shift",
      "How far the mask's edge is moved outwards (positive) or inwards, as a "
      "part of the frame's height", -HSEG_MAX_EDGE_SHIFT, HSEG_MAX_EDGE_SHIFT,
      mask.edge_shift, NUMERIC);
  props[PROP_SMOOTHING] = g_param_spec_double ("smoothing", "Smoothing",
      "How firmly what stands still is held still in time; what moves is "
      "followed. 0 masks each frame for itself", 0, 1, mask.smoothing, NUMERIC);
  props[PROP_INTERVAL] = g_param_spec_int ("interval", "Interval",
      "Run the network on every n-th frame; between, the last mask is refined "
      "on the new frame", 1, 100, mask.interval, NUMERIC);
  props[PROP_SUBJECT] = g_param_spec_enum ("subject", "Subject",
      "Who stays in the picture", GST_TYPE_HUMAN_SEG_SUBJECT, mask.subject,
      FLAGS);
  props[PROP_THREADS] = g_param_spec_int ("threads", "Threads",
      "Threads that share the work; 0 = one per processor, at most 2",
      0, 64, DEFAULT_THREADS, FLAGS);
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Frames, frames inferred, mean milliseconds of each stage, share of the "
      "last frame that is person", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
gst_human_seg_class_init (GstHumanSegClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_human_seg_debug, "humanseg", 0,
      "people cut out of video");

  object_class->set_property = gst_human_seg_set_property;
  object_class->get_property = gst_human_seg_get_property;
  object_class->finalize = gst_human_seg_finalize;
  make_background_props ();
  make_mask_props ();
  g_object_class_install_properties (object_class, PROP_QOS, props);
  /* The base class drops late frames; here they only lose the network. */
  g_object_class_override_property (object_class, PROP_QOS, "qos");

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Person segmentation",
      "Filter/Effect/Video",
      "Cuts people out of video: other background, mask, or alpha",
      "The gst-humanseg authors");

  trans_class->transform_caps = gst_human_seg_transform_caps;
  trans_class->fixate_caps = gst_human_seg_fixate_caps;
  trans_class->set_caps = gst_human_seg_set_caps;
  trans_class->get_unit_size = gst_human_seg_get_unit_size;
  trans_class->transform_size = gst_human_seg_transform_size;
  trans_class->propose_allocation = gst_human_seg_propose_allocation;
  trans_class->decide_allocation = gst_human_seg_decide_allocation;
  trans_class->transform_meta = gst_human_seg_transform_meta;
  trans_class->before_transform = gst_human_seg_before_transform;
  trans_class->sink_event = gst_human_seg_sink_event;
  trans_class->src_event = gst_human_seg_src_event;
  trans_class->transform = gst_human_seg_transform;
  trans_class->start = gst_human_seg_start;
  trans_class->stop = gst_human_seg_stop;
}

static void
gst_human_seg_init (GstHumanSeg * self)
{
  self->output = DEFAULT_OUTPUT;
  self->background = DEFAULT_BACKGROUND;
  self->model_name = g_strdup (DEFAULT_MODEL);
  self->precision = DEFAULT_PRECISION;
  self->threads = DEFAULT_THREADS;
  self->qos = TRUE;
  self->earliest = GST_CLOCK_TIME_NONE;
  self->mask_params = hseg_segmenter_default_params ();
  self->look_params = hseg_compositor_default_params ();
}
