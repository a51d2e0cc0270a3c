#include "gsthumansegframe.h"

static const struct
{
  GstVideoFormat gst;
  HsegFormat hseg;
  const gchar *cutout;          /* the format with alpha that costs least */
} formats[] = {
  { GST_VIDEO_FORMAT_I420, HSEG_FORMAT_I420, "A420" },
  { GST_VIDEO_FORMAT_YV12, HSEG_FORMAT_YV12, "A420" },
  { GST_VIDEO_FORMAT_NV12, HSEG_FORMAT_NV12, "A420" },
  { GST_VIDEO_FORMAT_NV21, HSEG_FORMAT_NV21, "A420" },
  { GST_VIDEO_FORMAT_YUY2, HSEG_FORMAT_YUY2, "AYUV" },
  { GST_VIDEO_FORMAT_UYVY, HSEG_FORMAT_UYVY, "AYUV" },
  { GST_VIDEO_FORMAT_Y42B, HSEG_FORMAT_Y42B, "AYUV" },
  { GST_VIDEO_FORMAT_Y444, HSEG_FORMAT_Y444, "AYUV" },
  { GST_VIDEO_FORMAT_RGB, HSEG_FORMAT_RGB, "RGBA" },
  { GST_VIDEO_FORMAT_BGR, HSEG_FORMAT_BGR, "BGRA" },
  { GST_VIDEO_FORMAT_RGBx, HSEG_FORMAT_RGBX, "RGBA" },
  { GST_VIDEO_FORMAT_BGRx, HSEG_FORMAT_BGRX, "BGRA" },
  { GST_VIDEO_FORMAT_xRGB, HSEG_FORMAT_XRGB, "ARGB" },
  { GST_VIDEO_FORMAT_xBGR, HSEG_FORMAT_XBGR, "ABGR" },
  { GST_VIDEO_FORMAT_RGBA, HSEG_FORMAT_RGBA, "RGBA" },
  { GST_VIDEO_FORMAT_BGRA, HSEG_FORMAT_BGRA, "BGRA" },
  { GST_VIDEO_FORMAT_ARGB, HSEG_FORMAT_ARGB, "ARGB" },
  { GST_VIDEO_FORMAT_ABGR, HSEG_FORMAT_ABGR, "ABGR" },
  { GST_VIDEO_FORMAT_GRAY8, HSEG_FORMAT_GRAY8, "A420" },
  { GST_VIDEO_FORMAT_I420_10LE, HSEG_FORMAT_I420_10LE, "A420" },
  { GST_VIDEO_FORMAT_P010_10LE, HSEG_FORMAT_P010_10LE, "A420" },
  { GST_VIDEO_FORMAT_AYUV, HSEG_FORMAT_AYUV, NULL },
  { GST_VIDEO_FORMAT_A420, HSEG_FORMAT_A420, NULL },
};

static const gchar *const yuv_cutouts[] = { "A420", "AYUV" };
static const gchar *const rgb_cutouts[] = { "RGBA", "BGRA", "ARGB", "ABGR" };

/* --- frames --- */

static HsegMatrix
matrix_of (const GstVideoInfo * info)
{
  switch (info->colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:     /* within a hundredth */
      return HSEG_MATRIX_BT709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return HSEG_MATRIX_BT2020;
    case GST_VIDEO_COLOR_MATRIX_RGB:   /* no matrix; high definition's luma */
      return HSEG_MATRIX_BT709;
    default:                   /* FCC's is within a hundredth */
      return HSEG_MATRIX_BT601;
  }
}

void
gst_human_seg_frame_describe (const GstVideoInfo * info, HsegFrame * frame)
{
  *frame = (HsegFrame) {
    .matrix = matrix_of (info),
    .range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255
        ? HSEG_RANGE_FULL : HSEG_RANGE_LIMITED,
    .width = GST_VIDEO_INFO_WIDTH (info),
    .height = GST_VIDEO_INFO_HEIGHT (info),
  };
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].gst == GST_VIDEO_INFO_FORMAT (info))
      frame->format = formats[i].hseg;
}

/* Whether the memory behind plane @i reaches as far as the plane does. Without
 * a GstVideoMeta all planes lie in one, which has been measured already. */
static gboolean
plane_fits (const GstVideoFrame * mapped, guint i, const HsegFrame * frame)
{
  const GstMapInfo *map = &mapped->map[i];
  gssize first = frame->plane[i] - map->data;
  gssize last = first + frame->stride[i]
      * (hseg_format_plane_rows (frame->format, i, frame->height) - 1);
  gssize row = hseg_format_row_bytes (frame->format, i, frame->width);

  if (GST_VIDEO_INFO_COMP_DEPTH (&mapped->info, 0) > 8
      && ((guintptr) frame->plane[i] | frame->stride[i]) % 2 != 0)
    return FALSE;               /* samples of two bytes, cut in halves */
  return !mapped->meta || (MIN (first, last) >= 0
      && MAX (first, last) + row <= (gssize) map->size);
}

const GstVideoCropMeta *
gst_human_seg_frame_part (const GstVideoInfo * info, GstBuffer * buffer)
{
  const GstVideoMeta *stored = gst_buffer_get_video_meta (buffer);
  const GstVideoCropMeta *part = gst_buffer_get_video_crop_meta (buffer);
  guint width = GST_VIDEO_INFO_WIDTH (info);
  guint height = GST_VIDEO_INFO_HEIGHT (info);

  if (!stored || !part || part->width != width || part->height != height)
    return NULL;
  return stored->width > width || stored->height > height ? part : NULL;
}

/* Where a part of the picture begins in plane @i, on the grid of its chroma. */
static gssize
part_offset (const GstVideoFrame * mapped, guint i,
    const GstVideoCropMeta * part)
{
  const GstVideoFormatInfo *format = mapped->info.finfo;
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gssize x = part->x >> format->w_sub[1] << format->w_sub[1];
  gssize y = part->y >> format->h_sub[1] << format->h_sub[1];

  gst_video_format_info_component (format, i, comp);
  x = (x >> format->w_sub[comp[0]]) * format->pixel_stride[comp[0]];
  y >>= format->h_sub[comp[0]];
  return y * GST_VIDEO_FRAME_PLANE_STRIDE (mapped, i) + x;
}

gboolean
gst_human_seg_frame_map (GstVideoFrame * mapped, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, HsegFrame * frame)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  const GstVideoCropMeta *part = gst_human_seg_frame_part (info, buffer);
  gboolean fits = TRUE;

  /* A frame may be a part of what is stored, as a decoder's is. */
  if (meta && (meta->format != GST_VIDEO_INFO_FORMAT (info)
          || meta->n_planes != GST_VIDEO_INFO_N_PLANES (info)
          || meta->width < (guint) GST_VIDEO_INFO_WIDTH (info)
          || meta->height < (guint) GST_VIDEO_INFO_HEIGHT (info)))
    return FALSE;
  if (part && ((guint64) part->x + part->width > meta->width
          || (guint64) part->y + part->height > meta->height))
    return FALSE;
  if (!gst_video_frame_map (mapped, info, buffer, flags))
    return FALSE;

  gst_human_seg_frame_describe (info, frame);
  for (guint i = 0; fits && i < GST_VIDEO_FRAME_N_PLANES (mapped); i++) {
    frame->plane[i] = GST_VIDEO_FRAME_PLANE_DATA (mapped, i);
    frame->stride[i] = GST_VIDEO_FRAME_PLANE_STRIDE (mapped, i);
    if (part)
      frame->plane[i] += part_offset (mapped, i, part);
    fits = plane_fits (mapped, i, frame);
  }
  if (!fits)
    gst_video_frame_unmap (mapped);
  return fits;
}

HsegOrientation
gst_human_seg_orientation (GstVideoOrientationMethod method)
{
  switch (method) {
    case GST_VIDEO_ORIENTATION_90R:
      return HSEG_ORIENTATION_CLOCKWISE;
    case GST_VIDEO_ORIENTATION_180:
      return HSEG_ORIENTATION_HALF;
    case GST_VIDEO_ORIENTATION_90L:
      return HSEG_ORIENTATION_COUNTERCLOCKWISE;
    case GST_VIDEO_ORIENTATION_HORIZ:
      return HSEG_ORIENTATION_MIRROR;
    case GST_VIDEO_ORIENTATION_VERT:
      return HSEG_ORIENTATION_FLIP;
    case GST_VIDEO_ORIENTATION_UL_LR:
      return HSEG_ORIENTATION_TRANSPOSE;
    case GST_VIDEO_ORIENTATION_UR_LL:
      return HSEG_ORIENTATION_TRANSVERSE;
    default:
      return HSEG_ORIENTATION_UPRIGHT;
  }
}

/* --- caps --- */

static void
append_format (GValue * list, const gchar * format)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, format);
  gst_value_list_append_and_take_value (list, &value);
}

/* Other pixels may have other colours: those of a mask, or of RGB. */
static void
set_formats (GstStructure * structure, GValue * list)
{
  gst_structure_take_value (structure, "format", list);
  gst_structure_remove_fields (structure, "colorimetry", "chroma-site", NULL);
}

/* A frame whose format is known is best cut out in the format nearest to it,
 * which keeps its colorimetry; the other family costs a matrix a pixel. */
static void
append_cutouts (GstCaps * result, const GstStructure * structure)
{
  const gchar *name = gst_structure_get_string (structure, "format");
  GstVideoFormat format = name ? gst_video_format_from_string (name) :
      GST_VIDEO_FORMAT_UNKNOWN;
  GstStructure *any = gst_structure_copy (structure);
  GValue list = G_VALUE_INIT;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    GstStructure *best;

    if (formats[i].gst != format || !formats[i].cutout)
      continue;
    best = gst_structure_copy (structure);
    gst_structure_set (best, "format", G_TYPE_STRING, formats[i].cutout, NULL);
    /* grey is full range unless its caps say else, YUV is not */
    if (format == GST_VIDEO_FORMAT_GRAY8
        && !gst_structure_has_field (best, "colorimetry"))
      gst_structure_set (best, "colorimetry", G_TYPE_STRING, "1:4:0:0", NULL);
    gst_caps_append_structure (result, best);
  }
  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < G_N_ELEMENTS (yuv_cutouts); i++)
    append_format (&list, yuv_cutouts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (rgb_cutouts); i++)
    append_format (&list, rgb_cutouts[i]);
  set_formats (any, &list);
  gst_caps_append_structure (result, any);
}

static void
append_mask (GstCaps * result, const GstStructure * structure)
{
  GstStructure *mask = gst_structure_copy (structure);

  gst_structure_set (mask, "format", G_TYPE_STRING, "GRAY8", NULL);
  gst_structure_remove_fields (mask, "colorimetry", "chroma-site", NULL);
  gst_caps_append_structure (result, mask);
}

/* What may come in where @structure goes out: any format. */
static void
append_sources (GstCaps * result, const GstStructure * structure)
{
  GstStructure *source = gst_structure_copy (structure);
  GValue list = G_VALUE_INIT;

  g_value_init (&list, GST_TYPE_LIST);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].cutout)
      append_format (&list, gst_video_format_to_string (formats[i].gst));
  set_formats (source, &list);
  gst_caps_append_structure (result, source);
}

GstCaps *
gst_human_seg_other_caps (GstCaps * caps, GstPadDirection direction,
    HsegOutput output)
{
  GstCaps *result;

  if (output == HSEG_OUTPUT_COMPOSITE)
    return gst_caps_ref (caps);
  result = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);

    if (direction == GST_PAD_SRC)
      append_sources (result, structure);
    else if (output == HSEG_OUTPUT_MASK)
      append_mask (result, structure);
    else
      append_cutouts (result, structure);
  }
  return result;
}

static gboolean
fits (HsegOutput output, const GstVideoInfo * in, const GstVideoInfo * out)
{
  switch (output) {
    case HSEG_OUTPUT_COMPOSITE:
      return GST_VIDEO_INFO_FORMAT (in) == GST_VIDEO_INFO_FORMAT (out)
          && gst_video_colorimetry_is_equal (&in->colorimetry,
          &out->colorimetry);
    case HSEG_OUTPUT_MASK:
      return GST_VIDEO_INFO_FORMAT (out) == GST_VIDEO_FORMAT_GRAY8;
    default:
      return GST_VIDEO_INFO_HAS_ALPHA (out);
  }
}

HsegOutput
gst_human_seg_output_for (HsegOutput wanted, const GstVideoInfo * in,
    const GstVideoInfo * out)
{
  if (fits (wanted, in, out))
    return wanted;
  if (fits (HSEG_OUTPUT_MASK, in, out))
    return HSEG_OUTPUT_MASK;
  return fits (HSEG_OUTPUT_COMPOSITE, in, out) ? HSEG_OUTPUT_COMPOSITE :
      HSEG_OUTPUT_CUTOUT;
}
