/* Mapillary Vistas, both versions of its layout. */
#include "fixture.h"

#define W 6
#define H 2

/* Labels 0 to 4, of which 1, 3 and 4 are people. */
#define CONFIG                                                                                               \
    "{\"labels\": [{\"name\": \"animal--bird\", \"color\": [1, 2, 3]}, {\"name\": \"human--person\"}, "      \
    "{\"name\": \"human--personnel\"}, {\"name\": \"human--rider--bicyclist\"}, "                            \
    "{\"name\": \"human--person--individual\"}], \"version\": 1.1}"

static const guint16 labels[W * H] = {0, 1, 2, 3, 4, 0, 1, 1, 0, 0, 0, 0};
static const char people[] = ".#.##."
                             "##....";

static void
put(Desk *d, const char *split, const char *folder, const char *name, const guint16 *values, int colour,
    int depth)
{
    g_autofree char *jpg = g_strdup_printf("%s/images/%s.jpg", split, name);
    g_autofree char *png = g_strdup_printf("%s/%s/%s.png", split, folder, name);

    desk_put_picture(d, jpg, W, H);
    desk_put_labels(d, png, values, W, H, colour, depth);
}

static void
test_version_1(Desk *d, gconstpointer unused)
{
    guint16 nobody[W * H] = {0};

    desk_put(d, "config.json", CONFIG, -1);
    put(d, "training", "labels", "a", labels, 3, 8);
    put(d, "training", "labels", "b", nobody, 3, 8);
    put(d, "validation", "labels", "c", labels, 3, 8);
    desk_put_picture(d, "testing/images/t.jpg", W, H);
    d->convert.backgrounds = d->backgrounds;
    g_assert_true(desk_convert(d, "mapillary"));
    g_assert_cmpint(d->counts.written, ==, 2);
    g_assert_cmpint(d->counts.backgrounds, ==, 1);
    desk_assert_mask(d, "masks/a.png", people, W, H);
    desk_assert_mask(d, "masks/c.png", people, W, H);
}

/* The newer labels are read, although the older are there too. */
static void
test_version_2(Desk *d, gconstpointer unused)
{
    guint16 older[W * H] = {0};

    desk_put(d, "config_v2.0.json", CONFIG, -1);
    desk_put(d, "config_v1.2.json", "{\"labels\": [{\"name\": \"human--person\"}]}", -1);
    put(d, "training", "v1.2/labels", "a", older, 3, 8);
    put(d, "training", "v2.0/labels", "a", labels, 3, 8);
    put(d, "validation", "v2.0/labels", "c", labels, 3, 8);
    d->source.split = "training";
    g_assert_true(desk_convert(d, "mapillary"));
    g_assert_cmpint(d->counts.written, ==, 1);
    desk_assert_mask(d, "masks/a.png", people, W, H);
}

/* 16 bits: label and number of the instance. */
static void
test_instances(Desk *d, gconstpointer unused)
{
    guint16 instances[W * H];

    for (int i = 0; i < W * H; i++)
        instances[i] = (guint16)(labels[i] << 8 | (i * 37 % 256));
    desk_put(d, "config.json", CONFIG, -1);
    put(d, "training", "instances", "a", instances, 0, 16);
    g_assert_true(desk_convert(d, "mapillary"));
    desk_assert_mask(d, "masks/a.png", people, W, H);
}

static void
test_faults(Desk *d, gconstpointer unused)
{
    guint16 wild[W * H] = {0, 0, 0, 0, 0, 0, 0, 0, 5};

    put(d, "training", "labels", "a", labels, 3, 8);
    desk_expect(d, "mapillary", HSEG_ERROR_FILE, "nothing to convert", "config.json", NULL);
    desk_put(d, "config.json", "{\"labels\": [", -1);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "config.json", NULL);
    desk_put(d, "config.json", "{\"version\": 2}", -1);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "config.json", "'labels'", NULL);
    desk_put(d, "config.json", "{\"labels\": [{\"name\": \"car\"}, {\"name\": 7}]}", -1);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "config.json", "label 1", "'name'", NULL);
    desk_put(d, "config.json", "{\"labels\": [{\"name\": \"car\"}]}", -1);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "config.json", "human--person", NULL);
    desk_put(d, "config.json", CONFIG, -1);
    put(d, "training", "labels", "b", wild, 3, 8);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "labels/b.png", "label 5", "2, 1", "only 5 labels", NULL);
    desk_put_picture(d, "training/labels/b.png", W, H);
    desk_expect(d, "mapillary", HSEG_ERROR_FORMAT, "labels/b.png", "colours", NULL);
    desk_put_picture(d, "training/images/c.jpg", W, H);
    d->convert.keep_going = TRUE;
    g_assert_true(desk_convert(d, "mapillary"));
    g_assert_cmpint(d->counts.faulty, ==, 2);
    g_assert_cmpint(d->counts.there, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/mapillary/version-1", test_version_1);
    DESK_TEST("/dataset/mapillary/version-2", test_version_2);
    DESK_TEST("/dataset/mapillary/instances", test_instances);
    DESK_TEST("/dataset/mapillary/faults", test_faults);
    return g_test_run();
}
