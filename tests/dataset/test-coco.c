/* COCO's instances files: polygons, run lengths, crowds, and files that are not what they should be. */
#include "fixture.h"

#include <string.h>

#define W 6
#define H 4

/* An instances file of images 1 to @images, W x H, and the annotations; categories come last, as in COCO's
 * own. */
static void
put_json(Desk *d, const char *path, int images, const char *annotations)
{
    GString *text =
        g_string_new("{\"info\": {\"year\": 2017, \"note\": \"a \\\"quoted] {word\"}, \"images\": [");

    for (int i = 1; i <= images; i++)
        g_string_append_printf(
            text,
            "%s{\"license\": 3, \"file_name\": \"%012d.jpg\", \"height\": %d, \"width\": %d, "
            "\"id\": %d}",
            i > 1 ? ", " : "", i, H, W, i);
    g_string_append_printf(text,
                           "],\n\"annotations\": [%s], \"categories\": [{\"id\": 18, \"name\": \"dog\"}, "
                           "{\"supercategory\": \"person\", \"id\": 1, \"name\": \"person\"}]}",
                           annotations);
    desk_put(d, path, text->str, (gssize)text->len);
    g_string_free(text, TRUE);
}

#define OBJECT(id, image, category, crowd, outline)                                                          \
    "{\"segmentation\": " outline ", \"area\": 9.5, \"iscrowd\": " #crowd ", \"image_id\": " #image          \
    ", \"bbox\": [0, 0, 1, 1], \"category_id\": " #category ", \"id\": " #id "}"
#define BOX   "[[1, 1, 3, 1, 3, 3, 1, 3]]"
#define SMALL "[[4, 0, 6, 0, 6, 1, 4, 1], [0, 3, 1.0, 3, 1, 4, 0.0, 4]]"

/* Pictures and instances of one split. */
static void
put_split(Desk *d, const char *split, int images, const char *annotations)
{
    g_autofree char *json = g_strdup_printf("annotations/instances_%s.json", split);

    put_json(d, json, images, annotations);
    for (int i = 1; i <= images; i++) {
        g_autofree char *file = g_strdup_printf("%s/%012d.jpg", split, i);

        desk_put_picture(d, file, W, H);
    }
}

static void
test_polygons(Desk *d, gconstpointer unused)
{
    put_split(d, "train2017", 2,
              OBJECT(1, 1, 1, 0, BOX) "," OBJECT(2, 1, 18, 0, "[[0, 0, 6, 0, 6, 4]]") "," OBJECT(3, 1, 1, 0,
                                                                                                 SMALL));
    desk_put(d, "annotations/captions_train2017.json", "{", 1);                    /* of no concern */
    put_json(d, "annotations/instances_val2017.json", 1, OBJECT(1, 1, 1, 0, BOX)); /* without its pictures */
    g_assert_true(desk_convert(d, "coco"));
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    desk_assert_mask(d, "masks/000000000001.png",
                     "....##"
                     ".##..."
                     ".##..."
                     "#.....",
                     W, H);
    g_assert_true(desk_has(d, "images/000000000001.jpg"));
}

/* Outlines with too few points enclose nothing. */
static void
test_degenerate(Desk *d, gconstpointer unused)
{
    put_split(d, "val2017", 1, OBJECT(1, 1, 1, 0, "[[1, 1, 3, 3], [], [5, 3, 6, 3, 6, 4, 5, 4]]"));
    g_assert_true(desk_convert(d, "coco"));
    desk_assert_mask(d, "masks/000000000001.png", ".......................#", W, H);
}

/* The same pixels as an array and as COCO's string: 4 of background, 2 of person, 18 of background. */
static void
test_run_lengths(Desk *d, gconstpointer unused)
{
    static const char want[] = ".#...."
                               ".#...."
                               "......"
                               "......";

    put_split(d, "train2017", 2,
              OBJECT(1, 1, 1, 0, "{\"size\": [4, 6], \"counts\": [4, 2, 18]}") "," OBJECT(
                  2, 2, 1, 0, "{\"counts\": \"42b0\", \"size\": [4, 6]}"));
    g_assert_true(desk_convert(d, "coco"));
    desk_assert_mask(d, "masks/000000000001.png", want, W, H);
    desk_assert_mask(d, "masks/000000000002.png", want, W, H);
}

#define LUMP "{\"size\": [4, 6], \"counts\": [0, 12, 12]}"

/* Of a picture with a person and a crowd, one with a crowd alone, and one with nobody. */
static void
put_crowds(Desk *d)
{
    put_split(d, "train2017", 3,
              OBJECT(1, 1, 1, 0, BOX) "," OBJECT(9, 1, 1, 1, LUMP) "," OBJECT(8, 2, 1, 1, LUMP));
    d->convert.backgrounds = d->backgrounds;
}

static void
test_crowd_excluded(Desk *d, gconstpointer unused)
{
    g_autofree char *nobody = g_build_filename(d->backgrounds, "images", "000000000003.jpg", NULL);

    put_crowds(d);
    g_assert_true(desk_convert(d, "coco"));
    g_assert_cmpint(d->counts.written, ==, 0);
    g_assert_cmpint(d->counts.left_out, ==, 2);
    g_assert_cmpint(d->counts.backgrounds, ==, 1);
    g_assert_true(g_file_test(nobody, G_FILE_TEST_EXISTS));
}

static void
test_crowd_person(Desk *d, gconstpointer unused)
{
    put_crowds(d);
    d->source.crowd = HSEG_CROWD_PERSON;
    g_assert_true(desk_convert(d, "coco"));
    g_assert_cmpint(d->counts.backgrounds, ==, 1);
    desk_assert_mask(d, "masks/000000000001.png", "###...###...###...###...", W, H);
    desk_assert_mask(d, "masks/000000000002.png", "###...###...###...###...", W, H);
}

static void
test_crowd_ignored(Desk *d, gconstpointer unused)
{
    put_crowds(d);
    d->source.crowd = HSEG_CROWD_IGNORE;
    g_assert_true(desk_convert(d, "coco"));
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    g_assert_cmpint(d->counts.backgrounds, ==, 1);
    desk_assert_mask(d, "masks/000000000001.png", ".......##....##.........", W, H);
}

/* One split of two; images/ around the splits; then the instances file itself, with pictures beside it. */
static void
test_places(Desk *d, gconstpointer unused)
{
    g_autofree char *root = g_steal_pointer(&d->in);

    d->in = g_strdup(root);
    put_json(d, "annotations/instances_val2017.json", 1, OBJECT(1, 1, 1, 0, BOX));
    put_json(d, "annotations/instances_train2017.json", 2, OBJECT(1, 2, 1, 0, BOX));
    desk_put_picture(d, "images/val2017/000000000001.jpg", W, H);
    desk_put_picture(d, "images/train2017/000000000002.jpg", W, H);
    d->source.split = "train2017";
    g_assert_true(desk_convert(d, "coco"));
    g_assert_true(desk_has(d, "images/000000000002.jpg"));
    g_assert_false(desk_has(d, "images/000000000001.jpg"));
    put_json(d, "own/people.json", 3, OBJECT(1, 3, 1, 0, BOX));
    desk_put_picture(d, "own/000000000003.jpg", W, H);
    g_free(d->in);
    d->in = g_build_filename(root, "own", "people.json", NULL);
    g_assert_true(desk_convert(d, "coco"));
    g_assert_true(desk_has(d, "images/000000000003.jpg"));
    g_free(d->in);
    d->in = g_strdup(root);
}

/* Outlines that are none: file and annotation are named, nothing is written. */
static void
test_broken_outlines(Desk *d, gconstpointer unused)
{
    static const struct {
        const char *outline, *says;
    } cases[] = {
        {"[[1, 2, 3]]", "odd"},
        {"[[1, 2, 3, 4, 5, \"x\"]]", "no number"},
        {"[[1, 2, 3, 1e300, 5, 6]]", "out of range"},
        {"[[1, 2, 3, 1e999, 5, 6]]", ""},
        {"[7]", "no array"},
        {"null", "no segmentation"},
        {"{\"size\": [4, 6]}", "counts"},
        {"{\"size\": [4], \"counts\": [24]}", "no number"},
        {"{\"size\": [6, 4], \"counts\": [24]}", "4 x 6 pixels in a picture of 6 x 4"},
        {"{\"size\": [4, 6], \"counts\": [4, 30]}", "run 1, 30"},
        {"{\"size\": [4, 6], \"counts\": [4, -2, 22]}", "run 1, -2"},
        {"{\"size\": [4, 6], \"counts\": [4, 2]}", "end after 6"},
        {"{\"size\": [4, 6], \"counts\": [4294967296, 2]}", "out of range"},
        {"{\"size\": [4, 6], \"counts\": \"4oooooooooo0\"}", "too long"},
        {"{\"size\": [4, 6], \"counts\": \"PP\"}", "end early"},
        {"{\"size\": [4, 6], \"counts\": \"42b0b0\"}", "run lengths"},
        {"{\"size\": [1000000000, 1000000000], \"counts\": [24]}", "in a picture of"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *object = g_strdup_printf(
            "{\"id\": 77, \"image_id\": 1, \"category_id\": 1, \"segmentation\": %s}", cases[i].outline);

        put_split(d, "train2017", 1, object);
        desk_expect(d, "coco", HSEG_ERROR_FORMAT, "instances_train2017.json", "annotation 77", cases[i].says,
                    NULL);
        g_assert_false(desk_has(d, "masks/000000000001.png"));
    }
}

static void
expect_broken_file(Desk *d, const char *text, const char *says)
{
    desk_put(d, "train2017/.keep", "", 0);
    desk_put(d, "annotations/instances_train2017.json", text, -1);
    desk_expect(d, "coco", HSEG_ERROR_FORMAT, "instances_train2017.json", says, NULL);
}

#define PERSON "\"categories\": [{\"id\": 1, \"name\": \"person\"}]"

static void
test_broken_files(Desk *d, gconstpointer unused)
{
    g_autofree char *deep = g_strnfill(100000, '['), *nested = g_strdup_printf("{\"images\": %s", deep);

    expect_broken_file(d, "", "ends early");
    expect_broken_file(d, "[]", "no object");
    expect_broken_file(d, "{}", "no categories");
    expect_broken_file(d, "{\"categories\": []}", "'person'");
    expect_broken_file(d, "{\"categories\": {}}", "no array");
    expect_broken_file(d, "{\"categories\": [{\"id\": \"x\", \"name\": \"person\"}]}", "'id'");
    expect_broken_file(d, "{\"categories\": [7]}", "no object");
    expect_broken_file(d, "{\"categories\" 7}", "no value");
    expect_broken_file(d, "{" PERSON "}", "no images");
    expect_broken_file(d, "{" PERSON ", \"images\": [,]}", "");
    expect_broken_file(d, "{" PERSON ", \"images\": [], \"annotations\": [{}]}",
                       "annotation -1: no whole number 'category_id'");
    expect_broken_file(d, "{" PERSON ", \"images\": [{\"id\": 1}]}",
                       "image 0 of the list: no string 'file_name'");
    expect_broken_file(d, nested, "deep");
}

/* Records that lead nowhere, or out of the folder, or are too large. */
static void
test_hostile_records(Desk *d, gconstpointer unused)
{
#define IMAGE(id, file, size)                                                                                \
    "{\"id\": " #id ", \"file_name\": \"" file "\", \"width\": " size ", \"height\": " size "}"
#define FILE_OF(images, annotations)                                                                         \
    "{" PERSON ", \"images\": [" images "], \"annotations\": [" annotations "]}"
    expect_broken_file(d, FILE_OF(IMAGE(1, "../../a.jpg", "4"), ""),
                       "image 1: '../../a.jpg' is no file's name");
    expect_broken_file(d, FILE_OF(IMAGE(1, "/etc/a.jpg", "4"), ""), "'/etc/a.jpg'");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "4") "," IMAGE(1, "b.jpg", "4"), ""),
                       "another image has its id");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "4") "," IMAGE(2, "a.png", "4"), ""), "both become a");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "4"), OBJECT(5, 2, 1, 0, BOX)),
                       "annotation 5: there is no image 2");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "4"), OBJECT(5, 1, 1, "x", BOX)), "annotation 5");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "2147483647"), OBJECT(5, 1, 1, 0, BOX)),
                       "image 1: no picture is");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "0"), OBJECT(5, 1, 1, 0, BOX)), "image 1: no picture is");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "-4"), OBJECT(5, 1, 1, 0, BOX)),
                       "image 1: no picture is");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "4.5"), ""), "'width'");
    expect_broken_file(d, FILE_OF(IMAGE(1, "a.jpg", "99999999999999999999"), ""), "");
}

/* Cut off after any byte, a file is an error and no crash. */
static void
test_truncated(Desk *d, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(d->in, "annotations", "instances_train2017.json", NULL),
                    *text = NULL;
    gsize n;

    put_split(d, "train2017", 2, OBJECT(1, 1, 1, 0, BOX) "," OBJECT(2, 2, 1, 0, LUMP));
    g_assert_true(g_file_get_contents(path, &text, &n, NULL));
    while (n > 1) {
        text[--n] = '\0';
        g_assert_true(g_file_set_contents(path, text, (gssize)n, NULL));
        g_assert_false(desk_convert(d, "coco"));
        g_assert_error(d->error, HSEG_ERROR, HSEG_ERROR_FORMAT);
        if (!strstr(d->error->message, "instances_train2017.json"))
            g_error("%s", d->error->message);
    }
}

static void
test_missing_picture(Desk *d, gconstpointer unused)
{
    put_json(d, "annotations/instances_train2017.json", 1, OBJECT(1, 1, 1, 0, BOX));
    desk_put(d, "train2017/.keep", "", 0);
    desk_expect(d, "coco", HSEG_ERROR_FILE, "train2017/000000000001.jpg", NULL);
    desk_put_picture(d, "train2017/000000000001.jpg", W + 1, H);
    desk_expect(d, "coco", HSEG_ERROR_SHAPE, "000000000001.jpg is 7 x 4", "6 x 4", NULL);
    d->source.split = "val2017";
    desk_expect(d, "coco", HSEG_ERROR_FILE, "nothing to convert", NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/coco/polygons", test_polygons);
    DESK_TEST("/dataset/coco/degenerate", test_degenerate);
    DESK_TEST("/dataset/coco/run-lengths", test_run_lengths);
    DESK_TEST("/dataset/coco/crowd/excluded", test_crowd_excluded);
    DESK_TEST("/dataset/coco/crowd/person", test_crowd_person);
    DESK_TEST("/dataset/coco/crowd/ignored", test_crowd_ignored);
    DESK_TEST("/dataset/coco/places", test_places);
    DESK_TEST("/dataset/coco/broken-outlines", test_broken_outlines);
    DESK_TEST("/dataset/coco/broken-files", test_broken_files);
    DESK_TEST("/dataset/coco/hostile-records", test_hostile_records);
    DESK_TEST("/dataset/coco/truncated", test_truncated);
    DESK_TEST("/dataset/coco/missing-picture", test_missing_picture);
    return g_test_run();
}
