/* The state of a run in a file. */
#include "train/checkpoint.h"

#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/rng.h"
#include "model/safetensors.h"

#define SETTINGS "block=v1 alpha=0.3 seed=1"
#define PICTURES "12 pictures, names 01234567"
#define HISTORY  "[{\"epoch\": 1}]"

static const HsegRunName name = {SETTINGS, PICTURES, "some/folder"};

static const HsegRunState state = {.epoch = 3,
                                   .batch = 17,
                                   .loss = 1.0 / 3,
                                   .bce = 2.0 / 3,
                                   .region = 1e-300,
                                   .boundary = -1.0 / 7,
                                   .consistency = 1.0 / 9,
                                   .seconds = 123456.789,
                                   .schedule = {0.9123456789, 0.91, 3, 4, 5, 6}};

/* A run of a few parameters, a folder, and the path of its checkpoint. */
typedef struct {
    HsegParams params;
    HsegOptimiser *optimiser;
    char *dir, *path;
} Run;

static void
fill(float *v, size_t count, guint64 seed)
{
    HsegRng rng;

    hseg_rng_init(&rng, seed, 1);
    for (size_t i = 0; i < count; i++)
        v[i] = hseg_rng_normal(&rng);
}

static void
make_params(HsegParams *params, int channels)
{
    HsegLayout c = hseg_layout(channels);

    hseg_params_init(params);
    hseg_params_add(params, "weight", HSEG_PARAM_DENSE, c, c, 3, true, true);
    hseg_params_add(params, "bias", HSEG_PARAM_VECTOR, c, c, 1, true, false);
    g_assert_true(hseg_params_allocate(params, true));
}

static void
set_up(Run *r, gconstpointer data)
{
    make_params(&r->params, 19);
    r->optimiser = hseg_optimiser_new(&HSEG_OPTIMISER_REFERENCE, &r->params);
    fill(r->params.value, r->params.size, 1);
    fill(r->optimiser->m, r->params.size, 2);
    fill(r->optimiser->v, r->params.size, 3);
    fill(r->optimiser->average, r->params.size, 4);
    r->optimiser->step = G_GINT64_CONSTANT(1) << 40;
    r->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    r->path = g_build_filename(r->dir, "run.ckpt", NULL);
}

static void
tear_down(Run *r, gconstpointer data)
{
    hseg_params_clear(&r->params);
    hseg_optimiser_free(r->optimiser);
    g_unlink(r->path);
    g_assert_cmpint(g_rmdir(r->dir), ==, 0); /* nothing is left beside it */
    g_free(r->path);
    g_free(r->dir);
}

static void
save(const Run *r, const HsegRunState *s)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(hseg_checkpoint_save(r->path, &name, s, &r->params, r->optimiser, HISTORY, &error));
    g_assert_no_error(error);
}

/* Loads into a run that begins anew, with parameters of @channels channels. */
static gboolean
load(const Run *r, const char *settings, int channels, Run *fresh, HsegRunState *s, char **history,
     GError **error)
{
    const HsegRunName other = {settings, PICTURES, "the same, elsewhere"};

    make_params(&fresh->params, channels);
    fresh->optimiser = hseg_optimiser_new(&HSEG_OPTIMISER_REFERENCE, &fresh->params);
    return hseg_checkpoint_load(r->path, &other, s, &fresh->params, fresh->optimiser, history, error);
}

static void
clear(Run *fresh)
{
    hseg_params_clear(&fresh->params);
    hseg_optimiser_free(fresh->optimiser);
}

static void
check_equal(const Run *r, const HsegRunState *want)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *history = NULL;
    size_t bytes = r->params.size * sizeof(float);
    HsegRunState got = {0};
    Run fresh;

    g_assert_true(load(r, SETTINGS, 19, &fresh, &got, &history, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(fresh.params.value, bytes, r->params.value, bytes);
    g_assert_cmpmem(fresh.optimiser->m, bytes, r->optimiser->m, bytes);
    g_assert_cmpmem(fresh.optimiser->v, bytes, r->optimiser->v, bytes);
    g_assert_cmpmem(fresh.optimiser->average, bytes, r->optimiser->average, bytes);
    g_assert_cmpint(fresh.optimiser->step, ==, r->optimiser->step);
    g_assert_cmpint(got.epoch, ==, want->epoch);
    g_assert_cmpint(got.batch, ==, want->batch);
    g_assert_cmpfloat(got.loss, ==, want->loss);
    g_assert_cmpfloat(got.bce, ==, want->bce);
    g_assert_cmpfloat(got.region, ==, want->region);
    g_assert_cmpfloat(got.boundary, ==, want->boundary);
    g_assert_cmpfloat(got.consistency, ==, want->consistency);
    g_assert_cmpfloat(got.seconds, ==, want->seconds);
    g_assert_cmpfloat(got.schedule.best, ==, want->schedule.best);
    g_assert_cmpfloat(got.schedule.mark, ==, want->schedule.mark);
    g_assert_cmpint(got.schedule.waited, ==, want->schedule.waited);
    g_assert_cmpint(got.schedule.stale, ==, want->schedule.stale);
    g_assert_cmpint(got.schedule.boundary_epochs, ==, want->schedule.boundary_epochs);
    g_assert_cmpint(got.schedule.cuts, ==, want->schedule.cuts);
    g_assert_cmpstr(history, ==, HISTORY);
    clear(&fresh);
}

/* The error's code, and that it names the file and @says. */
static void
check_refused(const Run *r, const char *settings, int channels, HsegError code, const char *says,
              const char *and_says)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *history = NULL;
    HsegRunState s = {0};
    Run fresh;

    g_assert_false(load(r, settings, channels, &fresh, &s, &history, &error));
    g_assert_error(error, HSEG_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, r->path));
    g_assert_nonnull(strstr(error->message, says));
    g_assert_nonnull(strstr(error->message, and_says));
    clear(&fresh);
}

/* ---- tests ---- */

static void
test_round_trip(Run *r, gconstpointer data)
{
    save(r, &state);
    check_equal(r, &state);
}

/* What is marked of each background comes back, into as much room; a file without it is refused. */
static void
test_marked(Run *r, gconstpointer data)
{
    float marked[3] = {0.5f, 0, 1}, back[4] = {0};
    HsegRunState s = state, got = {.marked = back, .n_marked = 3};
    g_autofree char *history = NULL;
    g_autoptr(GError) error = NULL;
    Run fresh;

    s.marked = marked;
    s.n_marked = 3;
    save(r, &s);
    g_assert_true(load(r, SETTINGS, 19, &fresh, &got, &history, &error));
    g_assert_true(got.marked == back);
    g_assert_cmpuint(got.n_marked, ==, 3);
    g_assert_cmpmem(back, sizeof marked, marked, sizeof marked);
    clear(&fresh);
    got.n_marked = 4;
    g_assert_false(load(r, SETTINGS, 19, &fresh, &got, &history, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "marked"));
    g_clear_error(&error);
    clear(&fresh);
    save(r, &state);
    g_assert_false(load(r, SETTINGS, 19, &fresh, &got, &history, &error));
    g_assert_nonnull(strstr(error->message, "marked"));
    clear(&fresh);
}

/* The words that differ are named, and those alone: a line of settings has thirty. */
static void
test_other_settings(Run *r, gconstpointer data)
{
    save(r, &state);
    check_refused(r, "block=v1 alpha=0.3 seed=2", 19, HSEG_ERROR_ARGUMENT,
                  "it has seed=1; this run has seed=2", "");
    check_refused(r, SETTINGS " dropout=1", 19, HSEG_ERROR_ARGUMENT,
                  "it has nothing of that; this run has dropout=1", "");
}

/* Other pictures, in the same folder as in another, make another run. */
static void
test_other_pictures(Run *r, gconstpointer data)
{
    const HsegRunName other = {SETTINGS, "12 pictures, names 76543210", "another/folder"};
    const char *const parts[] = {"some/folder (" PICTURES ")",
                                 "another/folder (12 pictures, names 76543210)"};
    g_autoptr(GError) error = NULL;
    g_autofree char *history = NULL;
    HsegRunState s = {0};
    Run fresh;

    save(r, &state);
    make_params(&fresh.params, 19);
    fresh.optimiser = hseg_optimiser_new(&HSEG_OPTIMISER_REFERENCE, &fresh.params);
    g_assert_false(
        hseg_checkpoint_load(r->path, &other, &s, &fresh.params, fresh.optimiser, &history, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        g_assert_nonnull(strstr(error->message, parts[i]));
    clear(&fresh);
}

static void
test_other_size(Run *r, gconstpointer data)
{
    save(r, &state);
    check_refused(r, SETTINGS, 9, HSEG_ERROR_SHAPE, "value", "");
}

static void
test_other_files(Run *r, gconstpointer data)
{
    g_autoptr(HsegSafetensorsWriter) writer = hseg_safetensors_writer_new();

    check_refused(r, SETTINGS, 19, HSEG_ERROR_FILE, "", "");
    g_assert_true(g_file_set_contents(r->path, "a letter", -1, NULL));
    check_refused(r, SETTINGS, 19, HSEG_ERROR_FORMAT, "", "");
    hseg_safetensors_writer_add_metadata(writer, "format", "humanseg");
    g_assert_true(hseg_safetensors_writer_save(writer, r->path, NULL));
    check_refused(r, SETTINGS, 19, HSEG_ERROR_FORMAT, "not a checkpoint", "");
}

/* Cut off anywhere. */
static void
test_truncated(Run *r, gconstpointer data)
{
    g_autofree char *content = NULL;
    gsize length;

    save(r, &state);
    g_assert_true(g_file_get_contents(r->path, &content, &length, NULL));
    for (gsize cut = 1; cut < length; cut = cut * 3 + 1) {
        g_assert_true(g_file_set_contents(r->path, content, length - cut, NULL));
        check_refused(r, SETTINGS, 19, HSEG_ERROR_FORMAT, "", "");
    }
}

/* Numbers that no run has. */
static void
test_absurd(Run *r, gconstpointer data)
{
    const HsegRunState absurd[] = {{.epoch = -1}, {.batch = -5}, {.schedule.cuts = -1}};
    const char *const names[] = {"epoch", "batch", "cuts"};

    for (size_t i = 0; i < G_N_ELEMENTS(absurd); i++) {
        save(r, &absurd[i]);
        check_refused(r, SETTINGS, 19, HSEG_ERROR_FORMAT, names[i], "-");
    }
    r->optimiser->step = -1;
    save(r, &state);
    check_refused(r, SETTINGS, 19, HSEG_ERROR_FORMAT, "step", "-1");
}

/* No room for the new one: the old one stays. */
static void
test_full_disk(Run *r, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const HsegRunState later = {.epoch = 4};
    struct rlimit before, tight;
    gboolean saved;
    float was;

    save(r, &state);
    was = r->params.value[0];
    r->params.value[0] = was + 1;
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    tight = before;
    tight.rlim_cur = 1 << 13;
    setrlimit(RLIMIT_FSIZE, &tight);
    saved = hseg_checkpoint_save(r->path, &name, &later, &r->params, r->optimiser, HISTORY, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_false(saved);
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, r->path));
    r->params.value[0] = was;
    check_equal(r, &state);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/train/checkpoint/" name, Run, NULL, set_up, function, tear_down)
    ADD("round-trip", test_round_trip);
    ADD("marked", test_marked);
    ADD("other-settings", test_other_settings);
    ADD("other-pictures", test_other_pictures);
    ADD("other-size", test_other_size);
    ADD("other-files", test_other_files);
    ADD("truncated", test_truncated);
    ADD("absurd", test_absurd);
    ADD("full-disk", test_full_disk);
    return g_test_run();
}
