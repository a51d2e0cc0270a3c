/* Supervisely Person: DS/img/NAME.EXT with DS/ann/NAME.json or DS/ann/NAME.EXT.json. People are the objects
 * whose class begins with "person" (person_poly, person_bmp), outlined as polygons: points of pixels (their
 * centres, edges included), an exterior with holes, or as bitmaps: base64 of a zlib stream of a PNG, whose
 * pixels are person where they are opaque, or where there is no alpha, not black; and where its top left
 * pixel lies. What reaches out of the picture is cut off. */
#include "base/base.h"
#include "dataset/inflate.h"
#include "dataset/json.h"
#include "dataset/layouts.h"
#include "dataset/polygon.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/error.h>
#include <string.h>

#define MAX_PNG    (64 << 20) /* bytes, unpacked */
#define MAX_BITMAP (1 << 28)  /* pixels */

static gboolean
broken(GError **error, const char *what)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s", what);
    return FALSE;
}

/* ---- polygons ---- */

/* (transfer full): the points of a ring, [[x, y], ...]; their pixels' centres. */
static HsegPoint *
read_ring(JsonNode *node, guint *n, GError **error)
{
    g_autofree HsegPoint *points = NULL;
    JsonArray *ring;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        broken(error, "a ring of points is no array");
        return NULL;
    }
    ring = json_node_get_array(node);
    *n = json_array_get_length(ring);
    points = g_new(HsegPoint, *n + 1);
    for (guint i = 0; i < *n; i++) {
        JsonNode *pair = json_array_get_element(ring, i);

        if (!JSON_NODE_HOLDS_ARRAY(pair) ||
            !hseg_json_number_at(json_node_get_array(pair), 0, HSEG_POINT_MAX - 1, &points[i].x, NULL) ||
            !hseg_json_number_at(json_node_get_array(pair), 1, HSEG_POINT_MAX - 1, &points[i].y, NULL)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "point %u of a ring is none", i);
            return NULL;
        }
        points[i].x += 0.5;
        points[i].y += 0.5;
    }
    return g_steal_pointer(&points);
}

static gboolean
draw_ring(HsegPicture *mask, JsonNode *node, uint8_t value, GError **error)
{
    guint n;
    g_autofree HsegPoint *points = read_ring(node, &n, error);

    if (!points)
        return FALSE;
    hseg_polygon_fill(mask, points, n, value);
    hseg_polygon_trace(mask, points, n, value);
    return TRUE;
}

static void
unite(HsegPicture *mask, const HsegPicture *more)
{
    for (gsize i = 0; i < mask->stride * (gsize)mask->height; i++)
        mask->data[i] |= more->data[i];
}

/* Holes are cut before the polygon joins the others: they are its own. */
static gboolean
draw_polygon(HsegPicture *mask, JsonObject *points, GError **error)
{
    JsonNode *outer = json_object_get_member(points, "exterior"),
             *inner = json_object_get_member(points, "interior");
    JsonArray *holes = inner && JSON_NODE_HOLDS_ARRAY(inner) ? json_node_get_array(inner) : NULL;
    g_autoptr(HsegPicture) alone = NULL;

    if (!outer)
        return broken(error, "points without an exterior");
    if (!holes || json_array_get_length(holes) == 0)
        return draw_ring(mask, outer, 255, error);
    alone = hseg_picture_new(mask->width, mask->height, 1, error);
    if (!alone || !draw_ring(alone, outer, 255, error))
        return FALSE;
    for (guint i = 0; i < json_array_get_length(holes); i++)
        if (!draw_ring(alone, json_array_get_element(holes, i), 0, error))
            return FALSE;
    unite(mask, alone);
    return TRUE;
}

/* ---- bitmaps ---- */

/* (transfer full): the picture in @png. Its size is read first: hostile ones would have gdk-pixbuf ask for
 * any amount of memory. */
static GdkPixbuf *
decode_png(const GByteArray *png, GError **error)
{
    static const guint8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type("png", NULL);
    g_autoptr(GError) fault = NULL;
    guint64 pixels = 0;
    GdkPixbuf *pixbuf = NULL;

    /* A loader takes one that ends early for one that is still to come. */
    if (png->len >= 36 && memcmp(png->data, signature, 8) == 0 &&
        memcmp(png->data + png->len - 8, "IEND", 4) == 0) {
        guint32 size[2];

        memcpy(size, png->data + 16, sizeof size);
        pixels = (guint64)GUINT32_FROM_BE(size[0]) * GUINT32_FROM_BE(size[1]);
    }
    if (pixels == 0 || pixels > MAX_BITMAP) {
        gdk_pixbuf_loader_close(loader, NULL);
        broken(error, pixels ? "a bitmap is too large" : "a bitmap is no whole PNG");
        return NULL;
    }
    if (!gdk_pixbuf_loader_write(loader, png->data, png->len, &fault))
        gdk_pixbuf_loader_close(loader, NULL);
    else if (gdk_pixbuf_loader_close(loader, &fault))
        pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (pixbuf)
        return g_object_ref(pixbuf);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "a bitmap's PNG: %s",
                fault ? fault->message : "it is empty");
    return NULL;
}

static gboolean
is_marked(const guint8 *pixel, int channels)
{
    return channels == 4 ? pixel[3] > 0 : pixel[0] || pixel[1] || pixel[2];
}

static void
stamp(HsegPicture *mask, const GdkPixbuf *bitmap, int left, int top)
{
    int channels = gdk_pixbuf_get_n_channels(bitmap);
    int x0 = HSEG_MAX(0, left), x1 = HSEG_MIN(mask->width, left + gdk_pixbuf_get_width(bitmap));
    int y0 = HSEG_MAX(0, top), y1 = HSEG_MIN(mask->height, top + gdk_pixbuf_get_height(bitmap));

    for (int y = y0; y < y1; y++) {
        const guint8 *row =
            gdk_pixbuf_read_pixels(bitmap) + (gsize)(y - top) * gdk_pixbuf_get_rowstride(bitmap);

        for (int x = x0; x < x1; x++)
            if (is_marked(row + (gsize)(x - left) * channels, channels))
                mask->data[y * mask->stride + x] = 255;
    }
}

static gboolean
draw_bitmap(HsegPicture *mask, JsonObject *bitmap, GError **error)
{
    const char *text = hseg_json_string(bitmap, "data", error);
    JsonArray *origin = text ? hseg_json_array(bitmap, "origin", error) : NULL;
    g_autofree guint8 *packed = NULL;
    g_autoptr(GByteArray) png = NULL;
    g_autoptr(GdkPixbuf) pixbuf = NULL;
    double left, top;
    gsize n;

    if (!origin || !hseg_json_number_at(origin, 0, HSEG_POINT_MAX, &left, error) ||
        !hseg_json_number_at(origin, 1, HSEG_POINT_MAX, &top, error))
        return FALSE;
    packed = g_base64_decode(text, &n);
    png = hseg_inflate(packed, n, MAX_PNG, error);
    pixbuf = png ? decode_png(png, error) : NULL;
    if (!pixbuf)
        return FALSE;
    stamp(mask, pixbuf, (int)left, (int)top);
    return TRUE;
}

/* ---- annotations ---- */

static gboolean
draw_object(HsegPicture *mask, JsonNode *node, GError **error)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *class = o ? hseg_json_string(o, "classTitle", error) : NULL;
    JsonNode *bitmap, *points;

    if (!o)
        return broken(error, "it is no object");
    if (!class)
        return FALSE;
    if (g_ascii_strncasecmp(class, "person", 6) != 0)
        return TRUE;
    bitmap = json_object_get_member(o, "bitmap"); /* null, in older files, where there are points */
    if (bitmap && JSON_NODE_HOLDS_OBJECT(bitmap))
        return draw_bitmap(mask, json_node_get_object(bitmap), error);
    points = json_object_get_member(o, "points");
    if (points && JSON_NODE_HOLDS_OBJECT(points))
        return draw_polygon(mask, json_node_get_object(points), error);
    return broken(error, "it has neither points nor a bitmap");
}

static HsegPicture *
draw_annotation(JsonObject *root, GError **error)
{
    JsonObject *size = hseg_json_object(root, "size", error);
    JsonArray *objects = size ? hseg_json_array(root, "objects", error) : NULL;
    g_autoptr(HsegPicture) mask = NULL;
    gint64 width, height;

    if (!objects || !hseg_json_int(size, "width", &width, error) ||
        !hseg_json_int(size, "height", &height, error))
        return NULL;
    mask = hseg_source_new_mask(width, height, error);
    for (guint i = 0; mask && i < json_array_get_length(objects); i++)
        if (!draw_object(mask, json_array_get_element(objects, i), error)) {
            g_prefix_error(error, "object %u: ", i);
            return NULL;
        }
    return g_steal_pointer(&mask);
}

static gboolean
supervisely_load_mask(HsegSource *source, const HsegRecord *record, HsegPicture **mask, GError **error)
{
    g_autoptr(JsonNode) root = hseg_json_load(record->truth, error);

    if (!root)
        return FALSE;
    *mask = draw_annotation(json_node_get_object(root), error);
    if (!*mask)
        g_prefix_error(error, "%s: ", record->truth);
    return *mask != NULL;
}

/* (transfer full): the annotation of a picture, under its name with or without the suffix. */
static char *
find_annotation(const char *folder, const char *image, const char *stem, GError **error)
{
    g_autofree char *file = g_strconcat(image, ".json", NULL), *path = g_build_filename(folder, file, NULL);
    g_autofree char *old_file = g_strconcat(stem, ".json", NULL);
    g_autofree char *old_path = g_build_filename(folder, old_file, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer(&path);
    if (g_file_test(old_path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer(&old_path);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s has no annotation: neither %s nor %s is in %s", image,
                file, old_file, folder);
    return NULL;
}

/* Parts may have names in common: the part's is put before them. */
static gboolean
add_part(HsegSource *source, const char *part, const char *images, const char *annotations, GError **error)
{
    g_autoptr(GPtrArray) names = hseg_list_names(images, error);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *stem = hseg_strip_suffix(names->pdata[i]), *annotation = NULL;

        if (!hseg_is_picture(names->pdata[i]))
            continue;
        annotation = find_annotation(annotations, names->pdata[i], stem, error);
        if (!annotation || !hseg_source_add(source, g_strconcat(part, "_", stem, NULL),
                                            g_build_filename(images, names->pdata[i], NULL),
                                            g_steal_pointer(&annotation), 0, error))
            return FALSE;
    }
    return names != NULL;
}

HsegSource *
hseg_supervisely_open(const char *in, const HsegSourceOptions *options, GError **error)
{
    g_autoptr(HsegSource) source = hseg_source_new0(sizeof(HsegSource));
    g_autoptr(GPtrArray) parts = hseg_list_names(in, error);

    source->load_mask = supervisely_load_mask;
    if (!parts)
        return NULL;
    for (guint i = 0; i < parts->len; i++) {
        g_autofree char *images = hseg_find_folder(in, parts->pdata[i], "img", NULL);
        g_autofree char *annotations = hseg_find_folder(in, parts->pdata[i], "ann", NULL);

        if (images && annotations && !add_part(source, parts->pdata[i], images, annotations, error))
            return NULL;
    }
    return hseg_source_check(source, in, "folders with img/ and ann/", error) ? g_steal_pointer(&source)
                                                                              : NULL;
}
