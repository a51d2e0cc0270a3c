/* VideoMatte240K (Lin et al. 2021): people keyed out of studio videos, fgr/ their colours and pha/ their
 * alpha, as videos (fgr/NAME.mp4, pha/NAME.mp4) or as frames (fgr/NAME/NNNNN.jpg, pha/NAME/NNNNN.jpg), often
 * in SPLIT/ (train, valid, test). They become cut-outs. */
#include "dataset/layouts.h"
#include "dataset/video.h"

#include <humanseg/error.h>
#include <string.h>

typedef struct {
    HsegSource base;
    int every;
    HsegVideo *colours, *alpha; /* those that are being read; a record's number is its place in them */
} VideoMatte;

static void
videomatte_clear(HsegSource *source)
{
    VideoMatte *v = (VideoMatte *)source;

    hseg_video_free(v->colours);
    hseg_video_free(v->alpha);
}

static gboolean
is_video(const char *name)
{
    static const char *const suffixes[] = {".mp4", ".mov", ".mkv", ".webm", ".avi"};

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(name, suffixes[i]))
            return TRUE;
    return FALSE;
}

/* A folder of frames. */
static gboolean
add_frames(VideoMatte *v, const char *name, const char *colours, const char *alpha, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(colours, error);
    int frame = 0;

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *stem = hseg_strip_suffix(names->pdata[i]), *mask = NULL;
        g_autofree char *image = g_build_filename(colours, names->pdata[i], NULL);

        if (!hseg_is_picture(names->pdata[i]) || frame++ % v->every != 0)
            continue;
        mask = hseg_find_picture(alpha, stem, image, error);
        if (!mask || !hseg_source_add(&v->base, g_strconcat(name, "_", stem, NULL), g_steal_pointer(&image),
                                      g_steal_pointer(&mask), -1, error))
            return FALSE;
    }
    return names != NULL;
}

/* Two videos, which may differ by a frame or two at the end. */
static gboolean
add_videos(VideoMatte *v, const char *name, const char *colours, const char *alpha, GError **error)
{
    gint64 frames, matching;

    if (!g_file_test(alpha, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s has no partner: %s is missing", colours, alpha);
        return FALSE;
    }
    frames = hseg_video_count(colours, error);
    matching = frames < 0 ? -1 : hseg_video_count(alpha, error);
    for (gint64 i = 0; i * v->every < MIN(frames, matching); i++)
        if (!hseg_source_add(&v->base, g_strdup_printf("%s_%05d", name, (int)(i * v->every)),
                             g_strdup(colours), g_strdup(alpha), i, error))
            return FALSE;
    return frames >= 0 && matching >= 0;
}

/* @split is "" where there is none. */
static gboolean
add_split(VideoMatte *v, const char *dir, const char *split, GError **error)
{
    g_autofree char *fgr = hseg_find_folder(dir, "fgr", NULL), *pha = hseg_find_folder(dir, "pha", NULL);
    g_autoptr(GPtrArray) names = NULL;

    if (!fgr || !pha)
        return TRUE;
    names = hseg_list_names(fgr, error);
    for (guint i = 0; names && i < names->len; i++) {
        const char *file = names->pdata[i];
        g_autofree char *colours = g_build_filename(fgr, file, NULL),
                        *alpha = g_build_filename(pha, file, NULL);
        g_autofree char *stem = is_video(file) ? hseg_strip_suffix(file) : g_strdup(file);
        g_autofree char *name = *split ? g_strconcat(split, "_", stem, NULL) : g_strdup(stem);

        if (is_video(file)
                ? !add_videos(v, name, colours, alpha, error)
                : g_file_test(colours, G_FILE_TEST_IS_DIR) && !add_frames(v, name, colours, alpha, error))
            return FALSE;
    }
    return names != NULL;
}

static gboolean
add_splits(VideoMatte *v, const char *in, const char *wanted, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(in, error);

    if (!names || (!wanted && !add_split(v, in, "", error)))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *split = g_build_filename(in, names->pdata[i], NULL);

        if ((!wanted || strcmp(wanted, names->pdata[i]) == 0) && !add_split(v, split, names->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

/* Frame @number of a video, for which it goes on reading *@video or starts anew. */
static HsegPicture *
read_frame(HsegVideo **video, const char *file, gint64 number, int every, GError **error)
{
    if (*video && (strcmp(hseg_video_file(*video), file) != 0 || hseg_video_position(*video) > number))
        g_clear_pointer(video, hseg_video_free);
    if (!*video)
        *video = hseg_video_open(file, every, error);
    while (*video && hseg_video_position(*video) < number) {
        HsegPicture *passed = hseg_video_next(*video, error);

        if (!passed)
            return NULL;
        hseg_picture_free(passed);
    }
    return *video ? hseg_video_next(*video, error) : NULL;
}

/* The alpha is grey, in whatever colours the file has. */
static HsegPicture *
to_grey(HsegPicture *rgb, GError **error)
{
    HsegPicture *grey = hseg_picture_new(rgb->width, rgb->height, 1, error);

    for (gsize i = 0; grey && i < (gsize)rgb->width * rgb->height; i++)
        grey->data[i] = rgb->data[3 * i + 1];
    hseg_picture_free(rgb);
    return grey;
}

static gboolean
videomatte_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    VideoMatte *v = (VideoMatte *)source;

    if (record->number < 0) {
        *mask = hseg_picture_load_grey(record->truth, error);
    } else {
        HsegPicture *rgb = read_frame(&v->alpha, record->truth, record->number, v->every, error);

        *mask = rgb ? to_grey(rgb, error) : NULL;
    }
    return *mask != NULL;
}

static HsegPicture *
videomatte_load_image(HsegSource *source, const HsegRecord *record, GError **error)
{
    VideoMatte *v = (VideoMatte *)source;

    if (record->number < 0)
        return hseg_picture_load_rgb(record->image, error);
    return read_frame(&v->colours, record->image, record->number, v->every, error);
}

HsegSource *
hseg_videomatte_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    VideoMatte *v = hseg_source_new0(sizeof *v);
    g_autoptr(HsegSource) source = &v->base;

    source->cutouts = TRUE;
    source->load_mask = videomatte_load_mask;
    source->load_image = videomatte_load_image;
    source->clear = videomatte_clear;
    v->every = options->every;
    if (!add_splits(v, in, options->split, error))
        return NULL;
    return hseg_source_check(source, in,
                             "fgr/ and pha/ with videos or folders of frames, perhaps in train/ or so", error)
               ? g_steal_pointer(&source)
               : NULL;
}
