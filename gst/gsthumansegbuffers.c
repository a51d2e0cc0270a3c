#include "gsthumansegbuffers.h"

#include <gst/video/gstvideometa.h>
#include <gst/video/gstvideopool.h>

/* Of memory, as a mask: the library's widest loads then cross no cache line. */
#define ALIGN 63

/* Raises the first allocation parameters' alignment to ours. */
static void
align (GstQuery * query, GstAllocator ** allocator,
    GstAllocationParams * params)
{
  if (gst_query_get_n_allocation_params (query) > 0) {
    gst_query_parse_nth_allocation_param (query, 0, allocator, params);
    params->align |= ALIGN;
    gst_query_set_nth_allocation_param (query, 0, *allocator, params);
  } else {
    *allocator = NULL;
    gst_allocation_params_init (params);
    params->align = ALIGN;
    gst_query_add_allocation_param (query, NULL, params);
  }
}

void
gst_human_seg_buffers_propose (GstQuery * query)
{
  GstAllocator *allocator;
  GstAllocationParams params;
  GstVideoInfo info;
  GstCaps *caps;
  gboolean need_pool;

  gst_query_parse_allocation (query, &caps, &need_pool);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  align (query, &allocator, &params);
  if (need_pool && gst_query_get_n_allocation_pools (query) == 0 && caps
      && gst_video_info_from_caps (&info, caps)) {
    GstBufferPool *pool = gst_video_buffer_pool_new ();
    GstStructure *config = gst_buffer_pool_get_config (pool);
    guint size = GST_VIDEO_INFO_SIZE (&info);

    gst_buffer_pool_config_set_params (config, caps, size, 0, 0);
    gst_buffer_pool_config_set_allocator (config, allocator, &params);
    if (gst_buffer_pool_set_config (pool, config))
      gst_query_add_allocation_pool (query, pool, size, 0, 0);
    gst_object_unref (pool);
  }
  gst_clear_object (&allocator);
}

void
gst_human_seg_buffers_decide (GstQuery * query, const GstVideoInfo * info)
{
  GstAllocator *allocator;
  GstAllocationParams params;
  GstBufferPool *pool = NULL;
  guint size = 0, min = 0, max = 0;
  gboolean update = gst_query_get_n_allocation_pools (query) > 0;
  GstStructure *config;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  align (query, &allocator, &params);
  if (update)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (!pool)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, GST_VIDEO_INFO_SIZE (info));

  /* The base class sets this again, and gives in to a pool that knows more. */
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, &params);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config,
        GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);

  if (update)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  gst_object_unref (pool);
  gst_clear_object (&allocator);
}

static gboolean
has_tag (GType api, const gchar * tag)
{
  return gst_meta_api_type_has_tag (api, g_quark_from_static_string (tag));
}

/* Not a crop: who relies on one sends frames of which most is not to be seen,
 * and the network would look at that. */
gboolean
gst_human_seg_buffers_take_meta (GType api)
{
  return api != GST_VIDEO_CROP_META_API_TYPE
      && !has_tag (api, GST_META_TAG_MEMORY_STR);
}

/* Metas that describe memory, or hold on to it, belong to the input's; those
 * that describe the picture hold for the output too, for its size and place
 * are the same. */
gboolean
gst_human_seg_buffers_keep_meta (GType api, HsegOutput made)
{
  if (has_tag (api, GST_META_TAG_MEMORY_STR)
      || has_tag (api, GST_META_TAG_MEMORY_REFERENCE_STR))
    return FALSE;
  if (has_tag (api, GST_META_TAG_VIDEO_COLORSPACE_STR))
    return made == HSEG_OUTPUT_COMPOSITE;
  return TRUE;
}
