/* Supervisely Person: polygons with holes, bitmaps in base64, both ways to name annotations. */
#include "fixture.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>
#include <string.h>

#define W 7
#define H 5

#define ANNOTATION(objects)                                                                                  \
    "{\"description\": \"\", \"tags\": [], \"size\": {\"height\": 5, \"width\": 7}, \"objects\": [" objects  \
    "]}"
#define POLYGON(class, outer, inner)                                                                         \
    "{\"classTitle\": \"" class "\", \"geometryType\": \"polygon\", \"bitmap\": null, \"points\": "          \
                                "{\"exterior\": " outer ", \"interior\": " inner "}}"

/* (transfer full): @n bytes as the format packs them. */
static char *
pack(const void *data, gsize n)
{
    g_autoptr(GConverter) zlib = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
    gsize room = n + 1000, read, written;
    g_autofree guint8 *packed = g_malloc(room);

    g_assert_cmpint(
        g_converter_convert(zlib, data, n, packed, room, G_CONVERTER_INPUT_AT_END, &read, &written, NULL), ==,
        G_CONVERTER_FINISHED);
    return g_base64_encode(packed, written);
}

/* (transfer full): an object whose bitmap is a PNG of @channels channels, marked where @rows has '#'. */
static char *
bitmap_object(const char *rows, int width, int height, int channels, const char *origin)
{
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, channels == 4, 8, width, height);
    g_autofree char *png = NULL, *data = NULL;
    gsize n;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memset(gdk_pixbuf_get_pixels(pixbuf) + y * gdk_pixbuf_get_rowstride(pixbuf) + channels * x,
                   rows[y * width + x] == '#' ? 255 : 0, (gsize)channels);
    g_assert_true(gdk_pixbuf_save_to_buffer(pixbuf, &png, &n, "png", NULL, NULL));
    data = pack(png, n);
    return g_strdup_printf("{\"classTitle\": \"person_bmp\", \"bitmap\": {\"origin\": %s, \"data\": \"%s\"}, "
                           "\"points\": {\"exterior\": [], \"interior\": []}}",
                           origin, data);
}

/* One picture and its annotation, under its older name. */
static void
put(Desk *d, const char *name, const char *annotation)
{
    g_autofree char *image = g_strdup_printf("ds1/img/%s.png", name),
                    *json = g_strdup_printf("ds1/ann/%s.json", name);

    desk_put_picture(d, image, W, H);
    desk_put(d, json, annotation, -1);
}

/* Points are pixels, and belong to what they outline; a hole's too, to the hole. */
static void
test_polygons(Desk *d, gconstpointer unused)
{
    put(d, "a",
        ANNOTATION(POLYGON(
            "person_poly", "[[0, 0], [4, 0], [4, 4], [0, 4]]",
            "[[[1, 1], [3, 1], [3, 3], [1, 3]]]") "," POLYGON("Person", "[[2, 2]]",
                                                              "[]") "," POLYGON("neutral", "[[6, 0], [6, 4]]",
                                                                                "[]")));
    g_assert_true(desk_convert(d, "supervisely"));
    desk_assert_mask(d, "masks/ds1_a.png",
                     "#####.."
                     "#...#.."
                     "#.#.#.."
                     "#...#.."
                     "#####..",
                     W, H);
}

/* Palette with alpha or without, united with others, cut off at the picture's edge. */
static void
test_bitmaps(Desk *d, gconstpointer unused)
{
    g_autofree char *alpha = bitmap_object("##.#", 2, 2, 4, "[1, 0]");
    g_autofree char *plain = bitmap_object("#########", 3, 3, 3, "[5, 3]");
    g_autofree char *before = bitmap_object("#########", 3, 3, 4, "[-2, 2]");
    g_autofree char *beyond = bitmap_object("#", 1, 1, 4, "[1000000, -1000000]");
    g_autofree char *text = g_strdup_printf(ANNOTATION("%s, %s, %s, %s"), alpha, plain, before, beyond);

    desk_put_picture(d, "ds2/img/b.jpeg", W, H);
    desk_put(d, "ds2/ann/b.jpeg.json", text, -1);
    desk_put(d, "meta.json", "{}", -1);
    g_assert_true(desk_convert(d, "supervisely"));
    desk_assert_mask(d, "masks/ds2_b.png",
                     ".##...."
                     "..#...."
                     "#......"
                     "#....##"
                     "#....##",
                     W, H);
}

/* The same name in two parts. */
static void
test_parts(Desk *d, gconstpointer unused)
{
    put(d, "a", ANNOTATION(POLYGON("person_poly", "[[0, 0]]", "[]")));
    desk_put_picture(d, "ds2/img/a.png", W, H);
    desk_put(d, "ds2/ann/a.json", ANNOTATION(POLYGON("person_poly", "[[1, 0]]", "[]")), -1);
    g_assert_true(desk_convert(d, "supervisely"));
    desk_assert_mask(d, "masks/ds1_a.png", "#..................................", W, H);
    desk_assert_mask(d, "masks/ds2_a.png", ".#.................................", W, H);
}

static void
expect(Desk *d, const char *annotation, const char *says)
{
    put(d, "a", annotation);
    desk_expect(d, "supervisely", HSEG_ERROR_FORMAT, "ds1/ann/a.json", says, NULL);
    g_assert_false(desk_has(d, "masks/ds1_a.png"));
}

static void
test_broken(Desk *d, gconstpointer unused)
{
    expect(d, "{\"size\": {\"height\": 5, \"wid", "");
    expect(d, "[]", "no object");
    expect(d, "{\"objects\": []}", "'size'");
    expect(d, "{\"size\": {\"height\": 5, \"width\": 7}}", "'objects'");
    expect(d, "{\"size\": {\"height\": 5, \"width\": 1.5}, \"objects\": []}", "'width'");
    expect(d, "{\"size\": {\"height\": 1000000000000, \"width\": 1000000000000}, \"objects\": []}",
           "no picture is");
    expect(d, ANNOTATION("7"), "object 0: it is no object");
    expect(d, ANNOTATION("{\"id\": 1}"), "'classTitle'");
    expect(d, ANNOTATION("{\"classTitle\": \"dog\"}, {\"classTitle\": \"person_poly\"}"),
           "object 1: it has neither");
    expect(d, ANNOTATION(POLYGON("person_poly", "[[0, 0], [1]]", "[]")), "point 1");
    expect(d, ANNOTATION(POLYGON("person_poly", "[[0, 0], [1, 1e99]]", "[]")), "point 1");
    expect(d, ANNOTATION(POLYGON("person_poly", "[[0, 0], 7]", "[]")), "point 1");
    expect(d, ANNOTATION(POLYGON("person_poly", "[[0, 0]]", "[7]")), "no array");
    expect(d, ANNOTATION("{\"classTitle\": \"person_poly\", \"points\": {}}"), "exterior");
}

static void
expect_bitmap(Desk *d, const char *data, const char *origin, const char *says)
{
    g_autofree char *text = g_strdup_printf(
        ANNOTATION("{\"classTitle\": \"person_bmp\", \"bitmap\": {\"origin\": %s, \"data\": \"%s\"}}"),
        origin, data);

    expect(d, text, says);
}

static void
test_broken_bitmaps(Desk *d, gconstpointer unused)
{
    guint16 zero[16] = {0};
    g_autoptr(GByteArray) png = desk_make_labels(zero, 4, 4, 0, 8);
    g_autofree char *good = pack(png->data, png->len), *text = pack("no picture", 10), *large = NULL,
                    *cut = NULL;
    g_autofree char *zeros = g_malloc0(65 << 20), *bomb = pack(zeros, 65 << 20);

    expect_bitmap(d, "", "[0, 0]", "packed data");
    expect_bitmap(d, "AAAA", "[0, 0]", "packed data");
    expect_bitmap(d, text, "[0, 0]", "no whole PNG");
    expect_bitmap(d, good, "[0]", "no number");
    expect_bitmap(d, good, "[0, 1e300]", "out of range");
    expect_bitmap(d, good, "7", "'origin'");
    expect_bitmap(d, bomb, "[0, 0]", "more than");
    cut = pack(png->data, png->len - 20);
    expect_bitmap(d, cut, "[0, 0]", "PNG");
    png->data[16] = png->data[20] = 0x7f;
    large = pack(png->data, png->len);
    expect_bitmap(d, large, "[0, 0]", "too large");
}

static void
test_missing(Desk *d, gconstpointer unused)
{
    desk_expect(d, "supervisely", HSEG_ERROR_FILE, "nothing to convert", "img/", NULL);
    put(d, "a", ANNOTATION(POLYGON("person_poly", "[[0, 0]]", "[]")));
    desk_put_picture(d, "ds1/img/b.png", W, H);
    desk_expect(d, "supervisely", HSEG_ERROR_FILE, "b.png has no annotation", "b.png.json", "b.json", NULL);
    desk_put(d, "ds1/ann/b.json", ANNOTATION(POLYGON("person_poly", "[[0, 0]]", "[]")), -1);
    desk_put_picture(d, "ds1/img/b.png", H, W);
    desk_expect(d, "supervisely", HSEG_ERROR_SHAPE, "b.png is 5 x 7", "7 x 5", "b.json", NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/supervisely/polygons", test_polygons);
    DESK_TEST("/dataset/supervisely/bitmaps", test_bitmaps);
    DESK_TEST("/dataset/supervisely/parts", test_parts);
    DESK_TEST("/dataset/supervisely/broken", test_broken);
    DESK_TEST("/dataset/supervisely/broken-bitmaps", test_broken_bitmaps);
    DESK_TEST("/dataset/supervisely/missing", test_missing);
    return g_test_run();
}
