/* What goes wrong is an error of the stream that names the thing, and no frame passes in its place. */
#include "frames.h"

#include <gst/video/video-overlay-composition.h>
#include <humanseg/humanseg.h>
#include <string.h>

/* The element on its own, with @property set to @value. */
static GstElement *
element_with(const char *property, const char *value)
{
    GstElement *element = gst_element_factory_make("humanseg", NULL);

    g_assert_nonnull(element);
    g_object_set(element, "model", frames_model(), NULL);
    if (property)
        gst_util_set_object_arg(G_OBJECT(element), property, value);
    return gst_object_ref_sink(element);
}

/* The message of the one error on the bus. */
static char *
pop_error(GstBus *bus)
{
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(message);
    gst_message_parse_error(message, &error, NULL);
    g_test_message("%s", error->message);
    return g_strdup(error->message);
}

/* On the way to PAUSED. */
static void
assert_fails_to_start(GstElement *element, const char *part)
{
    g_autoptr(GstBus) bus = gst_bus_new();
    g_autofree char *message = NULL;

    gst_element_set_bus(element, bus);
    g_assert_cmpint(gst_element_set_state(element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    message = pop_error(bus);
    g_assert_nonnull(strstr(message, part));
    gst_element_set_state(element, GST_STATE_NULL);
    gst_element_set_bus(element, NULL);
    gst_object_unref(element);
}

static void
test_missing_model(void)
{
    assert_fails_to_start(element_with("model", "/nowhere/at-all.safetensors"),
                          "/nowhere/at-all.safetensors");
    assert_fails_to_start(element_with("model", "no-such-model"), "no-such-model");
    assert_fails_to_start(element_with("model", ""), "");
}

/* Cut off anywhere, or with a byte turned over, a file is refused or at least does no harm. */
static void
test_corrupt_model(void)
{
    g_autofree char *path = frames_path("corrupt.safetensors");
    g_autofree char *data = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(frames_model(), &data, &size, NULL));
    for (gsize i = 0; i < 12; i++) {
        g_assert_true(g_file_set_contents(path, data, size * i / 12, NULL));
        assert_fails_to_start(element_with("model", path), path);
    }
    for (gsize i = 0; i < 12; i++) { /* the header's length, and the first letters of its JSON */
        g_autofree char *bad = g_memdup2(data, size);

        bad[i] ^= 0x80;
        g_assert_true(g_file_set_contents(path, bad, size, NULL));
        assert_fails_to_start(element_with("model", path), path);
    }
}

static void
test_background_image(void)
{
    g_autofree char *path = frames_path("not-a-picture.png");
    GstElement *element = element_with("background", "image");

    assert_fails_to_start(element, "background-image");

    element = element_with("background", "image");
    g_object_set(element, "background-image", "/nowhere/at-all.png", NULL);
    assert_fails_to_start(element, "/nowhere/at-all.png");

    g_assert_true(g_file_set_contents(path, "this is text", -1, NULL));
    element = element_with("background", "image");
    g_object_set(element, "background-image", path, NULL);
    assert_fails_to_start(element, path);
}

/* A harness whose errors can be read. */
static GstHarness *
watched(const char *properties, GstBus **bus)
{
    GstHarness *h = frames_harness(properties);

    *bus = gst_bus_new();
    gst_element_set_bus(h->element, *bus);
    gst_harness_set_src_caps(h, frames_caps(GST_VIDEO_FORMAT_I420, 64, 48));
    return h;
}

static void
end(GstHarness *h, GstBus *bus)
{
    gst_element_set_bus(h->element, NULL);
    gst_object_unref(bus);
    gst_harness_teardown(h);
}

static GstBuffer *
frame(void)
{
    return frames_buffer(GST_VIDEO_FORMAT_I420, 64, 48, PERSON, ROOM, 0);
}

/* The frame after the change fails, and so do those after it: never does the raw frame, or the old mask,
 * pass. */
static void
assert_fails_from_now_on(GstHarness *h, GstBus *bus, const char *part)
{
    guint before = gst_harness_buffers_received(h);
    g_autofree char *message = NULL;

    g_assert_cmpint(gst_harness_push(h, frame()), ==, GST_FLOW_ERROR);
    message = pop_error(bus);
    g_assert_nonnull(strstr(message, part));
    g_assert_cmpint(gst_harness_push(h, frame()), ==, GST_FLOW_ERROR);
    g_assert_cmpuint(gst_harness_buffers_received(h), ==, before);
}

static void
test_while_playing(void)
{
    const struct {
        const char *property, *value, *part;
    } cases[] = {
        {"model", "/nowhere/at-all.safetensors", "/nowhere/at-all.safetensors"},
        {"background-image", "/nowhere/at-all.png", "/nowhere/at-all.png"},
        {"precision", "int8", "int8"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        GstBus *bus;
        GstHarness *h = watched("background=color", &bus);
        GstElement *element = gst_harness_find_element(h, "humanseg");

        gst_buffer_unref(gst_harness_push_and_pull(h, frame()));
        if (g_str_equal(cases[i].property, "background-image"))
            gst_util_set_object_arg(G_OBJECT(element), "background", "image");
        gst_util_set_object_arg(G_OBJECT(element), cases[i].property, cases[i].value);
        assert_fails_from_now_on(h, bus, cases[i].part);
        gst_object_unref(element);
        end(h, bus);
    }
}

/* A buffer too small for its caps cannot be mapped as a frame. */
static void
test_unreadable_frame(void)
{
    const char *outputs[] = {"output=composite", "output=mask", "output=cutout"};

    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        GstBus *bus;
        GstHarness *h = watched(outputs[i], &bus);
        g_autofree char *message = NULL;

        g_assert_cmpint(gst_harness_push(h, gst_buffer_new_allocate(NULL, 100, NULL)), ==, GST_FLOW_ERROR);
        message = pop_error(bus);
        g_assert_nonnull(strstr(message, "frame"));
        g_assert_cmpuint(gst_harness_buffers_received(h), ==, 0);
        end(h, bus);
    }
}

static void
test_refused_caps(void)
{
    const char *refused[] = {
        "video/x-raw,format=I420,width=8,height=48,framerate=25/1",
        "video/x-raw,format=I420,width=64,height=8193,framerate=25/1",
        "video/x-raw,format=I420,width=64,height=48,framerate=25/1,interlace-mode=interleaved",
        "video/x-raw,format=v210,width=64,height=48,framerate=25/1",
        "video/x-raw(format:Interlaced),format=I420,width=64,height=48,interlace-mode=alternate",
        "video/x-raw(memory:DMABuf),format=NV12,width=64,height=48,framerate=25/1",
        "video/x-raw(memory:GLMemory),format=RGBA,width=64,height=48,framerate=25/1",
    };
    GstHarness *h = frames_harness("");

    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(refused[i]);

        g_assert_false(gst_pad_query_accept_caps(h->element->sinkpads->data, caps));
    }
    gst_harness_teardown(h);
}

/* The message of the one warning on the bus, or NULL. */
static char *
pop_warning(GstBus *bus)
{
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    g_autoptr(GError) warning = NULL;

    if (!message)
        return NULL;
    gst_message_parse_warning(message, &warning, NULL);
    return g_strdup(warning->message);
}

/* Who has nothing but interlaced frames, or none of a size or format that is taken, is told what to do, once;
 * who might send others is not. */
static void
test_told(void)
{
    const struct {
        const char *caps;
        gboolean sends; /* or asks what to send */
        const char *words;
    } cases[] = {
        {"interlace-mode=progressive", FALSE, NULL},
        {"interlace-mode=progressive", TRUE, NULL},
        {"interlace-mode={ (string)interleaved, (string)progressive }", FALSE, NULL},
        {"interlace-mode={ (string)interleaved, (string)mixed }", FALSE, "deinterlace"},
        {"interlace-mode=interleaved", TRUE, "deinterlace"},
        {"width=16,height=8192", TRUE, NULL},
        {"width=[1,max],height=[1,max]", FALSE, NULL},
        {"width=15,height=15", TRUE, "videoscale"},
        {"width=640,height=8193", FALSE, "videoscale"},
        {"format={ (string)Y444_10LE, (string)Y444 }", FALSE, NULL},
        {"format=Y444_10LE", TRUE, "videoconvert"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("video/x-raw,%s", cases[i].caps);
        g_autoptr(GstCaps) caps = gst_caps_from_string(text);
        GstBus *bus;
        GstHarness *h = watched("background=color", &bus);

        for (int n = 0; n < 2; n++) {
            g_autoptr(GstCaps) got = NULL;
            g_autofree char *said = NULL;

            if (cases[i].sends)
                gst_pad_query_accept_caps(h->element->sinkpads->data, caps);
            else
                got = gst_pad_query_caps(h->element->sinkpads->data, caps);
            said = pop_warning(bus);
            g_test_message("%s: %s", text, said ? said : "nothing");
            g_assert_cmpint(said != NULL, ==, cases[i].words && n == 0);
            g_assert_true(!said || strstr(said, cases[i].words));
        }
        gst_buffer_unref(gst_harness_push_and_pull(h, frame())); /* a question alone breaks nothing */
        end(h, bus);
    }
}

static gboolean
proposes(GstQuery *query, GType api)
{
    return gst_query_find_allocation_meta(query, api, NULL);
}

/* What upstream may put on its frames: strides of its own and overlays, but no crop. Asked with what a sink
 * takes: all of them. */
static void
test_allocation(void)
{
    GstHarness *h = frames_harness("background=color");
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, 64, 48);
    g_autoptr(GstQuery) query = gst_query_new_allocation(caps, TRUE);

    gst_harness_add_propose_allocation_meta(h, GST_VIDEO_META_API_TYPE, NULL);
    gst_harness_add_propose_allocation_meta(h, GST_VIDEO_CROP_META_API_TYPE, NULL);
    gst_harness_add_propose_allocation_meta(h, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
    gst_buffer_unref(frames_run(h, GST_VIDEO_FORMAT_I420, 64, 48, 0));
    g_assert_true(gst_pad_query(h->element->sinkpads->data, query));
    g_assert_true(proposes(query, GST_VIDEO_META_API_TYPE));
    g_assert_true(proposes(query, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE));
    g_assert_false(proposes(query, GST_VIDEO_CROP_META_API_TYPE));
    gst_harness_teardown(h);
}

/* The presets can be loaded, and set what they are named for. */
static void
test_presets(void)
{
    const char *names[] = {"meeting", "quality", "low-power", "offline"};
    GstElement *element = gst_element_factory_make("humanseg", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        gboolean qos;
        int interval;
        HsegSubject subject;

        g_assert_true(gst_preset_load_preset(GST_PRESET(element), names[i]));
        g_object_get(element, "interval", &interval, "qos", &qos, "subject", &subject, NULL);
        g_assert_cmpint(interval, ==, g_str_equal(names[i], "low-power") ? 3 : 1);
        g_assert_cmpint(qos, ==, !g_str_equal(names[i], "offline"));
        if (i == 0)
            g_assert_cmpint(subject, ==, HSEG_SUBJECT_MAIN);
    }
    gst_object_unref(element);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/missing-model", test_missing_model);
    g_test_add_func("/element/corrupt-model", test_corrupt_model);
    g_test_add_func("/element/background-image", test_background_image);
    g_test_add_func("/element/while-playing", test_while_playing);
    g_test_add_func("/element/unreadable-frame", test_unreadable_frame);
    g_test_add_func("/element/refused-caps", test_refused_caps);
    g_test_add_func("/element/told", test_told);
    g_test_add_func("/element/allocation", test_allocation);
    g_test_add_func("/element/presets", test_presets);
    status = g_test_run();
    frames_clear();
    return status;
}
