/* What a stream may rely on: time, metas, caps that change, properties that change, the same result on any
 * number of threads, and frames passed on untouched where nothing is asked. */
#include "frames.h"

#include <string.h>

static GstHarness *
playing(const char *properties, GstVideoFormat format, int width, int height)
{
    GstHarness *h = frames_harness(properties);

    gst_harness_set_src_caps(h, frames_caps(format, width, height));
    return h;
}

static GstVideoFormat
output_format(GstHarness *h)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
    GstVideoInfo info;

    gst_video_info_from_caps(&info, caps);
    return GST_VIDEO_INFO_FORMAT(&info);
}

static void
set(GstHarness *h, const char *property, const char *value)
{
    GstElement *element = gst_harness_find_element(h, "humanseg");

    gst_util_set_object_arg(G_OBJECT(element), property, value);
    gst_object_unref(element);
}

static void
test_time_and_metas(void)
{
    GstHarness *h = playing("output=composite", GST_VIDEO_FORMAT_I420, 64, 48);

    for (int i = 0; i < 5; i++) {
        GstBuffer *in = frames_buffer(GST_VIDEO_FORMAT_I420, 64, 48, PERSON, ROOM, 0);
        g_autoptr(GstCaps) reference = gst_caps_new_empty_simple("timestamp/x-test");
        g_autoptr(GstBuffer) out = NULL;

        GST_BUFFER_PTS(in) = 40 * GST_MSECOND * i + 7;
        GST_BUFFER_DURATION(in) = 39 * GST_MSECOND;
        GST_BUFFER_OFFSET(in) = 100 + i;
        GST_BUFFER_FLAG_SET(in, GST_BUFFER_FLAG_MARKER);
        gst_buffer_add_reference_timestamp_meta(in, reference, 1000 + i, GST_CLOCK_TIME_NONE);
        out = gst_harness_push_and_pull(h, in);
        g_assert_cmpuint(GST_BUFFER_PTS(out), ==, 40 * GST_MSECOND * i + 7);
        g_assert_cmpuint(GST_BUFFER_DURATION(out), ==, 39 * GST_MSECOND);
        g_assert_cmpuint(GST_BUFFER_OFFSET(out), ==, 100 + i);
        g_assert_true(GST_BUFFER_FLAG_IS_SET(out, GST_BUFFER_FLAG_MARKER));
        g_assert_cmpuint(gst_buffer_get_reference_timestamp_meta(out, reference)->timestamp, ==, 1000 + i);
    }
    g_assert_cmpuint(gst_harness_buffers_received(h), ==, 5);
    gst_harness_teardown(h);
}

/* Output n is made from input n: the person changes sides with every frame. */
static void
test_mask_of_its_frame(void)
{
    GstHarness *h = playing("output=mask", GST_VIDEO_FORMAT_NV12, 160, 90);
    g_autoptr(GstCaps) caps = NULL;

    for (int i = 0; i < 6; i++) {
        guint left = i % 2 ? ROOM : PERSON, right = i % 2 ? PERSON : ROOM;
        g_autoptr(GstBuffer) out =
            gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_NV12, 160, 90, left, right, 0));

        gst_caps_replace(&caps, NULL);
        caps = gst_pad_get_current_caps(h->sinkpad);
        g_assert_cmpint(frames_pixel(out, caps, 40, 45).r, ==, i % 2 ? 0 : 255);
        g_assert_cmpint(frames_pixel(out, caps, 120, 45).r, ==, i % 2 ? 255 : 0);
    }
    gst_harness_teardown(h);
}

static void
test_person_box(void)
{
    GstHarness *h = playing("output=composite", GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstBuffer) out =
        gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, ROOM, PERSON, 0));
    GstVideoRegionOfInterestMeta *box = gst_buffer_get_video_region_of_interest_meta(out);
    GstElement *element = gst_harness_find_element(h, "humanseg");
    g_autoptr(GstStructure) stats = NULL;
    double share;

    g_assert_nonnull(box);
    g_assert_cmpstr(g_quark_to_string(box->roi_type), ==, "person");
    g_assert_cmpint(ABS((int)box->x - 80), <=, 2);
    g_assert_cmpuint(box->y, ==, 0);
    g_assert_cmpuint(box->x + box->w, ==, 160);
    g_assert_cmpuint(box->h, ==, 90);
    g_object_get(element, "stats", &stats, NULL);
    g_assert_true(gst_structure_get_double(stats, "person-share", &share));
    g_assert_cmpfloat_with_epsilon(share, 0.5, 0.02);
    gst_object_unref(element);
    gst_harness_teardown(h);
}

/* All person: the frame, bit by bit. Nobody: all background. */
static void
test_all_or_nothing(void)
{
    GstHarness *h = playing("output=composite background=color", GST_VIDEO_FORMAT_I420, 160, 90);
    GstBuffer *all = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, PERSON, 0);
    g_autoptr(GBytes) before = NULL, after = NULL;
    g_autoptr(GstBuffer) person = NULL, nobody = NULL;
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 160, 90);

    before = frames_bytes(all, caps);
    person = gst_harness_push_and_pull(h, all);
    after = frames_bytes(person, caps);
    g_assert_true(g_bytes_equal(before, after));

    nobody = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, ROOM, ROOM, 0));
    for (int x = 0; x < 160; x += 53)
        for (int y = 0; y < 90; y += 29)
            g_assert_cmpint(frames_distance(frames_pixel(nobody, caps, x, y), 0x00b140), <=, 5);
    g_assert_null(gst_buffer_get_video_region_of_interest_meta(nobody));
    gst_harness_teardown(h);
}

/* The background's blur takes nothing from the person: near the border it stays the room's colour. */
static void
test_blur_without_halo(void)
{
    GstHarness *h = playing("background=blur blur-radius=0.1", GST_VIDEO_FORMAT_RGB, 320, 180);
    g_autoptr(GstBuffer) out =
        gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_RGB, 320, 180, PERSON, ROOM, 0));
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);

    for (int x = 168; x < 320; x += 8)
        g_assert_cmpint(frames_distance(frames_pixel(out, caps, x, 90), ROOM), <=, 3);
    g_assert_cmpint(frames_distance(frames_pixel(out, caps, 150, 90), PERSON), <=, 3);
    gst_harness_teardown(h);
}

static void
test_caps_change(void)
{
    GstHarness *h = playing("output=mask", GST_VIDEO_FORMAT_I420, 64, 48);
    const struct {
        GstVideoFormat format;
        int width, height;
    } steps[] = {
        {GST_VIDEO_FORMAT_I420, 64, 48},
        {GST_VIDEO_FORMAT_NV12, 101, 57},
        {GST_VIDEO_FORMAT_BGRx, 16, 200},
        {GST_VIDEO_FORMAT_I420, 64, 48},
    };

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GstBuffer) out = frames_run(h, steps[i].format, steps[i].width, steps[i].height, 0);
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);

        g_assert_cmpint(frames_pixel(out, caps, 2, steps[i].height / 2).r, ==, 255);
        g_assert_cmpint(frames_pixel(out, caps, steps[i].width - 3, steps[i].height / 2).r, ==, 0);
    }
    gst_harness_teardown(h);
}

static void
test_properties_change(void)
{
    GstHarness *h = playing("output=composite background=color", GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstBuffer) out = NULL;

    gst_clear_buffer(&out);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
    g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), 0x00b140), <=, 5);

    set(h, "background-color", "0xffc02030");
    gst_clear_buffer(&out);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
    g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), 0xc02030), <=, 5);

    set(h, "background", "blur");
    gst_clear_buffer(&out);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
    g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), ROOM), <=, 5);

    set(h, "output", "mask");
    gst_clear_buffer(&out);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
    g_assert_cmpint(output_format(h), ==, GST_VIDEO_FORMAT_GRAY8);
    g_assert_cmpuint(gst_buffer_get_size(out), >=, 160 * 90);

    set(h, "output", "cutout");
    gst_clear_buffer(&out);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
    g_assert_cmpint(output_format(h), ==, GST_VIDEO_FORMAT_A420);
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 5); /* one segmenter made them all */
    gst_harness_teardown(h);
}

/* background=none costs nothing: the very buffer passes. And no frame after it is meant to be masked passes
 * so. */
static void
test_passthrough(void)
{
    GstHarness *h = playing("background=none", GST_VIDEO_FORMAT_I420, 160, 90);
    GstBuffer *in = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, in);

    g_assert_true(out == in);
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 0);

    set(h, "background", "color");
    gst_clear_buffer(&out);
    in = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0);
    out = gst_harness_push_and_pull(h, gst_buffer_ref(in));
    g_assert_true(out != in);
    g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), 0x00b140), <=, 5);
    g_assert_cmpint(frames_distance(frames_pixel(in, caps, 120, 45), ROOM), <=,
                    5); /* the input is not drawn on */
    gst_buffer_unref(in);

    set(h, "background", "none");
    gst_clear_buffer(&out);
    in = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0);
    out = gst_harness_push_and_pull(h, in);
    g_assert_true(out == in);
    gst_harness_teardown(h);
}

/* Where the caps are the same for another output, it takes effect all the same. */
static void
test_output_of_equal_caps(void)
{
    const struct {
        GstVideoFormat format;
        const char *output;
    } cases[] = {{GST_VIDEO_FORMAT_GRAY8, "mask"}, {GST_VIDEO_FORMAT_RGBA, "cutout"}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstHarness *h = playing("background=color", cases[i].format, 64, 48),
                   *plain = playing("background=color", cases[i].format, 64, 48);
        g_autoptr(GstCaps) caps = frames_caps(cases[i].format, 64, 48);
        g_autoptr(GstBuffer) in = frames_buffer_for(caps, PERSON, ROOM, 0);
        const char *outputs[] = {"composite", cases[i].output, "composite"};

        set(plain, "output", cases[i].output);
        for (int n = 0; n < 3; n++) {
            g_autoptr(GstBuffer) want = gst_harness_push_and_pull(plain, gst_buffer_ref(in)), got = NULL;
            g_autoptr(GBytes) a = frames_bytes(want, caps), b = NULL;

            set(h, "output", outputs[n]);
            got = gst_harness_push_and_pull(h, gst_buffer_ref(in));
            b = frames_bytes(got, caps);
            g_assert_cmpint(g_bytes_equal(a, b), ==, n == 1);
        }
        gst_harness_teardown(h);
        gst_harness_teardown(plain);
    }
}

/* What was seen before frames passed untouched is too old for those after them. */
static void
test_after_passthrough(void)
{
    GstHarness *h = playing("background=color interval=100", GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstBuffer) in = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0);

    for (int i = 0; i < 3; i++) {
        for (int n = 0; n < 2; n++)
            gst_buffer_unref(gst_harness_push_and_pull(h, gst_buffer_ref(in)));
        g_assert_cmpuint(frames_stat(h, "inferred"), ==, i + 1);
        set(h, "background", "none");
        gst_buffer_unref(gst_harness_push_and_pull(h, gst_buffer_ref(in)));
        set(h, "background", "color");
    }
    gst_harness_teardown(h);
}

/* A source that counts in bytes, as appsrc does unless it is told else: frames without time. */
static void
test_segment_of_bytes(void)
{
    GstHarness *h = playing("background=color", GST_VIDEO_FORMAT_I420, 160, 90);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 160, 90);
    GstSegment segment;

    gst_segment_init(&segment, GST_FORMAT_BYTES);
    g_assert_true(gst_harness_push_event(h, gst_event_new_segment(&segment)));
    for (int i = 0; i < 3; i++) {
        GstBuffer *in = frames_buffer_for(caps, PERSON, ROOM, 0);
        g_autoptr(GstBuffer) out = NULL;

        GST_BUFFER_PTS(in) = i ? GST_CLOCK_TIME_NONE : 0;
        out = gst_harness_push_and_pull(h, in);
        g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), 0x00b140), <=, 5);
    }
    gst_harness_teardown(h);
}

static GstBuffer *
noise(int width, int height)
{
    GRand *rand = g_rand_new_with_seed(5);
    GstBuffer *buffer = frames_buffer(GST_VIDEO_FORMAT_I420, width, height, PERSON, ROOM, 0);
    GstMapInfo map;

    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    for (gsize i = 0; i < map.size; i++)
        map.data[i] = g_rand_int_range(rand, 16, 236);
    gst_buffer_unmap(buffer, &map);
    g_rand_free(rand);
    return buffer;
}

static void
test_threads(void)
{
    const char *outputs[] = {"output=composite background=blur", "output=mask", "output=cutout"};

    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        g_autoptr(GBytes) first = NULL;

        for (int threads = 1; threads <= 5; threads++) {
            g_autofree char *line = g_strdup_printf("threads=%d softness=1 %s", threads, outputs[i]);
            GstHarness *h = playing(line, GST_VIDEO_FORMAT_I420, 333, 251);
            g_autoptr(GstBuffer) out = gst_harness_push_and_pull(h, noise(333, 251));
            g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
            g_autoptr(GBytes) bytes = frames_bytes(out, caps);

            if (!first)
                first = g_bytes_ref(bytes);
            g_assert_true(g_bytes_equal(first, bytes));
            gst_harness_teardown(h);
        }
    }
}

#define STREAMS 8

/* One stream of its own: what its last frame was made into. */
static gpointer
run_stream(gpointer number)
{
    int n = GPOINTER_TO_INT(number);
    g_autofree char *line = g_strdup_printf("background=blur interval=2 threads=%d", 1 + n % 3);
    GstHarness *h = playing(line, GST_VIDEO_FORMAT_NV12, 128, 96);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_NV12, 128, 96);
    GBytes *bytes = NULL;

    for (int i = 0; i < 25; i++) {
        g_autoptr(GstBuffer) out =
            gst_harness_push_and_pull(h, frames_buffer_for(caps, i % 5 ? PERSON : ROOM, ROOM + 5 * i, 0));

        g_clear_pointer(&bytes, g_bytes_unref);
        bytes = frames_bytes(out, caps);
    }
    gst_harness_teardown(h);
    return bytes;
}

/* Streams side by side share threads, and nothing that would show. */
static void
test_side_by_side(void)
{
    g_autoptr(GBytes) alone = run_stream(GINT_TO_POINTER(0));
    GThread *streams[STREAMS];

    for (int i = 0; i < STREAMS; i++)
        streams[i] = g_thread_new("stream", run_stream, GINT_TO_POINTER(i));
    for (int i = 0; i < STREAMS; i++) {
        g_autoptr(GBytes) bytes = g_thread_join(streams[i]);

        g_assert_true(g_bytes_equal(bytes, alone));
    }
}

static void
test_stats(void)
{
    GstHarness *h = playing("output=mask", GST_VIDEO_FORMAT_I420, 64, 48);
    GstElement *element = gst_harness_find_element(h, "humanseg");
    const char *stages[] = {"preprocess-ms", "inference-ms", "refine-ms"};
    g_autoptr(GstStructure) stats = NULL;

    for (int i = 0; i < 7; i++)
        gst_buffer_unref(
            gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 64, 48, PERSON, ROOM, 0)));
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 7);
    g_assert_cmpuint(frames_stat(h, "inferred"), ==, 7);
    g_object_get(element, "stats", &stats, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(stages); i++) {
        double ms = -1;

        g_assert_true(gst_structure_get_double(stats, stages[i], &ms));
        g_assert_cmpfloat(ms, >, 0);
    }
    gst_object_unref(element);
    gst_harness_teardown(h);
}

static void
test_states(void)
{
    GstHarness *h = playing("output=composite background=color", GST_VIDEO_FORMAT_I420, 160, 90);
    GstElement *element = gst_harness_find_element(h, "humanseg");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 160, 90);

    for (int i = 0; i < 4; i++) {
        g_autoptr(GstBuffer) out = frames_run(h, GST_VIDEO_FORMAT_I420, 160, 90, 0);
        GstSegment segment;

        g_assert_cmpint(frames_distance(frames_pixel(out, caps, 120, 45), 0x00b140), <=, 5);
        g_assert_cmpint(gst_element_set_state(element, i % 2 ? GST_STATE_READY : GST_STATE_NULL), ==,
                        GST_STATE_CHANGE_SUCCESS);
        g_assert_cmpint(gst_element_set_state(element, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_harness_push_event(h, gst_event_new_stream_start("again"));
        gst_harness_push_event(h, gst_event_new_caps(caps));
        gst_harness_push_event(h, gst_event_new_segment(&segment));
    }
    gst_object_unref(element);
    gst_harness_teardown(h);
}

static void
test_flush(void)
{
    GstHarness *h = playing("output=mask", GST_VIDEO_FORMAT_I420, 64, 48);
    GstSegment segment;

    gst_buffer_unref(
        gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 64, 48, PERSON, ROOM, 0)));
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    gst_buffer_unref(
        gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 64, 48, PERSON, ROOM, 0)));
    gst_harness_teardown(h);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/time-and-metas", test_time_and_metas);
    g_test_add_func("/element/mask-of-its-frame", test_mask_of_its_frame);
    g_test_add_func("/element/person-box", test_person_box);
    g_test_add_func("/element/all-or-nothing", test_all_or_nothing);
    g_test_add_func("/element/blur-without-halo", test_blur_without_halo);
    g_test_add_func("/element/caps-change", test_caps_change);
    g_test_add_func("/element/properties-change", test_properties_change);
    g_test_add_func("/element/passthrough", test_passthrough);
    g_test_add_func("/element/output-of-equal-caps", test_output_of_equal_caps);
    g_test_add_func("/element/after-passthrough", test_after_passthrough);
    g_test_add_func("/element/segment-of-bytes", test_segment_of_bytes);
    g_test_add_func("/element/threads", test_threads);
    g_test_add_func("/element/side-by-side", test_side_by_side);
    g_test_add_func("/element/stats", test_stats);
    g_test_add_func("/element/states", test_states);
    g_test_add_func("/element/flush", test_flush);
    status = g_test_run();
    frames_clear();
    return status;
}
