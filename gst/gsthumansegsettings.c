#include "gsthumansegsettings.h"

#include <gst/gst.h>
#include "gsthumansegenums.h"

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
  PROP_LIGHT_WRAP,
  PROP_DECONTAMINATE,
  PROP_MODEL,
  PROP_PRECISION,
  PROP_REFINE,
  PROP_REFINE_RADIUS,
  PROP_REFINE_EPSILON,
  PROP_THRESHOLD,
  PROP_SOFTNESS,
  PROP_EDGE_SHIFT,
  PROP_CERTAINTY,
  PROP_SMOOTHING,
  PROP_INTERVAL,
  PROP_SUBJECT,
  PROP_THREADS,
  PROP_QOS,                     /* hides the base class's, which drops frames */
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

/* --- as GObject knows them --- */

#define FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define NUMERIC (FLAGS | GST_PARAM_CONTROLLABLE)

static void
make_background_props (void)
{
  HsegCompositorParams look = hseg_compositor_default_params ();

  props[PROP_OUTPUT] = g_param_spec_enum ("output", "Output",
      "What to put out; it decides what formats the source pad has. With "
      "cutout into a compositor, a video can stand behind the person; what "
      "drops a cutout's alpha shows the room",
      GST_TYPE_HUMAN_SEG_OUTPUT, DEFAULT_OUTPUT, FLAGS);
  props[PROP_BACKGROUND] = g_param_spec_enum ("background", "Background",
      "What stands behind the person in output=composite",
      GST_TYPE_HUMAN_SEG_BACKGROUND, DEFAULT_BACKGROUND, FLAGS);
  props[PROP_BACKGROUND_COLOR] = g_param_spec_uint ("background-color",
      "Background color", "Colour of background=color, as 0xAARRGGBB; it is "
      "converted with the frame's colorimetry, and AA is not looked at",
      0, G_MAXUINT32, look.color, NUMERIC);
  props[PROP_BACKGROUND_IMAGE] = g_param_spec_string ("background-image",
      "Background image", "Path of the PNG or JPEG file of background=image; "
      "it covers the frame, keeping its shape, centred", NULL, FLAGS);
  props[PROP_BLUR_RADIUS] = g_param_spec_double ("blur-radius", "Blur radius",
      "Standard deviation of background=blur as a part of the frame's height: "
      "0.01 veils, 0.05 leaves only light and dark. The person doesn't bleed "
      "into it", 0, 0.25, look.blur_radius, NUMERIC);
  props[PROP_LIGHT_WRAP] = g_param_spec_double ("light-wrap", "Light wrap",
      "How much of the new background's light falls on the person's rim, so "
      "that they seem to stand in it; 0.3 is a good deal",
      0, 1, look.light_wrap, NUMERIC);
  props[PROP_DECONTAMINATE] = g_param_spec_double ("decontaminate",
      "Decontaminate", "How much of the old background's colour is taken out of "
      "half-transparent edges (hair), in cutouts and before a color or an "
      "image", 0, 1, look.decontaminate, NUMERIC);
}

static void
make_network_props (void)
{
  HsegSegmenterParams mask = hseg_segmenter_default_params ();

  props[PROP_MODEL] = g_param_spec_string ("model", "Model",
      "Name of a built-in model (default, tiny, v3-0.3), or path of a "
      ".safetensors file (whatever has a slash in it, or ends so)", DEFAULT_MODEL,
      FLAGS);
  props[PROP_PRECISION] = g_param_spec_enum ("precision", "Precision",
      "Arithmetic of the network; an error where the model lacks it",
      GST_TYPE_HUMAN_SEG_PRECISION, DEFAULT_PRECISION, FLAGS);
  props[PROP_INTERVAL] = g_param_spec_int ("interval", "Interval",
      "Run the network on every n-th frame; between, the last mask is refined "
      "on the new frame. 2 or 3 spare most of the work, and lag behind quick "
      "movements", 1, 100, mask.interval, NUMERIC);
  props[PROP_THREADS] = g_param_spec_int ("threads", "Threads",
      "Threads that share the work; 0 = one per processor, at most 2, and one "
      "alone in a stream that leaves it time to spare, as that takes less "
      "of the processors in all. The output is the same with any number",
      0, 64, DEFAULT_THREADS, NUMERIC);
  props[PROP_QOS] = g_param_spec_boolean ("qos", "QoS",
      "Leave the network out on frames that would come too late: the last mask "
      "is refined on them. No frame is dropped. false makes the output depend "
      "on nothing but the input", TRUE, FLAGS);
}

static void
make_mask_props (void)
{
  HsegSegmenterParams mask = hseg_segmenter_default_params ();

  props[PROP_REFINE] = g_param_spec_enum ("refine", "Refine",
      "How the mask's edges are brought to the frame's",
      GST_TYPE_HUMAN_SEG_REFINE, mask.refine, FLAGS);
  props[PROP_REFINE_RADIUS] = g_param_spec_int ("refine-radius",
      "Refine radius", "Radius of the guided filter's window, in pixels of "
      "the network's input: how far an edge is looked for",
      1, 32, mask.radius, NUMERIC);
  props[PROP_REFINE_EPSILON] = g_param_spec_double ("refine-epsilon",
      "Refine epsilon", "How much a window of the guided filter must vary to "
      "count as an edge, in squared luma where white is 1; smaller follows "
      "fainter edges, and noise", 1e-9, 1, mask.epsilon, NUMERIC);
  props[PROP_THRESHOLD] = g_param_spec_double ("threshold", "Threshold",
      "Probability of a person at which the mask is half; lower keeps more",
      0, 1, mask.threshold, NUMERIC);
  props[PROP_SOFTNESS] = g_param_spec_double ("softness", "Softness",
      "Width of the mask's ramp around the threshold, in probability; "
      "0 is a hard edge, 1 leaves the mask as refined; narrower where the "
      "threshold is near 0 or 1, so that what is sure stays so",
      0, 1, mask.softness, NUMERIC);
  props[PROP_EDGE_SHIFT] = g_param_spec_double ("edge-shift", "Edge shift",
      "How far the mask's edge is moved outwards (positive) or inwards, as a "
      "part of the frame's height; 0.005 is a little",
      -HSEG_MAX_EDGE_SHIFT, HSEG_MAX_EDGE_SHIFT, mask.edge_shift, NUMERIC);
  props[PROP_CERTAINTY] = g_param_spec_double ("certainty", "Certainty",
      "How probable a region of the mask must be somewhere to be in it at all; "
      "higher keeps empty rooms and animals empty, and loses people who are "
      "hard to see. 0 keeps all", 0, 1, mask.certainty, NUMERIC);
  props[PROP_SMOOTHING] = g_param_spec_double ("smoothing", "Smoothing",
      "How firmly what stands still is held still in time; what moves is "
      "followed. 0 masks each frame for itself", 0, 1, mask.smoothing, NUMERIC);
  props[PROP_SUBJECT] = g_param_spec_enum ("subject", "Subject",
      "Who stays in the picture", GST_TYPE_HUMAN_SEG_SUBJECT, mask.subject,
      FLAGS);
}

void
gst_human_seg_settings_install (GObjectClass * object_class)
{
  make_background_props ();
  make_network_props ();
  make_mask_props ();
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/* --- as the element knows them --- */

void
gst_human_seg_settings_init (GstHumanSegSettings * settings)
{
  *settings = (GstHumanSegSettings) {
    .output = DEFAULT_OUTPUT,
    .background = DEFAULT_BACKGROUND,
    .model = g_strdup (DEFAULT_MODEL),
    .precision = DEFAULT_PRECISION,
    .threads = DEFAULT_THREADS,
    .qos = TRUE,
    .mask = hseg_segmenter_default_params (),
    .look = hseg_compositor_default_params (),
  };
}

void
gst_human_seg_settings_clear (GstHumanSegSettings * settings)
{
  g_clear_pointer (&settings->background_image, g_free);
  g_clear_pointer (&settings->model, g_free);
}

/* Where the value of a property is kept, by its id; enumerations are kept as
 * int. What it makes stale is so once it changes. */
static const struct
{
  gsize offset;
  GstHumanSegStale stale;
} fields[N_PROPS] = {
#define FIELD(id, member, stale) \
    [id] = { G_STRUCT_OFFSET (GstHumanSegSettings, member), stale }
  FIELD (PROP_OUTPUT, output,
      GST_HUMAN_SEG_STALE_CAPS | GST_HUMAN_SEG_STALE_COMPOSITOR),
  FIELD (PROP_BACKGROUND, background,
      GST_HUMAN_SEG_STALE_CAPS | GST_HUMAN_SEG_STALE_BACKDROP
      | GST_HUMAN_SEG_STALE_COMPOSITOR),
  FIELD (PROP_BACKGROUND_COLOR, look.color, 0),
  FIELD (PROP_BACKGROUND_IMAGE, background_image,
      GST_HUMAN_SEG_STALE_BACKDROP | GST_HUMAN_SEG_STALE_COMPOSITOR),
  FIELD (PROP_BLUR_RADIUS, look.blur_radius, 0),
  FIELD (PROP_LIGHT_WRAP, look.light_wrap, 0),
  FIELD (PROP_DECONTAMINATE, look.decontaminate, 0),
  FIELD (PROP_MODEL, model,
      GST_HUMAN_SEG_STALE_MODEL | GST_HUMAN_SEG_STALE_SEGMENTER),
  FIELD (PROP_PRECISION, precision, GST_HUMAN_SEG_STALE_SEGMENTER),
  FIELD (PROP_REFINE, mask.refine, 0),
  FIELD (PROP_REFINE_RADIUS, mask.radius, 0),
  FIELD (PROP_REFINE_EPSILON, mask.epsilon, 0),
  FIELD (PROP_THRESHOLD, mask.threshold, 0),
  FIELD (PROP_SOFTNESS, mask.softness, 0),
  FIELD (PROP_EDGE_SHIFT, mask.edge_shift, 0),
  FIELD (PROP_CERTAINTY, mask.certainty, 0),
  FIELD (PROP_SMOOTHING, mask.smoothing, 0),
  FIELD (PROP_INTERVAL, mask.interval, 0),
  FIELD (PROP_SUBJECT, mask.subject, 0),
  FIELD (PROP_THREADS, threads,
      GST_HUMAN_SEG_STALE_SEGMENTER | GST_HUMAN_SEG_STALE_COMPOSITOR),
  FIELD (PROP_QOS, qos, 0),
#undef FIELD
};

G_STATIC_ASSERT (sizeof (HsegOutput) == sizeof (gint));

static void
take_string (gchar ** field, const GValue * value, const gchar * otherwise)
{
  const gchar *string = g_value_get_string (value);

  g_free (*field);
  *field = g_strdup (string ? string : otherwise);
}

/* Whether it was another one. */
static gboolean
take_int (gint * field, gint value)
{
  gboolean changed = *field != value;

  *field = value;
  return changed;
}

gboolean
gst_human_seg_settings_set (GstHumanSegSettings * settings, guint id,
    const GValue * value, GstHumanSegStale * stale)
{
  gpointer field;
  gboolean changed = FALSE;

  if (id == PROP_0 || id >= N_PROPS)
    return FALSE;
  field = G_STRUCT_MEMBER_P (settings, fields[id].offset);
  switch (G_TYPE_FUNDAMENTAL (props[id]->value_type)) {
    case G_TYPE_STRING:
      take_string (field, value, id == PROP_MODEL ? DEFAULT_MODEL : NULL);
      changed = TRUE; /* the same path may have got another file behind it */
      break;
    case G_TYPE_ENUM:
      changed = take_int (field, g_value_get_enum (value));
      break;
    case G_TYPE_INT:
      changed = take_int (field, g_value_get_int (value));
      break;
    case G_TYPE_BOOLEAN:
      changed = take_int (field, g_value_get_boolean (value));
      break;
    case G_TYPE_UINT:
      *(guint *) field = g_value_get_uint (value);
      break;
    default:
      *(gdouble *) field = g_value_get_double (value);
      break;
  }
  if (changed)
    *stale |= fields[id].stale;
  return TRUE;
}

gboolean
gst_human_seg_settings_get (const GstHumanSegSettings * settings, guint id,
    GValue * value)
{
  gconstpointer field;

  if (id == PROP_0 || id >= N_PROPS)
    return FALSE;
  field = G_STRUCT_MEMBER_P (settings, fields[id].offset);
  switch (G_TYPE_FUNDAMENTAL (props[id]->value_type)) {
    case G_TYPE_STRING:
      g_value_set_string (value, *(gchar * const *) field);
      break;
    case G_TYPE_ENUM:
      g_value_set_enum (value, *(const gint *) field);
      break;
    case G_TYPE_INT:
      g_value_set_int (value, *(const gint *) field);
      break;
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) field);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, *(const guint *) field);
      break;
    default:
      g_value_set_double (value, *(const gdouble *) field);
      break;
  }
  return TRUE;
}
