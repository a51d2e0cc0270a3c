/* The TikTok data set (Jafarian and Park 2021): VIDEO/images/NNNN.png with VIDEO/masks/NNNN.png, white where
 * the dancer is; VIDEO/densepose is not needed. IN, or TikTok_dataset in it, holds the videos' folders. */
#include "dataset/layouts.h"

#include <humanseg/error.h>

/* Every n-th frame of a video, its name first. */
static gboolean
add_video(HsegSource *source, const char *video, const char *images, const char *masks, int every,
          GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(images, error);
    int frame = 0;

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *stem = hseg_strip_suffix(names->pdata[i]), *mask = NULL;
        g_autofree char *image = g_build_filename(images, names->pdata[i], NULL);

        if (!hseg_is_picture(names->pdata[i]) || frame++ % every != 0)
            continue;
        mask = hseg_find_picture(masks, stem, image, error);
        if (!mask || !hseg_source_add(source, g_strconcat(video, "_", stem, NULL), g_steal_pointer(&image),
                                      g_steal_pointer(&mask), 0, error))
            return FALSE;
    }
    return names != NULL;
}

/* @in holds the videos' folders, perhaps in one more around them. */
static gboolean
add_videos(HsegSource *source, const char *in, int every, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(in, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *images = hseg_find_folder(in, names->pdata[i], "images", NULL);
        g_autofree char *masks = hseg_find_folder(in, names->pdata[i], "masks", NULL);

        if (images && masks && !add_video(source, names->pdata[i], images, masks, every, error))
            return FALSE;
    }
    return names != NULL;
}

static gboolean
tiktok_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    HsegPicture *p = hseg_picture_load_grey(record->truth, error);

    for (gsize i = 0; p && i < p->stride * (gsize)p->height; i++)
        p->data[i] = p->data[i] >= 128 ? 255 : 0;
    *mask = p;
    return p != NULL;
}

HsegSource *
hseg_tiktok_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    g_autoptr(HsegSource) source = hseg_source_new0(sizeof(HsegSource));
    g_autofree char *inner = hseg_find_folder(in, "TikTok_dataset", NULL);

    source->load_mask = tiktok_load_mask;
    if (!add_videos(source, inner ? inner : in, options->every, error))
        return NULL;
    return hseg_source_check(source, in, "folders with images/ and masks/, one for each video", error)
               ? g_steal_pointer(&source)
               : NULL;
}
