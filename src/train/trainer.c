#include "train/trainer.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "files/save.h"
#include "train/checkpoint.h"
#include "train/mine.h"
#include "train/report.h"
#include "train/settings.h"
#include "train/validate.h"

struct HsegTrainer {
    HsegTrainerOptions options;
    const HsegTrainSet *set;
    HsegModel *model; /* of the same architecture: what is validated and saved */
    HsegGraph *graph;
    int output; /* tensor of the logits */
    HsegOptimiser *optimiser;
    HsegLoader *loader;
    GArray *history; /* of HsegEpoch */
    HsegRunState state;
    gboolean best; /* the last epoch's score is the highest so far */
    HsegRunName name;
    char *settings, *pictures, *checkpoint;
    gint64 begun, begun_images, saved_at; /* monotonic microseconds; images done since begun */
};

static gboolean
leads(const HsegTrainer *t)
{
    return hseg_cluster_leads(&t->options.cluster);
}

/* ---- set-up ---- */

static gboolean
start_weights(HsegTrainer *t, GError **error)
{
    g_autoptr(HsegSafetensors) file = NULL;

    hseg_model_randomise(t->model, t->options.loader.seed);
    if (t->options.init) {
        file = hseg_safetensors_open(t->options.init, error);
        if (!file || hseg_model_init_from(t->model, file, error) < 0)
            return FALSE;
    }
    hseg_model_get_params(t->model, &t->graph->params);
    return TRUE;
}

static gboolean
resume(HsegTrainer *t, GError **error)
{
    g_autofree char *json = NULL;
    GArray *history;

    if (!hseg_checkpoint_load(t->options.resume, &t->name, &t->state, &t->graph->params, t->optimiser, &json,
                              error))
        return FALSE;
    if (t->state.batch > hseg_loader_batches(t->loader)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: %d batches done of an epoch that has %d",
                    t->options.resume, t->state.batch, hseg_loader_batches(t->loader));
        return FALSE;
    }
    history = hseg_history_from_json(json, error);
    if (!history) {
        g_prefix_error(error, "%s: ", t->options.resume);
        return FALSE;
    }
    g_array_unref(t->history);
    t->history = history;
    return TRUE;
}

/* Room for how much of each background is marked, where hard negatives are asked for. */
static void
make_mine(HsegTrainer *t)
{
    if (t->options.loader.hard_share > 0) {
        t->state.n_marked = t->set->backgrounds->len;
        t->state.marked = g_new0(float, t->state.n_marked);
    }
}

static gboolean
make_graph(HsegTrainer *t, GError **error)
{
    const HsegArch *arch = &t->options.arch;
    const HsegCluster *c = &t->options.cluster;

    t->graph = hseg_graph_new(t->options.loader.batch, t->options.threads, true);
    if (t->graph) {
        t->graph->dropout = t->options.dropout;
        t->graph->share = (HsegShare){c->rank, c->size, c->sum, c->data};
        t->output = hseg_unet_build(t->graph, arch, arch->width, arch->height);
    }
    if (!t->graph || !hseg_graph_plan(t->graph, t->output)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "train: no memory for batches of %d",
                    t->options.loader.batch);
        return FALSE;
    }
    return TRUE;
}

HsegTrainer *
hseg_trainer_new(const HsegTrainerOptions *options, const HsegTrainSet *set, GError **error)
{
    g_autoptr(HsegTrainer) t = g_new0(HsegTrainer, 1);

    t->options = *options;
    t->options.loader.width = options->arch.width;
    t->options.loader.height = options->arch.height;
    if (options->cluster.size == 0)
        t->options.cluster = HSEG_CLUSTER_ALONE;
    t->options.loader.part = t->options.cluster.rank;
    t->options.loader.parts = t->options.cluster.size;
    t->options.loader.pairs = options->consistency > 0;
    t->set = set;
    t->history = g_array_new(FALSE, FALSE, sizeof(HsegEpoch));
    t->settings = hseg_settings_describe(&t->options);
    t->pictures = hseg_train_set_describe(set);
    t->name = (HsegRunName){t->settings, t->pictures, options->data};
    t->checkpoint = g_strconcat(options->out, ".ckpt", NULL);
    if (!hseg_settings_check(options, set->validation->len, error) ||
        (leads(t) && !hseg_save_check(options->out, error)))
        return NULL;
    t->loader = hseg_loader_new(set, &t->options.loader, error);
    t->model = t->loader ? hseg_model_new(&options->arch, options->out, error) : NULL;
    if (!t->model || !make_graph(t, error) || !start_weights(t, error))
        return NULL;
    t->optimiser = hseg_optimiser_new(&options->optimiser, &t->graph->params);
    if (!t->optimiser) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "train: no memory for the optimiser");
        return NULL;
    }
    make_mine(t);
    if (options->resume && !resume(t, error))
        return NULL;
    hseg_graph_params_changed(t->graph);
    return g_steal_pointer(&t);
}

void
hseg_trainer_free(HsegTrainer *t)
{
    if (!t)
        return;
    hseg_loader_free(t->loader);
    hseg_optimiser_free(t->optimiser);
    hseg_graph_free(t->graph);
    hseg_model_unref(t->model);
    g_array_unref(t->history);
    g_free(t->settings);
    g_free(t->pictures);
    g_free(t->checkpoint);
    g_free(t->state.marked);
    g_free(t);
}

/* ---- one step ---- */

/* In a batch, all processes' parts together. */
static double
batch_samples(const HsegTrainer *t)
{
    return (double)t->graph->batch * t->options.cluster.size;
}

static double
learning_rate(const HsegTrainer *t)
{
    const HsegTrainerOptions *o = &t->options;
    int batches = hseg_loader_batches(t->loader);
    double steps = (double)o->epochs * ((batches + o->accumulate - 1) / o->accumulate);

    return hseg_schedule_rate(&o->schedule, &t->state.schedule, (double)t->optimiser->step, steps);
}

/* The means over all processes' parts of the batch. */
static void
add_loss(HsegTrainer *t, const HsegLoss *loss, double consistency)
{
    int n = t->options.cluster.size;
    double mean[] = {loss->total / n, loss->bce / n, loss->region / n, loss->boundary / n, consistency / n};

    hseg_cluster_sum(&t->options.cluster, mean, G_N_ELEMENTS(mean));
    t->state.loss += mean[0];
    t->state.bce += mean[1];
    t->state.region += mean[2];
    t->state.boundary += mean[3];
    t->state.consistency += mean[4];
}

/* Adds to the gradients of @batch's logits that of the consistency of its pairs, if it has any. @scale: of
 * this process's part. */
static double
train_consistency(HsegTrainer *t, const HsegBatch *batch, double scale)
{
    HsegTensor *out = &t->graph->tensors[t->output];
    HsegConsistencyBatch pairs = {.images = t->graph->batch,
                                  .width = out->w,
                                  .height = out->h,
                                  .z = out->data,
                                  .z_pixel = out->pixel,
                                  .motions = batch->motions,
                                  .grad = out->grad,
                                  .scale = t->options.consistency * scale};

    return batch->motions ? hseg_consistency(&pairs, t->options.threads) : 0;
}

/* @scale: of the batch's gradients, all parts together. */
static void
train_batch(HsegTrainer *t, const HsegBatch *batch, double scale)
{
    HsegGraph *g = t->graph;
    HsegTensor *in = &g->tensors[0], *out = &g->tensors[t->output];
    HsegLossBatch lb = {.images = g->batch,
                        .pixels = (size_t)out->h * out->w,
                        .z = out->data,
                        .z_pixel = out->pixel,
                        .target = batch->masks,
                        .phi = batch->distances,
                        .grad = out->grad,
                        .scale = scale / t->options.cluster.size};
    HsegLoss loss;
    double consistency;

    memcpy(in->data, batch->images, (size_t)g->batch * in->h * in->w * 3 * sizeof(float));
    hseg_graph_draw(g, t->options.loader.seed,
                    (guint64)t->state.epoch * hseg_loader_batches(t->loader) + t->state.batch);
    hseg_graph_forward(g);
    loss = hseg_loss(&t->options.loss, &lb, t->options.threads);
    consistency = train_consistency(t, batch, lb.scale);
    loss.total += t->options.consistency * consistency;
    hseg_graph_backward(g);
    hseg_graph_update_statistics(g);
    add_loss(t, &loss, consistency);
    t->state.batch++;
}

static void
step(HsegTrainer *t)
{
    HsegParams *params = &t->graph->params;

    hseg_cluster_sum_floats(&t->options.cluster, params->grad, params->size);
    hseg_optimiser_step(t->optimiser, params, learning_rate(t), t->options.threads);
    hseg_graph_params_changed(t->graph);
}

/* The batches that make one step, or none at the end of the epoch. */
static int
train_group(HsegTrainer *t)
{
    int left = hseg_loader_batches(t->loader) - t->state.batch;
    int group = MIN(t->options.accumulate, left);

    for (int i = 0; i < group; i++) {
        const HsegBatch *batch = hseg_loader_next(t->loader);

        if (!batch)
            return i;
        train_batch(t, batch, 1.0 / group);
    }
    if (group > 0)
        step(t);
    return group;
}

/* ---- records ---- */

static gboolean
save_checkpoint(HsegTrainer *t, GError **error)
{
    g_autofree char *history = hseg_history_to_json(t->history);

    t->saved_at = g_get_monotonic_time();
    if (!leads(t))
        return TRUE;
    return hseg_checkpoint_save(t->checkpoint, &t->name, &t->state, &t->graph->params, t->optimiser, history,
                                error);
}

/* Whether the weights of now are those to keep. */
static gboolean
wants_model(const HsegTrainer *t)
{
    return !t->options.keep_best || t->best || !g_file_test(t->options.out, G_FILE_TEST_EXISTS);
}

static gboolean
save_record(HsegTrainer *t, GError **error)
{
    const HsegTrainerOptions *o = &t->options;
    g_autofree char *history = hseg_history_to_json(t->history),
                    *json_path = g_strconcat(o->out, ".json", NULL);
    g_autofree char *svg_path = g_strconcat(o->out, ".svg", NULL);

    if (!leads(t))
        return TRUE;
    hseg_model_set_params(t->model, &t->graph->params, t->optimiser->average);
    hseg_model_set_note(t->model, "training_command", o->command);
    hseg_model_set_note(t->model, "training_data", o->data);
    hseg_model_set_note(t->model, "training_history", history);
    hseg_model_set_note(t->model, "normalisation", "(v / 255 - 0.5) / 0.5, RGB");
    return (!wants_model(t) || hseg_model_save(t->model, o->out, o->half, error)) &&
           hseg_history_save_json(t->history, json_path, error) &&
           hseg_history_save_svg(t->history, svg_path, error);
}

typedef enum {
    RUNNING,
    STOPPED,
    DONE,
} Stage;

/* The page about the run, if one is asked for. */
static gboolean
save_report(const HsegTrainer *t, Stage stage, GError **error)
{
    const HsegTrainerOptions *o = &t->options;
    HsegTrainReport report = {o->report, o->out, o->command, t->set, t->history, o->epochs, o->threads};
    g_autofree char *path = g_canonicalize_filename(o->out, NULL); /* never a built-in model's name */
    g_autoptr(HsegModel) model = NULL;

    if (!o->report || !leads(t))
        return TRUE;
    if (stage != DONE)
        return hseg_train_report_save(&report, stage == RUNNING, error);
    model = hseg_model_load(path, error);
    return model && hseg_train_report_save_final(&report, model, error);
}

/* The scores of held-out pictures: IoU, mIoU, mean IoU. */
static gboolean
score(HsegTrainer *t, double scores[3], GError **error)
{
    g_autoptr(HsegMetrics) metrics = NULL;
    HsegScores pooled;

    hseg_model_set_params(t->model, &t->graph->params, t->optimiser->average);
    metrics = hseg_validate(t->model, t->set->validation, t->options.threads, NULL, error);
    if (!metrics)
        return FALSE;
    pooled = hseg_metrics_pooled(metrics);
    scores[0] = pooled.iou;
    scores[1] = pooled.miou;
    scores[2] = hseg_metrics_mean(metrics).iou;
    return TRUE;
}

/* Fills in the leader's scores, and has the schedule take them into account. */
static gboolean
validate(HsegTrainer *t, HsegEpoch *e, GError **error)
{
    double scores[3];

    if (leads(t) && !score(t, scores, error))
        return FALSE;
    hseg_cluster_share_doubles(&t->options.cluster, scores, G_N_ELEMENTS(scores));
    e->val_iou = scores[0];
    e->val_miou = scores[1];
    e->val_mean_iou = scores[2];
    t->best = e->val_miou > t->state.schedule.best;
    hseg_schedule_advance(&t->options.schedule, &t->state.schedule, e->val_miou);
    return TRUE;
}

/* Looks anew, before an epoch, how much the network of now marks of some of the backgrounds: of all before
 * the first, then of a part after each, for it takes time. */
static gboolean
mine(HsegTrainer *t, GError **error)
{
    HsegRunState *s = &t->state;

    if (!s->marked)
        return TRUE;
    if (leads(t)) {
        hseg_model_set_params(t->model, &t->graph->params, t->optimiser->average);
        if (!hseg_mine(t->model, t->set->backgrounds, s->epoch, t->options.threads, s->marked, error))
            return FALSE;
    }
    hseg_cluster_share(&t->options.cluster, s->marked, s->n_marked);
    return TRUE;
}

static gboolean
finish_epoch(HsegTrainer *t, const HsegTrainerWatch *watch, GError **error)
{
    HsegEpoch e = {.epoch = t->state.epoch + 1,
                   .loss = t->state.loss / t->state.batch,
                   .bce = t->state.bce / t->state.batch,
                   .region = t->state.region / t->state.batch,
                   .boundary = t->state.boundary / t->state.batch,
                   .boundary_weight = t->options.loss.boundary,
                   .consistency = t->state.consistency / t->state.batch,
                   .learning_rate = learning_rate(t),
                   .val_iou = -1,
                   .val_mean_iou = -1,
                   .val_miou = -1,
                   .seconds = t->state.seconds,
                   .images_per_second = t->state.batch * batch_samples(t) / MAX(t->state.seconds, 1e-9)};

    if (t->set->validation->len > 0 && !validate(t, &e, error))
        return FALSE;
    g_array_append_val(t->history, e);
    t->state = (HsegRunState){.epoch = t->state.epoch + 1,
                              .schedule = t->state.schedule,
                              .marked = t->state.marked,
                              .n_marked = t->state.n_marked};
    if (!mine(t, error))
        return FALSE;
    if (watch->epoch && leads(t))
        watch->epoch(&e, watch->data);
    return save_record(t, error) && save_checkpoint(t, error) && save_report(t, RUNNING, error);
}

/* ---- the run ---- */

static void
report(HsegTrainer *t, const HsegTrainerWatch *watch)
{
    int batches = hseg_loader_batches(t->loader);
    double seconds = (g_get_monotonic_time() - t->begun) / 1e6, rate = t->begun_images / MAX(seconds, 1e-9);
    double left =
        ((double)(t->options.epochs - t->state.epoch) * batches - t->state.batch) * batch_samples(t);
    HsegTrainerProgress p = {t->state.epoch + 1,
                             t->options.epochs,
                             t->state.batch,
                             batches,
                             t->state.loss / MAX(t->state.batch, 1),
                             rate,
                             left / MAX(rate, 1e-9)};

    if (watch->batch && leads(t))
        watch->batch(&p, watch->data);
}

/* Asked of one process, all end: each would wait for the others in its next step. */
static gboolean
shall_stop(const HsegTrainer *t, const HsegTrainerWatch *watch)
{
    double asked = watch->stop && *watch->stop;

    hseg_cluster_sum(&t->options.cluster, &asked, 1);
    return asked > 0;
}

/* A background's chances as a hard negative go with the root of what is marked of it: the worst of all may be
 * a wrong label, and are not to be shown all the time. */
static void
weigh_negatives(HsegTrainer *t)
{
    gsize n = t->state.n_marked;
    g_autofree float *weights = g_new(float, n);

    if (!t->state.marked)
        return;
    for (gsize i = 0; i < n; i++)
        weights[i] = sqrtf(t->state.marked[i]) + 1e-3f;
    hseg_loader_weigh_backgrounds(t->loader, weights);
}

static gboolean
run_epoch(HsegTrainer *t, const HsegTrainerWatch *watch, GError **error)
{
    int done;

    /* Processors of different kinds round in their own ways: nobody drifts away for long. */
    hseg_cluster_share(&t->options.cluster, t->graph->params.value, t->graph->params.size);
    hseg_graph_params_changed(t->graph);
    t->options.loss.boundary = hseg_schedule_boundary(&t->options.schedule, &t->state.schedule);
    hseg_loader_give_distances(t->loader, t->options.loss.boundary > 0);
    weigh_negatives(t);
    hseg_loader_start(t->loader, t->state.epoch, t->state.batch);
    for (;;) {
        gint64 start = g_get_monotonic_time();

        done = train_group(t);
        if (done == 0)
            return TRUE;
        t->state.seconds += (g_get_monotonic_time() - start) / 1e6;
        t->begun_images += (gint64)(done * batch_samples(t));
        report(t, watch);
        if (!isfinite(t->state.loss)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                        "%s: the loss is no longer a number in epoch %d: try a lower learning rate",
                        t->options.out, t->state.epoch + 1);
            return FALSE;
        }
        if (shall_stop(t, watch)) {
            if (save_checkpoint(t, error) && save_report(t, STOPPED, error))
                g_set_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED, "stopped; --resume %s goes on",
                            t->checkpoint);
            return FALSE;
        }
        if (g_get_monotonic_time() - t->saved_at > t->options.checkpoint_minutes * 60e6 &&
            !save_checkpoint(t, error))
            return FALSE;
    }
}

gboolean
hseg_trainer_run(HsegTrainer *t, const HsegTrainerWatch *watch, GError **error)
{
    if (!save_report(t, RUNNING, error))
        return FALSE;
    t->begun = t->saved_at = g_get_monotonic_time();
    if (!t->options.resume && !mine(t, error))
        return FALSE;
    while (t->state.epoch < t->options.epochs &&
           !hseg_schedule_has_ended(&t->options.schedule, &t->state.schedule))
        if (!run_epoch(t, watch, error) || !finish_epoch(t, watch, error))
            return FALSE;
    return save_record(t, error) && save_report(t, DONE, error);
}
