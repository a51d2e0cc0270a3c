/* A random walk: whatever comes down the stream or from the program, in whatever order, each frame that can
 * be masked comes out once, masked and as its caps say, and one that cannot is an error. The seed is printed;
 * --seed walks the same way again. */
#include "frames.h"

#include <humanseg/humanseg.h>

#define STEPS 500

typedef struct {
    GstHarness *h;
    GstElement *element;
    GstCaps *caps; /* of the frames that go in */
    GstBus *bus;
    GstClockTime time;
    gboolean ended; /* by EOS */
    int masked;     /* frames of which that could be told */
} Walk;

static int
roll(int n)
{
    return g_test_rand_int_range(0, n);
}

/* --- events --- */

static void
begin_segment(Walk *w)
{
    GstSegment segment;

    gst_segment_init(&segment, roll(8) ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
    if (roll(4) == 0) {
        segment.rate = roll(2) ? -1 : 2;
        segment.stop = 100 * GST_SECOND;
    }
    if (roll(4) == 0)
        segment.start = segment.time = (guint64)roll(10) * GST_SECOND;
    gst_harness_push_event(w->h, gst_event_new_segment(&segment));
}

static void
new_caps(Walk *w)
{
    const GstVideoFormat formats[] = {
        GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12,  GST_VIDEO_FORMAT_YUY2,      GST_VIDEO_FORMAT_Y444,
        GST_VIDEO_FORMAT_RGB,  GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_ARGB,
    };
    const int rates[][2] = {{0, 1}, {25, 1}, {30000, 1001}, {1000, 1}};
    const int shapes[][2] = {{1, 1}, {1, 1}, {1, 1}, {12, 11}, {1, 50}, {40, 1}};
    const char *const colours[] = {"bt601", "bt709", "bt2020", "1:1:5:4"};
    const int *rate = rates[roll(G_N_ELEMENTS(rates))], *shape = shapes[roll(G_N_ELEMENTS(shapes))];
    GstVideoFormat format = formats[roll(G_N_ELEMENTS(formats))];

    if (w->ended)
        return;
    gst_clear_caps(&w->caps);
    w->caps = frames_caps(format, 16 + roll(150), 16 + roll(100));
    gst_caps_set_simple(w->caps, "framerate", GST_TYPE_FRACTION, rate[0], rate[1], "pixel-aspect-ratio",
                        GST_TYPE_FRACTION, shape[0], shape[1], NULL);
    if (format != GST_VIDEO_FORMAT_RGB && format != GST_VIDEO_FORMAT_ARGB && roll(2))
        gst_caps_set_simple(w->caps, "colorimetry", G_TYPE_STRING, colours[roll(G_N_ELEMENTS(colours))],
                            NULL);
    gst_harness_push_event(w->h, gst_event_new_caps(w->caps));
}

static void
turn(Walk *w)
{
    const char *const turns[] = {"rotate-0",      "rotate-90",      "rotate-180",      "rotate-270",
                                 "flip-rotate-0", "flip-rotate-90", "flip-rotate-270", "nonsense"};

    gst_harness_push_event(w->h, gst_event_new_tag(gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION,
                                                                    turns[roll(G_N_ELEMENTS(turns))], NULL)));
}

static void
flush(Walk *w)
{
    gst_harness_push_event(w->h, gst_event_new_flush_start());
    gst_harness_push_event(w->h, gst_event_new_flush_stop(roll(2)));
    w->ended = FALSE;
    begin_segment(w);
}

static void
next_stream(Walk *w)
{
    gst_harness_push_event(w->h, gst_event_new_stream_start("next"));
    gst_harness_push_event(w->h, gst_event_new_caps(w->caps));
    w->ended = FALSE;
    begin_segment(w);
}

static void
restart(Walk *w)
{
    gst_element_set_state(w->element, roll(2) ? GST_STATE_NULL : GST_STATE_READY);
    gst_element_set_state(w->element, GST_STATE_PLAYING);
    next_stream(w);
}

static void
end(Walk *w)
{
    gst_harness_push_event(w->h, gst_event_new_eos());
    w->ended = TRUE;
}

static void
complain(Walk *w)
{
    gst_harness_push_upstream_event(
        w->h, gst_event_new_qos(roll(2) ? GST_QOS_TYPE_UNDERFLOW : GST_QOS_TYPE_THROTTLE, 2.0,
                                roll(2000) * GST_MSECOND - GST_SECOND, w->time + GST_SECOND));
}

static void
hint(Walk *w)
{
    switch (roll(4)) {
    case 0:
        gst_harness_push_event(w->h, gst_event_new_gap(w->time, GST_SECOND / 25));
        break;
    case 1:
        gst_harness_push_upstream_event(w->h, gst_event_new_reconfigure());
        break;
    case 2:
        gst_harness_push_event(
            w->h, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty("any")));
        break;
    default:
        gst_harness_query_latency(w->h);
    }
}

/* --- properties --- */

/* A property, to any value of its range; not what needs files, nor what would take everybody for
 * background. */
static void
set(Walk *w, GParamSpec *spec)
{
    g_auto(GValue) value = G_VALUE_INIT;

    if (spec->owner_type != G_OBJECT_TYPE(w->element) || !(spec->flags & G_PARAM_WRITABLE) ||
        G_IS_PARAM_SPEC_STRING(spec) || g_str_equal(spec->name, "precision") ||
        g_str_equal(spec->name, "refine-epsilon"))
        return;
    g_value_init(&value, spec->value_type);
    if (G_IS_PARAM_SPEC_ENUM(spec))
        g_value_set_enum(&value, roll((int)G_PARAM_SPEC_ENUM(spec)->enum_class->n_values));
    else if (G_IS_PARAM_SPEC_BOOLEAN(spec))
        g_value_set_boolean(&value, roll(2));
    else if (G_IS_PARAM_SPEC_INT(spec))
        g_value_set_int(&value, g_test_rand_int_range(G_PARAM_SPEC_INT(spec)->minimum,
                                                      G_PARAM_SPEC_INT(spec)->maximum + 1));
    else if (G_IS_PARAM_SPEC_DOUBLE(spec))
        g_value_set_double(&value, g_test_rand_double_range(G_PARAM_SPEC_DOUBLE(spec)->minimum,
                                                            G_PARAM_SPEC_DOUBLE(spec)->maximum));
    else
        return;
    g_object_set_property(G_OBJECT(w->element), spec->name, &value);
}

/* Every other time one of those that the most hangs on. */
static void
set_any(Walk *w)
{
    const char *const names[] = {"output", "background", "threshold"};
    GObjectClass *class = G_OBJECT_GET_CLASS(w->element);
    guint n;
    g_autofree GParamSpec **specs = g_object_class_list_properties(class, &n);
    GParamSpec *often = g_object_class_find_property(class, names[roll(G_N_ELEMENTS(names))]);

    set(w, roll(2) ? often : specs[roll((int)n)]);
}

/* --- frames --- */

static gboolean
has(Walk *w, const char *property, int value)
{
    int set;

    g_object_get(w->element, property, &set, NULL);
    return set == value;
}

/* A frame that is not what its caps say. */
static GstBuffer *
damaged(Walk *w)
{
    GstBuffer *frame = frames_buffer_for(w->caps, PERSON, ROOM, 0);
    gsize size = gst_buffer_get_size(frame);

    if (roll(2)) {
        gst_buffer_set_size(frame, roll((int)size));
    } else {
        GstVideoInfo info;

        gst_video_info_from_caps(&info, w->caps);
        gst_buffer_add_video_meta(frame, 0, GST_VIDEO_INFO_FORMAT(&info), (guint)info.width - 1,
                                  (guint)info.height);
    }
    return frame;
}

static void
push_damaged(Walk *w)
{
    g_autoptr(GstMessage) message = NULL;
    gboolean passes = has(w, "background", HSEG_BACKGROUND_NONE) && has(w, "output", HSEG_OUTPUT_COMPOSITE);

    if (passes)
        return;
    g_assert_cmpint(gst_harness_push(w->h, damaged(w)), ==, w->ended ? GST_FLOW_EOS : GST_FLOW_ERROR);
    message = gst_bus_pop_filtered(w->bus, GST_MESSAGE_ERROR);
    g_assert_cmpint(message != NULL, ==, !w->ended);
}

/* Where the room can be told from the person and from the colour behind them, it is not to be seen. */
static void
check_masked(Walk *w, GstBuffer *out)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(w->h->sinkpad);
    double threshold;
    GstVideoInfo info;
    Pixel p;

    g_object_get(w->element, "threshold", &threshold, NULL);
    gst_video_info_from_caps(&info, w->caps);
    if (threshold < 0.25 || /* a large window of the guided filter leaves a little of a person beside them */
        info.width < info.height || info.par_n != info.par_d)
        return;
    p = frames_pixel(out, caps, info.width - 1, info.height / 2);
    if (has(w, "output", HSEG_OUTPUT_MASK))
        g_assert_cmpint(p.r, <=, 8);
    else if (has(w, "output", HSEG_OUTPUT_CUTOUT))
        g_assert_cmpint(p.a, <=, 8);
    else if (has(w, "background", HSEG_BACKGROUND_COLOR))
        g_assert_cmpint(frames_distance(p, ROOM), >, 40);
    else
        return;
    w->masked++;
}

static void
push_frame(Walk *w)
{
    GstBuffer *in = frames_buffer_for(w->caps, PERSON, ROOM, roll(3) ? 0 : 2 * roll(40));
    const GstBufferFlags flags[] = {
        0, 0, 0, GST_BUFFER_FLAG_DISCONT, GST_BUFFER_FLAG_GAP, GST_BUFFER_FLAG_CORRUPTED};
    g_autoptr(GstCaps) caps = NULL;
    g_autoptr(GstBuffer) out = NULL;
    GstVideoInfo info;

    w->time += roll(4) ? GST_SECOND / 25 : 0;
    GST_BUFFER_PTS(in) = roll(8) ? w->time : GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(in) = roll(8) ? GST_SECOND / 25 : GST_CLOCK_TIME_NONE;
    GST_BUFFER_FLAG_SET(in, flags[roll(G_N_ELEMENTS(flags))]);
    if (roll(8) == 0)
        gst_buffer_add_video_region_of_interest_meta(in, "other", 0, 0, 5, 5);
    gst_buffer_ref(in);
    g_assert_cmpint(gst_harness_push(w->h, in), ==, w->ended ? GST_FLOW_EOS : GST_FLOW_OK);
    out = gst_harness_try_pull(w->h);
    g_assert_cmpint(out != NULL, ==, !w->ended);
    g_assert_null(gst_harness_try_pull(w->h));
    if (out) {
        caps = gst_pad_get_current_caps(w->h->sinkpad);
        g_assert_true(gst_video_info_from_caps(&info, caps));
        g_assert_cmpuint(gst_buffer_get_size(out), ==,
                         out == in ? gst_buffer_get_size(in) : GST_VIDEO_INFO_SIZE(&info));
        g_assert_cmpuint(GST_BUFFER_PTS(out), ==, GST_BUFFER_PTS(in));
        g_assert_cmpuint(GST_BUFFER_DURATION(out), ==, GST_BUFFER_DURATION(in));
        g_assert_cmpuint(GST_BUFFER_FLAGS(out), ==, GST_BUFFER_FLAGS(in));
        check_masked(w, out);
    }
    gst_buffer_unref(in);
}

static void
test_walk(void)
{
    static void (*const turns[])(Walk *) = {begin_segment, new_caps, turn,     flush, next_stream,
                                            restart,       end,      complain, hint,  push_damaged,
                                            set_any,       set_any,  set_any};
    g_autofree char *picture = frames_path("picture.ppm");
    Walk w = {frames_harness("background=color"), .bus = gst_bus_new()};

    w.element = gst_harness_find_element(w.h, "humanseg");
    gst_element_set_bus(w.element, w.bus);
    g_assert_true(g_file_set_contents(picture, "P6 1 1 255 abc", -1, NULL));
    g_object_set(w.element, "background-image", picture, NULL);
    gst_harness_push_event(w.h, gst_event_new_stream_start("first"));
    new_caps(&w);
    begin_segment(&w);
    for (int i = 0; i < STEPS; i++) {
        for (int n = roll(3); n > 0; n--)
            turns[roll(G_N_ELEMENTS(turns))](&w);
        push_frame(&w);
    }
    g_assert_cmpint(w.masked, >, 0);
    gst_element_set_bus(w.element, NULL);
    gst_object_unref(w.bus);
    gst_object_unref(w.element);
    gst_harness_teardown(w.h);
    gst_caps_unref(w.caps);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/fuzz/walk", test_walk);
    status = g_test_run();
    frames_clear();
    return status;
}
