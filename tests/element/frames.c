#include "frames.h"

#include <glib/gstdio.h>

#include "../segment/bright-model.h"

static char *folder, *model;

void
frames_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    gst_init(argc, argv);
    folder = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    model = frames_path("bright.safetensors");
    bright_model_write(model);
}

void
frames_clear(void)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = frames_path(name);

        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
    g_clear_pointer(&model, g_free);
    g_clear_pointer(&folder, g_free);
}

const char *
frames_model(void)
{
    return model;
}

char *
frames_path(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

GstHarness *
frames_harness(const char *properties)
{
    g_autofree char *line = g_strdup_printf("humanseg model=%s %s", model, properties);

    return gst_harness_new_parse(line);
}

GstCaps *
frames_caps(GstVideoFormat format, int width, int height)
{
    return gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string(format),
                               "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, "framerate",
                               GST_TYPE_FRACTION, 25, 1, NULL);
}

/* Both halves as xRGB, to be converted to whatever is wanted. */
static GstBuffer *
draw(const GstVideoInfo *info, guint left, guint right)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);
    GstVideoFrame frame;

    g_assert_true(gst_video_frame_map(&frame, info, buffer, GST_MAP_WRITE));
    for (int y = 0; y < info->height; y++) {
        guint8 *row =
            (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);

        for (int x = 0; x < info->width; x++)
            GST_WRITE_UINT32_BE(row + 4 * x, 0xff000000 | (x < info->width / 2 ? left : right));
    }
    gst_video_frame_unmap(&frame);
    return buffer;
}

static void
convert(const GstVideoInfo *to, GstBuffer *dst, const GstVideoInfo *from, GstBuffer *src)
{
    GstVideoConverter *converter = gst_video_converter_new((GstVideoInfo *)from, (GstVideoInfo *)to, NULL);
    GstVideoFrame in, out;

    g_assert_true(gst_video_frame_map(&in, from, src, GST_MAP_READ));
    g_assert_true(gst_video_frame_map(&out, to, dst, GST_MAP_WRITE));
    gst_video_converter_frame(converter, &in, &out);
    gst_video_frame_unmap(&out);
    gst_video_frame_unmap(&in);
    gst_video_converter_free(converter);
}

/* Rows @pad bytes longer, planes a little apart; filled so that a read of the padding shows. */
static GstBuffer *
new_padded(const GstVideoInfo *info, int pad)
{
    gsize offset[GST_VIDEO_MAX_PLANES] = {0}, size = 0;
    gint stride[GST_VIDEO_MAX_PLANES] = {0};
    GstBuffer *buffer;

    for (guint i = 0; i < GST_VIDEO_INFO_N_PLANES(info); i++) {
        gint comp[GST_VIDEO_MAX_COMPONENTS];

        gst_video_format_info_component(info->finfo, i, comp);
        stride[i] = GST_VIDEO_INFO_PLANE_STRIDE(info, i) + pad;
        offset[i] = size + pad;
        size = offset[i] + (gsize)stride[i] * GST_VIDEO_INFO_COMP_HEIGHT(info, comp[0]);
    }
    buffer = gst_buffer_new_allocate(NULL, size, NULL);
    gst_buffer_memset(buffer, 0, 0xa5, size);
    gst_buffer_add_video_meta_full(buffer, 0, GST_VIDEO_INFO_FORMAT(info), info->width, info->height,
                                   GST_VIDEO_INFO_N_PLANES(info), offset, stride);
    return buffer;
}

GstBuffer *
frames_buffer(GstVideoFormat format, int width, int height, guint left, guint right, int pad)
{
    g_autoptr(GstCaps) caps = frames_caps(format, width, height);

    return frames_buffer_for(caps, left, right, pad);
}

GstBuffer *
frames_buffer_for(GstCaps *caps, guint left, guint right, int pad)
{
    g_autoptr(GstBuffer) picture = NULL;
    GstVideoInfo from, to;
    GstBuffer *buffer;

    g_assert_true(gst_video_info_from_caps(&to, caps));
    gst_video_info_set_format(&from, GST_VIDEO_FORMAT_xRGB, to.width, to.height);
    from.fps_n = to.fps_n;
    from.fps_d = to.fps_d;
    picture = draw(&from, left, right);
    buffer = pad ? new_padded(&to, pad) : gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&to), NULL);
    convert(&to, buffer, &from, picture);
    GST_BUFFER_PTS(buffer) = 0;
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 25;
    return buffer;
}

GstBuffer *
frames_run(GstHarness *h, GstVideoFormat format, int width, int height, int pad)
{
    gst_harness_set_src_caps(h, frames_caps(format, width, height));
    return gst_harness_push_and_pull(h, frames_buffer(format, width, height, PERSON, ROOM, pad));
}

Pixel
frames_pixel(GstBuffer *buffer, GstCaps *caps, int x, int y)
{
    g_autoptr(GstBuffer) rgba = NULL;
    GstVideoInfo from, to;
    Pixel p;

    g_assert_true(gst_video_info_from_caps(&from, caps));
    gst_video_info_set_format(&to, GST_VIDEO_FORMAT_RGBA, from.width, from.height);
    to.fps_n = from.fps_n;
    to.fps_d = from.fps_d;
    rgba = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&to), NULL);
    convert(&to, rgba, &from, buffer);
    gst_buffer_extract(rgba, y * GST_VIDEO_INFO_PLANE_STRIDE(&to, 0) + 4 * x, &p, sizeof p);
    return p;
}

int
frames_distance(Pixel p, guint rgb)
{
    int r = ABS(p.r - (int)(rgb >> 16 & 255)), g = ABS(p.g - (int)(rgb >> 8 & 255)),
        b = ABS(p.b - (int)(rgb & 255));

    return MAX(MAX(r, g), b);
}

GBytes *
frames_bytes(GstBuffer *buffer, GstCaps *caps)
{
    GByteArray *bytes = g_byte_array_new();
    GstVideoFrame frame;
    GstVideoInfo info;

    g_assert_true(gst_video_info_from_caps(&info, caps));
    g_assert_true(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
    for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); i++) {
        gint comp[GST_VIDEO_MAX_COMPONENTS];
        int samples, rows;

        gst_video_format_info_component(info.finfo, i, comp);
        samples = GST_VIDEO_FRAME_COMP_WIDTH(&frame, comp[0]) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, comp[0]);
        rows = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, comp[0]);
        for (int y = 0; y < rows; y++)
            g_byte_array_append(bytes,
                                (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, i) +
                                    y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i),
                                samples);
    }
    gst_video_frame_unmap(&frame);
    return g_byte_array_free_to_bytes(bytes);
}

guint64
frames_stat(GstHarness *h, const char *name)
{
    GstElement *element = gst_harness_find_element(h, "humanseg");
    g_autoptr(GstStructure) stats = NULL;
    guint64 value;

    g_object_get(element, "stats", &stats, NULL);
    g_assert_true(gst_structure_get_uint64(stats, name, &value));
    gst_object_unref(element);
    return value;
}
