#include "eval/evaluated.h"

#include "files/dataset.h"
#include "files/folder.h"
#include "image/resize.h"
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

static void
image_free(gpointer data)
{
    HsegEvaluatedImage *item = data;

    g_free(item->image);
    g_free(item->mask);
    g_free(item);
}

static HsegEvaluatedSet *
set_new(const char *name)
{
    HsegEvaluatedSet *set = g_new0(HsegEvaluatedSet, 1);

    set->name = g_filename_display_name(name);
    set->images = g_ptr_array_new_with_free_func(image_free);
    set->metrics = hseg_metrics_new();
    return set;
}

void
hseg_evaluated_set_free(HsegEvaluatedSet *set)
{
    if (!set)
        return;
    g_free(set->name);
    g_ptr_array_unref(set->images);
    hseg_metrics_free(set->metrics);
    hseg_temporal_free(set->temporal);
    g_free(set);
}

static void
add_image(HsegEvaluatedSet *set, const char *image, const char *mask)
{
    HsegEvaluatedImage *item = g_new0(HsegEvaluatedImage, 1);

    item->image = g_strdup(image);
    item->mask = g_strdup(mask);
    g_ptr_array_add(set->images, item);
}

HsegEvaluatedSet *
hseg_evaluated_set_of_negatives(const char *dir, GError **error)
{
    g_autofree char *images = g_build_filename(dir, "images", NULL), *name = g_path_get_basename(dir);
    gboolean inside = g_file_test(images, G_FILE_TEST_IS_DIR);
    g_autoptr(GPtrArray) paths = hseg_list_pictures(inside ? images : dir, error);
    HsegEvaluatedSet *set;

    if (!paths)
        return NULL;
    set = set_new(name);
    for (guint i = 0; i < paths->len; i++)
        add_image(set, paths->pdata[i], NULL);
    return set;
}

/* frame9 before frame10 */
static int
compare_frames(gconstpointer a, gconstpointer b)
{
    const HsegEvaluatedImage *const *left = a, *const *right = b;
    g_autofree char *left_name = g_filename_display_name((*left)->image); /* UTF-8, as keys want it */
    g_autofree char *right_name = g_filename_display_name((*right)->image);
    g_autofree char *left_key = g_utf8_collate_key_for_filename(left_name, -1);
    g_autofree char *right_key = g_utf8_collate_key_for_filename(right_name, -1);
    int order = strcmp(left_key, right_key);

    return order ? order : strcmp((*left)->image, (*right)->image);
}

/* Are the pictures, in the order of their frames, named by numbers that follow on each other? */
static gboolean
is_numbered(const HsegEvaluatedSet *set)
{
    guint64 last = 0, number;

    for (guint i = 0; i < set->images->len; i++) {
        const HsegEvaluatedImage *item = set->images->pdata[i];
        g_autofree char *name = g_path_get_basename(item->image);

        *strrchr(name, '.') = 0;
        if (!g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT64, &number, NULL) || (i && number != last + 1))
            return FALSE;
        last = number;
    }
    return set->images->len > 1;
}

static void
see_whether_clip(HsegEvaluatedSet *set, gboolean video)
{
    g_ptr_array_sort(set->images, compare_frames);
    if (video || is_numbered(set))
        set->temporal = hseg_temporal_new();
}

gboolean
hseg_evaluated_sets_open(GPtrArray *sets, const char *dir, gboolean video, GError **error)
{
    g_autoptr(HsegDataset) dataset = hseg_dataset_open(dir, error);
    HsegEvaluatedSet *set = NULL;
    const char *folder = NULL; /* of the set */

    if (!dataset)
        return FALSE;
    for (guint i = 0; i < dataset->pairs->len; i++) {
        const HsegPair *pair = dataset->pairs->pdata[i];

        if (!set || strcmp(folder, pair->set) != 0) {
            if (set)
                see_whether_clip(set, video);
            folder = pair->set;
            set = set_new(folder);
            g_ptr_array_add(sets, set);
        }
        add_image(set, pair->image, pair->mask);
    }
    see_whether_clip(set, video);
    return TRUE;
}

gboolean
hseg_evaluated_image_load(const HsegEvaluatedImage *item, HsegPicture **image, HsegPicture **mask,
                          GError **error)
{
    const HsegPair pair = {.image = item->image, .mask = item->mask};

    if (item->mask)
        return hseg_pair_load(&pair, image, mask, error);
    *mask = NULL;
    *image = hseg_picture_load_rgb(item->image, error);
    if (*image)
        *mask = hseg_picture_new((*image)->width, (*image)->height, 1, error);
    if (!*mask)
        g_clear_pointer(image, hseg_picture_free);
    return *mask != NULL;
}

gboolean
hseg_evaluated_fit(HsegPicture **mask, const HsegPrediction *prediction, GError **error)
{
    int w = prediction->width, h = prediction->height;
    HsegPicture *large = *mask, *small;
    gboolean ok;

    if (large->width == w && large->height == h)
        return TRUE;
    small = hseg_picture_new(w, h, 1, error);
    if (!small)
        return FALSE;
    *mask = small;
    ok = hseg_resize_u8(small->data, w, h, (ptrdiff_t)small->stride, large->data, large->width, large->height,
                        (ptrdiff_t)large->stride, 1, HSEG_RESIZE_AREA);
    hseg_picture_free(large);
    if (!ok)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to resize a mask to %d x %d", w, h);
    return ok;
}

typedef struct {
    int score;
    gboolean highest;
} Order;

static int
compare_scores(gconstpointer a, gconstpointer b, gpointer data)
{
    const HsegEvaluatedImage *const *left = a, *const *right = b;
    const Order *order = data;
    double l = hseg_score_get(&(*left)->scores, order->score);
    double r = hseg_score_get(&(*right)->scores, order->score);

    return order->highest ? (l < r) - (l > r) : (l > r) - (l < r);
}

GPtrArray *
hseg_evaluated_extremes(const GPtrArray *sets, int score, gboolean highest, guint n)
{
    GPtrArray *all = g_ptr_array_new();
    Order order = {score, highest};

    for (guint s = 0; s < sets->len; s++) {
        const HsegEvaluatedSet *set = sets->pdata[s];

        for (guint i = 0; i < set->images->len; i++) {
            const HsegEvaluatedImage *item = set->images->pdata[i];

            if (!isnan(hseg_score_get(&item->scores, score)))
                g_ptr_array_add(all, (gpointer)item);
        }
    }
    g_ptr_array_sort_with_data(all, compare_scores, &order);
    g_ptr_array_set_size(all, (int)MIN(n, all->len));
    return all;
}
