/* Pictures go to files and come back unchanged; what is no picture is named. */
#include "files/picture.h"

#include "../folder.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>
#include <sys/stat.h>

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

/* The loader would make up what is missing of a JPEG. */
static void
test_truncated_jpeg(void)
{
    g_autofree char *file = g_build_filename(dir, "half.jpg", NULL), *bytes = NULL;
    g_autoptr(HsegPicture) out = pattern(64, 64, 3);
    gsize n;

    g_assert_true(hseg_picture_save_jpeg(out, file, 90, NULL));
    g_assert_true(g_file_get_contents(file, &bytes, &n, NULL));
    for (gsize cut = 1; cut < n; cut = cut * 3 + 1) {
        g_autoptr(GError) error = NULL;

        g_assert_true(g_file_set_contents(file, bytes, (gssize)(n - cut), NULL));
        g_assert_null(hseg_picture_load(file, &error));
        g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
        g_assert_nonnull(strstr(error->message, file));
    }
}

/* Nobody ever writes into this pipe: it must not be waited for. */
static void
test_pipe(void)
{
    g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    g_assert_null(hseg_picture_load(fifo, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, fifo));
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

/* A JPEG whose frame header says that it has @size (height, width) pixels. (transfer full): its name. */
static char *
make_bomb(const guint8 size[4])
{
    char *file = g_build_filename(dir, "bomb.jpg", NULL);
    g_autoptr(HsegPicture) out = pattern(16, 16, 3);
    g_autofree char *bytes = NULL;
    gsize length, at = 0;

    g_assert_true(hseg_picture_save_jpeg(out, file, 90, NULL));
    g_assert_true(g_file_get_contents(file, &bytes, &length, NULL));
    while (memcmp(bytes + at, "\xff\xc0", 2) != 0)
        at++;
    memcpy(bytes + at + 5, size, 4);
    g_assert_true(g_file_set_contents(file, bytes, (gssize)length, NULL));
    return file;
}

/* A header that promises more than any camera has is refused before memory is taken for it. */
static void
test_bomb(void)
{
    g_autofree char *jpeg = make_bomb((const guint8[]){0xff, 0xdc, 0xff, 0xdc});
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_picture_load(jpeg, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, jpeg));
    g_assert_nonnull(strstr(error->message, "65500 x 65500"));
}

/* Pixels of three or four channels, as a file. (transfer full): its name. */
static char *
put_pixels(const char *name, int channels, const void *pixels, int n)
{
    char *file = g_build_filename(dir, name, NULL);
    g_autoptr(HsegPicture) p = hseg_picture_new(n, 1, channels, NULL);

    memcpy(p->data, pixels, (size_t)n * channels);
    g_assert_true(hseg_picture_save_png(p, file, NULL));
    return file;
}

static void
expect_no_mask(const char *file, const char *says)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_picture_load_mask(file, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, file));
    g_assert_nonnull(strstr(error->message, says));
}

/* Grey in one, three or four channels is a mask, soft or not; labels in colours, 0 and 1, and what is
 * transparent are none. */
static void
test_masks(void)
{
    g_autofree char *soft = put_pixels("soft.png", 1, "\0\1\200\377", 4);
    g_autofree char *rgb = put_pixels("rgb.png", 3, "\0\0\0\377\377\377", 2);
    g_autofree char *rgba = put_pixels("rgba.png", 4, "\0\0\0\377\7\7\7\377", 2);
    g_autofree char *nobody = put_pixels("nobody.png", 1, "\0\0", 2);
    g_autofree char *labels = put_pixels("labels.png", 3, "\0\0\0\300\200\200", 2);
    g_autofree char *ones = put_pixels("ones.png", 1, "\0\1\1", 3);
    g_autofree char *alpha = put_pixels("alpha.png", 4, "\0\0\0\0\0\0\0\377", 2);
    const char *const masks[] = {soft, rgb, rgba, nobody};
    static const int last[] = {255, 255, 7, 0};

    for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HsegPicture) mask = hseg_picture_load_mask(masks[i], &error);

        g_assert_no_error(error);
        g_assert_cmpint(mask->channels, ==, 1);
        g_assert_cmpint(mask->data[mask->width - 1], ==, last[i]);
    }
    expect_no_mask(labels, "colours");
    expect_no_mask(ones, "0 and 1");
    expect_no_mask(alpha, "transparent");
}

static void
test_impossible_size(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_picture_new(0, 5, 3, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY);
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
    g_test_add_func("/files/picture/truncated-jpeg", test_truncated_jpeg);
    g_test_add_func("/files/picture/pipe", test_pipe);
    g_test_add_func("/files/picture/unwritable", test_unwritable);
    g_test_add_func("/files/picture/bomb", test_bomb);
    g_test_add_func("/files/picture/masks", test_masks);
    g_test_add_func("/files/picture/impossible-size", test_impossible_size);
    status = g_test_run();
    remove_folder(dir);
    g_free(dir);
    return status;
}
