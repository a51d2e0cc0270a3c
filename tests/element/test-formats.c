/* Every input format and every output, at even and odd sizes: the person stays, what is behind is replaced.
 */
#include "frames.h"

#define GREEN 0x00b140 /* the default background-color */

/* 8-bit YUV of limited range, chroma averaged over the border between the halves and back: a few steps of
 * 255. */
#define NEAR 5

static const GstVideoFormat formats[] = {
    GST_VIDEO_FORMAT_I420,      GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,  GST_VIDEO_FORMAT_NV21,
    GST_VIDEO_FORMAT_YUY2,      GST_VIDEO_FORMAT_UYVY, GST_VIDEO_FORMAT_Y42B,  GST_VIDEO_FORMAT_Y444,
    GST_VIDEO_FORMAT_RGB,       GST_VIDEO_FORMAT_BGR,  GST_VIDEO_FORMAT_RGBx,  GST_VIDEO_FORMAT_BGRx,
    GST_VIDEO_FORMAT_xRGB,      GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_RGBA,  GST_VIDEO_FORMAT_BGRA,
    GST_VIDEO_FORMAT_ARGB,      GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_I420_10LE,
    GST_VIDEO_FORMAT_P010_10LE,
};

static const GstVideoFormat cutouts[] = {
    GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_ARGB,
    GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_AYUV, GST_VIDEO_FORMAT_A420,
};

static const struct {
    int width, height;
} sizes[] = {{160, 90}, {101, 57}, {16, 16}, {322, 181}};

/* What the picture's colours are once the format has had them. */
static guint
seen(GstVideoFormat format, guint rgb)
{
    guint luma = (299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255) + 500) / 1000;

    return format == GST_VIDEO_FORMAT_GRAY8 ? luma * 0x10101 : rgb;
}

static void
check(GstVideoFormat format, const char *output, GstVideoFormat wanted, int width, int height)
{
    g_autofree char *line = g_strdup_printf("output=%s background=color", output);
    GstHarness *h = frames_harness(line);
    GstBuffer *out;
    GstCaps *caps;
    Pixel person, room;
    GstVideoInfo info;

    if (wanted != GST_VIDEO_FORMAT_UNKNOWN)
        gst_harness_set_sink_caps(h, frames_caps(wanted, width, height));
    out = frames_run(h, format, width, height, 0);
    caps = gst_pad_get_current_caps(h->sinkpad);
    g_assert_true(gst_video_info_from_caps(&info, caps));
    g_assert_cmpint(info.width, ==, width);
    g_assert_cmpint(info.height, ==, height);
    person = frames_pixel(out, caps, width / 4, height / 2);
    room = frames_pixel(out, caps, width - width / 4, height / 2);
    g_test_message("%s -> %s %s %dx%d: person %d,%d,%d,%d room %d,%d,%d,%d",
                   gst_video_format_to_string(format), output,
                   gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)), width, height, person.r,
                   person.g, person.b, person.a, room.r, room.g, room.b, room.a);

    if (g_str_equal(output, "mask")) {
        g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, GST_VIDEO_FORMAT_GRAY8);
        g_assert_cmpint(person.r, ==, 255);
        g_assert_cmpint(room.r, ==, 0);
    } else if (g_str_equal(output, "cutout")) {
        g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, wanted);
        g_assert_cmpint(frames_distance(person, seen(format, PERSON)), <=, NEAR);
        g_assert_cmpint(person.a, ==, 255);
        g_assert_cmpint(room.a, ==, 0);
    } else {
        g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, format);
        g_assert_cmpint(frames_distance(person, seen(format, PERSON)), <=, NEAR);
        g_assert_cmpint(frames_distance(room, seen(format, GREEN)), <=, NEAR);
        g_assert_cmpint(room.a, ==, 255);
    }
    gst_caps_unref(caps);
    gst_buffer_unref(out);
    gst_harness_teardown(h);
}

static void
test_format(gconstpointer data)
{
    GstVideoFormat format = GPOINTER_TO_INT(data);

    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        check(format, "composite", GST_VIDEO_FORMAT_UNKNOWN, sizes[s].width, sizes[s].height);
        check(format, "mask", GST_VIDEO_FORMAT_UNKNOWN, sizes[s].width, sizes[s].height);
        for (guint i = 0; i < G_N_ELEMENTS(cutouts); i++)
            check(format, "cutout", cutouts[i], sizes[s].width, sizes[s].height);
    }
}

/* Rows may be longer than the picture is wide; what lies there is neither read nor harmful. */
static void
test_padded(gconstpointer data)
{
    GstVideoFormat format = GPOINTER_TO_INT(data);
    const char *outputs[] = {"output=composite", "output=mask", "output=cutout"};

    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        GstHarness *h = frames_harness(outputs[i]);
        g_autoptr(GstBuffer) tight = frames_run(h, format, 101, 57, 0);
        g_autoptr(GstBuffer) padded = frames_run(h, format, 101, 57, 24);
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
        g_autoptr(GBytes) a = frames_bytes(tight, caps), b = frames_bytes(padded, caps);

        g_assert_true(g_bytes_equal(a, b));
        gst_harness_teardown(h);
    }
}

/* The same bytes from any number of threads, the picture's last band a short one. */
static void
test_threads(gconstpointer data)
{
    const char *outputs[] = {"output=composite background=blur light-wrap=0.5",
                             "output=composite background=color edge-shift=0.02", "output=cutout"};
    g_autoptr(GstCaps) in_caps = frames_caps(GPOINTER_TO_INT(data), 141, 107);
    g_autoptr(GstBuffer) in = frames_buffer_for(in_caps, PERSON, ROOM, 0);

    for (guint i = 0; i < G_N_ELEMENTS(outputs); i++) {
        g_autoptr(GBytes) first = NULL;

        for (int threads = 1; threads <= 7; threads += 3) {
            g_autofree char *line = g_strdup_printf("threads=%d softness=1 %s", threads, outputs[i]);
            GstHarness *h = frames_harness(line);
            g_autoptr(GstCaps) caps = NULL;
            g_autoptr(GstBuffer) out = NULL;
            g_autoptr(GBytes) bytes = NULL;

            gst_harness_set_src_caps(h, gst_caps_ref(in_caps));
            out = gst_harness_push_and_pull(h, gst_buffer_ref(in));
            caps = gst_pad_get_current_caps(h->sinkpad);
            bytes = frames_bytes(out, caps);
            if (!first)
                first = g_bytes_ref(bytes);
            g_assert_true(g_bytes_equal(first, bytes));
            gst_harness_teardown(h);
        }
    }
}

/* With nobody asking for a certain format, a cutout stays in the family of the input. */
static void
test_nearest_cutout(void)
{
    const GstVideoFormat pairs[][2] = {
        {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_A420},      {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_A420},
        {GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_AYUV},      {GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_BGRA},
        {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_RGBA},       {GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_ARGB},
        {GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_A420},
    };

    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        GstHarness *h = frames_harness("output=cutout");
        g_autoptr(GstBuffer) out G_GNUC_UNUSED = frames_run(h, pairs[i][0], 64, 48, 0);
        g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
        GstVideoInfo info;

        gst_video_info_from_caps(&info, caps);
        g_assert_cmpint(GST_VIDEO_INFO_FORMAT(&info), ==, pairs[i][1]);
        gst_harness_teardown(h);
    }
}

/* Widescreen pixels: a 4:3 raster shown as 16:9 is segmented in the shape that people have; the mask stays in
 * place. */
static void
test_pixel_aspect(void)
{
    GstHarness *h = frames_harness("output=mask");
    GstCaps *caps = frames_caps(GST_VIDEO_FORMAT_I420, 90, 90);
    g_autoptr(GstBuffer) out = NULL;
    g_autoptr(GstCaps) made = NULL;
    const GValue *par;

    gst_caps_set_simple(caps, "pixel-aspect-ratio", GST_TYPE_FRACTION, 16, 9, NULL);
    gst_harness_set_src_caps(h, caps);
    out = gst_harness_push_and_pull(h, frames_buffer(GST_VIDEO_FORMAT_I420, 90, 90, PERSON, ROOM, 0));
    made = gst_pad_get_current_caps(h->sinkpad);
    par = gst_structure_get_value(gst_caps_get_structure(made, 0), "pixel-aspect-ratio");
    g_assert_cmpint(gst_value_get_fraction_numerator(par), ==, 16);
    g_assert_cmpint(frames_pixel(out, made, 40, 45).r, ==, 255);
    g_assert_cmpint(frames_pixel(out, made, 50, 45).r, ==, 0);
    gst_harness_teardown(h);
}

int
main(int argc, char **argv)
{
    int status;

    frames_init(&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        const char *name = gst_video_format_to_string(formats[i]);
        g_autofree char *path = g_strdup_printf("/element/format/%s", name);
        g_autofree char *padded = g_strdup_printf("/element/padded/%s", name);
        g_autofree char *threads = g_strdup_printf("/element/threads/%s", name);

        g_test_add_data_func(path, GINT_TO_POINTER(formats[i]), test_format);
        g_test_add_data_func(padded, GINT_TO_POINTER(formats[i]), test_padded);
        g_test_add_data_func(threads, GINT_TO_POINTER(formats[i]), test_threads);
    }
    g_test_add_func("/element/nearest-cutout", test_nearest_cutout);
    g_test_add_func("/element/pixel-aspect", test_pixel_aspect);
    status = g_test_run();
    frames_clear();
    return status;
}
