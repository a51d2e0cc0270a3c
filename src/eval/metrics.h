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
} HsegScores;

#define HSEG_SCORE_COUNT ((int)(sizeof(HsegScores) / sizeof(double)))

/* Name of the i-th member of HsegScores ("iou"), and that member of @scores. */
const char *hseg_score_name(int i);
double hseg_score_get(const HsegScores *scores, int i);

typedef struct HsegMetrics HsegMetrics;

HsegMetrics *hseg_metrics_new(void);

/* Accepts NULL. */
void hseg_metrics_free(HsegMetrics *m);

/* Counts one image: @probability [height][width] 0..1, @truth [height][width] 0..255, their rows
 * @probability_row floats and @truth_row bytes apart. */
void hseg_metrics_add(HsegMetrics *m, const float *probability, size_t probability_row, const uint8_t *truth,
                      size_t truth_row, int width, int height);

/* Adds what @from has counted: the pool of several sets. */
void hseg_metrics_merge(HsegMetrics *m, const HsegMetrics *from);

int hseg_metrics_images(const HsegMetrics *m);

/* Of all pixels together; the boundary's precision and recall are pooled over edge pixels. */
HsegScores hseg_metrics_pooled(const HsegMetrics *m);

/* Mean of each image's scores; AUROC's over the images that have both classes. NAN without images. */
HsegScores hseg_metrics_mean(const HsegMetrics *m);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegMetrics, hseg_metrics_free)
