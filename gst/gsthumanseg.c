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
 *     humanseg output=mask ! videoconvert ! video/x-raw,format=I420 ! x264enc !
 *     mp4mux ! filesink location=mask.mp4
 * ]| The mask as a video of its own.
 *
 * |[
 * gst-launch-1.0 compositor name=mix sink_1::zorder=2 ! videoconvert !
 *     autovideosink v4l2src ! videoconvert ! humanseg output=cutout ! mix.sink_1
 *     filesrc location=sea.mp4 ! decodebin ! videoconvert ! mix.sink_0
 * ]| The person in front of another video.
 *
 * Frames are worked on as they come: none waits for the next one, and the
 * element adds no latency of its own to what it is asked for. What it takes to
 * work on a frame is the sink's to allow for (#GstBaseSink:processing-deadline).
 * On frames that would come too late all the same it leaves the network out,
 * if #GstHumanSeg:qos is set; it drops none.
 *
 * What fails, fails as an error of the stream: the raw frame is never let
 * through in place of a masked one.
 *
 * Messages of the debug category `humanseg`: INFO the model and the picture in
 * use, DEBUG what is set up for which frames, and frames that are late.
 */
#include "gsthumanseg.h"

#include <gst/video/video.h>
#include "gsthumansegbuffers.h"
#include "gsthumansegengine.h"
#include "gsthumansegframe.h"
#include "gsthumanseglateness.h"
#include "gsthumansegpace.h"
#include "gsthumansegrefusal.h"
#include "gsthumansegsettings.h"

GST_DEBUG_CATEGORY (gst_human_seg_debug);
#define GST_CAT_DEFAULT gst_human_seg_debug

struct _GstHumanSeg
{
  GstBaseTransform parent;

  /* under the object lock */
  GstHumanSegSettings settings;
  GstHumanSegStale stale;
  HsegOrientation orientation;  /* of the stream, by its tags */
  HsegSegmenterStats stats;
  gdouble composite_ms;
  GstClockTime earliest;        /* running time up to which frames are late */
  gboolean warned;              /* why frames are refused */

  /* the streaming thread's */
  GstVideoInfo in_info, out_info;
  HsegOutput made;              /* the output that fits the caps */
  GstHumanSegPace pace;
  GstHumanSegEngine engine;
};

#define PROP_STATS GST_HUMAN_SEG_FIRST_OTHER_PROP

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

G_DEFINE_TYPE_WITH_CODE (GstHumanSeg, gst_human_seg, GST_TYPE_BASE_TRANSFORM,
    G_IMPLEMENT_INTERFACE (GST_TYPE_PRESET, NULL))

GST_ELEMENT_REGISTER_DEFINE (humanseg, "humanseg", GST_RANK_NONE,
    GST_TYPE_HUMAN_SEG)

/* --- properties --- */

static void
gst_human_seg_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  GstHumanSeg *self = GST_HUMAN_SEG (object);
  GstHumanSegStale stale = 0;

  GST_OBJECT_LOCK (self);
  if (!gst_human_seg_settings_set (&self->settings, prop_id, value, &stale))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  self->stale |= stale & ~GST_HUMAN_SEG_STALE_CAPS;
  GST_OBJECT_UNLOCK (self);

  if (stale & GST_HUMAN_SEG_STALE_CAPS)
    gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
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
  if (prop_id == PROP_STATS)
    g_value_take_boxed (value, make_stats (self));
  else if (!gst_human_seg_settings_get (&self->settings, prop_id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

/* Makes anew what properties have made stale, as far as the caps are known.
 * What fails stays stale, so that no later frame slips through. */
static gboolean
freshen (GstHumanSeg * self)
{
  g_autofree gchar *model = NULL;
  g_autofree gchar *image = NULL;
  GstHumanSegOrder order = {.output = self->made };
  GstHumanSegStale stale;

  if (GST_VIDEO_INFO_FORMAT (&self->in_info) != GST_VIDEO_FORMAT_UNKNOWN) {
    order.in = &self->in_info;
    order.out = &self->out_info;
  }

  GST_OBJECT_LOCK (self);
  stale = self->stale;
  if (G_LIKELY (!stale)) {
    GST_OBJECT_UNLOCK (self);
    return TRUE;
  }
  self->stale = order.in ? 0 : stale & GST_HUMAN_SEG_NEED_FRAMES;
  order.model = model = g_strdup (self->settings.model);
  order.image = image = g_strdup (self->settings.background_image);
  order.background = self->settings.background;
  order.orientation = self->orientation;
  order.precision = self->settings.precision;
  order.threads = self->settings.threads;
  GST_OBJECT_UNLOCK (self);

  if (gst_human_seg_engine_make (&self->engine, GST_ELEMENT (self), &order,
          stale))
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
  output = self->settings.output;
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

/* The other side's caps in our own order of preference, whatever the peer's.
 * Where `output' has been set since @othercaps were asked for, nothing is left of
 * that; these caps are then for the last frame before it counts. */
static GstCaps *
gst_human_seg_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps)
{
  GstCaps *ours = gst_human_seg_transform_caps (trans, direction, caps, NULL);
  GstCaps *both = gst_caps_intersect_full (ours, othercaps,
      GST_CAPS_INTERSECT_FIRST);

  gst_caps_unref (ours);
  if (gst_caps_is_empty (both)) {
    gst_caps_unref (both);
    return gst_caps_fixate (othercaps);
  }
  gst_caps_unref (othercaps);
  return gst_caps_fixate (both);
}

/* An upstream that has nothing but frames that the caps leave out fails with no
 * word of why, and its caps never come to set_caps(). It asks before: that is
 * when to say. */
static gboolean
gst_human_seg_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstCaps *caps;
  const gchar *refusal = gst_human_seg_refusal_parse (query, &caps);
  gboolean warned = TRUE;

  if (refusal && direction == GST_PAD_SINK) {
    GST_OBJECT_LOCK (self);
    warned = self->warned;
    self->warned = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  if (!warned)
    GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("%s", refusal),
        ("%" GST_PTR_FORMAT, caps));
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      query (trans, direction, query);
}

/* What becomes of the next frame: by the properties, as far as the caps allow
 * it, for `output' may have been set since these were chosen. TRUE: it passes
 * untouched, as nothing is asked of it. Only the streaming thread decides that,
 * and between frames: or one half done might pass as a whole one. */
static gboolean
settle (GstHumanSeg * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  HsegOutput made;
  gboolean passes;

  GST_OBJECT_LOCK (self);
  made = gst_human_seg_output_for (self->settings.output, &self->in_info,
      &self->out_info);
  if (self->made != made)
    self->stale |= GST_HUMAN_SEG_STALE_COMPOSITOR;
  self->made = made;
  passes = made == HSEG_OUTPUT_COMPOSITE && made == self->settings.output
      && self->settings.background == HSEG_BACKGROUND_NONE;
  GST_OBJECT_UNLOCK (self);

  if (passes && self->engine.segmenter) /* what it remembers grows old */
    hseg_segmenter_reset (self->engine.segmenter);
  gst_base_transform_set_passthrough (trans, passes);
  return passes;
}

static gboolean
gst_human_seg_set_caps (GstBaseTransform * trans, GstCaps * incaps,
    GstCaps * outcaps)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);
  GstVideoInfo before = self->in_info;

  if (!gst_video_info_from_caps (&self->in_info, incaps)
      || !gst_video_info_from_caps (&self->out_info, outcaps)) {
    GST_ERROR_OBJECT (self, "no video: %" GST_PTR_FORMAT, incaps);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->stale |= GST_HUMAN_SEG_STALE_COMPOSITOR;
  if (!gst_video_info_is_equal (&before, &self->in_info))
    self->stale |= GST_HUMAN_SEG_STALE_SEGMENTER;
  GST_OBJECT_UNLOCK (self);

  return settle (self) || freshen (self);
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
    gst_human_seg_buffers_propose (query);
  return TRUE;
}

static gboolean
gst_human_seg_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  gst_human_seg_buffers_decide (query, &GST_HUMAN_SEG (trans)->out_info);
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      decide_allocation (trans, query);
}

static gboolean
gst_human_seg_filter_meta (GstBaseTransform * trans, GstQuery * query,
    GType api, const GstStructure * params)
{
  return gst_human_seg_buffers_take_meta (api);
}

static gboolean
gst_human_seg_transform_meta (GstBaseTransform * trans, GstBuffer * outbuf,
    GstMeta * meta, GstBuffer * inbuf)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);

  if (meta->info->api == GST_VIDEO_CROP_META_API_TYPE
      && gst_human_seg_frame_part (&self->in_info, inbuf))
    return FALSE;               /* the output is that part alone */
  return gst_human_seg_buffers_keep_meta (meta->info->api, self->made);
}

static void
gst_human_seg_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  if (trans->segment.format == GST_FORMAT_TIME)
    time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_TIMESTAMP (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (trans), time);
}

/* Properties set before the frame came count for it, whether or not they change
 * the caps. */
static GstFlowReturn
gst_human_seg_submit_input_buffer (GstBaseTransform * trans,
    gboolean is_discont, GstBuffer * buffer)
{
  settle (GST_HUMAN_SEG (trans));
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      submit_input_buffer (trans, is_discont, buffer);
}

static gboolean
is_late (GstHumanSeg * self, GstBuffer * buffer)
{
  GstClockTime earliest;

  GST_OBJECT_LOCK (self);
  earliest = self->settings.qos ? self->earliest : GST_CLOCK_TIME_NONE;
  GST_OBJECT_UNLOCK (self);
  return gst_human_seg_lateness_of (buffer,
      &GST_BASE_TRANSFORM (self)->segment, earliest);
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
  gboolean automatic;

  GST_OBJECT_LOCK (self);
  mask_params = self->settings.mask;
  look_params = self->settings.look;
  automatic = self->settings.threads == 0;
  GST_OBJECT_UNLOCK (self);

  look_params.edge_shift = mask_params.edge_shift;
  look_params.threads = mask_params.threads =
      automatic ? gst_human_seg_pace_threads (&self->pace) : 0;
  hseg_segmenter_set_params (self->engine.segmenter, &mask_params);
  hseg_compositor_set_params (self->engine.compositor, &look_params);
  mask = hseg_segmenter_run (self->engine.segmenter, in);
  hseg_compositor_run (self->engine.compositor, in, mask, out);
  hseg_segmenter_get_stats (self->engine.segmenter, &stats);

  GST_OBJECT_LOCK (self);
  self->stats = stats;
  self->composite_ms = hseg_compositor_get_ms (self->engine.compositor);
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
  gst_human_seg_pace_begin (&self->pace, g_get_monotonic_time ());
  if (GST_BUFFER_FLAG_IS_SET (inbuf, GST_BUFFER_FLAG_DISCONT)) {
    GST_DEBUG_OBJECT (self, "discontinuity: earlier frames are forgotten");
    hseg_segmenter_reset (self->engine.segmenter);
  }
  if (is_late (self, inbuf)) {
    GST_DEBUG_OBJECT (self, "late: %" GST_TIME_FORMAT " without the network",
        GST_TIME_ARGS (GST_BUFFER_PTS (inbuf)));
    hseg_segmenter_spare (self->engine.segmenter);
  }
  if (!gst_human_seg_frame_map (&in_frame, &self->in_info, inbuf,
          GST_MAP_READ, &in))
    goto unreadable;
  if (!gst_human_seg_frame_map (&out_frame, &self->out_info, outbuf,
          GST_MAP_WRITE, &out))
    goto unwritable;
  work (self, &in, &out);

  gst_video_frame_unmap (&out_frame);
  gst_video_frame_unmap (&in_frame);
  mark_person (self, outbuf);
  gst_human_seg_pace_end (&self->pace, g_get_monotonic_time ());
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
  self->stale = GST_HUMAN_SEG_STALE_MODEL | GST_HUMAN_SEG_STALE_BACKDROP
      | GST_HUMAN_SEG_NEED_FRAMES;
  memset (&self->stats, 0, sizeof self->stats);
  self->composite_ms = 0;
  self->orientation = HSEG_ORIENTATION_UPRIGHT;
  self->earliest = GST_CLOCK_TIME_NONE;
  self->warned = FALSE;
  self->pace = (GstHumanSegPace) { 0 };
  GST_OBJECT_UNLOCK (self);
  settle (self);
  return freshen (self);
}

static gboolean
gst_human_seg_stop (GstBaseTransform * trans)
{
  gst_human_seg_engine_clear (&GST_HUMAN_SEG (trans)->engine);
  return TRUE;
}

static void
note_lateness (GstHumanSeg * self, GstClockTime earliest)
{
  GST_OBJECT_LOCK (self);
  self->earliest = earliest;
  GST_OBJECT_UNLOCK (self);
}

/* The stream is shown turned: the network is to see it so. */
static void
note_orientation (GstHumanSeg * self, GstVideoOrientationMethod method)
{
  HsegOrientation orientation = gst_human_seg_orientation (method);

  GST_OBJECT_LOCK (self);
  if (self->orientation != orientation)
    self->stale |= GST_HUMAN_SEG_NEED_FRAMES;
  self->orientation = orientation;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_human_seg_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstHumanSeg *self = GST_HUMAN_SEG (trans);

  GstVideoOrientationMethod method;
  GstTagList *tags;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      if (self->engine.segmenter)
        hseg_segmenter_reset (self->engine.segmenter);
      note_lateness (self, GST_CLOCK_TIME_NONE);
      break;
    case GST_EVENT_STREAM_START:
      note_orientation (self, GST_VIDEO_ORIENTATION_IDENTITY);
      break;
    case GST_EVENT_TAG:
      gst_event_parse_tag (event, &tags);
      if (gst_video_orientation_from_tag (tags, &method))
        note_orientation (self, method);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      sink_event (trans, event);
}

static gboolean
gst_human_seg_src_event (GstBaseTransform * trans, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    note_lateness (GST_HUMAN_SEG (trans), gst_human_seg_lateness_parse (event));
  return GST_BASE_TRANSFORM_CLASS (gst_human_seg_parent_class)->
      src_event (trans, event);
}

static void
gst_human_seg_finalize (GObject * object)
{
  GstHumanSeg *self = GST_HUMAN_SEG (object);

  gst_human_seg_engine_clear (&self->engine);
  gst_human_seg_settings_clear (&self->settings);
  G_OBJECT_CLASS (gst_human_seg_parent_class)->finalize (object);
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
  gst_human_seg_settings_install (object_class);
  g_object_class_install_property (object_class, PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Since the last caps or model: frames, frames inferred (on which the "
          "network ran), mean milliseconds of each stage, and the share of the "
          "last frame that is person", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Person segmentation",
      "Filter/Effect/Video",
      "Finds the people in each frame with a neural network on the CPU, and "
      "blurs or replaces what is behind them (output=composite), puts out "
      "their mask (mask), or the frame with the mask as its alpha (cutout). "
      "Each output frame is made of one input frame, with its timestamps and "
      "metas; a GstVideoRegionOfInterestMeta of type `person' says where they "
      "are. What fails is an error of the stream: the raw frame never passes",
      "The gst-humanseg authors");

  trans_class->transform_caps = gst_human_seg_transform_caps;
  trans_class->fixate_caps = gst_human_seg_fixate_caps;
  trans_class->query = gst_human_seg_query;
  trans_class->set_caps = gst_human_seg_set_caps;
  trans_class->get_unit_size = gst_human_seg_get_unit_size;
  trans_class->transform_size = gst_human_seg_transform_size;
  trans_class->propose_allocation = gst_human_seg_propose_allocation;
  trans_class->filter_meta = gst_human_seg_filter_meta;
  trans_class->decide_allocation = gst_human_seg_decide_allocation;
  trans_class->transform_meta = gst_human_seg_transform_meta;
  trans_class->before_transform = gst_human_seg_before_transform;
  trans_class->submit_input_buffer = gst_human_seg_submit_input_buffer;
  trans_class->sink_event = gst_human_seg_sink_event;
  trans_class->src_event = gst_human_seg_src_event;
  trans_class->transform = gst_human_seg_transform;
  trans_class->start = gst_human_seg_start;
  trans_class->stop = gst_human_seg_stop;
}

static void
gst_human_seg_init (GstHumanSeg * self)
{
  gst_human_seg_settings_init (&self->settings);
  /* or the base class takes a frame's flag of a gap away */
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
  self->earliest = GST_CLOCK_TIME_NONE;
}
