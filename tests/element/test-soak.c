/* A live stream for long: no frame lost, the network left out where the stream is late, memory constant.
 *
 *   SOAK_MINUTES=60 test-element-soak     of the stream's time; three by default
 *   SOAK_MODEL=default                    a real model; by default the tests' own, which is quick
 *
 * Time is a test clock's: source and sink wait for it as a camera and a display do for theirs, and it jumps
 * to whatever is waited for. An hour takes as long as the work in it. */
#include "frames.h"

#include <gst/check/gsttestclock.h>
#include <stdio.h>
#include <unistd.h>

#define FPS 30

/* In kilobytes; what the allocator rounds up and libraries keep for later. A leak of one row a frame is more.
 */
#define MAY_GROW 1024

static long
resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file) {
        if (fscanf(file, "%*d %ld", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

typedef struct {
    GstElement *pipeline, *humanseg, *caps;
    GstTestClock *clock;
    /* written by the streaming thread */
    guint frames; /* that came to the sink */
    GstClockTime last;
} Soak;

static void
count(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
    Soak *soak = data;

    /* each frame comes, and in its turn */
    if (soak->frames > 0)
        g_assert_cmpuint((GST_BUFFER_PTS(buffer) - soak->last) / GST_MSECOND, ==, 1000 / FPS);
    soak->last = GST_BUFFER_PTS(buffer);
    g_atomic_int_inc(&soak->frames);
}

static gboolean
open_soak(Soak *soak, guint frames)
{
    const char *model = g_getenv("SOAK_MODEL");
    g_autofree char *line = g_strdup_printf(
        "videotestsrc is-live=true pattern=ball num-buffers=%u ! "
        "capsfilter name=caps caps=video/x-raw,format=I420,width=160,height=120,framerate=%d/1 ! "
        "humanseg name=humanseg model=%s ! fakesink name=sink sync=true qos=true signal-handoffs=true",
        frames, FPS, model ? model : frames_model());
    g_autoptr(GError) error = NULL;
    GstElement *sink;

    soak->pipeline = gst_parse_launch(line, &error);
    if (error) {
        g_test_skip(error->message); /* no such plugins: a build with a sanitizer runs without them */
        g_clear_object(&soak->pipeline);
        return FALSE;
    }
    soak->humanseg = gst_bin_get_by_name(GST_BIN(soak->pipeline), "humanseg");
    soak->caps = gst_bin_get_by_name(GST_BIN(soak->pipeline), "caps");
    sink = gst_bin_get_by_name(GST_BIN(soak->pipeline), "sink");
    g_signal_connect(sink, "handoff", G_CALLBACK(count), soak);
    gst_object_unref(sink);
    soak->frames = 0;
    soak->clock = GST_TEST_CLOCK(gst_test_clock_new());
    gst_pipeline_use_clock(GST_PIPELINE(soak->pipeline), GST_CLOCK(soak->clock));
    gst_element_set_state(soak->pipeline, GST_STATE_PLAYING);
    return TRUE;
}

static void
close_soak(Soak *soak)
{
    gst_element_set_state(soak->pipeline, GST_STATE_NULL);
    gst_object_unref(soak->caps);
    gst_object_unref(soak->humanseg);
    gst_object_unref(soak->pipeline);
    gst_object_unref(soak->clock);
}

/* Lets time go on until the sink has had @frames. */
static void
run_until(Soak *soak, guint frames)
{
    while ((guint)g_atomic_int_get(&soak->frames) < frames) {
        gboolean waits = gst_test_clock_timed_wait_for_multiple_pending_ids(soak->clock, 1, 20000, NULL);

        g_assert_true(waits || (guint)g_atomic_int_get(&soak->frames) >= frames);
        if (waits)
            gst_test_clock_crank(soak->clock);
    }
}

#define ALL_SEEN 12 /* turns until every disturbance has met every other */

/* What happens to a stream in an hour, once in ten seconds: it is late for a while, its size changes and
 * changes back, a user moves a slider. */
static void
disturb(Soak *soak, guint turn)
{
    static const char *const backgrounds[] = {"blur", "color", "none", "blur"};
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, turn % 2 ? "NV12" : "I420", "width",
                            G_TYPE_INT, turn % 2 ? 320 : 160, "height", G_TYPE_INT, turn % 2 ? 180 : 120,
                            "framerate", GST_TYPE_FRACTION, FPS, 1, NULL);

    g_object_set(soak->caps, "caps", caps, NULL);
    g_object_set(soak->humanseg, "light-wrap", turn % 3 * 0.2, NULL);
    gst_util_set_object_arg(G_OBJECT(soak->humanseg), "background", backgrounds[turn % 4]);
    gst_test_clock_advance_time(soak->clock, 300 * GST_MSECOND);
}

static void
test_soak(void)
{
    const char *wanted = g_getenv("SOAK_MINUTES");
    guint minutes = wanted ? atoi(wanted) : 3, turns = 6 * minutes, frames = turns * 10 * FPS;
    guint64 inferred = 0, masked = 0;
    long settled = 0, most = 0;
    Soak soak;

    g_assert_cmpuint(turns, >, ALL_SEEN);
    if (!open_soak(&soak, frames))
        return;
    for (guint turn = 0; turn < turns; turn++) {
        g_autoptr(GstStructure) stats = NULL;
        guint64 value;
        long now;

        run_until(&soak, (turn + 1) * 10 * FPS);
        g_object_get(soak.humanseg, "stats", &stats, NULL);
        gst_structure_get_uint64(stats, "inferred", &value);
        inferred += value;
        gst_structure_get_uint64(stats, "frames", &value);
        masked += value;
        now = resident();
        if (turn == ALL_SEEN)
            settled = now;
        most = MAX(most, now);
        if (turn % 60 == 0 || turn < 8)
            g_test_message("minute %u: %ld kB", turn / 6, now);
        if (turn + 1 < turns)
            disturb(&soak, turn + 1);
    }
    g_test_message("%u frames, %" G_GUINT64_FORMAT " masked by the last segmenters, %" G_GUINT64_FORMAT
                   " of them with the network; %ld kB in the end, %ld kB after two minutes, %ld kB at most",
                   soak.frames, masked, inferred, resident(), settled, most);
    g_assert_cmpuint(soak.frames, ==, frames);
    g_assert_cmpuint(inferred, <, masked);
    g_assert_cmpint(resident() - settled, <=, MAY_GROW);
    close_soak(&soak);
}

/* Up to PLAYING and down again, 200 times: as much memory as after the first few. */
static void
test_restarts(void)
{
    g_autofree char *line = g_strdup_printf("videotestsrc num-buffers=2 ! video/x-raw,width=320,height=180 ! "
                                            "humanseg model=%s ! fakesink",
                                            frames_model());
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(line, &error);
    g_autoptr(GstBus) bus = NULL;
    long settled = 0;

    if (error) {
        g_test_skip(error->message);
        return;
    }
    bus = gst_element_get_bus(pipeline);
    for (int i = 0; i < 200; i++) {
        g_autoptr(GstMessage) message = NULL;

        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        message = gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
        g_assert_nonnull(message);
        g_assert_cmpint(GST_MESSAGE_TYPE(message), ==, GST_MESSAGE_EOS);
        gst_element_set_state(pipeline, GST_STATE_NULL);
        if (i == 40)
            settled = resident();
    }
    g_test_message("%ld kB, %ld kB after 40 times", resident(), settled);
    g_assert_cmpint(resident() - settled, <=, MAY_GROW);
    gst_object_unref(pipeline);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/soak/hour", test_soak);
    g_test_add_func("/element/soak/restarts", test_restarts);
    status = g_test_run();
    frames_clear();
    return status;
}
