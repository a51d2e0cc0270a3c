#include "eval/metrics.h"

#include "base/base.h"
#include "eval/boundary.h"
#include <math.h>
#include <string.h>

#define BINS 4096

static const char *const score_names[] = {
    "iou", "miou", "dice", "accuracy", "precision", "recall", "auroc", "boundary_f",
};
G_STATIC_ASSERT(G_N_ELEMENTS(score_names) == HSEG_SCORE_COUNT);

/* What can be added up, of an image or of many. */
typedef struct {
    uint64_t tp, fp, fn, tn;                 /* pixels */
    uint64_t person[BINS], background[BINS]; /* pixels of each true class by probability */
    HsegEdgeCounts edges;
} Counts;

struct HsegMetrics {
    Counts pool;
    HsegScores sum;           /* of the images' scores */
    int images, auroc_images; /* and those that have an AUROC */
    uint8_t *masks;           /* [2][height][width] of the image at hand: predicted, true */
    int32_t *scratch;
    size_t scratch_pixels;
};

const char *
hseg_score_name(int i)
{
    return score_names[i];
}

double
hseg_score_get(const HsegScores *scores, int i)
{
    double values[HSEG_SCORE_COUNT];

    memcpy(values, scores, sizeof values);
    return values[i];
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
    to->edges.predicted += c->edges.predicted;
    to->edges.predicted_near += c->edges.predicted_near;
    to->edges.truth += c->edges.truth;
    to->edges.truth_near += c->edges.truth_near;
}

static void
add_scores(HsegScores *to, const HsegScores *s)
{
    to->iou += s->iou;
    to->miou += s->miou;
    to->dice += s->dice;
    to->accuracy += s->accuracy;
    to->precision += s->precision;
    to->recall += s->recall;
    to->auroc += isnan(s->auroc) ? 0 : s->auroc;
    to->boundary_f += s->boundary_f;
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

void
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
    c.edges = hseg_boundary_compare(predicted, person, width, height, m->scratch);
    s = score(&c);
    add_counts(&m->pool, &c);
    add_scores(&m->sum, &s);
    m->images++;
    m->auroc_images += !isnan(s.auroc);
}

void
hseg_metrics_merge(HsegMetrics *m, const HsegMetrics *from)
{
    add_counts(&m->pool, &from->pool);
    add_scores(&m->sum, &from->sum);
    m->images += from->images;
    m->auroc_images += from->auroc_images;
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
    HsegScores mean = m->sum;
    double n = m->images ? m->images : NAN;

    mean.iou /= n;
    mean.miou /= n;
    mean.dice /= n;
    mean.accuracy /= n;
    mean.precision /= n;
    mean.recall /= n;
    mean.auroc /= m->auroc_images ? m->auroc_images : NAN;
    mean.boundary_f /= n;
    return mean;
}
