#include "dataset/convert.h"
#include "base/base.h"
#include "dataset/shrink.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

#define JPEG_QUALITY 95
#define FAINT        8 /* alpha below this has no part in a cut-out's box: what a lossy video leaves around one */

typedef struct {
    HsegSource *source;
    const HsegConvertOptions *options;
    char *images, *masks, *backgrounds; /* folders; NULL where there is none */
} Work;

/* What becomes of a record. */
typedef enum { PAIR, BACKGROUND, NOTHING } Verdict;

static char *
path_of(const char *folder, const HsegRecord *record, const char *suffix)
{
    g_autofree char *file = g_strconcat(record->name, suffix, NULL);

    return g_build_filename(folder, file, NULL);
}

static gboolean
is_there(const char *folder, const HsegRecord *record, const char *suffix)
{
    g_autofree char *path = folder ? path_of(folder, record, suffix) : NULL;

    return path && g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
pair_is_there(const Work *w, const HsegRecord *record)
{
    if (w->source->cutouts)
        return is_there(w->images, record, ".png");
    return is_there(w->images, record, ".jpg") && is_there(w->masks, record, ".png");
}

static double
share_of(const HsegPicture *mask)
{
    double sum = 0;

    for (int y = 0; y < mask->height; y++) {
        const uint8_t *row = mask->data + y * mask->stride;
        long in_row = 0;

        for (int x = 0; x < mask->width; x++)
            in_row += row[x];
        sum += in_row;
    }
    return sum / 255 / mask->width / mask->height;
}

static Verdict
judge(const Work *w, const HsegPicture *mask)
{
    double share = mask ? share_of(mask) : 0;

    if (!mask)
        return NOTHING;
    if (share == 0)
        return w->backgrounds ? BACKGROUND : NOTHING;
    return share >= w->options->min_share ? PAIR : NOTHING;
}

static HsegPicture *
load_image(const Work *w, const HsegRecord *record, const HsegPicture *mask, GError **error)
{
    g_autoptr(HsegPicture) image = w->source->load_image ? w->source->load_image(w->source, record, error)
                                                         : hseg_picture_load_rgb(record->image, error);

    if (!image || (image->width == mask->width && image->height == mask->height))
        return g_steal_pointer(&image);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s is %d x %d, but its mask is %d x %d%s%s",
                record->image, image->width, image->height, mask->width, mask->height,
                record->truth ? " in " : "", record->truth ? record->truth : "");
    return NULL;
}

static gboolean
save_background(const Work *w, const HsegRecord *record, HsegPicture **image, GError **error)
{
    g_autofree char *path = path_of(w->backgrounds, record, ".jpg");
    int width = (*image)->width, height = (*image)->height;

    hseg_shrunk_size(&width, &height, w->options->size);
    return hseg_shrink_rgb(image, width, height, error) &&
           hseg_picture_save_jpeg(*image, path, JPEG_QUALITY, error);
}

static gboolean
save_pair(const Work *w, const HsegRecord *record, HsegPicture **image, HsegPicture **mask, GError **error)
{
    g_autofree char *jpeg = path_of(w->images, record, ".jpg"), *png = path_of(w->masks, record, ".png");
    int width = (*image)->width, height = (*image)->height;

    hseg_shrunk_size(&width, &height, w->options->size);
    return hseg_shrink_rgb(image, width, height, error) && hseg_shrink_mask(mask, width, height, error) &&
           hseg_picture_save_png(*mask, png, error) &&
           hseg_picture_save_jpeg(*image, jpeg, JPEG_QUALITY, error);
}

/* The part of the picture in which the mask is not faint, as RGBA. A mask that is faint everywhere stays
 * whole. */
static HsegPicture *
cut_out(const HsegPicture *image, const HsegPicture *mask, GError **error)
{
    int x0 = mask->width, y0 = mask->height, x1 = -1, y1 = -1;
    HsegPicture *out;

    for (int y = 0; y < mask->height; y++)
        for (int x = 0; x < mask->width; x++)
            if (mask->data[y * mask->stride + x] >= FAINT) {
                x0 = HSEG_MIN(x0, x);
                x1 = HSEG_MAX(x1, x);
                y0 = HSEG_MIN(y0, y);
                y1 = y;
            }
    if (x1 < 0) {
        x0 = y0 = 0;
        x1 = mask->width - 1;
        y1 = mask->height - 1;
    }
    out = hseg_picture_new(x1 - x0 + 1, y1 - y0 + 1, 4, error);
    for (int y = 0; out && y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            uint8_t *d = out->data + y * out->stride + 4 * (size_t)x;

            memcpy(d, image->data + (y0 + y) * image->stride + 3 * (size_t)(x0 + x), 3);
            d[3] = mask->data[(y0 + y) * mask->stride + x0 + x];
        }
    return out;
}

static gboolean
save_cutout(const Work *w, const HsegRecord *record, const HsegPicture *image, const HsegPicture *mask,
            GError **error)
{
    g_autofree char *path = path_of(w->images, record, ".png");
    g_autoptr(HsegPicture) rgba = cut_out(image, mask, error);
    int width, height;

    if (!rgba)
        return FALSE;
    width = rgba->width;
    height = rgba->height;
    hseg_shrunk_size(&width, &height, w->options->size);
    return hseg_shrink_rgba(&rgba, width, height, error) && hseg_picture_save_png(rgba, path, error);
}

/* FALSE with an error where the record is faulty; what goes wrong in saving ends the work in any case. */
static gboolean
load_record(const Work *w, const HsegRecord *record, Verdict *verdict, HsegPicture **image,
            HsegPicture **mask, GError **error)
{
    if (!w->source->load_mask(w->source, record, mask, error))
        return FALSE;
    *verdict = judge(w, *mask);
    if (*verdict != NOTHING)
        *image = load_image(w, record, *mask, error);
    return *verdict == NOTHING || *image;
}

static gboolean
save_record(const Work *w, const HsegRecord *record, Verdict verdict, HsegPicture **image, HsegPicture **mask,
            HsegConvertCounts *counts, GError **error)
{
    switch (verdict) {
    case NOTHING:
        counts->left_out++;
        return TRUE;
    case BACKGROUND:
        counts->backgrounds++;
        return save_background(w, record, image, error);
    default:
        counts->written++;
        return w->source->cutouts ? save_cutout(w, record, *image, *mask, error)
                                  : save_pair(w, record, image, mask, error);
    }
}

static gboolean
convert_record(const Work *w, const HsegRecord *record, HsegConvertCounts *counts, GError **error)
{
    g_autoptr(HsegPicture) image = NULL, mask = NULL;
    g_autoptr(GError) fault = NULL;
    Verdict verdict;

    if (pair_is_there(w, record)) {
        counts->there++;
        return TRUE;
    }
    if (is_there(w->backgrounds, record, ".jpg")) {
        counts->backgrounds++;
        return TRUE;
    }
    if (load_record(w, record, &verdict, &image, &mask, &fault))
        return save_record(w, record, verdict, &image, &mask, counts, error);
    if (!w->options->keep_going) {
        g_propagate_error(error, g_steal_pointer(&fault));
        return FALSE;
    }
    counts->faulty++;
    if (w->options->complain)
        w->options->complain(fault->message, w->options->data);
    return TRUE;
}

static gboolean
make_folder(char **path, const char *dir, const char *name, GError **error)
{
    *path = g_build_filename(dir, name, NULL);
    if (g_mkdir_with_parents(*path, 0777) == 0)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot make this folder", *path);
    return FALSE;
}

static gboolean
make_folders(Work *w, const char *out, GError **error)
{
    return make_folder(&w->images, out, "images", error) &&
           (w->source->cutouts || make_folder(&w->masks, out, "masks", error)) &&
           (!w->options->backgrounds ||
            make_folder(&w->backgrounds, w->options->backgrounds, "images", error));
}

gboolean
hseg_convert(HsegSource *source, const char *out, const HsegConvertOptions *options,
             HsegConvertCounts *counts, GError **error)
{
    Work w = {.source = source, .options = options};
    gint64 total = source->records->len;
    gboolean ok = make_folders(&w, out, error);

    *counts = (HsegConvertCounts){0};
    for (gint64 i = 0; ok && i < total; i++) {
        if (options->limit && counts->written + counts->there >= options->limit)
            break;
        ok = convert_record(&w, source->records->pdata[i], counts, error);
        if (ok && options->progress)
            options->progress(i + 1, total, options->data);
    }
    g_free(w.images);
    g_free(w.masks);
    g_free(w.backgrounds);
    return ok;
}
