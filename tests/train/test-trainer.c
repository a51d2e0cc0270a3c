/* The trainer on eight small pictures: it learns them, and how a run is interrupted or spread over threads
 * leaves no trace in what it ends with. */
#include "train/trainer.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "eval/metrics.h"
#include "fixture.h"
#include "train/mine.h"
#include "train/validate.h"

enum { WIDTH = 64, HEIGHT = 48, PICTURES = 8 };

/* ---- pictures ---- */

/* An ellipse of one colour, the person, before a ground of another and a box of a third. */
typedef struct {
    double x, y, rx, ry;
    int box_x, box_y;
    uint8_t person[3], ground[3], box[3];
} Scene;

static void
random_colour(HsegRng *rng, uint8_t rgb[3], int red)
{
    rgb[0] = (uint8_t)hseg_rng_int(rng, red - 30, red + 30);
    rgb[1] = (uint8_t)hseg_rng_int(rng, 20, 230);
    rgb[2] = (uint8_t)hseg_rng_int(rng, 20, 230);
}

/* People are red, more or less; nothing else is. */
static Scene
random_scene(HsegRng *rng)
{
    Scene s = {.x = hseg_rng_uniform(rng, 22, 42),
               .y = hseg_rng_uniform(rng, 20, 30),
               .rx = hseg_rng_uniform(rng, 10, 16),
               .ry = hseg_rng_uniform(rng, 10, 16),
               .box_x = hseg_rng_int(rng, 0, 48),
               .box_y = hseg_rng_int(rng, 0, 36)};

    random_colour(rng, s.person, 220);
    random_colour(rng, s.ground, 60);
    random_colour(rng, s.box, 60);
    return s;
}

static void
save_scene(const Scene *s, const char *dir, int number)
{
    g_autofree char *image = g_strdup_printf("%s/images/%d.png", dir, number);
    g_autofree char *mask = g_strdup_printf("%s/masks/%d.png", dir, number);
    g_autoptr(HsegPicture) rgb = hseg_picture_new(WIDTH, HEIGHT, 3, NULL),
                           grey = hseg_picture_new(WIDTH, HEIGHT, 1, NULL);

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            gboolean person = pow((x - s->x) / s->rx, 2) + pow((y - s->y) / s->ry, 2) < 1;
            gboolean box = x >= s->box_x && x < s->box_x + 16 && y >= s->box_y && y < s->box_y + 12;

            memcpy(rgb->data + y * rgb->stride + 3 * x, person ? s->person : box ? s->box : s->ground, 3);
            grey->data[y * grey->stride + x] = person ? 255 : 0;
        }
    g_assert_true(hseg_picture_save_png(rgb, image, NULL));
    g_assert_true(hseg_picture_save_png(grey, mask, NULL));
}

static char *
make_pictures(void)
{
    char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    HsegRng rng;

    for (int i = 0; i < 2; i++) {
        g_autofree char *folder = g_build_filename(dir, "data", i ? "masks" : "images", NULL);

        g_mkdir_with_parents(folder, 0755);
    }
    hseg_rng_init(&rng, 5, 1);
    for (int i = 0; i < PICTURES; i++) {
        g_autofree char *data = g_build_filename(dir, "data", NULL);
        Scene s = random_scene(&rng);

        save_scene(&s, data, i);
    }
    return dir;
}

/* The pictures to train on, and the same for validation where @validate. */
static HsegTrainSet *
load_pictures(const char *dir, gboolean validate)
{
    g_autofree char *data = g_build_filename(dir, "data", NULL);
    const char *folders[] = {data, NULL};
    HsegTrainSetOptions options = {.data = folders, .validation = validate ? folders : NULL, .threads = 1};
    g_autoptr(GError) error = NULL;
    HsegTrainSet *set = hseg_train_set_load(&options, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(set->real->len, ==, PICTURES);
    return set;
}

/* ---- runs ---- */

typedef struct {
    char *dir, *out, *checkpoint;
    HsegTrainSet *set;
    HsegTrainerOptions options;
} Fixture;

/* 4 epochs of 5 batches, two of which make a step, the last one alone. */
static HsegTrainerOptions
small_run(const char *out)
{
    HsegTrainerOptions o = {
        .arch = HSEG_ARCH_REFERENCE,
        .loader = {.batch = 2, .seed = 7, .threads = 1, .augment = TRUE, .augmentation = 1, .samples = 10},
        .loss = HSEG_LOSS_REFERENCE,
        .optimiser = HSEG_OPTIMISER_REFERENCE,
        .epochs = 4,
        .accumulate = 2,
        .schedule = {.learning_rate = 0.01,
                     .warmup = 3,
                     .boundary_step = 0.1,
                     .boundary_most = 0.9,
                     .boundary_rate = 0.004},
        .threads = 1,
        .out = out,
        .command = "test",
        .data = "eight pictures",
        .checkpoint_minutes = 60,
    };

    hseg_arch_set(&o.arch, "block", "v3", NULL);
    hseg_arch_set(&o.arch, "alpha", "0.1", NULL);
    hseg_arch_set(&o.arch, "middle_blocks", "0", NULL);
    hseg_arch_set(&o.arch, "decoder_blocks", "1", NULL);
    hseg_arch_set(&o.arch, "stem_stride", "2", NULL);
    hseg_arch_set(&o.arch, "padding", "zero", NULL);
    hseg_arch_set(&o.arch, "input", "64x48", NULL);
    return o;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    f->dir = make_pictures();
    f->out = g_build_filename(f->dir, "model.safetensors", NULL);
    f->checkpoint = g_strconcat(f->out, ".ckpt", NULL);
    f->set = load_pictures(f->dir, FALSE);
    f->options = small_run(f->out);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    hseg_train_set_free(f->set);
    fixture_folder_free(f->dir);
    g_free(f->out);
    g_free(f->checkpoint);
}

/* Where to stop a run: after so many batches of an epoch, both from 1; 0: not at all. */
typedef struct {
    int epoch, batch;
    const char *copy; /* (nullable): don't stop, but copy the checkpoint to there */
    const char *checkpoint;
    volatile int stop;
    int epochs_seen, batches_seen;
} Watch;

static void
on_batch(const HsegTrainerProgress *p, gpointer data)
{
    Watch *w = data;
    g_autofree char *content = NULL;
    gsize length;

    w->batches_seen = p->batch;
    if (p->epoch != w->epoch || p->batch != w->batch)
        return;
    if (!w->copy) {
        w->stop = 1;
        return;
    }
    g_assert_true(g_file_get_contents(w->checkpoint, &content, &length, NULL));
    g_assert_true(g_file_set_contents(w->copy, content, length, NULL));
}

static void
on_epoch(const HsegEpoch *e, gpointer data)
{
    Watch *w = data;

    g_assert_cmpint(e->epoch, ==, ++w->epochs_seen);
}

static gboolean
run(const HsegTrainerOptions *options, const HsegTrainSet *set, Watch *w, GError **error)
{
    HsegTrainerWatch watch = {on_batch, on_epoch, w, &w->stop};
    g_autoptr(HsegTrainer) trainer = hseg_trainer_new(options, set, error);

    return trainer && hseg_trainer_run(trainer, &watch, error);
}

static void
run_whole(const HsegTrainerOptions *options, const HsegTrainSet *set)
{
    g_autoptr(GError) error = NULL;
    Watch w = {0};

    g_assert_true(run(options, set, &w, &error));
    g_assert_no_error(error);
    g_assert_cmpint(w.epochs_seen, ==, options->epochs);
    g_assert_cmpint(w.batches_seen, ==, options->loader.samples / options->loader.batch);
}

/* ---- what a run ends with ---- */

static void
check_same_metadata(const HsegSafetensors *a, const HsegSafetensors *b, const char *key)
{
    g_autoptr(GArray) ours = NULL, theirs = NULL;

    if (strcmp(key, "training_history") != 0 && strcmp(key, "history") != 0) {
        if (strcmp(key, "seconds") != 0)
            g_assert_cmpstr(hseg_safetensors_metadata(a, key), ==, hseg_safetensors_metadata(b, key));
        return;
    }
    /* All but the time that it took. */
    ours = hseg_history_from_json(hseg_safetensors_metadata(a, key), NULL);
    theirs = hseg_history_from_json(hseg_safetensors_metadata(b, key), NULL);
    g_assert_cmpuint(ours->len, ==, theirs->len);
    for (guint i = 0; i < ours->len; i++) {
        HsegEpoch *x = &g_array_index(ours, HsegEpoch, i), *y = &g_array_index(theirs, HsegEpoch, i);

        x->seconds = y->seconds = x->images_per_second = y->images_per_second = 0;
        g_assert_cmpmem(x, sizeof *x, y, sizeof *y);
    }
}

/* The same tensors, bit for bit, and the same metadata. */
static void
check_same_file(const char *a, const char *b)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegSafetensors) x = hseg_safetensors_open(a, &error), y = hseg_safetensors_open(b, &error);
    g_autoptr(GList) keys = NULL;

    g_assert_no_error(error);
    g_assert_cmpint(hseg_safetensors_count(x), ==, hseg_safetensors_count(y));
    for (int i = 0; i < hseg_safetensors_count(x); i++) {
        const HsegStoredTensor *t = hseg_safetensors_get(x, i), *u = hseg_safetensors_get(y, i);

        g_assert_cmpstr(t->name, ==, u->name);
        if (t->bytes != u->bytes || memcmp(t->data, u->data, t->bytes) != 0)
            g_error("%s and %s differ in tensor %s", a, b, t->name);
    }
    keys = hseg_safetensors_metadata_keys(x);
    for (GList *k = keys; k; k = k->next)
        check_same_metadata(x, y, k->data);
}

/* The model and the last checkpoint of the run to @a and of that to @b. */
static void
check_same_runs(const char *a, const char *b)
{
    g_autofree char *a_checkpoint = g_strconcat(a, ".ckpt", NULL),
                    *b_checkpoint = g_strconcat(b, ".ckpt", NULL);

    check_same_file(a, b);
    check_same_file(a_checkpoint, b_checkpoint);
}

/* ---- tests ---- */

/* All eight pictures by heart, in the weights that the file holds. */
static void
test_overfits(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegTrainSet) set = load_pictures(f->dir, TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(HsegMetrics) metrics = NULL;
    g_autoptr(GArray) history = NULL;
    const HsegEpoch *first, *last;
    double iou;

    f->options.loader.augment = FALSE;
    f->options.loader.batch = 4;
    f->options.loader.samples = 120;
    f->options.accumulate = 1;
    f->options.epochs = 3;
    f->options.optimiser.average_decay = 0.9;
    run_whole(&f->options, set);

    model = hseg_model_load(f->out, &error);
    g_assert_no_error(error);
    metrics = hseg_validate(model, set->validation, 2, NULL, &error);
    g_assert_no_error(error);
    iou = hseg_metrics_pooled(metrics).iou;
    g_test_message("IoU %.4f", iou);
    g_assert_cmpfloat(iou, >, 0.95);

    history = hseg_history_from_json(g_hash_table_lookup(model->notes, "training_history"), NULL);
    g_assert_cmpuint(history->len, ==, 3);
    first = &g_array_index(history, HsegEpoch, 0);
    last = &g_array_index(history, HsegEpoch, 2);
    g_assert_cmpfloat(last->loss, <, 0.5 * first->loss);
    g_assert_cmpfloat_with_epsilon(last->val_iou, iou, 1e-5);
    g_assert_cmpfloat(first->learning_rate, <=, 0.01);
    g_assert_cmpfloat_with_epsilon(last->learning_rate, 1e-4, 1e-6); /* a hundredth of what it was */
}

/* What stands beside the model. */
static void
test_files(Fixture *f, gconstpointer data)
{
    g_autofree char *json_path = g_strconcat(f->out, ".json", NULL),
                    *svg_path = g_strconcat(f->out, ".svg", NULL);
    g_autofree char *json = NULL, *svg = NULL;
    g_autoptr(GArray) history = NULL;
    g_autoptr(HsegModel) model = NULL;

    f->options.epochs = 2;
    run_whole(&f->options, f->set);
    g_assert_true(g_file_get_contents(json_path, &json, NULL, NULL));
    history = hseg_history_from_json(json, NULL);
    g_assert_cmpuint(history->len, ==, 2);
    g_assert_cmpfloat(g_array_index(history, HsegEpoch, 1).val_iou, ==, -1); /* nothing held out */
    g_assert_true(g_file_get_contents(svg_path, &svg, NULL, NULL));
    g_assert_true(g_str_has_prefix(svg, "<svg"));
    model = hseg_model_load(f->out, NULL);
    g_assert_cmpstr(g_hash_table_lookup(model->notes, "training_command"), ==, "test");
    g_assert_cmpstr(g_hash_table_lookup(model->notes, "training_data"), ==, "eight pictures");
}

/* A copy of @path's checkpoint with its metadata @key called @name and being @value where these are given;
 * without
 * @key where neither is. */
static void
rewrite_checkpoint(const char *path, const char *key, const char *name, const char *value)
{
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(path, NULL);
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();
    g_autoptr(GList) keys = hseg_safetensors_metadata_keys(file);

    for (GList *k = keys; k; k = k->next) {
        gboolean meant = strcmp(k->data, key) == 0;

        if (!meant || name || value)
            hseg_safetensors_writer_add_metadata(writer, meant && name ? name : k->data,
                                                 meant && value ? value
                                                                : hseg_safetensors_metadata(file, k->data));
    }
    for (int i = 0; i < hseg_safetensors_count(file); i++) {
        const HsegStoredTensor *t = hseg_safetensors_get(file, i);

        hseg_safetensors_writer_add(writer, t->name, t->dtype, t->shape, t->n_dims, t->data);
    }
    g_assert_true(hseg_safetensors_writer_save(writer, path, NULL));
}

/* Stopped at the end of an epoch, at its beginning and in its middle, or killed between two. */
static void
check_resume(Fixture *f, const HsegTrainSet *set)
{
    static const struct {
        int epoch, batch;
        gboolean killed;
    } stops[] = {{2, 5, FALSE}, {3, 2, FALSE}, {3, 4, FALSE}, {3, 2, TRUE}};
    g_autofree char *other = g_build_filename(f->dir, "resumed.safetensors", NULL);
    g_autofree char *other_checkpoint = g_strconcat(other, ".ckpt", NULL);
    g_autofree char *copy = g_build_filename(f->dir, "copy.ckpt", NULL);

    run_whole(&f->options, set);
    for (size_t i = 0; i < G_N_ELEMENTS(stops); i++) {
        HsegTrainerOptions options = f->options;
        Watch w = {.epoch = stops[i].epoch,
                   .batch = stops[i].batch,
                   .copy = stops[i].killed ? copy : NULL,
                   .checkpoint = other_checkpoint};
        g_autoptr(GError) error = NULL;

        options.out = other;
        if (stops[i].killed) {
            g_assert_true(run(&options, set, &w, &error));
        } else {
            g_assert_false(run(&options, set, &w, &error));
            g_assert_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED);
            g_assert_nonnull(strstr(error->message, other_checkpoint));
            g_clear_error(&error);
        }
        options.resume = stops[i].killed ? copy : other_checkpoint;
        w = (Watch){.epochs_seen = stops[i].killed ? 2 : stops[i].epoch - 1};
        g_assert_true(run(&options, set, &w, &error));
        g_assert_no_error(error);
        check_same_runs(f->out, other);
        g_unlink(other);
        g_unlink(other_checkpoint);
    }
}

static void
test_resume(Fixture *f, gconstpointer data)
{
    check_resume(f, f->set);
}

/* The same with negatives that are drawn by what the network marks of them. */
static void
test_resume_hard_negatives(Fixture *f, gconstpointer data)
{
    char *dir = fixture_folder(8);
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);

    f->options.loader.negative_share = 0.5;
    f->options.loader.hard_share = 1;
    check_resume(f, set);
    fixture_folder_free(dir);
}

/* ---- consistency ---- */

static void
test_resume_consistency(Fixture *f, gconstpointer data)
{
    f->options.consistency = 2;
    check_resume(f, f->set);
}

static GArray *
run_history(const HsegTrainerOptions *options, const HsegTrainSet *set)
{
    g_autoptr(HsegModel) model = NULL;

    run_whole(options, set);
    model = hseg_model_load(options->out, NULL);
    return hseg_history_from_json(g_hash_table_lookup(model->notes, "training_history"), NULL);
}

/* Its weight is that in the loss, and what it is there for happens: of two runs on the same pictures the one
 * with the larger weight answers more alike. */
static void
test_consistency(Fixture *f, gconstpointer data)
{
    double last[2];

    f->options.epochs = 12;
    for (int i = 0; i < 2; i++) {
        g_autoptr(GArray) history = NULL;

        f->options.consistency = i ? 20 : 1e-6;
        history = run_history(&f->options, f->set);
        for (guint k = 0; k < history->len; k++) {
            const HsegEpoch *e = &g_array_index(history, HsegEpoch, k);
            double others = f->options.loss.bce * e->bce + f->options.loss.region * e->region;

            g_assert_cmpfloat_with_epsilon(e->loss, others + f->options.consistency * e->consistency, 1e-4);
            last[i] = e->consistency;
        }
        g_test_message("weight %g: %g", f->options.consistency, last[i]);
    }
    g_assert_cmpfloat(last[1], >, 0);
    g_assert_cmpfloat(last[1], <, 0.5 * last[0]);
}

/* Each background gets its own mean probability: all of them before the first epoch, every fourth after. */
static void
test_mine(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegTrainSet) set = load_pictures(f->dir, TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(HsegValidator) v = NULL;
    float all[PICTURES], part[PICTURES];

    run_whole(&f->options, set);
    model = hseg_model_load(f->out, &error);
    g_assert_true(hseg_mine(model, set->validation, 0, 1, all, &error));
    memset(part, 0, sizeof part);
    g_assert_true(hseg_mine(model, set->validation, 6, 1, part, &error));
    v = hseg_validator_new(model, 1, &error);
    for (int i = 0; i < PICTURES; i++) {
        const HsegValidated *seen = hseg_validator_run(v, set->validation->pdata[i]);
        double sum = 0;

        for (int p = 0; p < WIDTH * HEIGHT; p++)
            sum += seen->probability[p];
        g_assert_cmpfloat_with_epsilon(all[i], sum / (WIDTH * HEIGHT), 1e-5);
        g_assert_true(part[i] == (i % 4 == 2 ? all[i] : 0));
    }
    g_assert_cmpfloat(fabsf(all[0] - all[1]), >, 1e-6);
}

/* The same with dropout, and with all that the schedule has to remember: nothing is learnt at this rate, so
 * that the third epoch is the first of the boundary phase, with distance maps. */
static void
test_resume_schedule(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegTrainSet) set = load_pictures(f->dir, TRUE);
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(GArray) history = NULL;

    f->options.schedule.kind = HSEG_SCHEDULE_PLATEAU;
    f->options.schedule.patience = 1;
    f->options.schedule.learning_rate = 1e-6;
    f->options.loss.kind = HSEG_REGION_GDL;
    f->options.dropout = 1;
    f->options.optimiser.average_decay = 0;
    check_resume(f, set);
    model = hseg_model_load(f->out, NULL);
    history = hseg_history_from_json(g_hash_table_lookup(model->notes, "training_history"), NULL);
    for (guint i = 0; i < history->len; i++) {
        const HsegEpoch *e = &g_array_index(history, HsegEpoch, i);

        g_assert_cmpfloat_with_epsilon(e->boundary_weight, MAX(0, 0.1 * ((int)i - 1)), 1e-6);
        g_assert_true((e->boundary != 0) == (i >= 2));
        g_assert_cmpfloat(e->val_miou, >, 0);
    }
}

/* A checkpoint from before there was a schedule: without its numbers, and with the region loss's old name;
 * nor were pictures noted then. */
static void
test_resume_old(Fixture *f, gconstpointer data)
{
    static const char *const absent[] = {"boundary",        "best", "mark",     "waited", "stale",
                                         "boundary_epochs", "cuts", "pictures", "data"};
    g_autofree char *other = g_build_filename(f->dir, "resumed.safetensors", NULL);
    g_autofree char *other_checkpoint = g_strconcat(other, ".ckpt", NULL);
    HsegTrainerOptions options = f->options;
    Watch w = {.epoch = 2, .batch = 4};
    g_autoptr(GError) error = NULL;

    run_whole(&f->options, f->set);
    options.out = other;
    g_assert_false(run(&options, f->set, &w, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(absent); i++)
        rewrite_checkpoint(other_checkpoint, absent[i], NULL, NULL);
    rewrite_checkpoint(other_checkpoint, "region", "tversky", NULL);
    options.resume = other_checkpoint;
    w = (Watch){.epochs_seen = 1};
    g_assert_true(run(&options, f->set, &w, &error));
    g_assert_no_error(error);
    check_same_runs(f->out, other);
}

/* Runs with a rate that spoils the weights again and again; returns whether the last epoch was not the best.
 * The model that is kept is the best epoch's. */
static gboolean
run_to_worse(const HsegTrainerOptions *options, const HsegTrainSet *set)
{
    g_autofree char *json_path = g_strconcat(options->out, ".json", NULL), *json = NULL;
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(HsegMetrics) metrics = NULL;
    g_autoptr(GArray) history = NULL;
    double best = 0, last = 0;

    run_whole(options, set);
    g_assert_true(g_file_get_contents(json_path, &json, NULL, NULL));
    history = hseg_history_from_json(json, NULL);
    for (guint i = 0; i < history->len; i++) {
        last = g_array_index(history, HsegEpoch, i).val_miou;
        best = MAX(best, last);
    }
    g_test_message("best mIoU %.4f, last %.4f", best, last);
    model = hseg_model_load(options->out, NULL);
    metrics = hseg_validate(model, set->validation, 1, NULL, NULL);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(metrics).miou, best, 1e-5);
    return last < best - 0.01;
}

static void
test_keep_best(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegTrainSet) set = load_pictures(f->dir, TRUE);
    int worse = 0;

    f->options.schedule.learning_rate = 0.3;
    f->options.optimiser.average_decay = 0;
    f->options.keep_best = TRUE;
    for (int seed = 0; seed < 10 && !worse; seed++) {
        f->options.loader.seed = seed;
        g_unlink(f->out);
        worse = run_to_worse(&f->options, set);
    }
    g_assert_true(worse);
}

/* Nothing rises any more: the run ends after the third epoch of ten, in good order. */
static void
test_early_stop(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegTrainSet) set = load_pictures(f->dir, TRUE);
    g_autoptr(GError) error = NULL;
    Watch w = {0};

    f->options.epochs = 10;
    f->options.schedule.learning_rate = 1e-9;
    f->options.schedule.early_stop = 2;
    f->options.optimiser.average_decay = 0;
    g_assert_true(run(&f->options, set, &w, &error));
    g_assert_no_error(error);
    g_assert_cmpint(w.epochs_seen, ==, 3);
}

static void
test_threads(Fixture *f, gconstpointer data)
{
    g_autofree char *other = g_build_filename(f->dir, "threads.safetensors", NULL);
    HsegTrainerOptions options = f->options;

    run_whole(&f->options, f->set);
    options.out = other;
    options.threads = 3;
    options.loader.threads = 2;
    run_whole(&options, f->set);
    check_same_runs(f->out, other);
}

/* Another seed gives other weights: what the tests above compare is not constant. */
static void
test_seed(Fixture *f, gconstpointer data)
{
    g_autoptr(HsegModel) first = NULL, second = NULL;
    size_t bytes;

    f->options.epochs = 1;
    run_whole(&f->options, f->set);
    first = hseg_model_load(f->out, NULL);
    f->options.loader.seed++;
    run_whole(&f->options, f->set);
    second = hseg_model_load(f->out, NULL);
    bytes = first->blueprint->params.size * sizeof(float);
    g_assert_cmpint(memcmp(first->blueprint->params.value, second->blueprint->params.value, bytes), !=, 0);
}

/* ---- refusals ---- */

static void
check_refused(Fixture *f, const HsegTrainerOptions *options, HsegError code, const char *says)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_trainer_new(options, f->set, &error));
    g_assert_error(error, HSEG_ERROR, (int)code);
    if (!strstr(error->message, says))
        g_error("'%s' does not name %s", error->message, says);
}

static void
test_options(Fixture *f, gconstpointer data)
{
#define REFUSED(field, value, says)                                                                          \
    do {                                                                                                     \
        HsegTrainerOptions o = f->options;                                                                   \
        o.field = value;                                                                                     \
        check_refused(f, &o, HSEG_ERROR_ARGUMENT, says);                                                     \
    } while (0)
    REFUSED(epochs, 0, "epochs");
    REFUSED(accumulate, 0, "accumulate");
    REFUSED(threads, 0, "threads");
    REFUSED(schedule.warmup, -1, "warm-up");
    REFUSED(schedule.learning_rate, 0, "rate");
    REFUSED(schedule.learning_rate, NAN, "rate");
    REFUSED(optimiser.weight_decay, -1, "decay");
    REFUSED(optimiser.average_decay, 1, "average");
    REFUSED(optimiser.encoder_rate, -1, "encoder");
    REFUSED(optimiser.encoder_rate, NAN, "encoder");
    REFUSED(schedule.patience, -1, "patience");
    REFUSED(schedule.patience, 3, "held-out");
    REFUSED(schedule.early_stop, 3, "held-out");
    REFUSED(keep_best, TRUE, "held-out");
    REFUSED(dropout, 2, "dropout");
    REFUSED(loader.batch, 0, "batch");
    REFUSED(consistency, -1, "consistency");
    REFUSED(consistency, NAN, "consistency");
    f->options.consistency = 1;
    REFUSED(loader.batch, 3, "even");
    f->options.consistency = 0;
    REFUSED(loader.synth_share, 0.5, "backgrounds");
#undef REFUSED
}

static void
test_resume_refused(Fixture *f, gconstpointer data)
{
    HsegTrainerOptions options = f->options;

    f->options.epochs = 1;
    run_whole(&f->options, f->set);
    options.resume = f->checkpoint;
    options.schedule.learning_rate = 0.02;
    check_refused(f, &options, HSEG_ERROR_ARGUMENT, "rate=0.02");
    check_refused(f, &options, HSEG_ERROR_ARGUMENT, "rate=0.01");
    options = f->options;
    options.resume = f->out;
    check_refused(f, &options, HSEG_ERROR_FORMAT, f->out);
    options.resume = "absent.ckpt";
    check_refused(f, &options, HSEG_ERROR_FILE, "absent.ckpt");
}

static void
test_hostile_checkpoint(Fixture *f, gconstpointer data)
{
    static const char *const changes[][2] = {{"history", "{}"}, {"history", "[1"},  {"batch", "6"},
                                             {"batch", "nan"},  {"epoch", "1e300"}, {"step", "-3"},
                                             {"waited", "-1"}};
    HsegTrainerOptions options = f->options;
    g_autofree char *content = NULL;
    gsize length;

    f->options.epochs = 1;
    run_whole(&f->options, f->set);
    g_assert_true(g_file_get_contents(f->checkpoint, &content, &length, NULL));
    options.resume = f->checkpoint;
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_assert_true(g_file_set_contents(f->checkpoint, content, length, NULL));
        rewrite_checkpoint(f->checkpoint, changes[i][0], NULL, changes[i][1]);
        check_refused(f, &options, HSEG_ERROR_FORMAT, f->checkpoint);
    }
}

static void
test_init(Fixture *f, gconstpointer data)
{
    g_autofree char *start = g_build_filename(f->dir, "start.safetensors", NULL);
    g_autoptr(HsegModel) first = NULL, second = NULL;
    HsegTrainerOptions options = f->options;
    size_t stem;

    options.init = "absent.safetensors";
    check_refused(f, &options, HSEG_ERROR_FILE, "absent.safetensors");
    /* With a rate of almost nothing the weights stay where they started. */
    options = f->options;
    options.out = start;
    options.epochs = 1;
    run_whole(&options, f->set);
    options.init = start;
    options.out = f->out;
    options.schedule.learning_rate = 1e-12;
    options.loader.seed = 99;
    run_whole(&options, f->set);
    first = hseg_model_load(start, NULL);
    second = hseg_model_load(f->out, NULL);
    stem = first->blueprint->params.list[0].size;
    for (size_t i = 0; i < stem; i++)
        g_assert_cmpfloat_with_epsilon(first->blueprint->params.value[i], second->blueprint->params.value[i],
                                       1e-6);
}

/* ---- killed at any moment ---- */

/* Trains for ever, writing a checkpoint after each step. */
static int
train_for_ever(const char *dir)
{
    g_autofree char *out = g_build_filename(dir, "model.safetensors", NULL);
    g_autoptr(HsegTrainSet) set = load_pictures(dir, FALSE);
    HsegTrainerOptions options = small_run(out);
    Watch w = {0};

    options.epochs = 1000000;
    options.checkpoint_minutes = 0;
    run(&options, set, &w, NULL);
    return 1;
}

/* Starts this program as train_for_ever(). */
static GPid
start_child(const char *program, const char *dir)
{
    char *argv[] = {(char *)program, (char *)"--train-for-ever", (char *)dir, NULL};
    g_autoptr(GError) error = NULL;
    GPid child;

    g_spawn_async(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &child, &error);
    g_assert_no_error(error);
    return child;
}

static void
test_killed(Fixture *f, gconstpointer program)
{
    for (int round = 0; round < 5; round++) {
        HsegTrainerOptions options = f->options;
        g_autoptr(GError) error = NULL;
        g_autoptr(HsegTrainer) trainer = NULL;
        GPid child = start_child(program, f->dir);

        while (!g_file_test(f->checkpoint, G_FILE_TEST_EXISTS))
            g_usleep(1000);
        g_usleep((gulong)g_test_rand_int_range(0, 60000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        options.resume = f->checkpoint;
        trainer = hseg_trainer_new(&options, f->set, &error);
        g_assert_no_error(error);
        g_unlink(f->checkpoint);
    }
}

int
main(int argc, char **argv)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);

    if (argc == 3 && strcmp(argv[1], "--train-for-ever") == 0)
        return train_for_ever(argv[2]);
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/train/trainer/" name, Fixture, program, set_up, function, tear_down)
    ADD("overfits", test_overfits);
    ADD("files", test_files);
    ADD("resume", test_resume);
    ADD("resume-hard-negatives", test_resume_hard_negatives);
    ADD("resume-consistency", test_resume_consistency);
    ADD("consistency", test_consistency);
    ADD("mine", test_mine);
    ADD("resume-schedule", test_resume_schedule);
    ADD("resume-old", test_resume_old);
    ADD("keep-best", test_keep_best);
    ADD("early-stop", test_early_stop);
    ADD("threads", test_threads);
    ADD("seed", test_seed);
    ADD("options", test_options);
    ADD("resume-refused", test_resume_refused);
    ADD("hostile-checkpoint", test_hostile_checkpoint);
    ADD("init", test_init);
    ADD("killed", test_killed);
    return g_test_run();
}
