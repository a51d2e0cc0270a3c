#include "eval/report.h"

#include "base/base.h"
#include "eval/page.h"
#include "eval/svg.h"
#include "eval/triptych.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>

enum { N_WORST = 24, N_WORST_FRAMES = 4, N_WORST_NEGATIVES = 12, BINS = 20 };

typedef struct {
    HsegPage *page;
    HsegPredictor *predictor;
} Report;

/* ---- tables ---- */

typedef HsegScores (*ScoresOf)(const HsegMetrics *m);

/* (transfer full): a NULL-terminated row for hseg_page_table_row(), to be given to g_strfreev(). */
static char **
row_new(const char *name, int count, const double *values, int n)
{
    char **cells = g_new0(char *, (gsize)n + 3);

    cells[0] = g_strdup(name);
    cells[1] = g_strdup_printf("%d", count);
    for (int i = 0; i < n; i++)
        cells[i + 2] = isnan(values[i]) ? g_strdup("–") : g_strdup_printf("%.4f", values[i]);
    return cells;
}

/* @sum: of the rows above. */
static void
add_row(HsegPage *page, gboolean sum, const char *name, int count, const double *values, int n)
{
    g_auto(GStrv) cells = row_new(name, count, values, n);

    if (sum)
        hseg_page_table_sum(page, (const char *const *)cells);
    else
        hseg_page_table_row(page, (const char *const *)cells);
}

/* @shown: [n] scores. */
static void
add_scores_row(HsegPage *page, gboolean sum, const char *name, const HsegMetrics *m, ScoresOf scores,
               const int *shown, int n)
{
    HsegScores s = scores(m);
    double values[HSEG_SCORE_COUNT];

    for (int i = 0; i < n; i++)
        values[i] = hseg_score_get(&s, shown[i]);
    add_row(page, sum, name, hseg_metrics_images(m), values, n);
}

/* Scores that no set has are left out. */
static void
add_scores(HsegPage *page, const char *title, const GPtrArray *sets, const HsegMetrics *pool, ScoresOf scores)
{
    const char *columns[HSEG_SCORE_COUNT + 3] = {title, "images"};
    HsegScores all = scores(pool);
    int shown[HSEG_SCORE_COUNT], n = 0;

    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        if (isnan(hseg_score_get(&all, i)))
            continue;
        columns[n + 2] = hseg_score_title(i);
        shown[n++] = i;
    }
    hseg_page_table_begin(page, columns);
    for (guint i = 0; i < sets->len; i++) {
        const HsegEvaluatedSet *set = sets->pdata[i];

        add_scores_row(page, FALSE, set->name, set->metrics, scores, shown, n);
    }
    if (sets->len > 1)
        add_scores_row(page, TRUE, "all", pool, scores, shown, n);
    hseg_page_table_end(page);
}

static void
add_temporal_row(HsegPage *page, gboolean sum, const char *name, const HsegTemporal *t)
{
    HsegTemporalScores s = hseg_temporal_scores(t);

    add_row(page, sum, name, hseg_temporal_pairs(t),
            (const double[]){s.flicker, s.predicted_change, s.truth_change, s.dtssd}, 4);
}

/* ---- charts ---- */

/* A curve for each set, and for all together. @score: (nullable): whose value stands beside the name. */
static void
add_curves(HsegPage *page, const HsegSvgAxes *axes, const GPtrArray *sets, const HsegMetrics *pool,
           HsegCurve (*curve)(const HsegMetrics *m), const char *score)
{
    int n = (int)sets->len + (sets->len > 1);
    g_autofree HsegCurve *curves = g_new(HsegCurve, n);
    g_autofree HsegSvgLine *lines = g_new(HsegSvgLine, n);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *svg = NULL;

    for (int i = 0; i < n; i++) {
        const HsegEvaluatedSet *set = i < (int)sets->len ? sets->pdata[i] : NULL;
        const HsegMetrics *metrics = set ? set->metrics : pool;
        const char *name = set ? set->name : "all";
        HsegScores scores = hseg_metrics_pooled(metrics);

        g_ptr_array_add(
            names, score ? g_strdup_printf("%.4f %s", hseg_score_get(&scores, hseg_score_find(score)), name)
                         : g_strdup(name));
        curves[i] = curve(metrics);
        lines[i] = (HsegSvgLine){names->pdata[i], curves[i].x, curves[i].y, curves[i].n, !set};
    }
    svg = hseg_svg_lines(axes, lines, n);
    hseg_page_svg(page, svg);
    for (int i = 0; i < n; i++)
        hseg_curve_clear(&curves[i]);
}

static void
add_histogram(HsegPage *page, const GPtrArray *sets)
{
    const HsegSvgAxes axes = {
        .title = "Pictures by their IoU", .x_label = "IoU", .y_label = "pictures", .x_max = 1};
    int counts[BINS] = {0};
    g_autofree char *svg = NULL;

    for (guint s = 0; s < sets->len; s++) {
        const HsegEvaluatedSet *set = sets->pdata[s];

        for (guint i = 0; i < set->images->len; i++) {
            double iou = ((const HsegEvaluatedImage *)set->images->pdata[i])->scores.iou;

            counts[HSEG_MIN((int)(iou * BINS), BINS - 1)]++;
        }
    }
    svg = hseg_svg_bars(&axes, counts, BINS);
    hseg_page_svg(page, svg);
}

/* The IoU of each frame, a line for each clip. */
static void
add_timeline(HsegPage *page, const GPtrArray *clips)
{
    const HsegSvgAxes axes = {
        .title = "IoU, frame by frame", .x_label = "frame", .y_label = "IoU", .y_max = 1};
    g_autofree HsegSvgLine *lines = g_new(HsegSvgLine, clips->len);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *svg = NULL;

    for (guint c = 0; c < clips->len; c++) {
        const HsegEvaluatedSet *set = clips->pdata[c];
        double *x = g_new(double, set->images->len), *y = g_new(double, set->images->len);

        for (guint i = 0; i < set->images->len; i++) {
            x[i] = i;
            y[i] = ((const HsegEvaluatedImage *)set->images->pdata[i])->scores.iou;
        }
        g_ptr_array_add(values, x);
        g_ptr_array_add(values, y);
        lines[c] = (HsegSvgLine){set->name, x, y, (int)set->images->len, FALSE};
    }
    svg = hseg_svg_lines(&axes, lines, (int)clips->len);
    hseg_page_svg(page, svg);
}

/* ---- pictures ---- */

static gboolean
add_picture(Report *r, const HsegEvaluatedImage *item, const char *caption, GError **error)
{
    g_autoptr(HsegPicture) image = NULL, mask = NULL, sheet = NULL;
    HsegPrediction p;

    hseg_predictor_reset(r->predictor);
    if (!hseg_evaluated_image_load(item, &image, &mask, error) ||
        !hseg_predictor_run(r->predictor, image, &p, error) || !hseg_evaluated_fit(&mask, &p, error))
        return FALSE;
    sheet = hseg_triptych_new(image, mask->data, mask->stride, p.probability, p.width, p.height,
                              HSEG_TRIPTYCH_PANEL, error);
    return sheet && hseg_page_picture(r->page, sheet, caption, error);
}

/* The pictures of @sets that are worst in one score. */
static gboolean
add_worst(Report *r, const GPtrArray *sets, const char *score, gboolean highest, guint n, GError **error)
{
    int index = hseg_score_find(score);
    g_autoptr(GPtrArray) worst = hseg_evaluated_extremes(sets, index, highest, n);

    for (guint i = 0; i < worst->len; i++) {
        const HsegEvaluatedImage *item = worst->pdata[i];
        g_autofree char *caption = g_strdup_printf("%s %.4f: %s", hseg_score_title(index),
                                                   hseg_score_get(&item->scores, index), item->image);

        if (!add_picture(r, item, caption, error))
            return FALSE;
    }
    return TRUE;
}

/* Frames of every clip, lest the worst clip take all the room. */
static gboolean
add_worst_frames(Report *r, const GPtrArray *clips, GError **error)
{
    for (guint i = 0; i < clips->len; i++) {
        g_autoptr(GPtrArray) one = g_ptr_array_new();

        g_ptr_array_add(one, clips->pdata[i]);
        if (!add_worst(r, one, "iou", FALSE, N_WORST_FRAMES, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the page ---- */

static void
add_sets(Report *r, const char *what, const GPtrArray *sets, const HsegMetrics *pool)
{
    static const HsegSvgAxes roc = {
        "ROC, and the area below it", "false-positive rate", "true-positive rate", 0, 1, 0, 1};
    static const HsegSvgAxes recall = {"Precision and recall", "recall", "precision", 0, 1, 0, 1};

    hseg_page_heading(r->page, what);
    add_scores(r->page, "pooled over pixels", sets, pool, hseg_metrics_pooled);
    add_scores(r->page, "mean over images", sets, pool, hseg_metrics_mean);
    add_curves(r->page, &roc, sets, pool, hseg_metrics_roc, "auroc");
    add_curves(r->page, &recall, sets, pool, hseg_metrics_precision_recall, NULL);
    add_histogram(r->page, sets);
}

static gboolean
add_pictures(Report *r, const HsegEvaluation *e, GError **error)
{
    if (e->sets->len == 0)
        return TRUE;
    add_sets(r, "Pictures", e->sets, e->pool);
    hseg_page_heading(r->page, "Pictures with the lowest IoU");
    hseg_page_text(r->page, hseg_triptych_legend);
    return add_worst(r, e->sets, "iou", FALSE, N_WORST, error);
}

static gboolean
add_clips(Report *r, const HsegEvaluation *e, GError **error)
{
    if (e->clips->len == 0)
        return TRUE;
    add_sets(r, "Clips", e->clips, e->clip_pool);
    hseg_page_heading(r->page, "Frames with the lowest IoU, of each clip");
    hseg_page_text(r->page, hseg_triptych_legend);
    return add_worst_frames(r, e->clips, error);
}

static void
add_temporal(Report *r, const HsegEvaluation *e)
{
    const GPtrArray *both[] = {e->sets, e->clips};
    g_autoptr(GPtrArray) clips = g_ptr_array_new();

    for (gsize k = 0; k < G_N_ELEMENTS(both); k++)
        for (guint i = 0; i < both[k]->len; i++)
            if (((const HsegEvaluatedSet *)both[k]->pdata[i])->temporal)
                g_ptr_array_add(clips, both[k]->pdata[i]);
    if (clips->len == 0)
        return;
    hseg_page_heading(r->page, "From frame to frame");
    hseg_page_text(
        r->page,
        "Change is 1 - IoU of two neighbouring frames' masks; flicker what the prediction changes more "
        "than the truth. dtSSD compares how the soft masks change.");
    hseg_page_table_begin(r->page, (const char *const[]){"clip", "pairs", "flicker", "change",
                                                         "change of the truth", "dtSSD", NULL});
    for (guint i = 0; i < clips->len; i++) {
        const HsegEvaluatedSet *set = clips->pdata[i];

        add_temporal_row(r->page, FALSE, set->name, set->temporal);
    }
    if (clips->len > 1)
        add_temporal_row(r->page, TRUE, "all", e->temporal);
    hseg_page_table_end(r->page);
    add_timeline(r->page, clips);
}

static gboolean
add_negatives(Report *r, const GPtrArray *negatives, GError **error)
{
    if (negatives->len == 0)
        return TRUE;
    hseg_page_heading(r->page, "Pictures without people");
    hseg_page_table_begin(r->page,
                          (const char *const[]){"share of pixels marked", "images", "mean", "worst", NULL});
    for (guint i = 0; i < negatives->len; i++) {
        const HsegEvaluatedSet *set = negatives->pdata[i];
        double worst = 0;

        for (guint k = 0; k < set->images->len; k++)
            worst = fmax(worst, ((const HsegEvaluatedImage *)set->images->pdata[k])->scores.marked);
        add_row(r->page, FALSE, set->name, hseg_metrics_images(set->metrics),
                (const double[]){hseg_metrics_mean(set->metrics).marked, worst}, 2);
    }
    hseg_page_table_end(r->page);
    hseg_page_text(r->page, hseg_triptych_legend);
    return add_worst(r, negatives, "marked", TRUE, N_WORST_NEGATIVES, error);
}

/* Nothing where there is no such number. */
static void
add_fact(HsegPage *page, double value, const char *name)
{
    g_autofree char *text = g_strdup_printf("%.4f", value);

    if (!isnan(value))
        hseg_page_fact(page, text, name);
}

/* What one wants to know first. */
static void
add_facts(Report *r, const HsegEvaluation *e)
{
    static const char *const first[] = {"iou", "miou", "dice", "auroc", "boundary_f"};
    HsegScores pooled = hseg_metrics_pooled(e->pool);
    g_autoptr(HsegMetrics) rooms = hseg_metrics_new();

    for (gsize i = 0; hseg_metrics_images(e->pool) > 0 && i < G_N_ELEMENTS(first); i++) {
        int score = hseg_score_find(first[i]);

        add_fact(r->page, hseg_score_get(&pooled, score), hseg_score_title(score));
    }
    add_fact(r->page, hseg_temporal_scores(e->temporal).flicker, "flicker");
    for (guint i = 0; i < e->negatives->len; i++)
        hseg_metrics_merge(rooms, ((const HsegEvaluatedSet *)e->negatives->pdata[i])->metrics);
    add_fact(r->page, hseg_metrics_mean(rooms).marked, "marked where nobody is");
}

static gboolean
fill(Report *r, const HsegEvaluation *e, GError **error)
{
    add_facts(r, e);
    if (!add_pictures(r, e, error) || !add_clips(r, e, error))
        return FALSE;
    add_temporal(r, e);
    return add_negatives(r, e->negatives, error);
}

gboolean
hseg_report_save(const HsegEvaluation *e, HsegModel *model, const HsegPredictParams *predict,
                 const HsegReportTexts *texts, const char *dir, GError **error)
{
    g_autoptr(HsegPredictor) predictor = hseg_predictor_new(model, predict, error);
    g_autoptr(HsegPage) page = hseg_page_new(texts->title, 0);
    g_autofree char *file = g_build_filename(dir, "index.html", NULL);
    Report r = {page, predictor};

    if (!predictor)
        return FALSE;
    hseg_page_text(page, texts->about);
    hseg_page_command(page, texts->command);
    if (!fill(&r, e, error))
        return FALSE;
    if (g_mkdir_with_parents(dir, 0777) == 0)
        return hseg_page_save(page, file, error);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot make the folder %s: %s", dir, g_strerror(errno));
    return FALSE;
}
