/* What is found in folders, what is held out, and what is said of bad ones. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

static gboolean
has(const GPtrArray *items, const char *name)
{
    for (guint i = 0; i < items->len; i++)
        if (strcmp(((HsegTrainItem *)items->pdata[i])->name, name) == 0)
            return TRUE;
    return FALSE;
}

static void
test_kinds(void)
{
    char *dir = fixture_folder(5);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 2, &error);
    const HsegTrainItem *pair, *background;

    g_assert_no_error(error);
    g_assert_cmpint(set->real->len, ==, 5);
    g_assert_cmpint(set->validation->len, ==, 0);
    g_assert_cmpint(set->cutouts->len, ==, 2);
    g_assert_cmpint(set->backgrounds->len, ==, 3);
    pair = set->real->pdata[2];
    g_assert_cmpstr(pair->set, ==, "set");
    g_assert_cmpstr(pair->name, ==, "002");
    g_assert_cmpint(pair->n_boxes, ==, 1);
    for (int i = 0; i < pair->rgbm->width * pair->rgbm->height; i++)
        g_assert_cmpint(pair->rgbm->data[4 * i], ==, pair->rgbm->data[4 * i + 3]);
    background = set->backgrounds->pdata[0];
    for (int i = 0; i < background->rgbm->width * background->rgbm->height; i++)
        g_assert_cmpint(background->rgbm->data[4 * i + 3], ==, 0);
    fixture_folder_free(dir);
}

static void
test_explicit_folders(void)
{
    char *dir = fixture_folder(3);
    g_autofree char *pairs = g_build_filename(dir, "set", NULL),
                    *cutouts = g_build_filename(dir, "cutouts", NULL);
    g_autofree char *backgrounds = g_build_filename(dir, "backgrounds", "images", NULL);
    const char *data[] = {pairs, NULL};
    HsegTrainSetOptions o = {.data = data,
                             .validation = data,
                             .synth_foregrounds = cutouts,
                             .synth_backgrounds = backgrounds,
                             .threads = 1,
                             .max_side = 24};
    g_autoptr(HsegTrainSet) set = hseg_train_set_load(&o, NULL);
    const HsegTrainItem *item = set->real->pdata[0]; /* 40 x 50 pixels */

    g_assert_cmpint(set->real->len, ==, 3);
    g_assert_cmpint(set->validation->len, ==, 3);
    g_assert_cmpint(set->cutouts->len, ==, 2);
    g_assert_cmpint(set->backgrounds->len, ==, 3);
    g_assert_cmpint(item->rgbm->height, ==, 24);
    g_assert_cmpint(item->rgbm->width, ==, 19);
    g_assert_cmpint(abs(item->rgbm->data[12 * item->rgbm->stride + 4 * 5] -
                        item->rgbm->data[12 * item->rgbm->stride + 4 * 5 + 3]),
                    <=, 1);
    fixture_folder_free(dir);
}

/* The held-out pairs are the same whatever else lies in the folder. */
static void
test_hold_out(void)
{
    char *few = fixture_folder(60), *many = fixture_folder(200);
    g_autoptr(HsegTrainSet) a = fixture_load(few, 0.2, 2, NULL), b = fixture_load(many, 0.2, 2, NULL);

    g_assert_cmpint(a->real->len + a->validation->len, ==, 60);
    g_assert_cmpint(b->real->len + b->validation->len, ==, 200);
    g_assert_cmpint(abs((int)b->validation->len - 40), <, 23); /* four standard deviations */
    for (guint i = 0; i < a->real->len; i++) {
        const char *name = ((HsegTrainItem *)a->real->pdata[i])->name;

        g_assert_false(has(a->validation, name));
        g_assert_true(has(b->real, name));
    }
    for (guint i = 0; i < a->validation->len; i++)
        g_assert_true(has(b->validation, ((HsegTrainItem *)a->validation->pdata[i])->name));
    fixture_folder_free(few);
    fixture_folder_free(many);
}

/* A list takes pictures of any kind out of the set; names that are not there do no harm. */
static void
test_leave_out(void)
{
    char *dir = fixture_folder(5);
    g_autofree char *list = g_build_filename(dir, "list", NULL);
    const char *folders[] = {dir, NULL};
    HsegTrainSetOptions o = {.data = folders, .left_out = list, .threads = 2};
    g_autoptr(HsegTrainSet) all = fixture_load(dir, 0, 1, NULL), some = NULL, none = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *background = g_strdup(((HsegTrainItem *)all->backgrounds->pdata[1])->name);
    g_autofree char *text =
        g_strdup_printf("# wrong masks\nset/001 # a hat\n\n  backgrounds/%s\r\nset/absent\n", background);

    g_assert_true(g_file_set_contents(list, text, -1, NULL));
    some = hseg_train_set_load(&o, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(some->left_out, ==, 2);
    g_assert_cmpuint(some->real->len, ==, 4);
    g_assert_false(has(some->real, "001"));
    g_assert_cmpuint(some->backgrounds->len, ==, all->backgrounds->len - 1);
    g_assert_false(has(some->backgrounds, background));

    g_unlink(list);
    none = hseg_train_set_load(&o, &error);
    g_assert_null(none);
    g_assert_nonnull(strstr(error->message, list));
    fixture_folder_free(dir);
}

/* The same pictures are the same anywhere; one less, or one held out, is another set. */
static void
test_describe(void)
{
    char *here = fixture_folder(5), *there = fixture_folder(5), *more = fixture_folder(6);
    g_autoptr(HsegTrainSet) a = fixture_load(here, 0, 1, NULL), b = fixture_load(there, 0, 2, NULL),
                            c = fixture_load(more, 0, 1, NULL), d = fixture_load(here, 0.6, 1, NULL);
    g_autofree char *of_a = hseg_train_set_describe(a), *of_b = hseg_train_set_describe(b),
                    *of_c = hseg_train_set_describe(c), *of_d = hseg_train_set_describe(d), *renamed = NULL;
    HsegTrainItem *item = a->real->pdata[2];

    g_assert_nonnull(strstr(of_a, "5 pictures, 0 held out"));
    g_assert_cmpstr(of_a, ==, of_b);
    g_assert_cmpstr(of_a, !=, of_c);
    g_assert_cmpstr(of_a, !=, of_d);
    g_free(item->name);
    item->name = g_strdup("another");
    renamed = hseg_train_set_describe(a);
    g_assert_cmpstr(of_a, !=, renamed);
    fixture_folder_free(here);
    fixture_folder_free(there);
    fixture_folder_free(more);
}

static void
expect_failure(const char *dir, HsegError code, const char *named)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(fixture_load(dir, 0, 2, &error));
    g_assert_error(error, HSEG_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, named));
}

static void
test_bad_mask_size(void)
{
    char *dir = fixture_folder(3);

    fixture_save_mask(dir, "set/masks/001.png", 12, 12);
    expect_failure(dir, HSEG_ERROR_SHAPE, "set/masks/001.png");
    fixture_folder_free(dir);
}

static void
test_missing_mask(void)
{
    char *dir = fixture_folder(3);

    fixture_save_image(dir, "set/images/lonely.png", 12, 12);
    expect_failure(dir, HSEG_ERROR_FILE, "lonely");
    fixture_folder_free(dir);
}

static void
test_broken_picture(void)
{
    char *dir = fixture_folder(3);
    g_autofree char *file = g_build_filename(dir, "backgrounds", "images", "x.jpg", NULL);

    g_assert_true(g_file_set_contents(file, "no picture", -1, NULL));
    expect_failure(dir, HSEG_ERROR_FORMAT, "x.jpg");
    fixture_folder_free(dir);
}

static void
test_too_large(void)
{
    char *dir = fixture_folder(1);

    fixture_save_image(dir, "backgrounds/images/long.png", 16385, 1);
    expect_failure(dir, HSEG_ERROR_SHAPE, "long.png");
    fixture_folder_free(dir);
}

static void
test_cutout_without_alpha(void)
{
    char *dir = fixture_folder(3);

    fixture_save_image(dir, "cutouts/images/flat.png", 12, 12);
    expect_failure(dir, HSEG_ERROR_FORMAT, "flat.png");
    fixture_folder_free(dir);
}

static void
test_no_folder(void)
{
    char *dir = fixture_folder(1);
    g_autofree char *absent = g_build_filename(dir, "absent", NULL);

    expect_failure(absent, HSEG_ERROR_FILE, absent);
    fixture_folder_free(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/trainset/kinds", test_kinds);
    g_test_add_func("/train/trainset/explicit-folders", test_explicit_folders);
    g_test_add_func("/train/trainset/hold-out", test_hold_out);
    g_test_add_func("/train/trainset/leave-out", test_leave_out);
    g_test_add_func("/train/trainset/describe", test_describe);
    g_test_add_func("/train/trainset/bad-mask-size", test_bad_mask_size);
    g_test_add_func("/train/trainset/missing-mask", test_missing_mask);
    g_test_add_func("/train/trainset/broken-picture", test_broken_picture);
    g_test_add_func("/train/trainset/too-large", test_too_large);
    g_test_add_func("/train/trainset/cutout-without-alpha", test_cutout_without_alpha);
    g_test_add_func("/train/trainset/no-folder", test_no_folder);
    return g_test_run();
}
