/* sample PHOTO OUT.mkv: makes a short clip of a photograph by panning over it and zooming into it. For
 * demonstrations on machines without a camera. */
#include <gst/controller/controller.h>
#include <gst/gst.h>

#define WIDTH   960
#define HEIGHT  540
#define FPS     25
#define SECONDS 6

/* Where the photograph lies on the canvas at a time: its left upper corner and its size, in pixels. The
 * photograph is square, and always covers the canvas. */
static const struct {
    double seconds, x, y, size;
} path[] = {
    {0, -20, -30, 1000},
    {2, -60, 0, 1200},
    {4, -200, -10, 1250},
    {SECONDS, 0, -5, 980},
};

static double
x_of(guint i)
{
    return path[i].x;
}

static double
y_of(guint i)
{
    return path[i].y;
}

static double
size_of(guint i)
{
    return path[i].size;
}

/* Lets a property of a pad follow the path, smoothly. */
static void
follow(GstObject *pad, const char *property, double (*value)(guint))
{
    GstControlSource *source = gst_interpolation_control_source_new();

    g_object_set(source, "mode", GST_INTERPOLATION_MODE_CUBIC_MONOTONIC, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(path); i++)
        gst_timed_value_control_source_set(GST_TIMED_VALUE_CONTROL_SOURCE(source),
                                           path[i].seconds * GST_SECOND, value(i));
    gst_object_add_control_binding(pad, gst_direct_control_binding_new_absolute(pad, property, source));
    gst_object_unref(source);
}

static GstElement *
make_pipeline(const char *photo, const char *out, GError **error)
{
    g_autofree char *line = g_strdup_printf(
        "filesrc name=photo ! decodebin ! videoconvert ! imagefreeze num-buffers=%d ! "
        "video/x-raw,framerate=%d/1 ! "
        "compositor name=mix ! video/x-raw,width=%d,height=%d ! videoconvert ! video/x-raw,format=I420 ! "
        "x264enc speed-preset=veryfast quantizer=18 pass=quant ! matroskamux ! filesink name=out",
        SECONDS * FPS, FPS, WIDTH, HEIGHT);
    GstElement *pipeline = gst_parse_launch(line, error);
    g_autoptr(GstElement) source = NULL, mix = NULL, sink = NULL;
    g_autoptr(GstPad) pad = NULL;

    if (!pipeline)
        return NULL;
    source = gst_bin_get_by_name(GST_BIN(pipeline), "photo");
    mix = gst_bin_get_by_name(GST_BIN(pipeline), "mix");
    sink = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    pad = gst_element_get_static_pad(mix, "sink_0");
    g_object_set(source, "location", photo, NULL);
    g_object_set(sink, "location", out, NULL);
    follow(GST_OBJECT(pad), "xpos", x_of);
    follow(GST_OBJECT(pad), "ypos", y_of);
    follow(GST_OBJECT(pad), "width", size_of);
    follow(GST_OBJECT(pad), "height", size_of);
    return pipeline;
}

static gboolean
run(GstElement *pipeline, GError **error)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) end = NULL;

    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    end = gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR)
        gst_message_parse_error(end, error, NULL);
    return GST_MESSAGE_TYPE(end) == GST_MESSAGE_EOS;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline;
    gboolean ok;

    gst_init(&argc, &argv);
    if (argc != 3) {
        g_printerr("usage: sample PHOTO OUT.mkv\n");
        return 1;
    }
    pipeline = make_pipeline(argv[1], argv[2], &error);
    ok = pipeline && run(pipeline, &error);
    if (!ok)
        g_printerr("sample: %s: %s\n", argv[1], error->message);
    if (pipeline)
        gst_object_unref(pipeline);
    return ok ? 0 : 1;
}
