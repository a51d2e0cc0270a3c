/* VOC2012: lists, palette labels, the void around everything. */
#include "fixture.h"

#define W 12
#define H 4

/* '.' background, 'p' person, 'd' dog, 'v' void. */
static void
put(Desk *d, const char *dir, const char *name, const char *rows)
{
    g_autofree char *jpg = g_strdup_printf("%sJPEGImages/%s.jpg", dir, name);
    g_autofree char *png = g_strdup_printf("%sSegmentationClass/%s.png", dir, name);
    guint16 labels[W * H];

    for (int i = 0; i < W * H; i++)
        labels[i] = rows[i] == 'p' ? 15 : rows[i] == 'd' ? 12 : rows[i] == 'v' ? 255 : 0;
    desk_put_picture(d, jpg, W, H);
    desk_put_labels(d, png, labels, W, H, 3, 8);
}

/* The void goes half to the person and half to what is beside. */
static void
test_pairs(Desk *d, gconstpointer unused)
{
    put(d, "", "2007_000032",
        "ppppvvvv...."
        "ppppvvvvdddd"
        "ppppvvvv...."
        "ppppvvvv....");
    put(d, "", "2007_000033", "dddddddddddddddddddddddddddddddddddddddddddddddd");
    put(d, "", "2007_000099", "pppppppppppppppppppppppppppppppppppppppppppppppp");
    desk_put(d, "ImageSets/Segmentation/trainval.txt", "2007_000032\r\n2007_000033\n\n", -1);
    g_assert_true(desk_convert(d, "voc"));
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    g_assert_true(desk_has(d, "images/2007_000032.jpg"));
    g_assert_false(desk_has(d, "images/2007_000033.jpg"));
    g_assert_false(desk_has(d, "images/2007_000099.jpg"));
    desk_assert_mask(d, "masks/2007_000032.png",
                     "######......"
                     "######......"
                     "######......"
                     "######......",
                     W, H);
}

/* Years side by side, one split; pictures with nobody, unless a part of them is too hard to label. */
static void
test_devkit(Desk *d, gconstpointer unused)
{
    put(d, "VOC2007/", "000001", "pppppppppppppppppppppppppppppppppppppppppppppppp");
    put(d, "VOC2012/", "2008_1", "................................................");
    put(d, "VOC2012/", "2008_2", ".vvvvvvvvvvv.vvvvvvvvvvv.vvvvvvvvvvv.vvvvvvvvvvv");
    desk_put(d, "VOC2007/ImageSets/Segmentation/val.txt", "000001\n", -1);
    desk_put(d, "VOC2012/ImageSets/Segmentation/val.txt", "2008_1\n2008_2\n", -1);
    d->source.split = "val";
    d->convert.backgrounds = d->backgrounds;
    g_assert_true(desk_convert(d, "voc"));
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_cmpint(d->counts.backgrounds, ==, 1);
    g_assert_cmpint(d->counts.left_out, ==, 1);
}

static void
test_faults(Desk *d, gconstpointer unused)
{
    guint16 labels[W * H] = {0};

    put(d, "", "a", "pppppppppppppppppppppppppppppppppppppppppppppppp");
    desk_expect(d, "voc", HSEG_ERROR_FILE, "trainval.txt", NULL);
    desk_put(d, "ImageSets/Segmentation/trainval.txt", "a\nb\n", -1);
    desk_expect(d, "voc", HSEG_ERROR_FILE, "SegmentationClass/b.png", NULL);
    desk_put_labels(d, "SegmentationClass/b.png", labels, W, H, 3, 8);
    d->convert.backgrounds = d->backgrounds;
    desk_expect(d, "voc", HSEG_ERROR_FILE, "JPEGImages/b.jpg", NULL);
    labels[W + 2] = 21;
    desk_put_labels(d, "SegmentationClass/b.png", labels, W, H, 3, 8);
    desk_expect(d, "voc", HSEG_ERROR_FORMAT, "b.png", "label 21", "2, 1", NULL);
    desk_put(d, "ImageSets/Segmentation/trainval.txt", "a\n../b\n", -1);
    desk_expect(d, "voc", HSEG_ERROR_FORMAT, "trainval.txt, line 2", "../b", NULL);
    desk_put(d, "ImageSets/Segmentation/trainval.txt", "a\na\n", -1);
    desk_expect(d, "voc", HSEG_ERROR_FORMAT, "line 2", "both become a", NULL);
}

/* A picture of another size than its mask; with keep_going the others are converted. */
static void
test_keep_going(Desk *d, gconstpointer unused)
{
    put(d, "", "a", "pppppppppppppppppppppppppppppppppppppppppppppppp");
    put(d, "", "b", "pppppppppppppppppppppppppppppppppppppppppppppppp");
    desk_put_picture(d, "JPEGImages/a.jpg", H, W);
    desk_put(d, "ImageSets/Segmentation/trainval.txt", "a\nb\n", -1);
    desk_expect(d, "voc", HSEG_ERROR_SHAPE, "a.jpg is 4 x 12", "12 x 4", "a.png", NULL);
    g_assert_false(desk_has(d, "masks/a.png"));
    d->convert.keep_going = TRUE;
    g_assert_true(desk_convert(d, "voc"));
    g_assert_cmpint(d->counts.faulty, ==, 1);
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_true(desk_has(d, "images/b.jpg"));
    g_assert_false(desk_has(d, "images/a.jpg"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/voc/pairs", test_pairs);
    DESK_TEST("/dataset/voc/devkit", test_devkit);
    DESK_TEST("/dataset/voc/faults", test_faults);
    DESK_TEST("/dataset/voc/keep-going", test_keep_going);
    return g_test_run();
}
