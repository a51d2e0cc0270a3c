#include "files/dataset.h"
#include "files/folder.h"

#include <humanseg/error.h>
#include <string.h>

static void
pair_free(gpointer data)
{
    HsegPair *pair = data;

    g_free(pair->set);
    g_free(pair->name);
    g_free(pair->image);
    g_free(pair->mask);
    g_free(pair);
}

void
hseg_dataset_free(HsegDataset *dataset)
{
    if (!dataset)
        return;
    g_clear_pointer(&dataset->pairs, g_ptr_array_unref);
    g_clear_pointer(&dataset->sets, g_ptr_array_unref);
    g_free(dataset);
}

static gboolean
has_folder(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* Adds the pairs of one data set, DIR/images and DIR/masks. */
static gboolean
add_set(HsegDataset *dataset, const char *dir, GError **error)
{
    g_autofree char *absolute = g_canonicalize_filename(dir, NULL);
    g_autofree char *set = g_path_get_basename(absolute);
    g_autofree char *images = g_build_filename(dir, "images", NULL);
    g_autoptr(GPtrArray) paths = hseg_list_pictures(images, error);

    if (!paths)
        return FALSE;
    for (guint i = 0; i < paths->len; i++) {
        HsegPair *pair = g_new0(HsegPair, 1);
        g_autofree char *png = NULL;

        g_ptr_array_add(dataset->pairs, pair);
        pair->image = g_strdup(paths->pdata[i]);
        pair->set = g_strdup(set);
        pair->name = g_path_get_basename(pair->image);
        *strrchr(pair->name, '.') = 0;
        png = g_strconcat(pair->name, ".png", NULL);
        pair->mask = g_build_filename(dir, "masks", png, NULL);
        if (!g_file_test(pair->mask, G_FILE_TEST_IS_REGULAR)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s has no mask: %s is missing", pair->image,
                        pair->mask);
            return FALSE;
        }
    }
    g_ptr_array_add(dataset->sets, g_steal_pointer(&set));
    return TRUE;
}

/* Adds the data sets among the subfolders of @dir. */
static gboolean
add_subfolders(HsegDataset *dataset, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(dir, error);

    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *sub = g_build_filename(dir, names->pdata[i], NULL);

        if (has_folder(sub, "images") && has_folder(sub, "masks") && !add_set(dataset, sub, error))
            return FALSE;
    }
    if (dataset->pairs->len == 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE,
                    "no data set in %s: neither it nor a subfolder of it has both images/ and masks/", dir);
        return FALSE;
    }
    return TRUE;
}

HsegDataset *
hseg_dataset_open(const char *dir, GError **error)
{
    g_autoptr(HsegDataset) dataset = g_new0(HsegDataset, 1);
    gboolean ok;

    dataset->pairs = g_ptr_array_new_with_free_func(pair_free);
    dataset->sets = g_ptr_array_new_with_free_func(g_free);
    ok = has_folder(dir, "images") ? add_set(dataset, dir, error) : add_subfolders(dataset, dir, error);
    return ok ? g_steal_pointer(&dataset) : NULL;
}

gboolean
hseg_pair_load(const HsegPair *pair, HsegPicture **image, HsegPicture **mask, GError **error)
{
    *mask = NULL;
    *image = hseg_picture_load_rgb(pair->image, error);
    if (*image)
        *mask = hseg_picture_load_mask(pair->mask, error);
    if (*mask && (*mask)->width == (*image)->width && (*mask)->height == (*image)->height)
        return TRUE;
    if (*mask)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s is %d x %d, but its picture %s is %d x %d",
                    pair->mask, (*mask)->width, (*mask)->height, pair->image, (*image)->width,
                    (*image)->height);
    g_clear_pointer(image, hseg_picture_free);
    g_clear_pointer(mask, hseg_picture_free);
    return FALSE;
}
