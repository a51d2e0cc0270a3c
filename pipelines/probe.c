/* probe FILE: tells a shell script what is in a video file, a NAME=VALUE a line: how long it is in seconds
 * (0: the file does not say), the first video stream's size as it is to be seen, upright and in square
 * pixels, and its audio streams. */
#include <gst/pbutils/pbutils.h>

#define PATIENCE (60 * GST_SECOND)

typedef struct {
    const char *name, *caps;
} Codec;

/* The audio that some container of ours takes as it is. */
static const Codec audio_codecs[] = {
    {"aac", "audio/mpeg, mpegversion=(int){2, 4}"},
    {"mp3", "audio/mpeg, mpegversion=(int)1, layer=(int)3"},
    {"opus", "audio/x-opus"},
    {"vorbis", "audio/x-vorbis"},
    {"flac", "audio/x-flac"},
    {"ac3", "audio/x-ac3"},
    {"pcm", "audio/x-raw"},
};

static const char *
name_audio(GstDiscovererStreamInfo *stream)
{
    g_autoptr(GstCaps) caps = gst_discoverer_stream_info_get_caps(stream);

    for (guint i = 0; i < G_N_ELEMENTS(audio_codecs); i++) {
        g_autoptr(GstCaps) codec = gst_caps_from_string(audio_codecs[i].caps);

        if (caps && gst_caps_can_intersect(caps, codec))
            return audio_codecs[i].name;
    }
    return "other";
}

/* What a camera was turned by, as in the tag image-orientation. */
static char *
orientation(GstDiscovererStreamInfo *stream, GstDiscovererInfo *info)
{
    const GstTagList *tags = gst_discoverer_stream_info_get_tags(stream);
    char *turn = NULL;

    if (tags && gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &turn))
        return turn;
    tags = gst_discoverer_info_get_tags(info);
    if (tags && gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &turn))
        return turn;
    return g_strdup("rotate-0");
}

/* "vp8" or "vp9" where the file holds a second stream of it with the transparency; else "". */
static const char *
name_alpha(GstDiscovererStreamInfo *stream)
{
    const char *codecs[] = {"vp8", "vp9"};
    g_autoptr(GstCaps) caps = gst_discoverer_stream_info_get_caps(stream);

    for (guint i = 0; i < G_N_ELEMENTS(codecs); i++) {
        g_autofree char *type = g_strdup_printf("video/x-%s, codec-alpha=(boolean)true", codecs[i]);
        g_autoptr(GstCaps) codec = gst_caps_from_string(type);

        if (caps && gst_caps_is_subset(caps, codec))
            return codecs[i];
    }
    return "";
}

static gboolean
lies_on_side(const char *turn)
{
    return g_str_has_suffix(turn, "rotate-90") || g_str_has_suffix(turn, "rotate-270");
}

static void
tell_video(GstDiscovererVideoInfo *video, GstDiscovererInfo *info)
{
    g_autofree char *turn = orientation(GST_DISCOVERER_STREAM_INFO(video), info);
    guint width = gst_discoverer_video_info_get_width(video);
    guint height = gst_discoverer_video_info_get_height(video);
    guint par_n = MAX(gst_discoverer_video_info_get_par_num(video), 1);
    guint par_d = MAX(gst_discoverer_video_info_get_par_denom(video), 1);
    guint shown = (guint)gst_util_uint64_scale_round(width, par_n, par_d);
    guint depth = gst_discoverer_video_info_get_depth(video); /* bits of all channels together */

    g_print("width=%u\nheight=%u\n", lies_on_side(turn) ? height : width,
            lies_on_side(turn) ? width : height);
    g_print("shown_width=%u\nshown_height=%u\n", lies_on_side(turn) ? height : shown,
            lies_on_side(turn) ? shown : height);
    g_print("turned=%s\n", turn);
    g_print("framerate=%u/%u\n", gst_discoverer_video_info_get_framerate_num(video),
            MAX(gst_discoverer_video_info_get_framerate_denom(video), 1));
    g_print("deep=%s\n", depth % 8 || depth >= 40 ? "yes" : "no");
    g_print("alpha=%s\n", name_alpha(GST_DISCOVERER_STREAM_INFO(video)));
    g_print("interlaced=%s\n", gst_discoverer_video_info_is_interlaced(video) ? "yes" : "no");
}

/* An animated GIF goes round for ever when it is decoded. */
static gboolean
never_ends(GstDiscovererInfo *info)
{
    g_autoptr(GstDiscovererStreamInfo) container = gst_discoverer_info_get_stream_info(info);
    g_autoptr(GstCaps) caps = container ? gst_discoverer_stream_info_get_caps(container) : NULL;
    g_autoptr(GstCaps) gif = gst_caps_new_empty_simple("image/gif");

    return caps && gst_caps_can_intersect(caps, gif);
}

static gboolean
tell(GstDiscovererInfo *info)
{
    GList *videos = gst_discoverer_info_get_video_streams(info);
    GList *audios = gst_discoverer_info_get_audio_streams(info);
    GList *first = videos;

    while (first && gst_discoverer_video_info_is_image(first->data))
        first = first->next;
    if (first) {
        g_print("duration=%.3f\n", (double)gst_discoverer_info_get_duration(info) / GST_SECOND);
        tell_video(first->data, info);
        g_print("audio=");
        for (GList *l = audios; l; l = l->next)
            g_print("%s%s", l == audios ? "" : " ", name_audio(l->data));
        g_print("\n");
    }
    gst_discoverer_stream_info_list_free(videos);
    gst_discoverer_stream_info_list_free(audios);
    return first != NULL;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GstDiscoverer) discoverer = NULL;
    g_autoptr(GstDiscovererInfo) info = NULL;
    g_autofree char *uri = NULL;

    gst_init(&argc, &argv);
    if (argc != 2) {
        g_printerr("usage: probe FILE\n");
        return 1;
    }
    uri = gst_filename_to_uri(argv[1], &error);
    discoverer = uri ? gst_discoverer_new(PATIENCE, &error) : NULL;
    info = discoverer ? gst_discoverer_discover_uri(discoverer, uri, &error) : NULL;
    if (info && never_ends(info)) {
        g_print("an animated GIF, which has no end; a video made of it will do\n");
        return 1;
    }
    if (info && tell(info))
        return 0;
    g_print("%s\n", error ? error->message : "no video in it");
    return 1;
}
