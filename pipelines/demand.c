#include "demand.h"

#define PERIOD   200                      /* milliseconds between looks */
#define PATIENCE (3 * G_TIME_SPAN_SECOND) /* with frames that nobody takes: nobody watches any more */

struct Demand {
    GstElement *pipeline, *source;
    GstElement *camera; /* NULL while it is off */
    char **line;
    GstClockTime period; /* of a frame */
    gssize handed;       /* frames on to the source; it and the next are atomic */
    gssize taken;        /* by the sink, so far */
    gssize seen;         /* of them at the last look that found more */
    gssize offered;      /* `handed` at the last look at which nobody was to blame */
    gint64 when;         /* microseconds, of that look */
    guint timer;
};

static GstPadProbeReturn
count_taken(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Demand *d = data;

    g_atomic_pointer_add(&d->taken, 1);
    return GST_PAD_PROBE_OK;
}

/* Frames follow each other without a gap, which somebody downstream would fill. @frame: (transfer full) */
static void
hand_on(Demand *d, GstBuffer *frame)
{
    GstFlowReturn flow;

    GST_BUFFER_PTS(frame) = (guint64)g_atomic_pointer_add(&d->handed, 1) * d->period;
    GST_BUFFER_DURATION(frame) = d->period;
    g_signal_emit_by_name(d->source, "push-buffer", frame, &flow);
    gst_buffer_unref(frame);
}

/* Waits at the sink for the first who watches. */
static void
hand_on_black(Demand *d)
{
    g_autoptr(GstCaps) caps = NULL;
    const GstStructure *form;
    int width, height, rate_n, rate_d;
    GstBuffer *frame;
    GstMapInfo map;

    g_object_get(d->source, "caps", &caps, NULL);
    form = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(form, "width", &width);
    gst_structure_get_int(form, "height", &height);
    gst_structure_get_fraction(form, "framerate", &rate_n, &rate_d);
    d->period = gst_util_uint64_scale_int(GST_SECOND, rate_d, rate_n);
    frame = gst_buffer_new_allocate(NULL, (gsize)GST_ROUND_UP_4(2 * width) * (gsize)height, NULL);
    gst_buffer_map(frame, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = i % 2 ? 128 : 16; /* chroma, luma */
    gst_buffer_unmap(frame, &map);
    hand_on(d, frame);
}

static GstFlowReturn
take(GstElement *sink, gpointer data)
{
    g_autoptr(GstSample) sample = NULL;

    g_signal_emit_by_name(sink, "pull-sample", &sample);
    if (sample)
        hand_on(data, gst_buffer_copy(gst_sample_get_buffer(sample)));
    return GST_FLOW_OK;
}

/* A video file in the camera's place has an end, which is that of who watches. */
static GstBusSyncReply
forward(GstBus *bus, GstMessage *message, gpointer data)
{
    Demand *d = data;

    if (GST_MESSAGE_TYPE(message) & (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING))
        gst_element_post_message(d->pipeline, gst_message_ref(message));
    else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
        gst_element_post_message(d->pipeline, gst_message_new_eos(GST_OBJECT(d->pipeline)));
    return GST_BUS_DROP;
}

static void
turn_on(Demand *d)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GstBus) bus = NULL;
    g_autoptr(GstElement) sink = NULL;

    d->camera = gst_parse_launchv((const char **)d->line, &error);
    if (!d->camera || error) {
        gst_element_post_message(d->pipeline, gst_message_new_error(GST_OBJECT(d->pipeline), error, NULL));
        return;
    }
    sink = gst_bin_get_by_name(GST_BIN(d->camera), "frames");
    g_object_set(sink, "emit-signals", TRUE, NULL);
    g_signal_connect(sink, "new-sample", G_CALLBACK(take), d);
    bus = gst_element_get_bus(d->camera);
    gst_bus_set_sync_handler(bus, forward, d, NULL);
    gst_element_set_state(d->camera, GST_STATE_PLAYING);
    g_printerr("somebody watches: the camera is on\n");
}

static gboolean
look(gpointer data)
{
    Demand *d = data;
    gssize taken = (gssize)g_atomic_pointer_get(&d->taken);
    gssize handed = (gssize)g_atomic_pointer_get(&d->handed);
    gint64 now = g_get_monotonic_time();

    if (taken != d->seen || handed == d->offered) { /* a camera may take its time to begin */
        if (taken != d->seen && !d->camera)
            turn_on(d);
        d->seen = taken;
        d->offered = handed;
        d->when = now;
    } else if (d->camera && now - d->when > PATIENCE) {
        gst_element_post_message(d->pipeline, gst_message_new_eos(GST_OBJECT(d->pipeline)));
        d->timer = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

Demand *
demand_new(GstElement *pipeline, char **line)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "watched");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    Demand *d = g_new0(Demand, 1);

    d->pipeline = pipeline;
    d->source = gst_bin_get_by_name(GST_BIN(pipeline), "frames");
    d->line = line;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_taken, d, NULL);
    hand_on_black(d);
    d->timer = g_timeout_add(PERIOD, look, d);
    return d;
}

void
demand_free(Demand *d)
{
    if (!d)
        return;
    g_clear_handle_id(&d->timer, g_source_remove);
    if (d->camera) {
        gst_element_set_state(d->camera, GST_STATE_NULL);
        gst_object_unref(d->camera);
        g_printerr("nobody watches: the camera is off\n");
    }
    gst_object_unref(d->source);
    g_free(d);
}
