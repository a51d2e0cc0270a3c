/* Colorimetry: the network sees, and the new background has, the colours that the caps mean. */
#include "frames.h"

#include <stdlib.h>

#define WIDTH  96
#define HEIGHT 64
#define GREEN  0x00b140 /* the default background-color */
#define NEAR   8        /* of 255: 8-bit YUV and back by GStreamer, which rounds down */

/* Bright by half: the bright model is in doubt, and a matrix or range taken for another decides for it. */
static const guint doubtful[] = {0x10f47e, 0x1474f0};

static const char *const colorimetries[] = {
    "bt601", "1:4:16:4", "bt709", "1:3:5:1", "bt2020", "1:6:13:7", "smpte240m",
};

static const GstVideoFormat formats[] = {
    GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_YUY2,      GST_VIDEO_FORMAT_UYVY,
    GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE,
};

static GstCaps *
caps_of(GstVideoFormat format, const char *colorimetry)
{
    GstCaps *caps = frames_caps(format, WIDTH, HEIGHT);

    gst_caps_set_simple(caps, "colorimetry", G_TYPE_STRING, colorimetry, NULL);
    return caps;
}

/* The mask of @color where frames meant as @meant are said to be @said. */
static int
doubtful_mask(guint color, GstVideoFormat format, const char *meant, const char *said)
{
    GstHarness *h = frames_harness("output=mask softness=1 refine=none smoothing=0 certainty=0");
    g_autoptr(GstCaps) drawn = meant ? caps_of(format, meant) : frames_caps(format, WIDTH, HEIGHT);
    g_autoptr(GstCaps) made = NULL;
    g_autoptr(GstBuffer) out = NULL;
    int value;

    gst_harness_set_src_caps(h, said ? caps_of(format, said) : frames_caps(format, WIDTH, HEIGHT));
    out = gst_harness_push_and_pull(h, frames_buffer_for(drawn, color, color, 0));
    made = gst_pad_get_current_caps(h->sinkpad);
    value = frames_pixel(out, made, WIDTH / 2, HEIGHT / 2).r;
    gst_harness_teardown(h);
    return value;
}

static void
check_input(guint color)
{
    int want = doubtful_mask(color, GST_VIDEO_FORMAT_RGB, NULL, NULL);

    g_assert_cmpint(want, >, 64);
    g_assert_cmpint(want, <, 192);
    for (guint c = 0; c < G_N_ELEMENTS(colorimetries); c++)
        for (guint f = 0; f < G_N_ELEMENTS(formats); f++) {
            int got = doubtful_mask(color, formats[f], colorimetries[c], colorimetries[c]);

            g_test_message("%06x %s %s: %d, want %d", color, gst_video_format_to_string(formats[f]),
                           colorimetries[c], got, want);
            g_assert_cmpint(abs(got - want), <=, 20); /* a step of 255 in luma is ten in such a mask */
        }
}

static void
test_network_input(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(doubtful); i++)
        check_input(doubtful[i]);
}

/* The test above can tell: the same bytes under another name make another mask. */
static void
test_mistaken_input(void)
{
    const struct {
        const char *said;
        int off; /* at least; the other range makes less of a difference in the middle of brightness */
    } mistakes[] = {{"bt709", 48}, {"bt2020", 48}, {"1:4:16:4", 25}};

    for (guint m = 0; m < G_N_ELEMENTS(mistakes); m++) {
        int off = 0;

        for (guint i = 0; i < G_N_ELEMENTS(doubtful); i++) {
            int right = doubtful_mask(doubtful[i], GST_VIDEO_FORMAT_I420, "bt601", "bt601");
            int wrong = doubtful_mask(doubtful[i], GST_VIDEO_FORMAT_I420, "bt601", mistakes[m].said);

            off = MAX(off, abs(wrong - right));
        }
        g_test_message("bt601 taken for %s: off by %d", mistakes[m].said, off);
        g_assert_cmpint(off, >=, mistakes[m].off);
    }
}

/* Without the caps saying so, it is the frame's size that decides: high definition is BT.709. */
static void
check_background(GstCaps *caps, const char *name)
{
    GstHarness *h = frames_harness("background=color");
    g_autoptr(GstCaps) made = NULL;
    g_autoptr(GstBuffer) out = NULL;
    GstVideoInfo info, out_info;
    Pixel person, room;

    gst_video_info_from_caps(&info, caps);
    gst_harness_set_src_caps(h, gst_caps_ref(caps));
    out = gst_harness_push_and_pull(h, frames_buffer_for(caps, PERSON, ROOM, 0));
    made = gst_pad_get_current_caps(h->sinkpad);
    person = frames_pixel(out, made, info.width / 4, info.height / 2);
    room = frames_pixel(out, made, info.width - info.width / 4, info.height / 2);
    g_test_message("%s %s: person %d,%d,%d room %d,%d,%d",
                   gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)), name, person.r, person.g,
                   person.b, room.r, room.g, room.b);
    g_assert_true(gst_video_info_from_caps(&out_info, made));
    g_assert_true(gst_video_colorimetry_is_equal(&out_info.colorimetry, &info.colorimetry));
    g_assert_cmpint(frames_distance(person, PERSON), <=, NEAR);
    g_assert_cmpint(frames_distance(room, GREEN), <=, NEAR);
    gst_harness_teardown(h);
}

static void
test_background(void)
{
    g_autoptr(GstCaps) large = frames_caps(GST_VIDEO_FORMAT_NV12, 1280, 720);

    for (guint c = 0; c < G_N_ELEMENTS(colorimetries); c++)
        for (guint f = 0; f < G_N_ELEMENTS(formats); f++) {
            g_autoptr(GstCaps) caps = caps_of(formats[f], colorimetries[c]);

            check_background(caps, colorimetries[c]);
        }
    check_background(large, "by size");
}

/* A cutout may be of another family, or of another matrix: colours stay. */
static void
test_cutouts(void)
{
    const char *const cutouts[] = {
        "video/x-raw,format=RGBA",
        "video/x-raw,format=ABGR",
        "video/x-raw,format=A420",
        "video/x-raw,format=AYUV",
        "video/x-raw,format=AYUV,colorimetry=bt601",
        "video/x-raw,format=A420,colorimetry=bt709",
    };

    for (guint c = 0; c < G_N_ELEMENTS(colorimetries); c++)
        for (guint i = 0; i < G_N_ELEMENTS(cutouts); i++) {
            GstHarness *h = frames_harness("output=cutout");
            g_autoptr(GstCaps) caps = caps_of(GST_VIDEO_FORMAT_YUY2, colorimetries[c]);
            g_autoptr(GstCaps) made = NULL;
            g_autoptr(GstBuffer) out = NULL;
            Pixel person;

            gst_harness_set_sink_caps_str(h, cutouts[i]);
            gst_harness_set_src_caps(h, gst_caps_ref(caps));
            out = gst_harness_push_and_pull(h, frames_buffer_for(caps, PERSON, ROOM, 0));
            made = gst_pad_get_current_caps(h->sinkpad);
            person = frames_pixel(out, made, WIDTH / 4, HEIGHT / 2);
            g_test_message("%s to %s: %d,%d,%d,%d", colorimetries[c], cutouts[i], person.r, person.g,
                           person.b, person.a);
            g_assert_cmpint(frames_distance(person, PERSON), <=, NEAR);
            g_assert_cmpint(person.a, ==, 255);
            gst_harness_teardown(h);
        }
}

/* Grey of limited range, as a camera for the dark may send it: black is black. */
static void
test_grey(void)
{
    const char *const ranges[] = {"1:4:0:0", "2:4:0:0"};

    for (guint i = 0; i < G_N_ELEMENTS(ranges); i++) {
        GstHarness *h = frames_harness("background=color background-color=0xffffffff");
        g_autoptr(GstCaps) caps = caps_of(GST_VIDEO_FORMAT_GRAY8, ranges[i]);
        g_autoptr(GstBuffer) out = NULL;
        guint8 room;

        gst_harness_set_src_caps(h, gst_caps_ref(caps));
        out = gst_harness_push_and_pull(h, frames_buffer_for(caps, PERSON, ROOM, 0));
        gst_buffer_extract(out, HEIGHT / 2 * WIDTH + WIDTH - 8, &room, 1);
        g_assert_cmpint(abs(room - (i ? 235 : 255)), <=, 1);
        gst_harness_teardown(h);
    }
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    g_test_add_func("/element/colors/network-input", test_network_input);
    g_test_add_func("/element/colors/mistaken-input", test_mistaken_input);
    g_test_add_func("/element/colors/background", test_background);
    g_test_add_func("/element/colors/cutouts", test_cutouts);
    g_test_add_func("/element/colors/grey", test_grey);
    status = g_test_run();
    frames_clear();
    return status;
}
