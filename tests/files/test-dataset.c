/* Folders of pairs are listed in order, and what is wrong with one is named. */
#include "files/dataset.h"

#include "../folder.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

typedef struct {
    char *dir;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    remove_folder(f->dir);
    g_free(f->dir);
}

/* A picture of one channel at DIR/@path; folders are made on the way. */
static void
put(const Fixture *f, const char *path, int width, int height)
{
    g_autofree char *file = g_build_filename(f->dir, path, NULL), *parent = g_path_get_dirname(file);
    g_autoptr(HsegPicture) p = hseg_picture_new(width, height, 1, NULL);

    g_mkdir_with_parents(parent, 0755);
    memset(p->data, 200, p->stride * height);
    g_assert_true(hseg_picture_save_png(p, file, NULL));
}

static void
test_one_set(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegDataset) d = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *set = g_path_get_basename(f->dir);
    HsegPicture *image, *mask;
    const HsegPair *pair;

    put(f, "images/b.png", 6, 4);
    put(f, "images/a.JPG", 6, 4); /* the suffix says only that it is meant to be a picture */
    put(f, "images/.hidden.png", 6, 4);
    put(f, "images/notes.txt", 6, 4);
    put(f, "masks/a.png", 6, 4);
    put(f, "masks/b.png", 6, 4);
    d = hseg_dataset_open(f->dir, &error);
    g_assert_no_error(error);
    g_assert_cmpint(d->pairs->len, ==, 2);
    g_assert_cmpint(d->sets->len, ==, 1);
    pair = d->pairs->pdata[0];
    g_assert_cmpstr(pair->name, ==, "a");
    g_assert_cmpstr(pair->set, ==, set);
    g_assert_cmpstr(((HsegPair *)d->pairs->pdata[1])->name, ==, "b");
    g_assert_true(hseg_pair_load(pair, &image, &mask, &error));
    g_assert_cmpint(image->channels, ==, 3);
    g_assert_cmpint(mask->channels, ==, 1);
    g_assert_cmpint(mask->data[0], ==, 200);
    hseg_picture_free(image);
    hseg_picture_free(mask);
}

static void
test_folder_of_sets(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegDataset) d = NULL;
    g_autoptr(GError) error = NULL;

    put(f, "zoo/images/1.png", 2, 2);
    put(f, "zoo/masks/1.png", 2, 2);
    put(f, "ark/images/2.png", 2, 2);
    put(f, "ark/masks/2.png", 2, 2);
    put(f, "backgrounds/images/3.png", 2, 2);
    d = hseg_dataset_open(f->dir, &error);
    g_assert_no_error(error);
    g_assert_cmpint(d->pairs->len, ==, 2);
    g_assert_cmpint(d->sets->len, ==, 2);
    g_assert_cmpstr(d->sets->pdata[0], ==, "ark");
    g_assert_cmpstr(((HsegPair *)d->pairs->pdata[1])->set, ==, "zoo");
}

static void
expect_failure(const char *dir, HsegError code, const char *named)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_dataset_open(dir, &error));
    g_assert_error(error, HSEG_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, named));
}

static void
test_missing_mask(Fixture *f, gconstpointer data)
{
    put(f, "images/a.png", 2, 2);
    put(f, "images/lonely.png", 2, 2);
    put(f, "masks/a.png", 2, 2);
    expect_failure(f->dir, HSEG_ERROR_FILE, "masks/lonely.png");
}

static void
test_empty(Fixture *f, gconstpointer data)
{
    g_autofree char *images = g_build_filename(f->dir, "images", NULL);
    g_autofree char *absent = g_build_filename(f->dir, "absent", NULL);

    expect_failure(absent, HSEG_ERROR_FILE, absent);
    expect_failure(f->dir, HSEG_ERROR_FILE, f->dir);
    g_mkdir(images, 0755);
    expect_failure(f->dir, HSEG_ERROR_FILE, images);
}

static void
test_other_size(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegDataset) d = NULL;
    g_autoptr(GError) error = NULL;
    HsegPicture *image, *mask;

    put(f, "images/a.png", 6, 4);
    put(f, "masks/a.png", 4, 6);
    d = hseg_dataset_open(f->dir, NULL);
    g_assert_false(hseg_pair_load(d->pairs->pdata[0], &image, &mask, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "masks/a.png is 4 x 6"));
    g_assert_null(image);
    g_assert_null(mask);
}

/* A pair whose mask holds other labels than 0 and 255 would be scored, and trained on, as something else. */
static void
test_no_mask(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegDataset) d = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegPicture) ones = hseg_picture_new(6, 4, 1, NULL);
    g_autofree char *file = g_build_filename(f->dir, "masks", "a.png", NULL);
    HsegPicture *image, *mask;

    put(f, "images/a.png", 6, 4);
    put(f, "masks/a.png", 6, 4);
    ones->data[7] = 1;
    g_assert_true(hseg_picture_save_png(ones, file, NULL));
    d = hseg_dataset_open(f->dir, NULL);
    g_assert_false(hseg_pair_load(d->pairs->pdata[0], &image, &mask, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, "masks/a.png"));
    g_assert_null(image);
    g_assert_null(mask);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/files/dataset/" name, Fixture, NULL, set_up, test, tear_down)
    ADD("one-set", test_one_set);
    ADD("folder-of-sets", test_folder_of_sets);
    ADD("missing-mask", test_missing_mask);
    ADD("empty", test_empty);
    ADD("other-size", test_other_size);
    ADD("no-mask", test_no_mask);
    return g_test_run();
}
