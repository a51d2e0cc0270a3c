/* Pictures go to files and come back unchanged; what is no picture is named. */
#include "files/picture.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

static char *dir;

static HsegPicture *
pattern(int width, int height, int channels)
{
    HsegPicture *p = hseg_picture_new(width, height, channels, NULL);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * channels; x++)
            p->data[y * p->stride + x] = x * 7 + y * 31 + x * y;
    return p;
}

static void
assert_same(const HsegPicture *a, const HsegPicture *b)
{
    g_assert_cmpint(a->width, ==, b->width);
    g_assert_cmpint(a->height, ==, b->height);
    g_assert_cmpint(a->channels, ==, b->channels);
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem(a->data + y * a->stride, a->width * a->channels, b->data + y * b->stride,
                        b->width * b->channels);
}

static void
test_round_trip(gconstpointer data)
{
    int channels = GPOINTER_TO_INT(data);
    g_autofree char *file = g_strdup_printf("%s/trip-%d.png", dir, channels);
    g_autoptr(HsegPicture) out = pattern(61, 37, channels), in = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(hseg_picture_save_png(out, file, &error));
    in = channels == 1 ? hseg_picture_load_grey(file, &error) : hseg_picture_load(file, &error);
    g_assert_no_error(error);
    assert_same(in, out);
}

/* JPEG is lossy, but not by much where the picture is smooth. */
static void
test_jpeg(void)
{
    g_autofree char *file = g_build_filename(dir, "smooth.jpg", NULL);
    g_autofree char *nowhere = g_build_filename(dir, "no-folder", "x.jpg", NULL);
    g_autoptr(HsegPicture) out = hseg_picture_new(33, 17, 3, NULL), in = NULL;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 33 * 17; i++) {
        out->data[3 * i] = (uint8_t)(i % 33 * 7);
        out->data[3 * i + 1] = (uint8_t)(i / 33 * 12);
        out->data[3 * i + 2] = 60;
    }
    g_assert_true(hseg_picture_save_jpeg(out, file, 95, &error));
    in = hseg_picture_load(file, &error);
    g_assert_no_error(error);
    g_assert_cmpint(in->width, ==, 33);
    g_assert_cmpint(in->channels, ==, 3);
    for (int i = 0; i < 3 * 33 * 17; i++)
        g_assert_cmpint(ABS(in->data[i] - out->data[i]), <, 20);
    g_assert_false(hseg_picture_save_jpeg(out, nowhere, 95, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, nowhere));
}

static void
test_grey_of_colour(void)
{
    g_autofree char *file = g_build_filename(dir, "colour.png", NULL);
    g_autoptr(HsegPicture) out = hseg_picture_new(3, 1, 3, NULL), in = NULL;

    memcpy(out->data, "\xff\0\0\0\xff\0\0\0\xff", 9);
    g_assert_true(hseg_picture_save_png(out, file, NULL));
    in = hseg_picture_load_grey(file, NULL);
    g_assert_cmpint(in->data[0], ==, 77); /* 0.299, 0.587, 0.114 of 255 */
    g_assert_cmpint(in->data[1], ==, 149);
    g_assert_cmpint(in->data[2], ==, 29);
}

/* A JPEG of 16 x 8 pixels, left half black and right half white, whose EXIF orientation says: turn right (6).
 */
static const char turned_jpeg[] =
#include "turned-jpeg.inc"
    ;

static void
test_exif_orientation(void)
{
    g_autofree char *file = g_build_filename(dir, "turned.jpg", NULL);
    g_autoptr(HsegPicture) p = NULL;
    g_autoptr(GError) error = NULL;
    gsize n;
    g_autofree guchar *bytes = g_base64_decode(turned_jpeg, &n);

    g_assert_true(g_file_set_contents(file, (char *)bytes, n, NULL));
    p = hseg_picture_load(file, &error);
    g_assert_no_error(error);
    g_assert_cmpint(p->width, ==, 8);
    g_assert_cmpint(p->height, ==, 16);
    g_assert_cmpint(p->data[p->stride * 1 + 3 * 4], <, 16);
    g_assert_cmpint(p->data[p->stride * 14 + 3 * 4], >, 240);
}

static void
test_missing(void)
{
    g_autofree char *file = g_build_filename(dir, "absent.png", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_picture_load(file, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, file));
}

static void
test_no_picture(void)
{
    g_autofree char *file = g_build_filename(dir, "text.png", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(g_file_set_contents(file, "no picture", -1, NULL));
    g_assert_null(hseg_picture_load_grey(file, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, file));
}

static void
test_truncated(void)
{
    g_autofree char *file = g_build_filename(dir, "half.png", NULL);
    g_autoptr(HsegPicture) out = pattern(64, 64, 3);
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize n;

    g_assert_true(hseg_picture_save_png(out, file, NULL));
    g_assert_true(g_file_get_contents(file, &bytes, &n, NULL));
    g_assert_true(g_file_set_contents(file, bytes, n / 2, NULL));
    g_assert_null(hseg_picture_load(file, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, file));
}

static void
test_unwritable(void)
{
    g_autofree char *file = g_build_filename(dir, "no-folder", "x.png", NULL);
    g_autoptr(HsegPicture) out = pattern(4, 4, 1);
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_picture_save_png(out, file, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, file));
}

static void
test_impossible_size(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_picture_new(0, 5, 3, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY);
}

static void
remove_folder(const char *path)
{
    GDir *open = g_dir_open(path, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(open))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        g_unlink(file);
    }
    g_dir_close(open);
    g_rmdir(path);
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_test_add_data_func("/files/picture/round-trip/grey", GINT_TO_POINTER(1), test_round_trip);
    g_test_add_data_func("/files/picture/round-trip/rgb", GINT_TO_POINTER(3), test_round_trip);
    g_test_add_data_func("/files/picture/round-trip/rgba", GINT_TO_POINTER(4), test_round_trip);
    g_test_add_func("/files/picture/jpeg", test_jpeg);
    g_test_add_func("/files/picture/grey-of-colour", test_grey_of_colour);
    g_test_add_func("/files/picture/exif-orientation", test_exif_orientation);
    g_test_add_func("/files/picture/missing", test_missing);
    g_test_add_func("/files/picture/no-picture", test_no_picture);
    g_test_add_func("/files/picture/truncated", test_truncated);
    g_test_add_func("/files/picture/unwritable", test_unwritable);
    g_test_add_func("/files/picture/impossible-size", test_impossible_size);
    status = g_test_run();
    remove_folder(dir);
    g_free(dir);
    return status;
}
