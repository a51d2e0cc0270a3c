/* humanseg eval: scores as tables, as JSON and as an HTML page. */
#include "base/base.h"
#include "base/parallel.h"
#include "cli/cli.h"
#include "cli/eval-output.h"
#include "cli/progress.h"
#include "eval/report.h"
#include "files/save.h"
#include <humanseg/humanseg.h>

typedef struct {
    char *model, *precision, *json, *report;
    char **data, **video, **negatives;
    int threads;
    gboolean guided, full_size, stream;
    char *command; /* as it was given */
} Options;

static gboolean
show_progress(int done, int total, void *user)
{
    HsegProgress **progress = user;

    if (!*progress)
        *progress = hseg_progress_new("eval", total);
    hseg_progress_set(*progress, done, NULL);
    return TRUE;
}

/* What can't be written is found before the work, not after it. */
static gboolean
check_outputs(const Options *o, GError **error)
{
    g_autofree char *page = o->report ? g_build_filename(o->report, "index.html", NULL) : NULL;

    if (page && g_file_test(o->report, G_FILE_TEST_EXISTS) && !g_file_test(o->report, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "--report: %s is no folder", o->report);
        return FALSE;
    }
    return (!page || !g_file_test(o->report, G_FILE_TEST_EXISTS) || hseg_save_check(page, error)) &&
           (!o->json || (hseg_cli_spare(o->json, o->model, error) && hseg_save_check(o->json, error)));
}

static gboolean
check(const Options *o, GError **error)
{
    if (!o->data && !o->video && !o->negatives) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "eval: nothing to score: no --data, --video or --negatives DIR given; see --help");
        return FALSE;
    }
    if (o->guided + o->full_size + o->stream > 1) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "eval: of --guided, --full-size and --stream one at a time");
        return FALSE;
    }
    return hseg_cli_range("threads", o->threads, 0, 64, error) && check_outputs(o, error);
}

static gboolean
save_report(const Options *o, const HsegEvaluation *e, HsegModel *model, const HsegPredictParams *predict,
            GError **error)
{
    static const char *const sizes[] = {
        [HSEG_PREDICT_SMALL] = "at the network's size",
        [HSEG_PREDICT_ENLARGED] = "at the pictures' own size, without the guided filter",
        [HSEG_PREDICT_GUIDED] = "at the pictures' own size, with the guided filter",
        [HSEG_PREDICT_STREAM] = "at the pictures' own size, by the masks of a stream",
    };
    g_autofree char *title = g_strdup_printf("Scores of %s", hseg_model_get_name(model));
    g_autofree char *about = g_strdup_printf("Scored %s.", sizes[predict->mode]);
    const HsegReportTexts texts = {title, about, o->command};

    return hseg_report_save(e, model, predict, &texts, o->report, error);
}

static HsegPredictMode
mode(const Options *o)
{
    if (o->stream)
        return HSEG_PREDICT_STREAM;
    if (o->guided)
        return HSEG_PREDICT_GUIDED;
    return o->full_size ? HSEG_PREDICT_ENLARGED : HSEG_PREDICT_SMALL;
}

static gboolean
evaluate(const Options *o, GError **error)
{
    const HsegSegmenterParams refine = hseg_segmenter_default_params();
    const HsegEvaluateDirs dirs = {.data = (const char *const *)o->data,
                                   .video = (const char *const *)o->video,
                                   .negatives = (const char *const *)o->negatives};
    const int precision = hseg_cli_precision(o->precision, error);
    HsegProgress *progress = NULL;
    const HsegEvaluateParams params = {
        .predict = {.mode = mode(o),
                    .precision = (HsegPrecision)precision,
                    .threads = o->threads ? o->threads : HSEG_MIN(hseg_parallel_cpus(), 2),
                    .radius = refine.radius,
                    .epsilon = refine.epsilon},
        .progress = show_progress,
        .user = &progress};
    g_autoptr(HsegModel) model = NULL;
    g_autoptr(HsegEvaluation) e = NULL;

    if (precision < 0 || !check(o, error))
        return FALSE;
    model = hseg_model_load(o->model ? o->model : "default", error);
    if (!model)
        return FALSE;
    e = hseg_evaluate(model, &dirs, &params, error);
    hseg_progress_free(progress);
    if (!e)
        return FALSE;
    hseg_eval_print(e);
    return (!o->json || hseg_eval_save_json(e, o->json, error)) &&
           (!o->report || save_report(o, e, model, &params.predict, error));
}

int
hseg_cmd_eval(int argc, char **argv)
{
    Options o = {.command = g_strjoinv(" ", argv)};
    const GOptionEntry entries[] = {
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model,
         "A built-in model or a .safetensors file [default]", "M"},
        {"data", 'd', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.data,
         "A data set (images/ and masks/) or a folder of data sets; may be given again, as may the next two",
         "DIR"},
        {"video", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.video,
         "The same of clips, the pictures their frames in order: scores of its own, and how steady masks are",
         "DIR"},
        {"negatives", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.negatives,
         "A folder of pictures without people: how much of them is marked", "DIR"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &o.precision, "auto, float32 or int8 [auto]", "P"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &o.json, "Write the scores to a file too", "FILE"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &o.report,
         "Write DIR/index.html: tables, curves, the worst pictures", "DIR"},
        {"guided", 0, 0, G_OPTION_ARG_NONE, &o.guided,
         "Score at the pictures' own size with the guided filter's edges, not at the network's", NULL},
        {"full-size", 0, 0, G_OPTION_ARG_NONE, &o.full_size,
         "Score at the pictures' own size, the network's answer enlarged without the filter", NULL},
        {"stream", 0, 0, G_OPTION_ARG_NONE, &o.stream,
         "Score at the pictures' own size the masks that a video gets, smoothed from frame to frame in clips",
         NULL},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads; 0: as many as processors, at most 2 [0]",
         "N"},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok = hseg_cli_parse(&argc, &argv, NULL, "Scores a model on pictures with known masks.", entries,
                                 NULL, &error) &&
                  evaluate(&o, &error);

    g_free(o.model);
    g_free(o.precision);
    g_free(o.json);
    g_free(o.report);
    g_free(o.command);
    g_strfreev(o.data);
    g_strfreev(o.video);
    g_strfreev(o.negatives);
    return ok ? 0 : hseg_cli_fail(error);
}
