/* humanseg train: the data to a trainer, its progress to the terminal. */
#include <humanseg/error.h>
#include <math.h>
#include <signal.h>

#include "cli/cli.h"
#include "cli/cluster-mpi.h"
#include "cli/progress.h"
#include "cli/train-options.h"
#include "train/sample.h"
#include "train/teacher.h"
#include "train/trainer.h"

/* Where nothing else is asked for. */
#define SYNTH_SHARE    0.25
#define NEGATIVE_SHARE 0.1

static volatile int interrupted;

static void
interrupt(int number)
{
    interrupted = 1;
}

/* ---- the terminal ---- */

typedef struct {
    HsegProgress *bar;
    int epoch;
    int done; /* epochs, the last that ended */
} Display;

static void
show_batch(const HsegTrainerProgress *p, gpointer data)
{
    Display *d = data;
    g_autofree char *what = g_strdup_printf("epoch %d of %d", p->epoch, p->epochs);
    int left = (int)(p->seconds_left / 60);
    g_autofree char *note = g_strdup_printf("loss %.4f, %.1f images/s, %d h %02d min in all", p->loss,
                                            p->images_per_second, left / 60, left % 60);

    if (d->epoch != p->epoch) {
        hseg_progress_free(d->bar);
        d->bar = hseg_progress_new(what, p->batches);
        d->epoch = p->epoch;
    }
    hseg_progress_set(d->bar, p->batch, note);
}

static void
show_epoch(const HsegEpoch *e, gpointer data)
{
    Display *d = data;

    g_clear_pointer(&d->bar, hseg_progress_free);
    d->done = e->epoch;
    g_print("epoch %d: loss %.4f (bce %.4f, region %.4f), ", e->epoch, e->loss, e->bce, e->region);
    if (e->val_iou >= 0)
        g_print("held out: IoU %.4f, mean over images %.4f, ", e->val_iou, e->val_mean_iou);
    if (e->boundary_weight > 0)
        g_print("boundary %.4f at weight %.2f, ", e->boundary, e->boundary_weight);
    if (e->consistency > 0)
        g_print("consistency %.5f, ", e->consistency);
    g_print("rate %.2e, %.1f images/s\n", e->learning_rate, e->images_per_second);
}

/* ---- the run ---- */

static HsegTrainSet *
load_data(const HsegTrainOptions *o, GError **error)
{
    HsegTrainSetOptions set = {.data = (const char *const *)o->data,
                               .validation = (const char *const *)o->validation,
                               .unlabelled = (const char *const *)o->unlabelled,
                               .left_out = o->leave_out,
                               .val_share = o->val_share,
                               .threads = o->loader_threads};

    if (!o->data) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "train: no --data DIR given; see --help");
        return NULL;
    }
    if (o->synth) {
        set.synth_foregrounds = o->synth[0];
        set.synth_backgrounds = o->synth[1];
    }
    return hseg_train_set_load(&set, error);
}

static gboolean
show_teaching(int done, int total, void *data)
{
    HsegProgress **bar = data;

    if (!*bar)
        *bar = hseg_progress_new("teacher", total);
    hseg_progress_set(*bar, done, NULL);
    return TRUE;
}

/* Masks from the teacher, where there is one. */
static gboolean
teach(const HsegTrainOptions *o, HsegTrainSet *set, GError **error)
{
    g_autoptr(HsegModel) teacher = o->teacher ? hseg_model_load(o->teacher, error) : NULL;
    g_autoptr(HsegProgress) bar = NULL;
    HsegTeaching teaching = {o->teacher_share, o->trainer.threads,
                             hseg_cluster_leads(&o->trainer.cluster) ? show_teaching : NULL, &bar};

    return !o->teacher || (teacher && hseg_teach(set, teacher, &teaching, error));
}

static gboolean
preview(const HsegTrainOptions *o, const HsegTrainSet *set, GError **error)
{
    HsegLoaderOptions options = o->trainer.loader;
    g_autoptr(HsegLoader) loader = NULL;

    options.width = o->trainer.arch.width;
    options.height = o->trainer.arch.height;
    options.pairs = o->trainer.consistency > 0;
    loader = hseg_loader_new(set, &options, error);
    return loader && hseg_loader_preview(loader, 48, o->preview, error);
}

/* Shares that were not asked for are 0 where the data can't give them. */
static void
settle_shares(HsegLoaderOptions *o, const HsegTrainSet *set)
{
    g_autoptr(GPtrArray) people = hseg_sample_people(set);
    gboolean grounds = set->backgrounds->len > 0;

    if (isnan(o->synth_share))
        o->synth_share = grounds && people->len > 0 ? SYNTH_SHARE : 0;
    if (isnan(o->negative_share))
        o->negative_share = grounds ? NEGATIVE_SHARE : 0;
}

static gboolean
run(HsegTrainOptions *o, GError **error)
{
    Display display = {0};
    HsegTrainerWatch watch = {show_batch, show_epoch, &display, &interrupted};
    g_autoptr(HsegTrainSet) set = load_data(o, error);
    g_autoptr(HsegTrainer) trainer = NULL;
    gboolean ok;

    if (!set || !teach(o, set, error))
        return FALSE;
    if (hseg_cluster_leads(&o->trainer.cluster))
        g_print("%u pictures to train on, %u held out, %u cut-outs, %u backgrounds\n", set->real->len,
                set->validation->len, set->cutouts->len, set->backgrounds->len);
    if (o->leave_out && hseg_cluster_leads(&o->trainer.cluster))
        g_print("%u pictures left out\n", set->left_out);
    settle_shares(&o->trainer.loader, set);
    if (o->preview)
        return preview(o, set, error);
    trainer = hseg_trainer_new(&o->trainer, set, error);
    if (!trainer)
        return FALSE;
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    ok = hseg_trainer_run(trainer, &watch, error);
    hseg_progress_free(display.bar);
    if (ok && display.done > 0 && /* 0 where another process talks */ display.done < o->trainer.epochs)
        g_print("ended: mIoU has not risen for %d epochs\n", o->trainer.schedule.early_stop);
    return ok;
}

/* One that was asked to stop ends in good order, for the leader may still be writing its checkpoint, and one
 * voice says so. */
static int
end(HsegTrainOptions *o, gboolean ok, GError *error)
{
    gboolean stopped = g_error_matches(error, HSEG_ERROR, HSEG_ERROR_CANCELLED);

    if (stopped && !hseg_cluster_leads(&o->trainer.cluster))
        g_error_free(error);
    else if (!ok)
        hseg_cli_fail(error);
    hseg_train_options_clear(o);
    hseg_mpi_leave(ok || stopped);
    return ok ? 0 : 1;
}

int
hseg_cmd_train(int argc, char **argv)
{
    HsegTrainOptions o;
    GError *error = NULL;
    gboolean ok = hseg_train_options_parse(&o, argc, argv, &error) &&
                  hseg_mpi_join(&o.trainer.cluster, &error) && run(&o, &error);

    return end(&o, ok, error);
}
