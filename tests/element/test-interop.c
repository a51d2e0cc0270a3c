/* Beside other software's elements: what decoders and cameras send, and what takes cutouts and masks. */
#include "frames.h"

#include <glib/gstdio.h>

#define WIDTH  160
#define HEIGHT 96
#define FRAMES 5
#define GREEN  0x00b140 /* the default background-color */

/* Whether all elements named in @line exist; if not, the test is skipped. */
static gboolean
have(const char *const *names)
{
    for (; *names; names++) {
        g_autoptr(GstElementFactory) factory = gst_element_factory_find(*names);

        if (!factory) {
            g_autofree char *why = g_strdup_printf("no %s here", *names);

            g_test_skip(why);
            return FALSE;
        }
    }
    return TRUE;
}

/* Pushes frames of @caps into the pipeline's element `in` and ends the stream. */
static void
feed(GstElement *pipeline, GstCaps *caps)
{
    GstElement *in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    GstFlowReturn flow;

    g_object_set(in, "caps", caps, NULL);
    for (int i = 0; i < FRAMES; i++) {
        g_autoptr(GstBuffer) buffer = frames_buffer_for(caps, PERSON, ROOM, 0);

        GST_BUFFER_PTS(buffer) = i * GST_SECOND / 25;
        g_signal_emit_by_name(in, "push-buffer", buffer, &flow);
        g_assert_cmpint(flow, ==, GST_FLOW_OK);
    }
    g_signal_emit_by_name(in, "end-of-stream", &flow);
    gst_object_unref(in);
}

/* To the stream's end; an error, which ends it too, fails the test by its own words. */
static void
wait_for_end(GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

    g_assert_nonnull(message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        g_autofree char *debug = NULL;

        gst_message_parse_error(message, &error, &debug);
        g_error("%s: %s", error->message, debug);
    }
}

/* Runs @line, in which MODEL stands for the tests' model, to its end. What its element `out`, an appsink if
 * there is one, received last. */
static GstSample *
run(const char *line, GstCaps *caps)
{
    g_auto(GStrv) parts = g_strsplit(line, "MODEL", -1);
    g_autofree char *whole = g_strjoinv(frames_model(), parts);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(whole, &error), *out;
    GstSample *last = NULL;

    g_test_message("%s", whole);
    g_assert_no_error(error);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (caps)
        feed(pipeline, caps);
    out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    if (out) {
        GstSample *sample;

        for (int i = 0; i < FRAMES; i++) {
            g_signal_emit_by_name(out, "try-pull-sample", (guint64)(30 * GST_SECOND), &sample);
            if (!sample)
                wait_for_end(pipeline);
            g_assert_nonnull(sample);
            g_clear_pointer(&last, gst_sample_unref);
            last = sample;
        }
        gst_object_unref(out);
    } else {
        wait_for_end(pipeline);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return last;
}

static Pixel
pixel(GstSample *sample, int x)
{
    return frames_pixel(gst_sample_get_buffer(sample), gst_sample_get_caps(sample), x, HEIGHT / 2);
}

/* The person stands left, and @behind is all that there is to see to the right. */
static void
check_replaced(GstSample *sample, guint behind, int near)
{
    Pixel person = pixel(sample, 16), room = pixel(sample, WIDTH - 16);

    g_test_message("person %d,%d,%d,%d room %d,%d,%d,%d", person.r, person.g, person.b, person.a, room.r,
                   room.g, room.b, room.a);
    g_assert_cmpint(frames_distance(person, PERSON), <=, near);
    g_assert_cmpint(frames_distance(room, behind), <=, near);
}

/* --- what comes in --- */

/* As a webcam's driver says it. */
static void
test_camera(void)
{
    const char *line =
        "appsrc name=in format=time ! humanseg model=MODEL background=color ! appsink name=out sync=false";
    g_autoptr(GstCaps) caps = gst_caps_from_string(
        "video/x-raw,format=YUY2,width=160,height=96,pixel-aspect-ratio=1/1,colorimetry=2:4:5:1,"
        "framerate=30/1,interlace-mode=progressive");
    g_autoptr(GstSample) sample = NULL;

    if (!have((const char *const[]){"appsrc", "appsink", NULL}))
        return;
    sample = run(line, caps);
    check_replaced(sample, GREEN, 8);
}

/* A camera's JPEG: full range, which the new background must be, too. */
static void
test_jpeg(void)
{
    const char *line = "appsrc name=in format=time ! jpegenc quality=100 ! jpegdec ! humanseg model=MODEL "
                       "background=color ! "
                       "appsink name=out sync=false";
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstSample) sample = NULL;
    GstVideoInfo info;

    if (!have((const char *const[]){"appsrc", "appsink", "jpegenc", "jpegdec", NULL}))
        return;
    gst_caps_set_simple(caps, "colorimetry", G_TYPE_STRING, "1:4:0:0", NULL);
    sample = run(line, caps);
    gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
    g_assert_cmpint(info.colorimetry.range, ==, GST_VIDEO_COLOR_RANGE_0_255);
    check_replaced(sample, GREEN, 8);
}

/* A file's H.264: rows that the decoder pads, of sizes that are no multiple of its blocks'; ten bits; two
 * planes. */
static void
test_h264(void)
{
    const struct {
        GstVideoFormat encoded;
        const char *decoded;
        int width;
    } cases[] = {
        {GST_VIDEO_FORMAT_I420, "I420", WIDTH},
        {GST_VIDEO_FORMAT_I420, "I420", WIDTH + 6},
        {GST_VIDEO_FORMAT_I420, "NV12", WIDTH},
        {GST_VIDEO_FORMAT_I420_10LE, "I420_10LE", WIDTH + 2},
        {GST_VIDEO_FORMAT_I420_10LE, "P010_10LE", WIDTH},
        {GST_VIDEO_FORMAT_Y444, "Y444", WIDTH},
        {GST_VIDEO_FORMAT_Y42B, "Y42B", WIDTH},
    };

    if (!have((const char *const[]){"appsrc", "appsink", "x264enc", "h264parse", "avdec_h264", "videoconvert",
                                    NULL}))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strdup_printf(
            "appsrc name=in format=time ! x264enc speed-preset=ultrafast qp-max=10 ! h264parse ! avdec_h264 "
            "! "
            "videoconvert ! "
            "video/x-raw,format=%s ! humanseg model=MODEL background=color ! appsink name=out sync=false",
            cases[i].decoded);
        g_autoptr(GstCaps) caps = frames_caps(cases[i].encoded, cases[i].width, HEIGHT);
        g_autoptr(GstSample) sample = run(line, caps);

        check_replaced(sample, GREEN, 12);
    }
}

/* --- what goes out --- */

static void
test_compositor(void)
{
    const char *formats[] = {"A420", "AYUV", "BGRA", "ARGB"};

    if (!have((const char *const[]){"appsrc", "appsink", "compositor", "videotestsrc", NULL}))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *line = g_strdup_printf(
            "compositor name=mix sink_0::zorder=1 sink_1::zorder=2 ! video/x-raw,width=160,height=96 ! "
            "appsink name=out sync=false "
            "videotestsrc pattern=solid-color foreground-color=0xff3060c0 num-buffers=5 ! "
            "video/x-raw,width=160,height=96,framerate=25/1 ! mix.sink_0 "
            "appsrc name=in format=time ! humanseg model=MODEL output=cutout ! video/x-raw,format=%s ! "
            "mix.sink_1",
            formats[i]);
        g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_NV12, WIDTH, HEIGHT);
        g_autoptr(GstSample) sample = run(line, caps);

        check_replaced(sample, 0x3060c0, 12);
    }
}

/* The mask as alphacombine's alpha makes the same frame as the element's own cutout. That element wants both
 * to be of one range, as grey without further words isn't of video's; the mask's values are the same under
 * any. */
static void
test_alphacombine(void)
{
    const char *combined =
        "alphacombine name=both ! appsink name=out sync=false appsrc name=in format=time ! tee name=t "
        "t. ! queue ! both.sink t. ! queue ! humanseg model=MODEL output=mask ! "
        "video/x-raw,colorimetry=bt601 ! both.alpha";
    const char *cut = "appsrc name=in format=time ! humanseg model=MODEL output=cutout decontaminate=0 ! "
                      "video/x-raw,format=A420 ! appsink name=out sync=false";
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstSample) a = NULL, b = NULL;
    g_autoptr(GBytes) one = NULL, other = NULL;

    if (!have((const char *const[]){"appsrc", "appsink", "alphacombine", "tee", "queue", NULL}))
        return;
    gst_caps_set_simple(caps, "colorimetry", G_TYPE_STRING, "bt601", NULL);
    a = run(combined, caps);
    b = run(cut, caps);
    one = frames_bytes(gst_sample_get_buffer(a), gst_sample_get_caps(a));
    other = frames_bytes(gst_sample_get_buffer(b), gst_sample_get_caps(b));
    g_assert_true(g_bytes_equal(one, other));
}

/* Colour and mask as two VP9 streams, joined behind the decoders: how WebM carries alpha. */
static void
test_vp9_pair(void)
{
    const char *line =
        "alphacombine name=both ! appsink name=out sync=false appsrc name=in format=time ! tee name=t "
        "t. ! queue ! vp9enc deadline=1 min-quantizer=0 max-quantizer=4 ! vp9dec ! video/x-raw,format=I420 ! "
        "both.sink "
        "t. ! queue ! humanseg model=MODEL output=mask ! "
        "video/x-raw,colorimetry=bt601 ! videoconvert ! video/x-raw,format=I420 ! "
        "vp9enc deadline=1 min-quantizer=0 max-quantizer=4 ! vp9dec ! video/x-raw,format=I420 ! both.alpha";
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    g_autoptr(GstSample) sample = NULL;

    if (!have((const char *const[]){"appsrc", "appsink", "alphacombine", "vp9enc", "vp9dec", "videoconvert",
                                    NULL}))
        return;
    gst_caps_set_simple(caps, "colorimetry", G_TYPE_STRING, "bt601", NULL);
    sample = run(line, caps);
    g_assert_cmpint(frames_distance(pixel(sample, 16), PERSON), <=, 12);
    g_assert_cmpint(pixel(sample, 16).a, >=, 250);
    g_assert_cmpint(pixel(sample, WIDTH - 16).a, <=, 5);
}

/* A WebM file with alpha, written by ffmpeg from cutouts and read by GStreamer's decoders for such files. */
static void
test_webm(void)
{
    const char *const codecs[][2] = {{"libvpx", "vp8alphadecodebin"}, {"libvpx-vp9", "vp9alphadecodebin"}};
    g_autofree char *ffmpeg = g_find_program_in_path("ffmpeg");
    g_autofree char *raw = frames_path("cutout.raw"), *webm = frames_path("cutout.webm");
    g_autofree char *write =
        g_strdup_printf("appsrc name=in format=time ! humanseg model=MODEL output=cutout ! "
                        "video/x-raw,format=A420 ! filesink location=%s",
                        raw);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);

    if (!have((const char *const[]){"appsrc", "filesink", "matroskademux", "vp8alphadecodebin",
                                    "vp9alphadecodebin", "vp9parse", NULL}))
        return;
    if (!ffmpeg) {
        g_test_skip("no ffmpeg here");
        return;
    }
    run(write, caps);
    for (guint i = 0; i < G_N_ELEMENTS(codecs); i++) {
        g_autofree char *encode = g_strdup_printf(
            "ffmpeg -v error -y -f rawvideo -pix_fmt yuva420p -s %dx%d -r 25 -i '%s' -c:v %s -crf 4 -b:v 4M "
            "-auto-alt-ref 0 '%s'",
            WIDTH, HEIGHT, raw, codecs[i][0], webm);
        g_autofree char *read = g_strdup_printf("filesrc location=%s ! matroskademux ! %s%s ! "
                                                "video/x-raw,format=A420 ! appsink name=out sync=false",
                                                webm, i ? "vp9parse ! " : "", codecs[i][1]);
        g_autoptr(GstSample) sample = NULL;
        int status;

        g_test_message("%s", encode);
        g_assert_true(g_spawn_command_line_sync(encode, NULL, NULL, &status, NULL));
        g_assert_true(g_spawn_check_wait_status(status, NULL));
        sample = run(read, NULL);
        g_assert_cmpint(frames_distance(pixel(sample, 16), PERSON), <=, 12);
        g_assert_cmpint(pixel(sample, 16).a, >=, 245);
        g_assert_cmpint(pixel(sample, WIDTH - 16).a, <=, 10);
    }
}

/* Picture files with alpha. */
static void
test_png(void)
{
    g_autofree char *path = frames_path("cutout.png");
    g_autofree char *write = g_strdup_printf(
        "appsrc name=in format=time ! humanseg model=MODEL output=cutout ! pngenc snapshot=false ! "
        "multifilesink location=%s",
        path);
    g_autofree char *read =
        g_strdup_printf("multifilesrc location=%s num-buffers=5 caps=image/png,framerate=25/1 ! "
                        "pngdec ! appsink name=out sync=false",
                        path);
    g_autoptr(GstCaps) caps = frames_caps(GST_VIDEO_FORMAT_BGRx, WIDTH, HEIGHT);
    g_autoptr(GstSample) sample = NULL;

    if (!have((const char *const[]){"appsrc", "appsink", "pngenc", "pngdec", "multifilesink", "multifilesrc",
                                    NULL}))
        return;
    run(write, caps);
    sample = run(read, NULL);
    g_assert_cmpint(frames_distance(pixel(sample, 16), PERSON), <=, 2);
    g_assert_cmpint(pixel(sample, 16).a, ==, 255);
    g_assert_cmpint(pixel(sample, WIDTH - 16).a, ==, 0);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/interop/camera", test_camera);
    g_test_add_func("/element/interop/jpeg", test_jpeg);
    g_test_add_func("/element/interop/h264", test_h264);
    g_test_add_func("/element/interop/compositor", test_compositor);
    g_test_add_func("/element/interop/alphacombine", test_alphacombine);
    g_test_add_func("/element/interop/vp9-pair", test_vp9_pair);
    g_test_add_func("/element/interop/webm", test_webm);
    g_test_add_func("/element/interop/png", test_png);
    status = g_test_run();
    frames_clear();
    return status;
}
