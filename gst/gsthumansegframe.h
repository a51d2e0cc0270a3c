/* Between GStreamer's caps and frames and the library's view of a frame. */
#pragma once

#include <gst/video/video.h>
#include <humanseg/humanseg.h>

G_BEGIN_DECLS

#define GST_HUMAN_SEG_SINK_FORMATS \
    "{ I420, YV12, NV12, NV21, YUY2, UYVY, Y42B, Y444, RGB, BGR, RGBx, BGRx, " \
    "xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8, I420_10LE, P010_10LE }"

/* All that goes in comes out in composite; AYUV and A420 only as a cutout. */
#define GST_HUMAN_SEG_SRC_FORMATS \
    "{ I420, YV12, NV12, NV21, YUY2, UYVY, Y42B, Y444, RGB, BGR, RGBx, BGRx, " \
    "xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GRAY8, I420_10LE, P010_10LE, AYUV, " \
    "A420 }"

/* Format, size and colours of @info's frames; no planes. */
void gst_human_seg_frame_describe (const GstVideoInfo * info,
    HsegFrame * frame);

/* What would make a picture upright that is to be shown by @method. */
HsegOrientation gst_human_seg_orientation (GstVideoOrientationMethod method);

/* (nullable): which part of a larger picture in @buffer the frame of @info is.
 * Parts are not asked for, but come for a while where frames passed untouched
 * before, to somebody downstream who can do with them. */
const GstVideoCropMeta *gst_human_seg_frame_part (const GstVideoInfo * info,
    GstBuffer * buffer);

/* Maps @buffer as a frame of @info, which it must be in full whatever its
 * GstVideoMeta says, and views it as @frame until it is unmapped. FALSE:
 * nothing is mapped. */
gboolean gst_human_seg_frame_map (GstVideoFrame * mapped,
    const GstVideoInfo * info, GstBuffer * buffer, GstMapFlags flags,
    HsegFrame * frame);

/* (transfer full): what the other side of an element with @output can have
 * where this side, whose caps come in or go out as @direction says, has @caps;
 * the best first. */
GstCaps *gst_human_seg_other_caps (GstCaps * caps, GstPadDirection direction,
    HsegOutput output);

/* The output that makes @out of @in: @wanted, if its caps fit. */
HsegOutput gst_human_seg_output_for (HsegOutput wanted,
    const GstVideoInfo * in, const GstVideoInfo * out);

G_END_DECLS
