#include "train/trainset.h"
#include "base/base.h"
#include "files/dataset.h"
#include "files/folder.h"
#include "train/people.h"
#include "train/view.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#define MAX_SIDE 640   /* pixels */
#define LARGEST  16384 /* pixels of a side: what hseg_warp() can count */

typedef enum {
    KIND_PAIR,
    KIND_CUTOUT,
    KIND_BACKGROUND,
    KIND_UNLABELLED,
} Kind;

/* One file, or two, to be decoded into an item. */
typedef struct {
    Kind kind;
    char *image, *mask;
    GPtrArray *into;     /* the list of the set that gets the item */
    HsegTrainItem *item; /* named; its pictures are yet to be decoded */
} Work;

/* What is to be decoded for a set. */
typedef struct {
    HsegTrainSet *set;
    GPtrArray *work;
    GHashTable *left_out; /* of SET/NAME */
} Gathering;

typedef struct {
    GPtrArray *work;
    int max_side;
    int next;      /* atomic: the first piece of work not yet begun */
    GMutex lock;   /* of @error */
    GError *error; /* the first one */
} Decoding;

static void
item_free(gpointer data)
{
    HsegTrainItem *item = data;

    if (!item)
        return;
    hseg_picture_free(item->rgbm);
    hseg_picture_free(item->half);
    g_free(item->set);
    g_free(item->name);
    g_free(item);
}

static void
work_free(gpointer data)
{
    Work *work = data;

    item_free(work->item);
    g_free(work->image);
    g_free(work->mask);
    g_free(work);
}

void
hseg_train_set_free(HsegTrainSet *set)
{
    if (!set)
        return;
    g_ptr_array_unref(set->real);
    g_ptr_array_unref(set->validation);
    g_ptr_array_unref(set->cutouts);
    g_ptr_array_unref(set->backgrounds);
    g_ptr_array_unref(set->unlabelled);
    g_free(set);
}

/* The item's set and name from its picture's path: SET/images/NAME.jpg, or SET/NAME.jpg. */
static HsegTrainItem *
item_new(const char *image)
{
    HsegTrainItem *item = g_new0(HsegTrainItem, 1);
    g_autofree char *absolute = g_canonicalize_filename(image, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    char *dot;

    item->name = g_path_get_basename(absolute);
    if ((dot = strrchr(item->name, '.')))
        *dot = 0;
    item->set = g_path_get_basename(folder);
    if (strcmp(item->set, "images") == 0) {
        g_autofree char *parent = g_path_get_dirname(folder);

        g_free(item->set);
        item->set = g_path_get_basename(parent);
    }
    return item;
}

/* Four channels from an image and a mask, which may be NULL. */
static HsegPicture *
join(const HsegPicture *image, const HsegPicture *mask, GError **error)
{
    HsegPicture *joint = hseg_picture_new(image->width, image->height, 4, error);

    for (int y = 0; joint && y < joint->height; y++) {
        uint8_t *d = joint->data + y * joint->stride;

        for (int x = 0; x < joint->width; x++, d += 4) {
            memcpy(d, image->data + y * image->stride + 3 * (size_t)x, 3);
            d[3] = mask ? mask->data[y * mask->stride + x] : 0;
        }
    }
    return joint;
}

static HsegPicture *
load_joint(const Work *work, GError **error)
{
    g_autoptr(HsegPicture) image = NULL, mask = NULL;
    HsegPair pair = {.image = work->image, .mask = work->mask};

    if (work->kind == KIND_PAIR)
        return hseg_pair_load(&pair, &image, &mask, error) ? join(image, mask, error) : NULL;
    if (work->kind == KIND_BACKGROUND || work->kind == KIND_UNLABELLED) {
        image = hseg_picture_load_rgb(work->image, error);
        return image ? join(image, NULL, error) : NULL;
    }
    image = hseg_picture_load(work->image, error);
    if (image && image->channels != 4) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "the cut-out %s has no alpha channel", work->image);
        return NULL;
    }
    return g_steal_pointer(&image);
}

/* @large made smaller, so that its longer side is @side pixels. */
static HsegPicture *
shrink(const HsegPicture *large, int side, GError **error)
{
    float scale = (float)side / HSEG_MAX(large->width, large->height);
    int w = HSEG_MAX(1, (int)lroundf(large->width * scale)),
        h = HSEG_MAX(1, (int)lroundf(large->height * scale));
    HsegView view = hseg_view_whole(large->width, large->height, w, h);
    HsegPicture *small = hseg_picture_new(view.w, view.h, 4, error);
    HsegCanvas canvas;

    if (!small)
        return NULL;
    hseg_canvas_init(&canvas, view.w, view.h);
    hseg_warp(&canvas, large, NULL, &view.map, HSEG_BORDER_REFLECT);
    for (size_t i = 0; i < (size_t)view.w * view.h; i++) {
        for (int c = 0; c < 3; c++)
            small->data[4 * i + c] = (uint8_t)(canvas.rgb[c][i] + 0.5f);
        small->data[4 * i + 3] = (uint8_t)(canvas.mask[i] * 255 + 0.5f);
    }
    hseg_canvas_clear(&canvas);
    return small;
}

static bool
decode(Work *work, int max_side, GError **error)
{
    g_autoptr(HsegPicture) joint = load_joint(work, error);

    if (!joint)
        return false;
    if (HSEG_MAX(joint->width, joint->height) > LARGEST) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE,
                    "%s is %d x %d pixels, more than the %d that are allowed", work->image, joint->width,
                    joint->height, LARGEST);
        return false;
    }
    if (work->kind == KIND_CUTOUT)
        hseg_people_bleed(joint);
    if (HSEG_MAX(joint->width, joint->height) > max_side) {
        HsegPicture *small = shrink(joint, max_side, error);

        if (!small)
            return false;
        hseg_picture_free(joint);
        joint = small;
    }
    work->item->rgbm = g_steal_pointer(&joint);
    work->item->half = hseg_warp_half(work->item->rgbm, error);
    if (!work->item->half)
        return false;
    if (work->kind == KIND_PAIR || work->kind == KIND_CUTOUT)
        hseg_people_find(work->item, work->kind == KIND_CUTOUT);
    if (work->kind == KIND_CUTOUT && work->item->bounds.w == 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "nothing in the cut-out %s is opaque", work->image);
        return false;
    }
    return true;
}

static gpointer
decode_some(gpointer data)
{
    Decoding *d = data;

    for (;;) {
        guint i = g_atomic_int_add(&d->next, 1);
        GError *error = NULL;

        if (i >= d->work->len)
            return NULL;
        if (!decode(d->work->pdata[i], d->max_side, &error)) {
            g_mutex_lock(&d->lock);
            if (d->error)
                g_error_free(error);
            else
                d->error = error;
            g_mutex_unlock(&d->lock);
            g_atomic_int_set(&d->next, d->work->len); /* the others may stop */
            return NULL;
        }
    }
}

static bool
decode_all(GPtrArray *work, int max_side, int threads, GError **error)
{
    Decoding d = {.work = work, .max_side = max_side > 0 ? max_side : MAX_SIDE};
    g_autoptr(GPtrArray) running = g_ptr_array_new();

    g_mutex_init(&d.lock);
    for (int i = 1; i < threads; i++)
        g_ptr_array_add(running, g_thread_new("humanseg-decode", decode_some, &d));
    decode_some(&d);
    for (guint i = 0; i < running->len; i++)
        g_thread_join(running->pdata[i]);
    g_mutex_clear(&d.lock);
    if (d.error)
        g_propagate_error(error, d.error);
    return !d.error;
}

static void
add_work(Gathering *g, Kind kind, const char *image, const char *mask, GPtrArray *into)
{
    Work *w = g_new0(Work, 1);
    g_autofree char *key = NULL;

    *w = (Work){kind, g_strdup(image), g_strdup(mask), into, item_new(image)};
    key = g_strconcat(w->item->set, "/", w->item->name, NULL);
    if (g_hash_table_contains(g->left_out, key)) {
        g->set->left_out++;
        work_free(w);
    } else
        g_ptr_array_add(g->work, w);
}

/* The lines of @file, SET/NAME each; empty ones and what follows a # say nothing. */
static bool
read_left_out(const char *file, GHashTable *left_out, GError **error)
{
    g_autofree char *content = NULL;
    g_auto(GStrv) lines = NULL;

    if (!file)
        return true;
    if (!g_file_get_contents(file, &content, NULL, error)) {
        g_prefix_error(error, "the list of pictures to leave out: ");
        return false;
    }
    lines = g_strsplit(content, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *comment = strchr(lines[i], '#');

        if (comment)
            *comment = 0;
        g_strstrip(lines[i]);
        if (*lines[i])
            g_hash_table_add(left_out, g_strdup(lines[i]));
    }
    return true;
}

/* Uniform in [0, 1), the same for a set and name on every machine and day (FNV-1a, its bits mixed once more).
 */
static double
name_hash(const HsegPair *pair)
{
    g_autofree char *key = g_strconcat(pair->set, "/", pair->name, NULL);
    guint64 h = 0xcbf29ce484222325ull;

    for (const char *c = key; *c; c++)
        h = (h ^ (guint8)*c) * 0x100000001b3ull;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
    return (double)(h >> 11) * 0x1p-53;
}

static bool
add_pairs(Gathering *g, const char *dir, double val_share, GError **error)
{
    g_autoptr(HsegDataset) dataset = hseg_dataset_open(dir, error);

    for (guint i = 0; dataset && i < dataset->pairs->len; i++) {
        const HsegPair *pair = dataset->pairs->pdata[i];
        bool held_out = name_hash(pair) < val_share;

        add_work(g, KIND_PAIR, pair->image, pair->mask, held_out ? g->set->validation : g->set->real);
    }
    return dataset != NULL;
}

/* Adds the pictures of DIR/images, or of DIR where there is no such folder. */
static bool
add_singles(Gathering *g, const char *dir, Kind kind, GPtrArray *into, GError **error)
{
    g_autofree char *images = g_build_filename(dir, "images", NULL);
    g_autoptr(GPtrArray) paths =
        hseg_list_pictures(g_file_test(images, G_FILE_TEST_IS_DIR) ? images : dir, error);

    for (guint i = 0; paths && i < paths->len; i++)
        add_work(g, kind, paths->pdata[i], NULL, into);
    return paths != NULL;
}

/* One folder of --data: pairs, cut-outs, backgrounds, or a folder of such. */
static bool
add_data(Gathering *g, const char *dir, double val_share, GError **error)
{
    static const char *const names[] = {"cutouts", "backgrounds"};
    g_autofree char *absolute = g_canonicalize_filename(dir, NULL), *own = g_path_get_basename(absolute);
    GPtrArray *lists[] = {g->set->cutouts, g->set->backgrounds};
    const Kind kinds[] = {KIND_CUTOUT, KIND_BACKGROUND};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *sub = g_build_filename(dir, names[i], NULL);

        if (strcmp(own, names[i]) == 0)
            return add_singles(g, dir, kinds[i], lists[i], error);
        if (g_file_test(sub, G_FILE_TEST_IS_DIR) && !add_singles(g, sub, kinds[i], lists[i], error))
            return false;
    }
    return add_pairs(g, dir, val_share, error);
}

static bool
add_all(Gathering *g, const HsegTrainSetOptions *o, GError **error)
{
    if (!read_left_out(o->left_out, g->left_out, error))
        return false;
    for (const char *const *dir = o->data; *dir; dir++)
        if (!add_data(g, *dir, o->val_share, error))
            return false;
    for (const char *const *dir = o->validation; dir && *dir; dir++)
        if (!add_pairs(g, *dir, 1, error))
            return false;
    for (const char *const *dir = o->unlabelled; dir && *dir; dir++)
        if (!add_singles(g, *dir, KIND_UNLABELLED, g->set->unlabelled, error))
            return false;
    if (o->synth_foregrounds && !add_singles(g, o->synth_foregrounds, KIND_CUTOUT, g->set->cutouts, error))
        return false;
    return !o->synth_backgrounds ||
           add_singles(g, o->synth_backgrounds, KIND_BACKGROUND, g->set->backgrounds, error);
}

HsegTrainSet *
hseg_train_set_load(const HsegTrainSetOptions *options, GError **error)
{
    g_autoptr(HsegTrainSet) set = g_new0(HsegTrainSet, 1);
    g_autoptr(GPtrArray) work = g_ptr_array_new_with_free_func(work_free);
    g_autoptr(GHashTable) left_out = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Gathering gathering = {set, work, left_out};

    set->real = g_ptr_array_new_with_free_func(item_free);
    set->validation = g_ptr_array_new_with_free_func(item_free);
    set->cutouts = g_ptr_array_new_with_free_func(item_free);
    set->backgrounds = g_ptr_array_new_with_free_func(item_free);
    set->unlabelled = g_ptr_array_new_with_free_func(item_free);
    if (!add_all(&gathering, options, error) || !decode_all(work, options->max_side, options->threads, error))
        return NULL;
    for (guint i = 0; i < work->len; i++) {
        Work *w = work->pdata[i];

        g_ptr_array_add(w->into, g_steal_pointer(&w->item));
    }
    return g_steal_pointer(&set);
}

static void
add_names(GChecksum *names, const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        const HsegTrainItem *item = items->pdata[i];

        g_checksum_update(names, (const guchar *)item->set, (gssize)strlen(item->set) + 1);
        g_checksum_update(names, (const guchar *)item->name, (gssize)strlen(item->name) + 1);
    }
}

char *
hseg_train_set_describe(const HsegTrainSet *set)
{
    const GPtrArray *kinds[] = {set->real, set->validation, set->cutouts, set->backgrounds, set->unlabelled};
    g_autoptr(GChecksum) names = g_checksum_new(G_CHECKSUM_SHA256);

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        add_names(names, kinds[i]);
    return g_strdup_printf("%u pictures, %u held out, %u cut-outs, %u backgrounds, %u unlabelled, names %.8s",
                           set->real->len, set->validation->len, set->cutouts->len, set->backgrounds->len,
                           set->unlabelled->len, g_checksum_get_string(names));
}
