/* From frame to frame: what the element remembers, when it forgets, and what it does when it is late. */
#include "frames.h"

static GstHarness *
playing(const char *properties, int width, int height)
{
    GstHarness *h = frames_harness(properties);

    gst_harness_set_src_caps(h, frames_caps(GST_VIDEO_FORMAT_I420, width, height));
    return h;
}

/* The mask's value in the middle of the left half, for frame @i of 25 a second. */
static int
mask_value(GstHarness *h, int i, guint left, guint right, GstBufferFlags flags)
{
    g_autoptr(GstCaps) caps = NULL;
    GstBuffer *in = frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, left, right, 0);
    g_autoptr(GstBuffer) out = NULL;

    GST_BUFFER_PTS(in) = i * GST_SECOND / 25;
    GST_BUFFER_FLAG_SET(in, flags);
    out = gst_harness_push_and_pull(h, in);
    g_assert_nonnull(out);
    g_assert_cmpuint(GST_BUFFER_PTS(out), ==, i * GST_SECOND / 25);
    caps = gst_pad_get_current_caps(h->sinkpad);
    return frames_pixel(out, caps, 40, 45).r;
}

/* Greys that the bright model is not sure of, and that differ too little to count as motion. */
#define MAYBE      0x7d7d7d
#define MAYBE_MORE 0x808080

/* The second grey's mask: remembered, it leans towards the first one's; forgotten, it is as if alone. */
static int
second_value(const char *properties, GstBufferFlags flags, gboolean flush)
{
    g_autofree char *line = g_strdup_printf("output=mask softness=1 certainty=0 %s", properties);
    GstHarness *h = playing(line, 160, 90);
    int value;

    mask_value(h, 0, MAYBE, MAYBE, 0);
    if (flush) {
        GstSegment segment;

        gst_harness_push_event(h, gst_event_new_flush_start());
        gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_harness_push_event(h, gst_event_new_segment(&segment));
    }
    value = mask_value(h, 1, MAYBE_MORE, MAYBE_MORE, flags);
    gst_harness_teardown(h);
    return value;
}

static void
test_smoothing(void)
{
    int alone = second_value("smoothing=0", 0, FALSE);

    g_assert_cmpint(second_value("smoothing=1", 0, FALSE), <, alone - 20);
    g_assert_cmpint(second_value("smoothing=1", GST_BUFFER_FLAG_DISCONT, FALSE), ==, alone);
    g_assert_cmpint(second_value("smoothing=1", 0, TRUE), ==, alone);
}

static void
push_qos(GstHarness *h, GstClockTimeDiff late, GstClockTime time)
{
    gst_harness_push_upstream_event(h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, late, time));
}

/* Late frames keep coming, each masked, but without the network; in time again, it runs. */
static void
test_late(void)
{
    GstHarness *h = playing("output=mask", 160, 90);

    push_qos(h, GST_SECOND, 0); /* late before the first frame: that is masked all the same */
    g_assert_cmpint(mask_value(h, 0, PERSON, ROOM, 0), ==, 255);
    for (int i = 1; i <= 10; i++)
        g_assert_cmpint(mask_value(h, i, PERSON, ROOM, 0), ==, 255);
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 11);
    g_assert_cmpuint(frames_stat(h, "inferred"), ==, 1);

    push_qos(h, -(GstClockTimeDiff)GST_SECOND / 50, 11 * GST_SECOND / 25);
    for (int i = 12; i < 15; i++)
        g_assert_cmpint(mask_value(h, i, PERSON, ROOM, 0), ==, 255);
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 14);
    g_assert_cmpuint(frames_stat(h, "inferred"), ==, 4);
    gst_harness_teardown(h);
}

static void
test_late_without_qos(void)
{
    GstHarness *h = playing("output=mask qos=false", 160, 90);

    push_qos(h, GST_SECOND, 0);
    for (int i = 0; i < 5; i++)
        mask_value(h, i, PERSON, ROOM, 0);
    g_assert_cmpuint(frames_stat(h, "inferred"), ==, 5);
    gst_harness_teardown(h);
}

/* A flush forgets that the stream was late. */
static void
test_late_before_flush(void)
{
    GstHarness *h = playing("output=mask", 160, 90);
    GstSegment segment;

    mask_value(h, 0, PERSON, ROOM, 0);
    push_qos(h, GST_SECOND, 0);
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(h, gst_event_new_segment(&segment));
    for (int i = 0; i < 3; i++)
        mask_value(h, i, PERSON, ROOM, 0);
    g_assert_cmpuint(frames_stat(h, "inferred"), ==, 4);
    gst_harness_teardown(h);
}

/* No frame waits in the element: it adds nothing to the latency of what is upstream. */
static void
test_latency(void)
{
    GstHarness *h = playing("output=mask", 160, 90);

    gst_harness_set_upstream_latency(h, 30 * GST_MSECOND);
    mask_value(h, 0, PERSON, ROOM, 0);
    g_assert_cmpuint(gst_harness_query_latency(h), ==, 30 * GST_MSECOND);
    gst_harness_teardown(h);
}

static void
test_edge_shift(void)
{
    const struct {
        double shift;
        int border; /* 80 without; the frame's height is 90 */
    } cases[] = {{0, 80}, {0.1, 89}, {-0.1, 71}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf("output=mask softness=0 edge-shift=%.2f", cases[i].shift);
        GstHarness *h = playing(line, 160, 90);
        g_autoptr(GstBuffer) out =
            gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 160, 90, PERSON, ROOM, 0));
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);

        g_assert_cmpint(frames_pixel(out, caps, cases[i].border - 2, 45).r, ==, 255);
        g_assert_cmpint(frames_pixel(out, caps, cases[i].border + 1, 45).r, ==, 0);
        gst_harness_teardown(h);
    }
}

/* The mask lies as the frame does, whatever its tags say; they pass, and can change from frame to frame. */
static void
test_orientation(void)
{
    const char *orientations[] = {"rotate-90",     "rotate-180",     "rotate-270",
                                  "flip-rotate-0", "flip-rotate-90", "rotate-0"};
    GstHarness *h = playing("output=mask smoothing=0", 160, 90);

    for (guint i = 0; i < G_N_ELEMENTS(orientations); i++) {
        GstTagList *tags = gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, orientations[i], NULL);
        g_autoptr(GstEvent) event = NULL;

        g_assert_true(gst_harness_push_event(h, gst_event_new_tag(tags)));
        g_assert_cmpint(mask_value(h, 2 * i, PERSON, ROOM, 0), ==, 255);
        g_assert_cmpint(mask_value(h, 2 * i + 1, ROOM, PERSON, 0), ==, 0);
        event = gst_pad_get_sticky_event(h->sinkpad, GST_EVENT_TAG, 0);
        g_assert_nonnull(event);
    }
    g_assert_cmpuint(frames_stat(h, "frames"), ==, 2); /* each has a segmenter of its own */
    gst_harness_teardown(h);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/smoothing", test_smoothing);
    g_test_add_func("/element/late", test_late);
    g_test_add_func("/element/late-without-qos", test_late_without_qos);
    g_test_add_func("/element/late-before-flush", test_late_before_flush);
    g_test_add_func("/element/latency", test_latency);
    g_test_add_func("/element/edge-shift", test_edge_shift);
    g_test_add_func("/element/orientation", test_orientation);
    status = g_test_run();
    frames_clear();
    return status;
}
