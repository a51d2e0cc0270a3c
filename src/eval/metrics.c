#include "eval/metrics.h"

#include "base/base.h"
#include "eval/boundary.h"
#include <math.h>
#include <string.h>

#define BINS 4096

static const char *const score_names[] = {
    "iou", "miou", "dice", "accuracy", "precision", "recall", "auroc", "boundary_f", "marked",
};
static const char *const score_titles[] = {
    "IoU", "mIoU", "Dice", "accuracy", "precision", "recall", "AUROC", "boundary F", "marked",
};
G_STATIC_ASSERT(G_N_ELEMENTS(score_names) == HSEG_SCORE_COUNT);
G_STATIC_ASSERT(G_N_ELEMENTS(score_titles) == HSEG_SCORE_COUNT);

/* What can be added up, of an image or of many. */
typedef struct {
    uint64_t tp, fp, fn, tn;                 /* pixels */
    uint64_t person[BINS], background[BINS]; /* pixels of each true class by probability */
    uint64_t empty, empty_marked; /* pixels of images without a person, and those predicted person */
    HsegEdgeCounts edges;
} Counts;

struct HsegMetrics {
    Counts pool;
    int images;
    double sum[HSEG_SCORE_COUNT]; /* of the images' scores */
    int scored[HSEG_SCORE_COUNT]; /* how many images have that score */
    uint8_t *masks;               /* [2][height][width] of the image at hand: predicted, true */
    int32_t *scratch;
    size_t scratch_pixels;
};

const char *
hseg_score_name(int i)
{
    return score_names[i];
}

const char *
hseg_score_title(int i)
{
    return score_titles[i];
}

double
hseg_score_get(const HsegScores *scores, int i)
{
    double values[HSEG_SCORE_COUNT];

    memcpy(values, scores, sizeof values);
    return values[i];
}

int
hseg_score_find(const char *name)
{
    int i = 0;

    while (strcmp(score_names[i], name) != 0)
        i++;
    return i;
}

HsegMetrics *
hseg_metrics_new(void)
{
    return g_new0(HsegMetrics, 1);
}

void
hseg_metrics_free(HsegMetrics *m)
{
    if (!m)
        return;
    g_free(m->masks);
    g_free(m->scratch);
    g_free(m);
}

static double
ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 1.0;
}

/* Area under the curve of true over false positives, by trapezoids, the threshold sinking bin by bin. */
static double
area_under_roc(const Counts *c)
{
    double tp = 0, fp = 0, area = 0;

    for (int i = BINS; i-- > 0;) {
        area += (double)c->background[i] * (tp + 0.5 * (double)c->person[i]);
        tp += (double)c->person[i];
        fp += (double)c->background[i];
    }
    return tp > 0 && fp > 0 ? area / (tp * fp) : NAN;
}

static double
boundary_f(const HsegEdgeCounts *e)
{
    double precision = ratio(e->predicted_near, e->predicted), recall = ratio(e->truth_near, e->truth);

    if (e->predicted == 0 || e->truth == 0) /* edges on one side only agree with nothing */
        return e->predicted == e->truth;
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

static HsegScores
score(const Counts *c)
{
    double iou = ratio(c->tp, c->tp + c->fp + c->fn);

    return (HsegScores){
        .iou = iou,
        .miou = 0.5 * (iou + ratio(c->tn, c->tn + c->fp + c->fn)),
        .dice = ratio(2 * c->tp, 2 * c->tp + c->fp + c->fn),
        .accuracy = ratio(c->tp + c->tn, c->tp + c->fp + c->fn + c->tn),
        .precision = ratio(c->tp, c->tp + c->fp),
        .recall = ratio(c->tp, c->tp + c->fn),
        .auroc = area_under_roc(c),
        .boundary_f = boundary_f(&c->edges),
        .marked = c->empty ? (double)c->empty_marked / (double)c->empty : NAN,
    };
}

static void
add_counts(Counts *to, const Counts *c)
{
    to->tp += c->tp;
    to->fp += c->fp;
    to->fn += c->fn;
    to->tn += c->tn;
    for (int i = 0; i < BINS; i++) {
        to->person[i] += c->person[i];
        to->background[i] += c->background[i];
    }
    to->empty += c->empty;
    to->empty_marked += c->empty_marked;
    to->edges.predicted += c->edges.predicted;
    to->edges.predicted_near += c->edges.predicted_near;
    to->edges.truth += c->edges.truth;
    to->edges.truth_near += c->edges.truth_near;
}

static void
count_row(Counts *c, uint8_t *predicted, uint8_t *person, const float *probability, const uint8_t *truth,
          int width)
{
    for (int x = 0; x < width; x++) {
        float p = probability[x] > 0 ? HSEG_MIN(probability[x], 1.0f) : 0; /* also for what is no number */
        int bin = HSEG_MIN((int)(p * BINS), BINS - 1);

        predicted[x] = p > 0.5f;
        person[x] = truth[x] >= 128;
        if (person[x]) {
            c->person[bin]++;
            c->tp += predicted[x];
            c->fn += !predicted[x];
        } else {
            c->background[bin]++;
            c->fp += predicted[x];
            c->tn += !predicted[x];
        }
    }
}

static void
make_room(HsegMetrics *m, int width, int height)
{
    size_t pixels = (size_t)(width + 1) * (size_t)height;

    if (m->scratch_pixels >= pixels)
        return;
    m->scratch_pixels = pixels;
    m->masks = g_realloc_n(m->masks, pixels, 2);
    m->scratch = g_realloc_n(m->scratch, hseg_boundary_scratch(width, height), sizeof *m->scratch);
}

HsegScores
hseg_metrics_add(HsegMetrics *m, const float *probability, size_t probability_row, const uint8_t *truth,
                 size_t truth_row, int width, int height)
{
    Counts c = {0};
    HsegScores s;
    uint8_t *predicted, *person;

    make_room(m, width, height);
    predicted = m->masks;
    person = m->masks + (size_t)width * (size_t)height;
    for (size_t y = 0; y < (size_t)height; y++)
        count_row(&c, predicted + y * (size_t)width, person + y * (size_t)width,
                  probability + y * probability_row, truth + y * truth_row, width);
    if (c.tp + c.fn == 0) {
        c.empty = c.fp + c.tn;
        c.empty_marked = c.fp;
    }
    c.edges = hseg_boundary_compare(predicted, person, width, height, m->scratch);
    s = score(&c);
    add_counts(&m->pool, &c);
    m->images++;
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        double value = hseg_score_get(&s, i);

        m->sum[i] += isnan(value) ? 0 : value;
        m->scored[i] += !isnan(value);
    }
    return s;
}

void
hseg_metrics_merge(HsegMetrics *m, const HsegMetrics *from)
{
    add_counts(&m->pool, &from->pool);
    m->images += from->images;
    for (int i = 0; i < HSEG_SCORE_COUNT; i++) {
        m->sum[i] += from->sum[i];
        m->scored[i] += from->scored[i];
    }
}

int
hseg_metrics_images(const HsegMetrics *m)
{
    return m->images;
}

HsegScores
hseg_metrics_pooled(const HsegMetrics *m)
{
    return score(&m->pool);
}

HsegScores
hseg_metrics_mean(const HsegMetrics *m)
{
    double values[HSEG_SCORE_COUNT];
    HsegScores mean;

    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        values[i] = m->scored[i] ? m->sum[i] / m->scored[i] : NAN;
    memcpy(&mean, values, sizeof mean);
    return mean;
}

static HsegCurve
curve_new(void)
{
    return (HsegCurve){.x = g_new(double, BINS + 1), .y = g_new(double, BINS + 1), .n = BINS + 1};
}

void
hseg_curve_clear(HsegCurve *curve)
{
    g_clear_pointer(&curve->x, g_free);
    g_clear_pointer(&curve->y, g_free);
    curve->n = 0;
}

HsegCurve
hseg_metrics_roc(const HsegMetrics *m)
{
    const Counts *c = &m->pool;
    double people = (double)(c->tp + c->fn), others = (double)(c->fp + c->tn), tp = 0, fp = 0;
    HsegCurve curve = curve_new();

    for (int i = 0; i <= BINS; i++) {
        curve.x[i] = fp / others;
        curve.y[i] = tp / people;
        if (i < BINS) {
            tp += (double)c->person[BINS - 1 - i];
            fp += (double)c->background[BINS - 1 - i];
        }
    }
    return curve;
}

HsegCurve
hseg_metrics_precision_recall(const HsegMetrics *m)
{
    const Counts *c = &m->pool;
    double people = (double)(c->tp + c->fn), tp = 0, fp = 0;
    HsegCurve curve = curve_new();

    for (int i = 0; i <= BINS; i++) {
        curve.x[i] = tp / people;
        curve.y[i] = tp + fp > 0 ? tp / (tp + fp) : 1;
        if (i < BINS) {
            tp += (double)c->person[BINS - 1 - i];
            fp += (double)c->background[BINS - 1 - i];
        }
    }
    return curve;
}
