/* The element's life: states up and down, threads that set properties at once, a stream that is steered, and
 * nothing left behind. */
#include "frames.h"

#include <gst/base/gstbasetransform.h>
#include <string.h>

#include "../segment/bright-model.h"

#define GREEN 0x00b140 /* the default background-color */

/* GStreamer's own generic test of states, further: each of them from each, again and again, without a stream;
 * then nobody holds the element. */
static void
test_states(void)
{
    const GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING};
    const guint n = G_N_ELEMENTS(states);
    GstElement *element = gst_object_ref_sink(gst_element_factory_make("humanseg", NULL));

    g_object_set(element, "model", frames_model(), NULL);
    for (guint i = 0; i < 5 * n * n; i++) {
        GstState from = states[i / n % n], to = states[i % n], now;

        g_assert_cmpint(gst_element_set_state(element, from), ==, GST_STATE_CHANGE_SUCCESS);
        g_assert_cmpint(gst_element_set_state(element, to), ==, GST_STATE_CHANGE_SUCCESS);
        g_assert_cmpint(gst_element_get_state(element, &now, NULL, 0), ==, GST_STATE_CHANGE_SUCCESS);
        g_assert_cmpint(now, ==, to);
    }
    gst_element_set_state(element, GST_STATE_NULL);
    g_assert_cmpint(G_OBJECT(element)->ref_count, ==, 1);
    g_object_add_weak_pointer(G_OBJECT(element), (gpointer *)&element);
    gst_object_unref(element);
    g_assert_null(element);
}

/* From NULL to a masked frame and back, again and again. */
static void
test_restarts(void)
{
    for (int i = 0; i < 10; i++) {
        GstHarness *h = frames_harness(i % 2 ? "background=color" : "output=cutout");
        GstElement *element = gst_harness_find_element(h, "humanseg");

        for (int n = 0; n < 3; n++)
            gst_buffer_unref(frames_run(h, GST_VIDEO_FORMAT_I420, 64 + 2 * n, 48, 0));
        gst_harness_teardown(h);
        g_assert_cmpint(G_OBJECT(element)->ref_count, ==, 1);
        gst_object_unref(element);
    }
}

/* How a stream that has ended begins anew: after a flush, as a seek does it; as the next one of a playlist;
 * and from a lower state. */
typedef enum { FLUSHED, NEXT, RESTARTED, WAYS } Way;

static void
begin_anew(GstHarness *h, Way way, GstCaps *caps)
{
    GstElement *element = gst_harness_find_element(h, "humanseg");
    GstSegment segment;

    if (way == RESTARTED) {
        g_assert_cmpint(gst_element_set_state(element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
        g_assert_cmpint(gst_element_set_state(element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
    }
    if (way == FLUSHED) {
        gst_harness_push_event(h, gst_event_new_flush_start());
        gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    } else {
        gst_harness_push_event(h, gst_event_new_stream_start("next"));
        gst_harness_push_event(h, gst_event_new_caps(caps));
    }
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    gst_object_unref(element);
}

static void
test_after_end(void)
{
    GstHarness *h = frames_harness("background=color");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 64, 48);

    gst_harness_set_src_caps(h, gst_caps_ref(caps));
    for (int i = 0; i < 3 * WAYS; i++) {
        g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, frames_buffer_for(caps, PERSON, ROOM, 0));

        g_assert_cmpint(frames_distance(frames_pixel(out, caps, 2, 24), PERSON), <=, 5);
        g_assert_cmpint(frames_distance(frames_pixel(out, caps, 61, 24), GREEN), <=, 5);
        g_assert_true(gst_harness_push_event(h, gst_event_new_eos()));
        g_assert_cmpint(gst_harness_push(h, frames_buffer_for(caps, PERSON, ROOM, 0)), ==, GST_FLOW_EOS);
        begin_anew(h, i % WAYS, caps);
    }
    gst_harness_teardown(h);
}

/* What a user's buttons may set while frames pass. */
typedef struct {
    GstElement *element;
    const char *property, *values[4];
    gint *end;
} Toggler;

static gpointer
toggle(gpointer data)
{
    Toggler *t = data;

    for (guint i = 0; !g_atomic_int_get(t->end); i++) {
        gst_util_set_object_arg(G_OBJECT(t->element), t->property, t->values[i % G_N_ELEMENTS(t->values)]);
        g_usleep(i % 7 * 10);
    }
    return NULL;
}

/* A frame is of its caps, and it passes untouched only in a stream that may be so. */
static void
check_frame(GstHarness *h, GstBuffer *in, GstBuffer *out)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
    GstVideoInfo info;

    g_assert_true(gst_video_info_from_caps(&info, caps));
    g_assert_cmpuint(gst_buffer_get_size(out), ==, GST_VIDEO_INFO_SIZE(&info));
    if (out == in)
        g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, GST_VIDEO_FORMAT_I420);
}

/* Threads set what decides on caps, on whether frames pass untouched, and on what the element is built of,
 * as fast as they can: every frame comes out, and is what its caps say. When they have done, the last word
 * holds. */
static void
test_toggled(void)
{
    GstHarness *h = frames_harness("background=color");
    GstElement *element = gst_harness_find_element(h, "humanseg");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 64, 48);
    g_autoptr(GstBuffer) in = frames_buffer_for(caps, PERSON, ROOM, 0);
    g_autofree char *other = frames_path("other.safetensors");
    gint end = 0;
    Toggler background = {element, "background", {"none", "color", "none", "blur"}, &end},
            output = {element, "output", {"composite", "mask", "composite", "cutout"}, &end},
            threads = {element, "threads", {"1", "2", "0", "3"}, &end},
            model = {element, "model", {other, frames_model(), other, frames_model()}, &end};
    Toggler *togglers[] = {&background, &output, &threads, &model};
    GThread *running[G_N_ELEMENTS(togglers)];

    gst_harness_set_src_caps(h, gst_caps_ref(caps));
    bright_model_write(other);
    for (guint i = 0; i < G_N_ELEMENTS(togglers); i++)
        running[i] = g_thread_new(togglers[i]->property, toggle, togglers[i]);
    for (int i = 0; i < 1000; i++) {
        g_autoptr(GstBuffer) out = NULL;

        g_assert_cmpint(gst_harness_push(h, gst_buffer_ref(in)), ==, GST_FLOW_OK);
        out = gst_harness_pull(h);
        check_frame(h, in, out);
    }
    g_atomic_int_set(&end, 1);
    for (guint i = 0; i < G_N_ELEMENTS(togglers); i++)
        g_thread_join(running[i]);

    for (int i = 0; i < 2; i++) {
        g_autoptr(GstBuffer) out = NULL;

        gst_util_set_object_arg(G_OBJECT(element), "output", "composite");
        gst_util_set_object_arg(G_OBJECT(element), "background", i ? "none" : "color");
        out = gst_harness_push_and_pull(h, gst_buffer_ref(in));
        check_frame(h, in, out);
        g_assert_cmpint(out == in, ==, i);
    }
    gst_object_unref(element);
    gst_harness_teardown(h);
}

/* --- a stream that is steered --- */

typedef struct {
    GstElement *pipeline, *caps, *out;
} Stream;

/* A white ball that flies through the dark; it counts as a person. */
static gboolean
stream_open(Stream *s)
{
    g_autofree char *line = g_strdup_printf(
        "videotestsrc pattern=ball ! capsfilter name=caps "
        "caps=video/x-raw,format=RGB,width=160,height=120,framerate=25/1 ! "
        "humanseg model=%s background=color name=humanseg ! appsink name=out sync=false max-buffers=2",
        frames_model());
    g_autoptr(GError) error = NULL;

    s->pipeline = gst_parse_launch(line, &error);
    if (error) {
        g_test_skip(error->message); /* no such plugins: a build with a sanitizer runs without them */
        g_clear_object(&s->pipeline);
        return FALSE;
    }
    s->caps = gst_bin_get_by_name(GST_BIN(s->pipeline), "caps");
    s->out = gst_bin_get_by_name(GST_BIN(s->pipeline), "out");
    return TRUE;
}

static void
stream_close(Stream *s)
{
    gst_element_set_state(s->pipeline, GST_STATE_NULL);
    gst_object_unref(s->caps);
    gst_object_unref(s->out);
    gst_object_unref(s->pipeline);
}

static void
go(Stream *s, GstState state)
{
    g_assert_cmpint(gst_element_set_state(s->pipeline, state), !=, GST_STATE_CHANGE_FAILURE);
    g_assert_cmpint(gst_element_get_state(s->pipeline, NULL, NULL, 10 * GST_SECOND), ==,
                    GST_STATE_CHANGE_SUCCESS);
}

/* Nothing of the dark behind the ball is to be seen, but for the ball's own rim that blends into it; the ball
 * is, and its box is around it. */
static void
check_masked(GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstVideoRegionOfInterestMeta *box = gst_buffer_get_video_region_of_interest_meta(buffer);
    GstVideoFrame frame;
    GstVideoInfo info;
    int white = 0, dark = 0;

    g_assert_nonnull(box);
    g_assert_true(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
    g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, GST_VIDEO_FORMAT_RGB);
    g_assert_true(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
    for (int y = 0; y < info.height; y++)
        for (int x = 0; x < info.width; x++) {
            const guint8 *p = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) +
                              y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + 3 * x;

            dark += p[1] < 80; /* white 255, green 177, dark 0 */
            if (p[0] > 200) {
                white++;
                g_assert_cmpint(ABS(2 * x - 2 * (int)box->x - (int)box->w), <=, (int)box->w + 4);
                g_assert_cmpint(ABS(2 * y - 2 * (int)box->y - (int)box->h), <=, (int)box->h + 4);
            }
        }
    g_assert_cmpint(white, >, 50);
    g_assert_cmpint(dark, <=, info.width * info.height / 400);
    gst_video_frame_unmap(&frame);
}

static GstSample *
pull(Stream *s)
{
    GstSample *sample = NULL;

    g_signal_emit_by_name(s->out, "try-pull-sample", (guint64)(20 * GST_SECOND), &sample);
    return sample;
}

/* While it is paused, the frame that is shown is masked, and of @time. */
static void
expect_still(Stream *s, GstClockTime time)
{
    g_autoptr(GstSample) sample = NULL;

    g_assert_cmpint(gst_element_get_state(s->pipeline, NULL, NULL, 20 * GST_SECOND), ==,
                    GST_STATE_CHANGE_SUCCESS);
    g_signal_emit_by_name(s->out, "try-pull-preroll", (guint64)(20 * GST_SECOND), &sample);
    g_assert_nonnull(sample);
    check_masked(sample);
    g_assert_cmpuint(GST_BUFFER_PTS(gst_sample_get_buffer(sample)), ==, time);
}

/* The next @n frames are masked, each of its own picture; the first is of @time where that is valid. */
static void
expect(Stream *s, int n, GstClockTime time)
{
    for (int i = 0; i < n; i++) {
        g_autoptr(GstSample) sample = pull(s);

        g_assert_nonnull(sample);
        check_masked(sample);
        if (i == 0 && GST_CLOCK_TIME_IS_VALID(time))
            g_assert_cmpuint(GST_BUFFER_PTS(gst_sample_get_buffer(sample)), ==, time);
    }
}

static void
seek(Stream *s, double rate, GstSeekFlags flags, GstClockTime from, GstClockTime to)
{
    g_assert_true(gst_element_seek(s->pipeline, rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, from,
                                   GST_SEEK_TYPE_SET, to));
}

static void
expect_end(Stream *s)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(s->pipeline);
    g_autoptr(GstMessage) message = NULL;
    g_autoptr(GstSample) sample = NULL;

    while ((sample = pull(s)))
        g_clear_pointer(&sample, gst_sample_unref);
    message = gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    g_assert_cmpint(GST_MESSAGE_TYPE(message), ==, GST_MESSAGE_EOS);
}

static void
test_steered(void)
{
    Stream s;

    if (!stream_open(&s))
        return;
    go(&s, GST_STATE_PLAYING);
    expect(&s, 10, 0);
    go(&s, GST_STATE_PAUSED);
    go(&s, GST_STATE_PLAYING);
    expect(&s, 10, GST_CLOCK_TIME_NONE);

    seek(&s, 1, GST_SEEK_FLAG_FLUSH, 5 * GST_SECOND, GST_CLOCK_TIME_NONE);
    expect(&s, 10, 5 * GST_SECOND);
    for (int i = 0; i < 5; i++) /* as by a slider that is dragged */
        seek(&s, 1, GST_SEEK_FLAG_FLUSH, (10 + i) * GST_SECOND, GST_CLOCK_TIME_NONE);
    expect(&s, 5, 14 * GST_SECOND);
    seek(&s, 2, GST_SEEK_FLAG_FLUSH, 2 * GST_SECOND, GST_CLOCK_TIME_NONE);
    expect(&s, 5, 2 * GST_SECOND);
    seek(&s, -1, GST_SEEK_FLAG_FLUSH, 0, 4 * GST_SECOND); /* backwards */
    expect(&s, 5, GST_CLOCK_TIME_NONE);

    go(&s, GST_STATE_PAUSED);
    for (int i = 1; i < 4; i++) { /* as by a slider that is dragged while nothing plays */
        seek(&s, 1, GST_SEEK_FLAG_FLUSH, 7 * i * GST_SECOND, GST_CLOCK_TIME_NONE);
        expect_still(&s, 7 * i * GST_SECOND);
    }
    go(&s, GST_STATE_PLAYING);
    expect(&s, 5, 21 * GST_SECOND);
    stream_close(&s);
}

/* After its end by a seek, then from each lower state; at last with other frames. */
static void
test_begun_anew(void)
{
    const GstState states[] = {GST_STATE_READY, GST_STATE_NULL, GST_STATE_READY, GST_STATE_NULL};
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_RGB, 101, 77);
    Stream s;

    if (!stream_open(&s))
        return;
    go(&s, GST_STATE_PLAYING);
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        seek(&s, 1, GST_SEEK_FLAG_FLUSH, 0, GST_SECOND);
        expect(&s, 5, 0);
        expect_end(&s);
        seek(&s, 1, GST_SEEK_FLAG_FLUSH, 0, GST_CLOCK_TIME_NONE);
        expect(&s, 5, 0);
        go(&s, states[i]);
        if (i == G_N_ELEMENTS(states) - 1)
            g_object_set(s.caps, "caps", caps, NULL);
        go(&s, GST_STATE_PLAYING);
        expect(&s, 5, GST_CLOCK_TIME_NONE); /* appsink may begin with a frame that it kept */
    }
    stream_close(&s);
}

/* Other caps in mid-stream, and other settings: no frame between is lost, raw, or of another size than its
 * caps. */
static void
test_renegotiated(void)
{
    const int sizes[][2] = {{320, 240}, {101, 77}, {64, 200}, {160, 120}};
    Stream s;

    if (!stream_open(&s))
        return;
    go(&s, GST_STATE_PLAYING);
    expect(&s, 5, 0);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_RGB, sizes[i][0], sizes[i][1]);
        GstClockTime last = GST_CLOCK_TIME_NONE;
        gboolean changed = FALSE;

        g_object_set(s.caps, "caps", caps, NULL);
        gst_util_set_object_arg(G_OBJECT(s.caps), "caps-change-mode", "delayed");
        for (int n = 0; n < 20; n++) {
            g_autoptr(GstSample) sample = pull(&s);
            GstClockTime time;
            GstVideoInfo info;

            g_assert_nonnull(sample);
            check_masked(sample);
            gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
            changed |= info.width == sizes[i][0] && info.height == sizes[i][1];
            time = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
            if (GST_CLOCK_TIME_IS_VALID(last))
                g_assert_cmpuint(time - last, ==, GST_SECOND / 25);
            last = time;
        }
        g_assert_true(changed);
    }
    stream_close(&s);
}

/* Changes many settings, from a thread of its own, while frames pass. */
static gpointer
fiddle(gpointer data)
{
    GstElement *element = data;

    for (int i = 0; i < 60; i++) {
        g_object_set(element, "threads", i % 3, "smoothing", i % 2 * 0.9, "interval", 1, "refine-radius",
                     2 + i % 5, "light-wrap", 0.0, "edge-shift", 0.0, NULL);
        gst_util_set_object_arg(G_OBJECT(element), "subject", i % 2 ? "main" : "all");
        g_usleep(2000);
    }
    return NULL;
}

static void
test_fiddled(void)
{
    GstElement *element;
    GThread *thread;
    Stream s;

    if (!stream_open(&s))
        return;
    element = gst_bin_get_by_name(GST_BIN(s.pipeline), "humanseg");
    go(&s, GST_STATE_PLAYING);
    thread = g_thread_new("fiddle", fiddle, element);
    expect(&s, 100, 0);
    g_thread_join(thread);
    gst_object_unref(element);
    stream_close(&s);
}

/* --- nothing is left behind --- */

/* Runs a line, with every critical message fatal; GStreamer's leaks tracer finds nothing alive at its end. */
static void
assert_no_leaks(const char *line)
{
    g_autofree char *log = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) arguments = NULL, environment = g_get_environ();
    int status;

    environment = g_environ_setenv(environment, "GST_TRACERS", "leaks", TRUE);
    environment = g_environ_setenv(environment, "GST_DEBUG", "GST_TRACER:7", TRUE);
    environment = g_environ_setenv(environment, "GST_DEBUG_NO_COLOR", "1", TRUE);
    environment = g_environ_setenv(environment, "G_DEBUG", "fatal-criticals", TRUE);
    g_assert_true(g_shell_parse_argv(line, NULL, &arguments, &error));
    g_assert_true(g_spawn_sync(NULL, arguments, environment, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                               NULL, NULL, NULL, &log, &status, &error));
    g_assert_true(g_spawn_check_wait_status(status, &error));
    for (char *alive = strstr(log, ":: object-alive"); alive; alive = strstr(alive + 1, ":: object-alive"))
        g_test_message("%s: %.*s", line, (int)strcspn(alive, "\n"), alive);
    g_assert_null(strstr(log, ":: object-alive"));
    g_assert_nonnull(strstr(log, "format string: object-alive")); /* the tracer did run */
}

/* In gst-launch-1.0, and in the tests above that go up and down. */
static void
test_leaks(void)
{
    const char *outputs[] = {"background=blur", "background=none", "output=mask", "output=cutout"};
    const char *tests[] = {"states", "restarts", "after-end", "steered", "begun-anew"};
    g_autofree char *launch = g_find_program_in_path("gst-launch-1.0"),
                    *self = g_file_read_link("/proc/self/exe", NULL);

    if (!launch || !self || g_getenv("GST_PLUGIN_SYSTEM_PATH_1_0")) {
        g_test_skip("no gst-launch-1.0, or one that could not load the plugin");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        g_autofree char *line = g_strdup_printf(
            "gst-launch-1.0 -q videotestsrc num-buffers=5 ! humanseg model='%s' %s ! fakesink",
            frames_model(), outputs[i]);

        assert_no_leaks(line);
    }
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *line = g_strdup_printf("'%s' -p /element/life/%s", self, tests[i]);

        assert_no_leaks(line);
    }
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/life/states", test_states);
    g_test_add_func("/element/life/restarts", test_restarts);
    g_test_add_func("/element/life/after-end", test_after_end);
    g_test_add_func("/element/life/toggled", test_toggled);
    g_test_add_func("/element/life/steered", test_steered);
    g_test_add_func("/element/life/begun-anew", test_begun_anew);
    g_test_add_func("/element/life/renegotiated", test_renegotiated);
    g_test_add_func("/element/life/fiddled", test_fiddled);
    g_test_add_func("/element/life/leaks", test_leaks);
    status = g_test_run();
    frames_clear();
    gst_deinit(); /* when the leaks tracer looks */
    return status;
}
