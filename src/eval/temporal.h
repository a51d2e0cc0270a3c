/* How steady masks are from frame to frame, beside how much the truth itself moves. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Means over the pairs of neighbouring frames; 0 is best. "Change" is 1 - IoU of a pair's masks, 0 where both
 * are empty. NAN without pairs. */
typedef struct {
    double flicker; /* by how much the prediction's change exceeds the truth's, 0 where it does not */
    double predicted_change; /* the prediction's */
    double truth_change;     /* the truth's */
    double dtssd; /* Erofeev et al. 2015: root of the mean squared difference of the soft masks' changes, both
                     0..1. It sees what lags as well as what flickers */
} HsegTemporalScores;

typedef struct HsegTemporal HsegTemporal;

HsegTemporal *hseg_temporal_new(void);

/* Accepts NULL. */
void hseg_temporal_free(HsegTemporal *t);

/* The next frame of one clip, as hseg_metrics_add() takes an image. FALSE where its size is not that of the
 * frames before; then it is not counted. */
gboolean hseg_temporal_add(HsegTemporal *t, const float *probability, size_t probability_row,
                           const uint8_t *truth, size_t truth_row, int width, int height);

/* Adds the pairs of another clip. */
void hseg_temporal_merge(HsegTemporal *t, const HsegTemporal *from);

int hseg_temporal_pairs(const HsegTemporal *t);

HsegTemporalScores hseg_temporal_scores(const HsegTemporal *t);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegTemporal, hseg_temporal_free)
