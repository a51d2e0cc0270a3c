#include "keep.h"

#include <errno.h>
#include <glib/gstdio.h>

#define RUN_UP (2 * GST_SECOND)  /* through the network, before what is kept */
#define SLACK  (GST_MSECOND / 2) /* of times that went through a container */

struct Keep {
    FILE *notes;
    guint64 bytes; /* kept so far */
    GstClockTime from;
    gboolean begun; /* there was a keyframe */
};

/* Of a frame at @pad; GST_CLOCK_TIME_NONE where it has none. */
static GstClockTime
running_time(GstPad *pad, GstBuffer *frame)
{
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment;

    if (!event)
        return GST_CLOCK_TIME_NONE;
    gst_event_parse_segment(event, &segment);
    return gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
}

static GstPadProbeReturn
drop_before(GstPad *pad, GstPadProbeInfo *info, GstClockTime from)
{
    GstClockTime time = running_time(pad, GST_PAD_PROBE_INFO_BUFFER(info));

    return GST_CLOCK_TIME_IS_VALID(time) && time + SLACK < from ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
enter_network(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const Keep *k = data;

    return drop_before(pad, info, k->from > RUN_UP ? k->from - RUN_UP : 0);
}

static GstPadProbeReturn
enter_encoder(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    const Keep *k = data;

    return drop_before(pad, info, k->from);
}

/* Groups of pictures are closed: nothing before a keyframe in the stream is shown after it. */
static GstPadProbeReturn
note_keyframe(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER(info);
    GstClockTime time = running_time(pad, packet);
    Keep *k = data;

    if (GST_BUFFER_FLAG_IS_SET(packet, GST_BUFFER_FLAG_DELTA_UNIT) || !GST_CLOCK_TIME_IS_VALID(time))
        return GST_PAD_PROBE_OK;
    if (k->begun) {
        fprintf(k->notes, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", k->bytes, time);
        fflush(k->notes);
    }
    k->begun = TRUE;
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_bytes(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Keep *k = data;

    k->bytes += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    return GST_PAD_PROBE_OK;
}

/* The same tags but for those that hold frames, such as a cover. (transfer full) for both. */
static GstEvent *
without_frames(GstEvent *event)
{
    GstTagList *tags, *kept;

    gst_event_parse_tag(event, &tags);
    kept = gst_tag_list_copy(tags);
    for (int i = 0; i < gst_tag_list_n_tags(tags); i++) {
        const char *name = gst_tag_list_nth_tag_name(tags, (guint)i);

        if (gst_tag_get_type(name) == GST_TYPE_SAMPLE)
            gst_tag_list_remove_tag(kept, name);
    }
    gst_event_unref(event);
    return gst_event_new_tag(kept);
}

/* The stream's beginning without its GstStream. (transfer full) for both. */
static GstEvent *
without_stream(GstEvent *event)
{
    const char *id;
    GstEvent *bare;

    gst_event_parse_stream_start(event, &id);
    bare = gst_event_new_stream_start(id);
    gst_event_unref(event);
    return bare;
}

/* What a muxer has use for. Objects could not be read again from what is kept. */
static GstPadProbeReturn
pass_event(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);

    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
        GST_PAD_PROBE_INFO_DATA(info) = without_stream(event);
        return GST_PAD_PROBE_OK;
    case GST_EVENT_TAG:
        GST_PAD_PROBE_INFO_DATA(info) = without_frames(event);
        return GST_PAD_PROBE_OK;
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_EOS:
        return GST_PAD_PROBE_OK;
    default:
        return GST_PAD_PROBE_DROP;
    }
}

static void
watch(GstElement *element, const char *name, GstPadProbeType what, GstPadProbeCallback callback, Keep *k)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, name);

    gst_pad_add_probe(pad, what, callback, k, NULL);
}

Keep *
keep_new(GstElement *network, GstElement *last, GstElement *kept, const char *notes, guint64 bytes,
         GstClockTime from, GError **error)
{
    FILE *file = g_fopen(notes, "a");
    Keep *k;

    if (!file) {
        int saved = errno;

        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved), "%s: %s", notes,
                    g_strerror(saved));
        return NULL;
    }
    k = g_new0(Keep, 1);
    k->notes = file;
    k->bytes = bytes;
    k->from = from;
    watch(network, "sink", GST_PAD_PROBE_TYPE_BUFFER, enter_network, k);
    watch(last, "src", GST_PAD_PROBE_TYPE_BUFFER, enter_encoder, k);
    watch(kept, "sink", GST_PAD_PROBE_TYPE_BUFFER, note_keyframe, k);
    watch(kept, "sink", GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, pass_event, k);
    watch(kept, "src", GST_PAD_PROBE_TYPE_BUFFER, count_bytes, k);
    return k;
}

void
keep_free(Keep *k)
{
    if (!k)
        return;
    fclose(k->notes);
    g_free(k);
}
