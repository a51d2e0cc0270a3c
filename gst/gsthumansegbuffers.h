/* Buffers between elements: who allocates them, and which metas they carry. */
#pragma once

#include <gst/video/video.h>
#include <humanseg/humanseg.h>

G_BEGIN_DECLS

/* Answers upstream's allocation query: rows as long as it likes, memory that
 * begins on a cache line, and a pool of such buffers if nobody offers one. */
void gst_human_seg_buffers_propose (GstQuery * query);

/* Completes downstream's answer with a pool for frames of @info, if it has
 * none, and has rows described by GstVideoMeta where downstream knows it. */
void gst_human_seg_buffers_decide (GstQuery * query, const GstVideoInfo * info);

/* Whether upstream may put metas of @api on its frames. */
gboolean gst_human_seg_buffers_take_meta (GType api);

/* Whether a meta of @api holds for what @made makes of its frame, too. */
gboolean gst_human_seg_buffers_keep_meta (GType api, HsegOutput made);

G_END_DECLS
