/* Scores of predicted masks against true ones, over any number of images: pooled over all pixels, and as the
 * mean over images. A pixel is predicted person where its probability is over one half, and truly person
 * where the truth is 128 or more. A ratio of nothing to nothing counts 1, so that an image without a person
 * scores 1 where nothing is predicted. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    double iou;  /* of the person: TP / (TP + FP + FN) */
    double miou; /* mean of person's and background's IoU */
    double dice; /* = F1 */
    double accuracy, precision, recall;
    double auroc;      /* from 4096 bins of probability; NAN where all pixels are of one class */
    double boundary_f; /* Csurka et al. 2013: edges that agree within 0.75 % of the diagonal */
    double marked;     /* the share of pixels marked where nobody is: of images without a person alone; NAN
                          where each has one. The less the better */
} HsegScores;

#define HSEG_SCORE_COUNT ((int)(sizeof(HsegScores) / sizeof(double)))

/* Name of the i-th member of HsegScores ("iou"), the same for people ("IoU"), and that member of @scores. */
const char *hseg_score_name(int i);
const char *hseg_score_title(int i);
double hseg_score_get(const HsegScores *scores, int i);

/* The index of the score of that name, which there must be. */
int hseg_score_find(const char *name);

typedef struct HsegMetrics HsegMetrics;

HsegMetrics *hseg_metrics_new(void);

/* Accepts NULL. */
void hseg_metrics_free(HsegMetrics *m);

/* Counts one image and returns its own scores: @probability [height][width] 0..1, @truth [height][width]
 * 0..255, their rows
 * @probability_row floats and @truth_row bytes apart. */
HsegScores hseg_metrics_add(HsegMetrics *m, const float *probability, size_t probability_row,
                            const uint8_t *truth, size_t truth_row, int width, int height);

/* Adds what @from has counted: the pool of several sets. */
void hseg_metrics_merge(HsegMetrics *m, const HsegMetrics *from);

int hseg_metrics_images(const HsegMetrics *m);

/* Of all pixels together; the boundary's precision and recall are pooled over edge pixels. */
HsegScores hseg_metrics_pooled(const HsegMetrics *m);

/* Mean of each image's scores, over those that have it: AUROC's over the images with both classes. NAN
 * without images. */
HsegScores hseg_metrics_mean(const HsegMetrics *m);

/* What a threshold that sinks from 1 to 0 passes through, over all pixels. */
typedef struct {
    double *x, *y; /* [n] */
    int n;
} HsegCurve;

/* False-positive rate (x) and true-positive rate (y), from (0, 0) to (1, 1); NAN where a class is missing. */
HsegCurve hseg_metrics_roc(const HsegMetrics *m);

/* Recall (x) and precision (y), from (0, 1) on; NAN where there is no person. */
HsegCurve hseg_metrics_precision_recall(const HsegMetrics *m);

void hseg_curve_clear(HsegCurve *curve);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegMetrics, hseg_metrics_free)
