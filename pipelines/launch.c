/* launch SAID NAME SECONDS [--keep NOTES BYTES FROM] LINE... [--on-demand LINE...]: what gst-launch-1.0 does
 * with LINE, for scripts; see keep.h and demand.h for the options. What is kept comes from a gdppay called
 * `kept`, its frames from an element called `mix`, or else from the humanseg. On a terminal a bar tells how
 * far it is, with the time left, where SECONDS of video go through humanseg; 0 is for what has no end. The
 * file SAID gets one line: at the end of the stream the frames that went through and the seconds they took,
 * or what went wrong, with exit status 1. Interrupted, it stops at once. */
#include "cli/progress.h"
#include "demand.h"
#include "keep.h"

#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/pbutils/pbutils.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define INTERRUPTED 128 /* exit status, and the signal's number to it */

typedef struct {
    GMainLoop *loop;
    GstElement *pipeline;
    Demand *demand;         /* or NULL */
    Keep *keep;             /* or NULL */
    HsegProgress *progress; /* or NULL */
    gint64 total;           /* seconds */
    gint64 start;           /* microseconds, of the first frame */
    int frames;             /* through humanseg; it and the next are atomic */
    gssize position;        /* seconds of video, of the last frame */
    char *missing;          /* the first plugin that was looked for in vain, or NULL */
    char *fault;
    int status;
} Launch;

static GstPadProbeReturn
count_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Launch *l = data;
    GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));

    if (g_atomic_int_add(&l->frames, 1) == 0)
        l->start = g_get_monotonic_time();
    if (GST_CLOCK_TIME_IS_VALID(pts))
        g_atomic_pointer_set(&l->position, (gssize)(pts / GST_SECOND));
    return GST_PAD_PROBE_OK;
}

/* (transfer full) (nullable): the first humanseg of several. */
static GstElement *
find_network(GstElement *pipeline)
{
    GstIterator *found = gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline), "humanseg");
    g_auto(GValue) value = G_VALUE_INIT;
    GstElement *network = NULL;

    if (gst_iterator_next(found, &value) == GST_ITERATOR_OK)
        network = g_value_dup_object(&value);
    gst_iterator_free(found);
    return network;
}

static void
watch_frames(Launch *l, GstElement *network)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(network, "src");

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, l, NULL);
}

static double
seconds_taken(const Launch *l)
{
    return (double)(g_get_monotonic_time() - l->start) / G_TIME_SPAN_SECOND;
}

static gboolean
draw(gpointer data)
{
    Launch *l = data;
    int frames = g_atomic_int_get(&l->frames);
    g_autofree char *note = NULL;

    if (frames > 1) {
        note =
            g_strdup_printf("seconds of video, %.1f frames/s", (frames - 1) / fmax(seconds_taken(l), 1e-3));
        hseg_progress_set(l->progress, MIN((gint64)g_atomic_pointer_get(&l->position), l->total), note);
    }
    return G_SOURCE_CONTINUE;
}

static void
stop(Launch *l, int status)
{
    l->status = status;
    g_main_loop_quit(l->loop);
}

/* (nullable): the file that the element writes that says so; its message may not name it. */
static char *
written_file(GstMessage *message)
{
    GObject *element = G_OBJECT(GST_MESSAGE_SRC(message));
    char *path = NULL;

    if (GST_IS_ELEMENT(element) && GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SINK) &&
        g_object_class_find_property(G_OBJECT_GET_CLASS(element), "location"))
        g_object_get(element, "location", &path, NULL);
    return path;
}

/* The message, and what was missing; or of the debug text the last line, in which elements say what the
 * system said. */
static void
take_fault(Launch *l, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL, *path = written_file(message);
    const char *last;
    GString *words;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        gst_message_parse_error(message, &error, &debug);
    else
        gst_message_parse_warning(message, &error, &debug);
    last = debug ? strrchr(debug, '\n') : NULL;
    last = l->missing ? l->missing : last && last[1] ? last + 1 : NULL;
    if (l->fault)
        return;
    words = g_string_new(error->message);
    if (path)
        g_string_prepend(g_string_prepend(words, ": "), path);
    if (last)
        g_string_append_printf(words, " (%s)", last);
    l->fault = g_string_free(words, FALSE);
}

/* A link that waits for a pad in vain is a mere warning, but a muxer would wait for ever. */
static gboolean
is_missing_link(GstMessage *message)
{
    g_autoptr(GError) error = NULL;

    gst_message_parse_warning(message, &error, NULL);
    return g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_DELAYED_LINK) ||
           strstr(error->message, "elayed linking failed");
}

/* Of all errors, the one that is a viewer's way to end it. */
static gboolean
is_closed_window(GstMessage *message)
{
    g_autoptr(GError) error = NULL;

    gst_message_parse_error(message, &error, NULL);
    return g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND) &&
           strstr(error->message, "indow was closed");
}

static gboolean
handle(GstBus *bus, GstMessage *message, gpointer data)
{
    Launch *l = data;
    GstMessageType type = GST_MESSAGE_TYPE(message);

    if (type == GST_MESSAGE_EOS || (type == GST_MESSAGE_ERROR && is_closed_window(message))) {
        stop(l, 0);
    } else if (type == GST_MESSAGE_ERROR || (type == GST_MESSAGE_WARNING && is_missing_link(message))) {
        take_fault(l, message);
        stop(l, 1);
    } else if (!l->missing && gst_is_missing_plugin_message(message)) {
        l->missing = gst_missing_plugin_message_get_description(message);
    } else if (type == GST_MESSAGE_LATENCY) {
        gst_bin_recalculate_latency(GST_BIN(l->pipeline));
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
interrupt(gpointer data)
{
    stop(data, INTERRUPTED + SIGINT);
    return G_SOURCE_CONTINUE;
}

static gboolean
terminate(gpointer data)
{
    stop(data, INTERRUPTED + SIGTERM);
    return G_SOURCE_CONTINUE;
}

static void
play(Launch *l)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(l->pipeline);

    gst_bus_add_watch(bus, handle, l);
    g_unix_signal_add(SIGINT, interrupt, l);
    g_unix_signal_add(SIGTERM, terminate, l);
    if (l->progress)
        g_timeout_add(200, draw, l);
    gst_element_set_state(l->pipeline, GST_STATE_PLAYING); /* a failure is on the bus, too */
    g_main_loop_run(l->loop);
    if (l->progress && l->status == 0)
        hseg_progress_set(l->progress, l->total, NULL);
    gst_element_set_state(l->pipeline, GST_STATE_NULL);
    gst_bus_remove_watch(bus);
}

/* One line into the file @path. */
static void
say(const char *path, const char *line)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat(line, "\n", NULL);

    if (!g_file_set_contents(path, text, -1, &error))
        g_printerr("launch: %s\n%s\n", error->message, line);
}

/* (nullable): what stands behind --on-demand, which it takes off the arguments. */
static char **
split(char **arguments)
{
    for (char **word = arguments; *word; word++) {
        if (g_str_equal(*word, "--on-demand")) {
            *word = NULL;
            return word + 1;
        }
    }
    return NULL;
}

/* GObject merely warns of a value out of range, and the default would do in its place. */
static void
refuse(const char *domain, GLogLevelFlags level, const char *warning, gpointer data)
{
    GError **refused = data;

    if (!*refused)
        *refused = g_error_new_literal(GST_PARSE_ERROR, GST_PARSE_ERROR_COULD_NOT_SET_PROPERTY, warning);
}

static GstElement *
parse(char **line, GError **error)
{
    g_autoptr(GError) refused = NULL;
    guint handler = g_log_set_handler("GLib-GObject", G_LOG_LEVEL_WARNING, refuse, &refused);
    GstElement *pipeline = gst_parse_launchv((const char **)line, error);

    g_log_remove_handler("GLib-GObject", handler);
    if (!*error && refused)
        g_propagate_error(error, g_steal_pointer(&refused));
    return pipeline;
}

/* The pipeline of the line, with what the options before and behind it ask for. FALSE with @error. */
static gboolean
prepare(Launch *l, char **line, GError **error)
{
    char **camera = split(line);
    char **keep = g_str_equal(line[0], "--keep") && g_strv_length(line) > 4 ? line + 1 : NULL;
    g_autoptr(GstElement) network = NULL, mix = NULL, kept = NULL;

    l->pipeline = parse(keep ? keep + 3 : line, error);
    if (!l->pipeline || *error)
        return FALSE;
    network = find_network(l->pipeline);
    mix = gst_bin_get_by_name(GST_BIN(l->pipeline), "mix");
    kept = gst_bin_get_by_name(GST_BIN(l->pipeline), "kept");
    if (keep && network && kept) {
        l->keep = keep_new(network, mix ? mix : network, kept, keep[0], g_ascii_strtoull(keep[1], NULL, 10),
                           g_ascii_strtoull(keep[2], NULL, 10), error);
        if (!l->keep)
            return FALSE;
    }
    if (network)
        watch_frames(l, network);
    if (camera)
        l->demand = demand_new(l->pipeline, camera);
    return TRUE;
}

static void
clear(Launch *l)
{
    demand_free(l->demand);
    keep_free(l->keep);
    hseg_progress_free(l->progress);
    g_clear_object(&l->pipeline);
    g_main_loop_unref(l->loop);
    g_free(l->missing);
    g_free(l->fault);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *count = NULL;
    Launch l = {0};

    prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody would take what is made once the script is gone */
    signal(SIGPIPE, SIG_IGN);         /* fdsink says it better */
    gst_init(&argc, &argv);
    gst_pb_utils_init();
    if (argc < 5) {
        g_printerr("usage: launch SAID NAME SECONDS LINE...\n");
        return 1;
    }
    l.total = (gint64)ceil(g_ascii_strtod(argv[3], NULL));
    l.progress = l.total > 0 ? hseg_progress_new(argv[2], l.total) : NULL;
    l.loop = g_main_loop_new(NULL, FALSE);
    if (prepare(&l, argv + 4, &error)) {
        play(&l);
        count = g_strdup_printf("%d %.2f", l.frames, l.frames ? seconds_taken(&l) : 0.0);
    } else {
        l.fault = g_strdup(error->message);
        l.status = 1;
    }
    say(argv[1], l.fault ? l.fault : count);
    clear(&l);
    return l.status;
}
