/* humanseg train as people run it: HUMANSEG names the program. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "../train/fixture.h"
#include "model/count.h"

/* A folder with a data set of eight pairs in data/, and what the last run said. */
typedef struct {
    char *dir, *data, *model;
    char *out, *err;
} Desk;

static void
set_up(Desk *d, gconstpointer unused)
{
    d->dir = fixture_folder(8);
    d->data = g_build_filename(d->dir, "set", NULL);
    d->model = g_build_filename(d->dir, "new.safetensors", NULL);
}

static void
tear_down(Desk *d, gconstpointer unused)
{
    fixture_folder_free(d->dir);
    g_free(d->data);
    g_free(d->model);
    g_free(d->out);
    g_free(d->err);
}

/* A path beside the model: its name with @suffix. */
static char *
beside(const Desk *d, const char *suffix)
{
    return g_strconcat(d->model, suffix, NULL);
}

/* The words of @line as an argument vector, behind the program; @ stands for the folder. */
static char **
words(const Desk *d, const char *line)
{
    g_auto(GStrv) split = g_strsplit(line, " ", -1);
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, g_strdup(g_getenv("HUMANSEG")));
    for (char **word = split; *word; word++)
        g_ptr_array_add(argv, **word == '@' ? g_strconcat(d->dir, *word + 1, NULL) : g_strdup(*word));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

/* Runs humanseg with the words of @line; returns its exit status. */
static int
run(Desk *d, const char *line)
{
    g_auto(GStrv) argv = words(d, line);
    g_autoptr(GError) error = NULL;
    int status;

    g_clear_pointer(&d->out, g_free);
    g_clear_pointer(&d->err, g_free);
    g_spawn_sync(d->dir, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &d->out, &d->err, &status, &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
run_well(Desk *d, const char *line)
{
    int status = run(d, line);

    if (status != 0)
        g_error("humanseg %s: exit status %d, %s", line, status, d->err);
}

/* The last run ended with one line that names @says. */
static void
check_complaint(const Desk *d, int status, const char *says)
{
    if (status != 1 || !g_str_has_prefix(d->err, "humanseg: ") ||
        strchr(d->err, '\n') != d->err + strlen(d->err) - 1 || !strstr(d->err, says))
        g_error("exit status %d, '%s' is not one line that names %s", status, d->err, says);
}

/* ---- runs ---- */

#define SMALL                                                                                                \
    "train --data @/set --arch v2 --alpha 0.05 --input 64x48 --middle-blocks 0 --decoder-blocks 1 "          \
    "--threads 1"
#define SHORT SMALL " --synth-share 0 --negatives 0 --samples 8 --batch 4 --epochs 2"
#define FILE_ " --out @/new.safetensors"

static char *
read_file(const char *path)
{
    char *content = NULL;

    if (!g_file_get_contents(path, &content, NULL, NULL))
        g_error("no %s", path);
    return content;
}

/* The model's file and its record; what other commands read of them. */
static void
test_files(Desk *d, gconstpointer unused)
{
    g_autofree char *json_path = beside(d, ".json"), *svg_path = beside(d, ".svg"),
                    *checkpoint = beside(d, ".ckpt");
    g_autofree char *json = NULL, *svg = NULL, *params = NULL, *scores = NULL;
    g_autofree char *scores_path = g_build_filename(d->dir, "scores.json", NULL);
    g_autoptr(JsonNode) root = NULL;
    g_autoptr(HsegModel) model = NULL;
    double iou;

    run_well(d, SHORT FILE_ " --val-share 0.4");
    g_assert_nonnull(strstr(d->out, "epoch 2: loss "));
    g_assert_nonnull(strstr(d->out, "held out: IoU "));
    json = read_file(json_path);
    root = json_from_string(json, NULL);
    g_assert_cmpuint(json_array_get_length(json_node_get_array(root)), ==, 2);
    svg = read_file(svg_path);
    g_assert_nonnull(strstr(svg, "</svg>"));
    g_assert_true(g_file_test(checkpoint, G_FILE_TEST_IS_REGULAR));

    model = hseg_model_load(d->model, NULL);
    g_assert_cmpint(model->arch.block, ==, HSEG_BLOCK_V2);
    params = g_strdup_printf("%" G_GUINT64_FORMAT, hseg_count(model).params);
    run_well(d, "info @/new.safetensors");
    g_assert_nonnull(strstr(d->out, params));
    run_well(d, "eval --model @/new.safetensors --data @/set --json @/scores.json");
    scores = read_file(scores_path);
    g_clear_pointer(&root, json_node_unref);
    root = json_from_string(scores, NULL);
    g_assert_cmpint(json_object_get_int_member(json_node_get_object(root), "images"), ==, 8);
    iou = json_object_get_double_member(json_node_get_object(root), "iou");
    g_assert_true(iou >= 0 && iou <= 1);
}

/* Backgrounds and cut-outs in folders of their own; half the numbers. */
static void
test_synthesis(Desk *d, gconstpointer unused)
{
    g_assert_cmpint(
        run(d,
            SMALL " --synth @/cutouts @/backgrounds --synth-share 0.5 --negatives 0.2 --samples 8 --batch 4 "
                  "--epochs 1 --half" FILE_),
        ==, 0);
    g_assert_nonnull(strstr(d->out, "2 cut-outs, 3 backgrounds"));
    run_well(d, "info @/new.safetensors");
}

/* A folder without backgrounds and cut-outs needs no options to be trained on. */
static void
test_defaults(Desk *d, gconstpointer unused)
{
    run_well(d, SMALL " --samples 8 --batch 4 --epochs 1" FILE_);
    g_assert_nonnull(strstr(d->out, "0 cut-outs, 0 backgrounds"));
}

static void
test_preview(Desk *d, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(d->dir, "sheet.png", NULL);
    g_autoptr(HsegPicture) sheet = NULL;
    gboolean colourful = FALSE;

    run_well(d, SMALL " --consistency 1 --preview @/sheet.png");
    sheet = hseg_picture_load_rgb(path, NULL);
    g_assert_cmpint(sheet->width * sheet->height, >=, 48 * 64 * 48);
    for (int x = 0; x < sheet->width; x++)
        colourful |=
            memcmp(sheet->data + 10 * sheet->stride + 3 * x, sheet->data + 10 * sheet->stride, 3) != 0;
    g_assert_true(colourful);
    g_assert_false(g_file_test(d->model, G_FILE_TEST_EXISTS));
}

/* Pairs of views: what their term comes to is told, and put down. */
static void
test_consistency(Desk *d, gconstpointer unused)
{
    g_autofree char *json_path = beside(d, ".json"), *json = NULL;

    run_well(d, SHORT FILE_ " --consistency 2");
    g_assert_nonnull(strstr(d->out, ", consistency 0."));
    json = read_file(json_path);
    g_assert_nonnull(strstr(json, "\"consistency\": 0."));
}

/* A page that is there from the first epoch on; at the end it shows the held-out pictures. */
static void
test_report(Desk *d, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(d->dir, "page", "index.html", NULL), *page = NULL;

    run_well(d, SHORT FILE_ " --val-share 0.4 --report @/page");
    page = read_file(path);
    g_assert_nonnull(strstr(page, "<b>2 of 2</b><span>epochs</span>"));
    g_assert_nonnull(strstr(page, "--val-share 0.4"));
    g_assert_nonnull(strstr(page, "ROC"));
    g_assert_nonnull(strstr(page, "data:image/jpeg"));
    g_assert_null(strstr(page, "http-equiv='refresh'"));
}

/* What one run has learnt teaches the next; pictures without masks join the eight pairs. */
static void
test_teacher(Desk *d, gconstpointer unused)
{
    g_autoptr(HsegModel) model = NULL;

    run_well(d, SHORT FILE_);
    run_well(d, SHORT " --out @/pupil.safetensors --teacher @/new.safetensors --unlabelled @/backgrounds "
                      "--teacher-share 0.5");
    g_assert_nonnull(strstr(d->out, "11 pictures to train on"));
    g_free(d->model);
    d->model = g_build_filename(d->dir, "pupil.safetensors", NULL);
    model = hseg_model_load(d->model, NULL);
    g_assert_nonnull(strstr(g_hash_table_lookup(model->notes, "training_data"), "with masks by"));
}

/* ---- interrupted ---- */

/* Ctrl-C in the middle of a long run, and on from there. */
static void
test_interrupted(Desk *d, gconstpointer unused)
{
    g_autofree char *checkpoint = beside(d, ".ckpt");
    g_auto(GStrv) argv =
        words(d, SMALL " --synth-share 0 --negatives 0 --samples 8 --batch 4 --epochs 100000" FILE_);
    g_autoptr(GError) error = NULL;
    GPid child;
    int status;

    g_spawn_async(d->dir, argv, NULL,
                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                  NULL, &child, &error);
    g_assert_no_error(error);
    while (!g_file_test(checkpoint, G_FILE_TEST_EXISTS))
        g_usleep(1000);
    kill(child, SIGINT);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);

    check_complaint(d, run(d, SMALL " --rate 0.5 --epochs 1 --resume @/new.safetensors.ckpt" FILE_),
                    "rate=0.5");
    check_complaint(d,
                    run(d, SMALL " --synth-share 0 --negatives 0 --samples 8 --batch 4 --epochs 1 "
                                 "--val-share 0.5 --resume @/new.safetensors.ckpt" FILE_),
                    "held out");
    /* As many epochs as are done already: it only writes its files anew. */
    run_well(d, SMALL " --synth-share 0 --negatives 0 --samples 8 --batch 4 --epochs 1 "
                      "--resume @/new.safetensors.ckpt" FILE_);
}

/* ---- refusals ---- */

typedef struct {
    const char *name, *line, *says;
} Refusal;

static const Refusal refusals[] = {
    {"no-data", "train" FILE_, "--data"},
    {"no-out", SMALL, "--out"},
    {"absent-data", "train --data @/absent" FILE_, "absent"},
    {"no-pairs", "train --data @/backgrounds" FILE_, "pairs"},
    {"option", SHORT FILE_ " --colour red", "--colour"},
    {"operand", SHORT FILE_ " more", "more"},
    {"arch", SHORT FILE_ " --arch v4", "'v4'"},
    {"alpha", SHORT FILE_ " --alpha 0", "alpha is '0'"},
    {"input", SHORT FILE_ " --input 64", "input is '64'"},
    {"reflect", SHORT FILE_ " --stem-stride 2 --input 64x32", "64x32"},
    {"epochs", SHORT FILE_ " --epochs 0", "epochs"},
    {"epochs-text", SHORT FILE_ " --epochs many", "many"},
    {"batch", SHORT FILE_ " --batch 0", "--batch"},
    {"samples", SHORT FILE_ " --samples -1", "--samples"},
    {"accumulate", SHORT FILE_ " --accumulate 0", "accumulate"},
    {"rate", SHORT FILE_ " --rate 0", "rate"},
    {"rate-nan", SHORT FILE_ " --rate nan", "rate"},
    {"bce", SHORT FILE_ " --bce -1", "bce"},
    {"no-loss", SHORT FILE_ " --bce 0 --tversky 0", "tversky"},
    {"region", SHORT FILE_ " --region dice", "--region dice"},
    {"teacher-alone", SHORT FILE_ " --teacher default", "--unlabelled"},
    {"unlabelled-alone", SHORT FILE_ " --unlabelled @/backgrounds", "--teacher"},
    {"no-teacher", SHORT FILE_ " --teacher @/none --unlabelled @/backgrounds", "none"},
    {"teacher-share", SHORT FILE_ " --teacher default --teacher-share 2", "--teacher-share"},
    {"report", SHORT FILE_ " --report @/set/images/000.png/report", "000.png/report"},
    {"schedule", SHORT FILE_ " --schedule line", "--schedule line"},
    {"plateau", SHORT FILE_ " --schedule plateau", "patience"},
    {"patience", SHORT FILE_ " --patience 2 --val-share 0", "held-out"},
    {"early-stop", SHORT FILE_ " --early-stop -2", "early-stop"},
    {"boundary-rate", SHORT FILE_ " --boundary-rate 0", "boundary"},
    {"dropout", SHORT FILE_ " --dropout 9", "dropout"},
    {"average", SHORT FILE_ " --average 1", "average"},
    {"consistency", SHORT FILE_ " --consistency -1", "--consistency"},
    {"odd-pairs", SHORT FILE_ " --consistency 1 --batch 3", "even"},
    {"threads", SHORT FILE_ " --threads -1", "--threads"},
    {"val-share", SHORT FILE_ " --val-share 1", "--val-share"},
    {"checkpoint-minutes", SHORT FILE_ " --checkpoint-minutes -1", "--checkpoint-minutes"},
    {"synth", SHORT FILE_ " --synth @/cutouts", "--synth"},
    {"absent-synth", SHORT FILE_ " --synth @/nowhere @/backgrounds", "nowhere"},
    {"share", SHORT FILE_ " --synth-share 0.9 --negatives 0.9", "share"},
    {"no-backgrounds", SMALL FILE_ " --negatives 0.5 --synth-share 0", "background"},
    {"init", SHORT FILE_ " --init @/absent.safetensors", "absent.safetensors"},
    {"init-picture", SHORT FILE_ " --init @/set/images/000.png", "000.png"},
    {"resume", SHORT FILE_ " --resume @/absent.ckpt", "absent.ckpt"},
    {"out-nowhere", SHORT " --out @/absent/new.safetensors", "absent"},
    {"out-folder", SHORT " --out @/set", "set"},
    {"preview-nowhere", SHORT " --preview @/absent/sheet.png", "absent"},
};

/* Quickly, and what stood in the model's place is untouched. */
static void
test_refused(Desk *d, gconstpointer data)
{
    const Refusal *r = data;
    g_autofree char *content = NULL, *checkpoint = beside(d, ".ckpt");

    g_assert_true(g_file_set_contents(d->model, "old", -1, NULL));
    check_complaint(d, run(d, r->line), r->says);
    content = read_file(d->model);
    g_assert_cmpstr(content, ==, "old");
    g_assert_false(g_file_test(checkpoint, G_FILE_TEST_EXISTS));
    g_assert_null(strstr(d->out, "epoch 1"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/cli/train/" name, Desk, NULL, set_up, function, tear_down)
    ADD("files", test_files);
    ADD("synthesis", test_synthesis);
    ADD("defaults", test_defaults);
    ADD("preview", test_preview);
    ADD("consistency", test_consistency);
    ADD("report", test_report);
    ADD("teacher", test_teacher);
    ADD("interrupted", test_interrupted);
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *path = g_strconcat("/cli/train/refused/", refusals[i].name, NULL);

        g_test_add(path, Desk, &refusals[i], set_up, test_refused, tear_down);
    }
    return g_test_run();
}
