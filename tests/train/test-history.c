/* The record of a run as JSON and as curves. */
#include "train/history.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

/* @epochs epochs; without held-out pictures where not @validated. */
static GArray *
make_history(int epochs, gboolean validated)
{
    GArray *history = g_array_new(FALSE, FALSE, sizeof(HsegEpoch));

    for (int i = 1; i <= epochs; i++) {
        HsegEpoch e = {.epoch = i,
                       .loss = 1.0 / i,
                       .bce = 0.7 / i,
                       .region = 1e-5 / i,
                       .boundary = -0.1 / i,
                       .boundary_weight = 0.01 * i,
                       .consistency = 0.003 / i,
                       .learning_rate = 1e-3 / i,
                       .val_iou = validated ? 1 - 0.5 / i : -1,
                       .val_mean_iou = validated ? 1 - 0.6 / i : -1,
                       .val_miou = validated ? 1 - 0.4 / i : -1,
                       .seconds = 61.5 * i,
                       .images_per_second = 123.456};

        g_array_append_val(history, e);
    }
    return history;
}

static void
test_json(void)
{
    g_autoptr(GArray) history = make_history(5, TRUE), back = NULL;
    g_autofree char *json = hseg_history_to_json(history), *again = NULL;
    g_autoptr(GError) error = NULL;

    back = hseg_history_from_json(json, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(back->len, ==, 5);
    for (guint i = 0; i < 5; i++) {
        const HsegEpoch *want = &g_array_index(history, HsegEpoch, i),
                        *got = &g_array_index(back, HsegEpoch, i);

        g_assert_cmpint(got->epoch, ==, want->epoch);
        g_assert_cmpfloat_with_epsilon(got->loss, want->loss, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->region, want->region, 1e-11);
        g_assert_cmpfloat_with_epsilon(got->boundary, want->boundary, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->boundary_weight, want->boundary_weight, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->consistency, want->consistency, 1e-8);
        g_assert_cmpfloat_with_epsilon(got->val_miou, want->val_miou, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->learning_rate, want->learning_rate, 1e-9);
        g_assert_cmpfloat_with_epsilon(got->val_iou, want->val_iou, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->val_mean_iou, want->val_mean_iou, 1e-6);
        g_assert_cmpfloat_with_epsilon(got->seconds, want->seconds, 1e-3);
    }
    again = hseg_history_to_json(back); /* a run that goes on writes the epochs before it as they were */
    g_assert_cmpstr(again, ==, json);
}

/* A file from when there was less to record. */
static void
test_old_json(void)
{
    g_autoptr(GArray) back =
        hseg_history_from_json("[{\"epoch\": 7, \"loss\": 0.5, \"tversky\": 0.25}]", NULL);
    const HsegEpoch *e = &g_array_index(back, HsegEpoch, 0);

    g_assert_cmpint(e->epoch, ==, 7);
    g_assert_cmpfloat(e->region, ==, 0.25);
    g_assert_cmpfloat(e->boundary, ==, 0);
    g_assert_cmpfloat(e->val_miou, ==, -1);
}

static void
test_empty(void)
{
    g_autoptr(GArray) history = make_history(0, TRUE), back = NULL;
    g_autofree char *json = hseg_history_to_json(history);

    g_assert_cmpstr(json, ==, "[]");
    back = hseg_history_from_json(json, NULL);
    g_assert_cmpuint(back->len, ==, 0);
}

static void
test_other_json(void)
{
    const char *bad[] = {"", "{}", "7", "[1, 2", "{\"epoch\": 1}", "no", "[1]", "[{}, \"a\"]"};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(hseg_history_from_json(bad[i], &error));
        g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    }
}

/* ---- curves ---- */

typedef struct {
    char *dir, *path;
} Folder;

static void
set_up(Folder *f, gconstpointer data)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "curves.svg", NULL);
}

static void
tear_down(Folder *f, gconstpointer data)
{
    g_unlink(f->path);
    g_rmdir(f->dir);
    g_free(f->path);
    g_free(f->dir);
}

/* The number of curves, each of which must have @points points inside the plot that fall, or rise, all the
 * way. */
static int
check_curves(const char *svg, int points)
{
    static const char start[] = "stroke-linejoin='round' d='";
    int curves = 0;

    for (const char *at = svg; (at = strstr(at, start)); curves++) {
        double last_x = -1, last_y = NAN, direction = 0;
        int count = 0;

        for (at += strlen(start); *at == 'M' || *at == 'L'; count++) {
            char *end;
            double x = g_ascii_strtod(at + 1, &end), y = g_ascii_strtod(end + 1, &end);

            at = end;
            g_assert_cmpfloat(x, >, last_x);
            g_assert_true(x >= 0 && x <= 380 && y >= 0 && y <= 260);
            if (count > 0 && y != last_y) {
                g_assert_cmpfloat(direction * (y - last_y), >=, 0);
                direction = y - last_y;
            }
            last_x = x;
            last_y = y;
        }
        g_assert_cmpint(count, ==, points);
    }
    return curves;
}

static int
curves_of(Folder *f, GArray *history)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *svg = NULL;

    g_assert_true(hseg_history_save_svg(history, f->path, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(f->path, &svg, NULL, NULL));
    g_assert_true(g_str_has_prefix(svg, "<svg "));
    g_assert_true(g_str_has_suffix(svg, "</svg>\n"));
    return check_curves(svg, (int)history->len);
}

static void
test_svg(Folder *f, gconstpointer data)
{
    g_autoptr(GArray) many = make_history(150, TRUE), one = make_history(1, TRUE);

    g_assert_cmpint(curves_of(f, many), ==, 2);
    g_assert_cmpint(curves_of(f, one), ==, 2);
}

/* No curve of what has not been measured. */
static void
test_svg_without_validation(Folder *f, gconstpointer data)
{
    g_autoptr(GArray) history = make_history(10, FALSE);

    g_assert_cmpint(curves_of(f, history), ==, 1);
}

static void
test_svg_refused(Folder *f, gconstpointer data)
{
    g_autoptr(GArray) history = make_history(2, TRUE);
    g_autofree char *nowhere = g_build_filename(f->dir, "absent", "curves.svg", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_history_save_svg(history, nowhere, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, nowhere));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/history/json", test_json);
    g_test_add_func("/train/history/old-json", test_old_json);
    g_test_add_func("/train/history/empty", test_empty);
    g_test_add_func("/train/history/other-json", test_other_json);
    g_test_add("/train/history/svg", Folder, NULL, set_up, test_svg, tear_down);
    g_test_add("/train/history/svg-without-validation", Folder, NULL, set_up, test_svg_without_validation,
               tear_down);
    g_test_add("/train/history/svg-refused", Folder, NULL, set_up, test_svg_refused, tear_down);
    return g_test_run();
}
