/* humanseg eval: a table of scores, and the same as JSON. */
#include "base/base.h"
#include "base/parallel.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "eval/evaluate.h"
#include <humanseg/humanseg.h>
#include <json-glib/json-glib.h>
#include <math.h>

typedef struct {
    char *model, *json;
    char **data;
    int threads;
    gboolean guided;
} Options;

static void
print_row(const char *name, int images, const HsegScores *scores)
{
    g_print("%-22s %6d", name, images);
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        double value = hseg_score_get(scores, i);

        if (isnan(value))
            g_print(" %10s", "-");
        else
            g_print(" %10.4f", value);
    }
    g_print("\n");
}

static void
print_table(const HsegEvaluation *e, const char *title, HsegScores (*scores)(const HsegMetrics *m))
{
    HsegScores pool = scores(e->pool);

    g_print("%-22s %6s", title, "images");
    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        g_print(" %10s", hseg_score_name(i));
    g_print("\n");
    for (guint i = 0; i < e->sets->len; i++) {
        const HsegEvaluatedSet *set = e->sets->pdata[i];
        HsegScores s = scores(set->metrics);

        print_row(set->name, hseg_metrics_images(set->metrics), &s);
    }
    if (e->sets->len != 1)
        print_row("all", hseg_metrics_images(e->pool), &pool);
}

static void
add_scores(JsonBuilder *b, const HsegScores *scores)
{
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        double value = hseg_score_get(scores, i);

        json_builder_set_member_name(b, hseg_score_name(i));
        if (isnan(value))
            json_builder_add_null_value(b);
        else
            json_builder_add_double_value(b, value);
    }
}

static void
add_metrics(JsonBuilder *b, const HsegMetrics *m)
{
    HsegScores pooled = hseg_metrics_pooled(m), mean = hseg_metrics_mean(m);

    json_builder_set_member_name(b, "images");
    json_builder_add_int_value(b, hseg_metrics_images(m));
    add_scores(b, &pooled);
    json_builder_set_member_name(b, "mean");
    json_builder_begin_object(b);
    add_scores(b, &mean);
    json_builder_end_object(b);
}

static gboolean
save_json(const HsegEvaluation *e, const char *file, GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();

    json_builder_begin_object(b);
    add_metrics(b, e->pool);
    json_builder_set_member_name(b, "sets");
    json_builder_begin_array(b);
    for (guint i = 0; i < e->sets->len; i++) {
        const HsegEvaluatedSet *set = e->sets->pdata[i];

        json_builder_begin_object(b);
        json_builder_set_member_name(b, "name");
        json_builder_add_string_value(b, set->name);
        add_metrics(b, set->metrics);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    return hseg_cli_save_json(b, file, error);
}

static gboolean
show_progress(int done, int total, void *data)
{
    HsegProgress **progress = data;

    if (!*progress)
        *progress = hseg_progress_new("eval", total);
    hseg_progress_set(*progress, done, NULL);
    return TRUE;
}

static gboolean
evaluate(const Options *o, GError **error)
{
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(HsegEvaluation) e = NULL;
    HsegProgress *progress = NULL;
    HsegSegmenterParams refine = hseg_segmenter_default_params();
    HsegEvaluateParams params = {.threads = o->threads ? o->threads : HSEG_MIN(hseg_parallel_cpus(), 2),
                                 .guided = o->guided,
                                 .radius = refine.radius,
                                 .epsilon = refine.epsilon,
                                 .progress = show_progress,
                                 .data = &progress};

    if (!o->data) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "eval: no --data DIR given; see --help");
        return FALSE;
    }
    if (!hseg_cli_range("threads", o->threads, 0, 64, error))
        return FALSE;
    model = hseg_model_load(o->model ? o->model : "default", error);
    if (!model)
        return FALSE;
    e = hseg_evaluate(model, (const char *const *)o->data, &params, error);
    hseg_progress_free(progress);
    if (!e)
        return FALSE;
    print_table(e, "pooled over pixels", hseg_metrics_pooled);
    g_print("\n");
    print_table(e, "mean over images", hseg_metrics_mean);
    return !o->json || save_json(e, o->json, error);
}

int
hseg_cmd_eval(int argc, char **argv)
{
    Options o = {0};
    const GOptionEntry entries[] = {
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model,
         "A built-in model or a .safetensors file [default]", "M"},
        {"data", 'd', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.data,
         "A data set (images/ and masks/) or a folder of data sets; may be given again", "DIR"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &o.json, "Write the scores to a file too", "FILE"},
        {"guided", 0, 0, G_OPTION_ARG_NONE, &o.guided,
         "Score at the pictures' own size with the guided filter's edges, not at the network's", NULL},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads; 0: as many as processors, at most 2 [0]",
         "N"},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok = hseg_cli_parse(&argc, &argv, NULL, "Scores a model on pictures with known masks.", entries,
                                 NULL, &error) &&
                  evaluate(&o, &error);

    g_free(o.model);
    g_free(o.json);
    g_strfreev(o.data);
    return ok ? 0 : hseg_cli_fail(error);
}
