/* A run's page: one file with everything inside, from the first minute to the end. */
#include "train/report.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

#include "fixture.h"

typedef struct {
    char *dir, *page;
    HsegTrainSet *set;
    GArray *history;
    HsegTrainReport report;
} Fixture;

/* Seven pairs, all held out; two epochs, the second with the boundary loss. */
static void
set_up(Fixture *f, gconstpointer data)
{
    static const HsegEpoch epochs[] = {
        {.epoch = 1, .loss = 0.7, .learning_rate = 1e-3, .val_iou = 0.5, .val_miou = 0.6},
        {.epoch = 2,
         .loss = 0.5,
         .boundary = -0.125,
         .boundary_weight = 0.01,
         .learning_rate = 3e-4,
         .val_iou = 0.7,
         .val_miou = 0.8,
         .seconds = 90}};
    g_autofree char *sub = NULL;

    f->dir = fixture_folder(7);
    sub = g_build_filename(f->dir, "new", "report", NULL);
    f->page = g_build_filename(sub, "index.html", NULL);
    f->set = fixture_load(f->dir, 0.9999, 1, NULL);
    g_assert_cmpuint(f->set->validation->len, ==, 7);
    f->history = g_array_new(FALSE, FALSE, sizeof(HsegEpoch));
    g_array_append_vals(f->history, epochs, 2);
    f->report = (HsegTrainReport){.dir = g_steal_pointer(&sub),
                                  .out = "m.safetensors",
                                  .command = "humanseg train --data a&b",
                                  .set = f->set,
                                  .history = f->history,
                                  .epochs = 9,
                                  .threads = 1};
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_array_unref(f->history);
    hseg_train_set_free(f->set);
    fixture_folder_free(f->dir);
    g_free((char *)f->report.dir);
    g_free(f->page);
}

static char *
read_page(const Fixture *f)
{
    char *text = NULL;

    g_assert_true(g_file_get_contents(f->page, &text, NULL, NULL));
    g_assert_true(g_str_has_suffix(text, "</html>\n"));
    g_assert_null(strstr(text, "src='http")); /* nothing from elsewhere */
    g_assert_null(strstr(text, "<link"));
    return text;
}

static int
count(const char *text, const char *what)
{
    int n = 0;

    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void
test_running(Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL, *stopped = NULL;

    g_assert_true(hseg_train_report_save(&f->report, TRUE, NULL));
    text = read_page(f);
    g_assert_nonnull(strstr(text, "http-equiv='refresh'"));
    g_assert_nonnull(strstr(text, "humanseg train --data a&amp;b"));
    g_assert_nonnull(strstr(text, "7 held out, 2 cut-outs, 3 backgrounds."));
    g_assert_cmpint(count(text, "<svg xmlns"), ==, 4); /* losses, scores, rate, the boundary's share */
    g_assert_nonnull(strstr(text, "<b>2 of 9</b><span>epochs</span>"));
    g_assert_nonnull(strstr(text, "<b>0.8000</b><span>best held-out mIoU, epoch 2</span>"));
    g_assert_nonnull(strstr(text, "<b>0.2</b><span>hours left</span>")); /* 7 epochs of 90 seconds */
    g_assert_nonnull(strstr(text, ">0.5 all</text>"));
    g_assert_nonnull(strstr(text, ">-0.125 boundary</text>"));
    g_assert_cmpint(count(text, "<td>-0.125</td>"), ==, 1);
    g_assert_cmpint(count(text, "<td>1.5</td>"), ==, 1); /* minutes */
    g_assert_true(hseg_train_report_save(&f->report, FALSE, NULL));
    stopped = read_page(f);
    g_assert_null(strstr(stopped, "refresh"));
    g_assert_null(strstr(stopped, "hours left"));
}

/* Before the first epoch there is nothing to draw. */
static void
test_empty(Fixture *f, gconstpointer data)
{
    g_autofree char *text = NULL;

    g_array_set_size(f->history, 0);
    g_assert_true(hseg_train_report_save(&f->report, TRUE, NULL));
    text = read_page(f);
    g_assert_cmpint(count(text, "<svg xmlns"), ==, 0);
    g_assert_nonnull(strstr(text, "<b>0 of 9</b><span>epochs</span>"));
}

/* All seven pictures, the worst first, and the ROC. */
static void
test_final(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;
    g_autofree char *text = NULL;
    HsegArch arch = HSEG_ARCH_REFERENCE;
    double last = 0;
    int pictures = 0;

    hseg_arch_set(&arch, "alpha", "0.1", NULL);
    hseg_arch_set(&arch, "padding", "zero", NULL);
    hseg_arch_set(&arch, "input", "64x48", NULL);
    model = hseg_model_new(&arch, "random", NULL);
    hseg_model_randomise(model, 3);
    g_assert_true(hseg_train_report_save_final(&f->report, model, &error));
    g_assert_no_error(error);
    text = read_page(f);
    g_assert_null(strstr(text, "refresh"));
    g_assert_nonnull(strstr(text, "ROC"));
    g_assert_null(strstr(text, ">nan"));
    g_assert_cmpint(count(text, "<svg xmlns"), ==, 5);
    g_assert_cmpint(count(text, "src='data:image/jpeg;base64,"), ==, 7);
    for (const char *at = text; (at = strstr(at, ": IoU ")); at++, pictures++) {
        double iou = g_ascii_strtod(at + strlen(": IoU "), NULL);

        g_assert_cmpfloat(iou, >=, last);
        last = iou;
    }
    g_assert_cmpint(pictures, ==, 7);
}

static void
test_no_folder(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(f->dir, "file", NULL),
                    *sub = g_build_filename(file, "report", NULL);
    HsegTrainReport report = f->report;

    g_assert_true(g_file_set_contents(file, "", 0, NULL));
    report.dir = sub;
    g_assert_false(hseg_train_report_save(&report, TRUE, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, sub));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/train/report/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("running", test_running);
    ADD("empty", test_empty);
    ADD("final", test_final);
    ADD("no-folder", test_no_folder);
    return g_test_run();
}
