#include "train/report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>

#include "eval/page.h"
#include "eval/svg.h"
#include "eval/triptych.h"
#include "train/validate.h"

#define REFRESH 30 /* seconds */
#define WORST   24 /* pictures */

/* ---- curves ---- */

/* One column of the history as a curve. */
typedef struct {
    const char *name;
    size_t offset;     /* in HsegEpoch */
    gboolean signless; /* below 0 it means that there is no value */
} Column;

static double
cell(const GArray *history, guint row, const Column *c)
{
    double v = *(const double *)((const char *)&g_array_index(history, HsegEpoch, row) + c->offset);

    return c->signless && v < 0 ? NAN : v;
}

/* The last value of each curve stands beside its name. */
static void
add_chart(HsegPage *page, const GArray *history, const char *title, const Column *columns, int n)
{
    HsegSvgAxes axes = {.title = title, .x_label = "epoch"};
    HsegSvgLine lines[4] = {0};
    g_autofree double *x = g_new(double, history->len), *y = g_new(double, n * history->len);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *svg = NULL;

    for (guint i = 0; i < history->len; i++)
        x[i] = g_array_index(history, HsegEpoch, i).epoch;
    for (int c = 0; c < n; c++) {
        double last = cell(history, history->len - 1, &columns[c]);

        g_ptr_array_add(names, g_strdup_printf("%.4g %s", last, columns[c].name));
        for (guint i = 0; i < history->len; i++)
            y[c * history->len + i] = cell(history, i, &columns[c]);
        lines[c] = (HsegSvgLine){names->pdata[c], x, y + c * history->len, (int)history->len,
                                 columns[c].offset == offsetof(HsegEpoch, loss)};
    }
    svg = hseg_svg_lines(&axes, lines, n);
    hseg_page_svg(page, svg);
}

static void
add_charts(HsegPage *page, const HsegTrainReport *r)
{
    static const Column losses[] = {{"all", offsetof(HsegEpoch, loss), FALSE},
                                    {"bce", offsetof(HsegEpoch, bce), FALSE},
                                    {"region", offsetof(HsegEpoch, region), FALSE},
                                    {"boundary", offsetof(HsegEpoch, boundary), FALSE}};
    static const Column scores[] = {{"IoU", offsetof(HsegEpoch, val_iou), TRUE},
                                    {"IoU, mean", offsetof(HsegEpoch, val_mean_iou), TRUE},
                                    {"mIoU", offsetof(HsegEpoch, val_miou), TRUE}};
    static const Column rate = {"at the epoch's end", offsetof(HsegEpoch, learning_rate), FALSE};
    static const Column weight = {"share", offsetof(HsegEpoch, boundary_weight), FALSE};
    const HsegEpoch *last = &g_array_index(r->history, HsegEpoch, r->history->len - 1);
    gboolean boundary = last->boundary_weight > 0;

    hseg_page_heading(page, "Curves");
    add_chart(page, r->history, "Training loss", losses, boundary ? 4 : 3);
    if (r->set->validation->len > 0)
        add_chart(page, r->history, "Held-out pictures", scores, 3);
    add_chart(page, r->history, "Learning rate", &rate, 1);
    if (boundary)
        add_chart(page, r->history, "The boundary loss's share", &weight, 1);
}

/* ---- tables ---- */

static void add_fact(HsegPage *page, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
add_fact(HsegPage *page, const char *name, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    hseg_page_fact(page, text, name);
}

/* The epoch of the highest mIoU. */
static const HsegEpoch *
find_best(const GArray *history)
{
    const HsegEpoch *best = &g_array_index(history, HsegEpoch, 0);

    for (guint i = 1; i < history->len; i++) {
        const HsegEpoch *e = &g_array_index(history, HsegEpoch, i);

        best = e->val_miou > best->val_miou ? e : best;
    }
    return best;
}

/* Where the run stands. */
static void
add_facts(HsegPage *page, const HsegTrainReport *r, gboolean running)
{
    const HsegEpoch *last, *best;

    add_fact(page, "epochs", "%u of %d", r->history->len, r->epochs);
    if (r->history->len == 0)
        return;
    last = &g_array_index(r->history, HsegEpoch, r->history->len - 1);
    best = find_best(r->history);
    add_fact(page, "loss", "%.4f", last->loss);
    if (r->set->validation->len > 0) {
        g_autofree char *name = g_strdup_printf("best held-out mIoU, epoch %d", best->epoch);

        add_fact(page, "IoU of held-out pictures", "%.4f", last->val_iou);
        add_fact(page, name, "%.4f", best->val_miou);
    }
    add_fact(page, "images a second", "%.1f", last->images_per_second);
    if (running)
        add_fact(page, "hours left", "%.1f", (r->epochs - (double)r->history->len) * last->seconds / 3600);
}

static void
add_description(HsegPage *page, const HsegTrainReport *r, gboolean running)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%F %R");
    g_autofree char *counts = g_strdup_printf(
        "%u pictures to train on, %u held out, %u cut-outs, %u backgrounds.", r->set->real->len,
        r->set->validation->len, r->set->cutouts->len, r->set->backgrounds->len);
    g_autofree char *state = g_strdup_printf(
        "Running: written at %s, after each epoch anew; looked at again every %d seconds.", time, REFRESH);

    hseg_page_command(page, r->command);
    hseg_page_text(page, counts);
    if (running)
        hseg_page_text(page, state);
}

/* The epochs, the last first. */
static void
add_epochs(HsegPage *page, const GArray *history)
{
    static const Column columns[] = {{"loss", offsetof(HsegEpoch, loss), FALSE},
                                     {"bce", offsetof(HsegEpoch, bce), FALSE},
                                     {"region", offsetof(HsegEpoch, region), FALSE},
                                     {"boundary", offsetof(HsegEpoch, boundary), FALSE},
                                     {"its share", offsetof(HsegEpoch, boundary_weight), FALSE},
                                     {"consistency", offsetof(HsegEpoch, consistency), FALSE},
                                     {"rate", offsetof(HsegEpoch, learning_rate), FALSE},
                                     {"IoU", offsetof(HsegEpoch, val_iou), TRUE},
                                     {"mean IoU", offsetof(HsegEpoch, val_mean_iou), TRUE},
                                     {"mIoU", offsetof(HsegEpoch, val_miou), TRUE},
                                     {"minutes", offsetof(HsegEpoch, seconds), FALSE},
                                     {"images/s", offsetof(HsegEpoch, images_per_second), FALSE}};
    enum { N = G_N_ELEMENTS(columns) };
    const char *names[N + 2] = {"epoch"};

    for (int c = 0; c < N; c++)
        names[c + 1] = columns[c].name;
    hseg_page_heading(page, "Epochs");
    hseg_page_table_begin(page, names);
    for (guint i = history->len; i-- > 0;) {
        char *cells[N + 2] = {g_strdup_printf("%d", g_array_index(history, HsegEpoch, i).epoch)};

        for (int c = 0; c < N; c++) {
            double v = cell(history, i, &columns[c]);

            v = columns[c].offset == offsetof(HsegEpoch, seconds) ? v / 60 : v;
            cells[c + 1] = isnan(v) ? g_strdup("–") : g_strdup_printf("%.4g", v);
        }
        hseg_page_table_row(page, (const char *const *)cells);
        for (int c = 0; c <= N; c++)
            g_free(cells[c]);
    }
    hseg_page_table_end(page);
}

/* ---- the end of a run ---- */

static char *
score_text(const HsegScores *scores, int i)
{
    double v = hseg_score_get(scores, i);

    return isnan(v) ? g_strdup("–") : g_strdup_printf("%.4f", v);
}

static void
add_scores(HsegPage *page, const HsegMetrics *metrics)
{
    const char *names[] = {"held-out pictures", "pooled over pixels", "mean over pictures", NULL};
    HsegScores pooled = hseg_metrics_pooled(metrics), mean = hseg_metrics_mean(metrics);

    hseg_page_heading(page, "Scores");
    hseg_page_table_begin(page, names);
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        g_autofree char *p = score_text(&pooled, i), *m = score_text(&mean, i);
        const char *row[] = {hseg_score_title(i), p, m, NULL};

        if (!isnan(hseg_score_get(&pooled, i)))
            hseg_page_table_row(page, row);
    }
    hseg_page_table_end(page);
}

static void
add_roc(HsegPage *page, const HsegMetrics *metrics)
{
    HsegSvgAxes axes = {.title = "ROC of the held-out pictures",
                        .x_label = "false-positive rate",
                        .y_label = "true-positive rate",
                        .x_max = 1,
                        .y_max = 1};
    HsegCurve curve = hseg_metrics_roc(metrics);
    HsegSvgLine line = {NULL, curve.x, curve.y, curve.n, FALSE};
    g_autofree char *svg = hseg_svg_lines(&axes, &line, 1);

    hseg_page_svg(page, svg);
    hseg_curve_clear(&curve);
}

/* The indices of the @n lowest of @scores, the lowest first. */
static GArray *
find_lowest(const double *scores, guint count, guint n)
{
    GArray *lowest = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < count; i++) {
        guint at = lowest->len;

        while (at > 0 && scores[g_array_index(lowest, guint, at - 1)] > scores[i])
            at--;
        g_array_insert_val(lowest, at, i);
        g_array_set_size(lowest, MIN(lowest->len, n));
    }
    return lowest;
}

/* What the network is shown as a picture again. */
static HsegPicture *
to_picture(const float *image, int width, int height, GError **error)
{
    HsegPicture *picture = hseg_picture_new(width, height, 3, error);

    for (size_t i = 0; picture && i < 3 * (size_t)width * height; i++)
        picture->data[i] = (uint8_t)((image[i] + 1) * 127.5f + 0.5f);
    return picture;
}

static gboolean
add_picture(HsegPage *page, HsegValidator *v, const HsegTrainItem *item, double iou, GError **error)
{
    const HsegValidated *seen = hseg_validator_run(v, item);
    g_autofree char *caption = g_strdup_printf("%s/%s: IoU %.3f", item->set, item->name, iou);
    g_autoptr(HsegPicture) image = to_picture(seen->image, seen->width, seen->height, error);
    g_autoptr(HsegPicture) sheet = NULL;

    if (image)
        sheet = hseg_triptych_new(image, seen->truth, seen->width, seen->probability, seen->width,
                                  seen->height, HSEG_TRIPTYCH_PANEL, error);
    return sheet && hseg_page_picture(page, sheet, caption, error);
}

static gboolean
add_end(HsegPage *page, const HsegTrainReport *r, HsegModel *model, GError **error)
{
    const GPtrArray *items = r->set->validation;
    g_autofree double *iou = g_new(double, items->len);
    g_autoptr(HsegMetrics) metrics = hseg_validate(model, items, r->threads, iou, error);
    g_autoptr(HsegValidator) v = metrics ? hseg_validator_new(model, r->threads, error) : NULL;
    g_autoptr(GArray) worst = find_lowest(iou, v ? items->len : 0, WORST);

    if (!v)
        return FALSE;
    add_scores(page, metrics);
    add_roc(page, metrics);
    hseg_page_heading(page, "The worst held-out pictures");
    hseg_page_text(page, hseg_triptych_legend);
    for (guint i = 0; i < worst->len; i++) {
        guint at = g_array_index(worst, guint, i);

        if (!add_picture(page, v, items->pdata[at], iou[at], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
save(const HsegTrainReport *r, gboolean running, HsegModel *model, GError **error)
{
    g_autofree char *title = g_strconcat("Training of ", r->out, NULL);
    g_autofree char *file = g_build_filename(r->dir, "index.html", NULL);
    g_autoptr(HsegPage) page = hseg_page_new(title, running ? REFRESH : 0);

    if (g_mkdir_with_parents(r->dir, 0777) != 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot make the folder: %s", r->dir,
                    g_strerror(errno));
        return FALSE;
    }
    add_facts(page, r, running);
    add_description(page, r, running);
    if (r->history->len > 0)
        add_charts(page, r);
    if (model && r->set->validation->len > 0 && !add_end(page, r, model, error))
        return FALSE;
    if (r->history->len > 0)
        add_epochs(page, r->history);
    return hseg_page_save(page, file, error);
}

gboolean
hseg_train_report_save(const HsegTrainReport *report, gboolean running, GError **error)
{
    return save(report, running, NULL, error);
}

gboolean
hseg_train_report_save_final(const HsegTrainReport *report, HsegModel *model, GError **error)
{
    return save(report, FALSE, model, error);
}
