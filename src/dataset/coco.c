/* COCO (Lin et al. 2014): annotations/instances_SPLIT.json with polygons and run lengths for each object,
 * pictures in SPLIT/. The people of a picture are united.
 *
 * Where people stand so close that nobody outlined them singly, one annotation with iscrowd = 1 marks the
 * lump, gaps and all. As background it would teach that people are none; as person its edges and gaps are
 * wrong. So such a picture is left out unless the options say otherwise, and none becomes a background. */
#include "dataset/json.h"
#include "dataset/layouts.h"
#include "dataset/polygon.h"
#include "dataset/rle.h"

#include <humanseg/error.h>
#include <string.h>

/* One instances file. */
typedef struct {
    char *path;
    char *pictures; /* their folder */
    GMappedFile *map;
} File;

typedef struct {
    const File *file;
    gint64 id;
    gint64 width, height;
    gboolean crowd;
    GArray *people; /* of HsegSpan: their annotations; NULL where there are none */
} Image;

typedef struct {
    HsegSource base;
    HsegCrowd crowd;
    GPtrArray *files, *images; /* a record's number is its image's place */
} Coco;

/* What is at hand while a file is read. */
typedef struct {
    Coco *coco;
    File *file;
    GHashTable *by_id; /* of this file's images */
    gint64 person;     /* the category */
    gboolean has_person;
} Reading;

static void
file_free(gpointer data)
{
    File *file = data;

    g_free(file->path);
    g_free(file->pictures);
    g_clear_pointer(&file->map, g_mapped_file_unref);
    g_free(file);
}

static void
image_free(gpointer data)
{
    Image *image = data;

    g_clear_pointer(&image->people, g_array_unref);
    g_free(image);
}

static void
coco_clear(HsegSource *source)
{
    Coco *coco = (Coco *)source;

    g_ptr_array_unref(coco->images);
    g_ptr_array_unref(coco->files);
}

/* ---- the index ---- */

static gboolean
read_category(HsegSpan span, gpointer data, GError **error)
{
    Reading *r = data;
    g_autoptr(JsonNode) node = hseg_span_parse(span, error);
    const char *name = node ? hseg_json_string(json_node_get_object(node), "name", error) : NULL;

    if (!name)
        return FALSE;
    if (strcmp(name, "person") != 0)
        return TRUE;
    r->has_person = TRUE;
    return hseg_json_int(json_node_get_object(node), "id", &r->person, error);
}

/* A file's name must not lead out of its folder. */
static gboolean
is_safe(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);

    return *name && !g_path_is_absolute(name) && !g_strv_contains((const char *const *)parts, "..");
}

static gboolean
add_image(Reading *r, Image *image, const char *name, GError **error)
{
    g_autofree char *stem = hseg_strip_suffix(name);

    g_ptr_array_add(r->coco->images, image);
    if (!is_safe(name)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "'%s' is no file's name", name);
        return FALSE;
    }
    if (!g_hash_table_insert(r->by_id, &image->id, image)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "another image has its id");
        return FALSE;
    }
    return hseg_source_add(&r->coco->base, g_strdelimit(g_steal_pointer(&stem), "/", '_'),
                           g_build_filename(r->file->pictures, name, NULL), NULL, r->coco->images->len - 1,
                           error);
}

static gboolean
read_image(HsegSpan span, gpointer data, GError **error)
{
    Reading *r = data;
    g_autoptr(JsonNode) node = hseg_span_parse(span, error);
    JsonObject *o = node ? json_node_get_object(node) : NULL;
    const char *name = o ? hseg_json_string(o, "file_name", error) : NULL;
    Image *image = g_new0(Image, 1);

    image->file = r->file;
    if (!name || !hseg_json_int(o, "id", &image->id, error) ||
        !hseg_json_int(o, "width", &image->width, error) ||
        !hseg_json_int(o, "height", &image->height, error)) {
        g_prefix_error(error, "image %u of the list: ", r->coco->images->len);
        image_free(image);
        return FALSE;
    }
    if (add_image(r, image, name, error))
        return TRUE;
    g_prefix_error(error, "image %" G_GINT64_FORMAT ": ", image->id);
    return FALSE;
}

/* An annotation's id, for messages; -1 where it has none. */
static gint64
id_of(HsegSpan annotation)
{
    gint64 id = -1;

    hseg_span_int(annotation, "id", &id, NULL);
    return id;
}

static gboolean
add_person(Reading *r, HsegSpan span, GError **error)
{
    gint64 of, crowd = 0;
    HsegSpan unused;
    Image *image;

    if (!hseg_span_int(span, "image_id", &of, error))
        return FALSE;
    image = g_hash_table_lookup(r->by_id, &of);
    if (!image) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "there is no image %" G_GINT64_FORMAT, of);
        return FALSE;
    }
    /* Sets in COCO's layout that other people made often go without. */
    if (hseg_span_member(span, "iscrowd", &unused, NULL) && !hseg_span_int(span, "iscrowd", &crowd, error))
        return FALSE;
    image->crowd |= crowd != 0;
    if (crowd && r->coco->crowd != HSEG_CROWD_PERSON)
        return TRUE;
    if (!image->people)
        image->people = g_array_new(FALSE, FALSE, sizeof(HsegSpan));
    g_array_append_val(image->people, span);
    return TRUE;
}

/* Most are no people: nothing but their category is looked for. */
static gboolean
read_annotation(HsegSpan span, gpointer data, GError **error)
{
    Reading *r = data;
    gint64 category;

    if (hseg_span_int(span, "category_id", &category, error) &&
        (category != r->person || add_person(r, span, error)))
        return TRUE;
    g_prefix_error(error, "annotation %" G_GINT64_FORMAT ": ", id_of(span));
    return FALSE;
}

/* An empty file is mapped to nowhere. */
static HsegSpan
whole(const File *file)
{
    const char *text = g_mapped_file_get_contents(file->map);

    return (HsegSpan){text ? text : "", g_mapped_file_get_length(file->map)};
}

static gboolean
read_list(Reading *r, const char *name, HsegSpanFunc each, GError **error)
{
    HsegSpan all = whole(r->file), list;
    g_autoptr(GError) fault = NULL;

    if (hseg_span_member(all, name, &list, &fault) && hseg_span_each(list, each, r, &fault))
        return TRUE;
    if (fault)
        g_set_error(error, fault->domain, fault->code, "%s: %s: %s", r->file->path, name, fault->message);
    else
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: there are no %s", r->file->path, name);
    return FALSE;
}

/* Reads what is needed to know of each picture, before any is opened. Takes @path and @pictures. */
static gboolean
read_file(Coco *coco, char *path, char *pictures, GError **error)
{
    g_autoptr(GHashTable) by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GError) fault = NULL;
    File *file = g_new0(File, 1);
    Reading r = {.coco = coco, .file = file, .by_id = by_id};

    file->path = path;
    file->pictures = pictures;
    g_ptr_array_add(coco->files, file);
    file->map = g_mapped_file_new(path, FALSE, &fault);
    if (!file->map) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read %s: %s", path, fault->message);
        return FALSE;
    }
    /* It may well be a download that was cut off. */
    if (!hseg_span_check(whole(file), error)) {
        g_prefix_error(error, "%s: ", path);
        return FALSE;
    }
    if (!read_list(&r, "categories", read_category, error))
        return FALSE;
    if (!r.has_person) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: no category is called 'person'", path);
        return FALSE;
    }
    return read_list(&r, "images", read_image, error) && read_list(&r, "annotations", read_annotation, error);
}

/* ---- the layout ---- */

/* "train2017" of ".../instances_train2017.json"; NULL where it isn't called so. */
static char *
split_of(const char *path)
{
    g_autofree char *name = g_path_get_basename(path);

    if (!g_str_has_prefix(name, "instances_") || !g_str_has_suffix(name, ".json"))
        return NULL;
    return g_strndup(name + strlen("instances_"), strlen(name) - strlen("instances_.json"));
}

/* (transfer full): where the pictures of a split are. */
static char *
find_pictures(const char *root, const char *split)
{
    char *found = hseg_find_folder(root, split, NULL);

    return found ? found : hseg_find_folder(root, "images", split, NULL);
}

/* An instances file by itself: the pictures are where COCO has them, or beside it. */
static gboolean
open_file(Coco *coco, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path), *root = g_path_get_dirname(folder);
    g_autofree char *split = split_of(path);
    char *pictures = split ? find_pictures(root, split) : NULL;

    return read_file(coco, g_strdup(path), pictures ? pictures : g_steal_pointer(&folder), error);
}

static gboolean
open_folder(Coco *coco, const char *in, const char *wanted, GError **error)
{
    g_autofree char *folder = g_build_filename(in, "annotations", NULL);
    g_autoptr(GPtrArray) names = hseg_list_names(folder, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *split = split_of(names->pdata[i]);
        char *pictures = split && (!wanted || strcmp(split, wanted) == 0) ? find_pictures(in, split) : NULL;

        if (pictures && !read_file(coco, g_build_filename(folder, names->pdata[i], NULL), pictures, error))
            return FALSE;
    }
    return names != NULL;
}

/* ---- masks ---- */

/* x and y in turn, COCO's own coordinates: those of HsegPoint. */
static gboolean
fill_polygon(HsegPicture *mask, JsonArray *numbers, GError **error)
{
    guint n = json_array_get_length(numbers);
    g_autofree HsegPoint *points = g_new(HsegPoint, n / 2 + 1);

    if (n % 2) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "a polygon of %u numbers, an odd count", n);
        return FALSE;
    }
    for (guint i = 0; i < n / 2; i++)
        if (!hseg_json_number_at(numbers, 2 * i, HSEG_POINT_MAX, &points[i].x, error) ||
            !hseg_json_number_at(numbers, 2 * i + 1, HSEG_POINT_MAX, &points[i].y, error)) {
            g_prefix_error(error, "polygon: ");
            return FALSE;
        }
    hseg_polygon_fill(mask, points, n / 2, 255);
    return TRUE;
}

static gboolean
fill_polygons(HsegPicture *mask, JsonArray *polygons, GError **error)
{
    for (guint i = 0; i < json_array_get_length(polygons); i++) {
        JsonNode *polygon = json_array_get_element(polygons, i);

        if (!JSON_NODE_HOLDS_ARRAY(polygon)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "polygon %u is no array", i);
            return FALSE;
        }
        if (!fill_polygon(mask, json_node_get_array(polygon), error))
            return FALSE;
    }
    return TRUE;
}

/* (transfer full): the runs of "counts", an array or COCO's compressed string. */
static GArray *
read_runs(JsonObject *rle, GError **error)
{
    JsonNode *node = json_object_get_member(rle, "counts");
    g_autoptr(GArray) runs = NULL;
    JsonArray *counts;

    if (node && !JSON_NODE_HOLDS_ARRAY(node)) {
        const char *text = hseg_json_string(rle, "counts", error);

        return text ? hseg_rle_decode(text, error) : NULL;
    }
    counts = hseg_json_array(rle, "counts", error);
    if (!counts)
        return NULL;
    runs = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < json_array_get_length(counts); i++) {
        double number;
        gint64 run;

        if (!hseg_json_number_at(counts, i, G_MAXINT32, &number, error))
            return NULL;
        run = (gint64)number;
        g_array_append_val(runs, run);
    }
    return g_steal_pointer(&runs);
}

static gboolean
fill_runs(HsegPicture *mask, JsonObject *rle, GError **error)
{
    JsonArray *size = hseg_json_array(rle, "size", error);
    g_autoptr(GArray) runs = NULL;
    double height, width;

    if (!size || !hseg_json_number_at(size, 0, G_MAXINT32, &height, error) ||
        !hseg_json_number_at(size, 1, G_MAXINT32, &width, error))
        return FALSE;
    if (width != mask->width || height != mask->height) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                    "run lengths for %g x %g pixels in a picture of %d x %d", width, height, mask->width,
                    mask->height);
        return FALSE;
    }
    runs = read_runs(rle, error);
    return runs && hseg_rle_fill(mask, runs, error);
}

static gboolean
fill_person(HsegPicture *mask, HsegSpan span, GError **error)
{
    g_autoptr(JsonNode) node = hseg_span_parse(span, error);
    JsonNode *outline = node ? json_object_get_member(json_node_get_object(node), "segmentation") : NULL;

    if (!node)
        return FALSE;
    if (outline && JSON_NODE_HOLDS_ARRAY(outline))
        return fill_polygons(mask, json_node_get_array(outline), error);
    if (outline && JSON_NODE_HOLDS_OBJECT(outline))
        return fill_runs(mask, json_node_get_object(outline), error);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "no segmentation");
    return FALSE;
}

static gboolean
coco_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    const Coco *coco = (const Coco *)source;
    const Image *image = coco->images->pdata[record->number];
    g_autoptr(HsegPicture) made = NULL;

    /* One without anybody but an ignored crowd would pass for a background. */
    if (image->crowd && (coco->crowd == HSEG_CROWD_EXCLUDE || !image->people))
        return TRUE;
    made = hseg_source_new_mask(image->width, image->height, error);
    if (!made) {
        g_prefix_error(error, "%s: image %" G_GINT64_FORMAT ": ", image->file->path, image->id);
        return FALSE;
    }
    for (guint i = 0; image->people && i < image->people->len; i++) {
        HsegSpan span = g_array_index(image->people, HsegSpan, i);

        if (!fill_person(made, span, error)) {
            g_prefix_error(error, "%s: annotation %" G_GINT64_FORMAT ": ", image->file->path, id_of(span));
            return FALSE;
        }
    }
    *mask = g_steal_pointer(&made);
    return TRUE;
}

HsegSource *
hseg_coco_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    Coco *coco = hseg_source_new0(sizeof *coco);
    g_autoptr(HsegSource) source = &coco->base;

    source->load_mask = coco_load_mask;
    source->clear = coco_clear;
    coco->crowd = options->crowd;
    coco->files = g_ptr_array_new_with_free_func(file_free);
    coco->images = g_ptr_array_new_with_free_func(image_free);
    if (g_file_test(in, G_FILE_TEST_IS_REGULAR) ? !open_file(coco, in, error)
                                                : !open_folder(coco, in, options->split, error))
        return NULL;
    return hseg_source_check(
               source, in, "annotations/instances_SPLIT.json with pictures in SPLIT/ or images/SPLIT/", error)
               ? g_steal_pointer(&source)
               : NULL;
}
