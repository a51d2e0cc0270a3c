#include "gsthumansegenums.h"

#include <gst/gst.h>
#include <humanseg/humanseg.h>

static const GEnumValue output_values[] = {
  { HSEG_OUTPUT_COMPOSITE, "The frame with its background replaced",
      "composite" },
  { HSEG_OUTPUT_MASK, "GRAY8: 0 for background to 255 for person", "mask" },
  { HSEG_OUTPUT_CUTOUT, "The frame with the mask as its straight alpha",
      "cutout" },
  { 0, NULL, NULL },
};

static const GEnumValue background_values[] = {
  { HSEG_BACKGROUND_BLUR, "The frame's own background, blurred", "blur" },
  { HSEG_BACKGROUND_COLOR, "The colour of background-color", "color" },
  { HSEG_BACKGROUND_IMAGE, "The picture of background-image", "image" },
  { HSEG_BACKGROUND_NONE, "Pass frames through untouched", "none" },
  { 0, NULL, NULL },
};

static const GEnumValue precision_values[] = {
  { HSEG_PRECISION_AUTO, "The fastest that the model offers", "auto" },
  { HSEG_PRECISION_FLOAT32, "32-bit floating point", "float32" },
  { HSEG_PRECISION_INT8, "8-bit integers", "int8" },
  { 0, NULL, NULL },
};

static const GEnumValue refine_values[] = {
  { HSEG_REFINE_NONE, "The network's mask, enlarged", "none" },
  { HSEG_REFINE_GUIDED, "Edges follow the frame's (guided filter)", "guided" },
  { 0, NULL, NULL },
};

static const GEnumValue subject_values[] = {
  { HSEG_SUBJECT_ALL, "Everybody", "all" },
  { HSEG_SUBJECT_MAIN, "The largest, most central person, and then the same one",
      "main" },
  { 0, NULL, NULL },
};

static GType
register_enum (const gchar * name, const GEnumValue * values)
{
  GType type = g_enum_register_static (name, values);

  gst_type_mark_as_plugin_api (type, 0);
  return type;
}

#define DEFINE_ENUM(type_name, function, values)                              \
  GType                                                                       \
  function (void)                                                             \
  {                                                                           \
    static gsize type = 0;                                                    \
                                                                              \
    if (g_once_init_enter (&type))                                            \
      g_once_init_leave (&type, register_enum (type_name, values));           \
    return type;                                                              \
  }

DEFINE_ENUM ("GstHumanSegOutput", gst_human_seg_output_get_type, output_values)
DEFINE_ENUM ("GstHumanSegBackground", gst_human_seg_background_get_type,
    background_values)
DEFINE_ENUM ("GstHumanSegPrecision", gst_human_seg_precision_get_type,
    precision_values)
DEFINE_ENUM ("GstHumanSegRefine", gst_human_seg_refine_get_type, refine_values)
DEFINE_ENUM ("GstHumanSegSubject", gst_human_seg_subject_get_type,
    subject_values)
