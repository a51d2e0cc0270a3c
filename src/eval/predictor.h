/* A picture in, each pixel's probability of being person out. */
#pragma once

#include "files/picture.h"
#include <humanseg/model.h>

typedef enum {
    HSEG_PREDICT_SMALL,    /* at the network's size, as it answers */
    HSEG_PREDICT_ENLARGED, /* at the picture's own size: the same, bilinearly enlarged */
    HSEG_PREDICT_GUIDED,   /* at the picture's own size: edges refined by the fast guided filter */
    HSEG_PREDICT_STREAM,   /* at the picture's own size: the mask that a stream gets, by a segmenter with its
                              default parameters, from the frames before it too */
} HsegPredictMode;

/**
 * @precision, @threads: of the network, 1 or more
 * @radius, @epsilon: of HSEG_PREDICT_GUIDED's filter; @radius in pixels of the network's input
 */
typedef struct {
    HsegPredictMode mode;
    HsegPrecision precision;
    int threads;
    int radius;
    double epsilon;
} HsegPredictParams;

/* Only what shows the picture: the bars that fill it up to the network's shape are left out. */
typedef struct {
    const float *probability; /* [height][width]; holds until the predictor's next run */
    int width, height;
} HsegPrediction;

typedef struct HsegPredictor HsegPredictor;

HsegPredictor *hseg_predictor_new(HsegModel *model, const HsegPredictParams *params, GError **error);

/* Accepts NULL. */
void hseg_predictor_free(HsegPredictor *p);

/* @image: RGB. Errors: HSEG_ERROR_NO_MEMORY; in a stream, HSEG_ERROR_SHAPE of a size that no segmenter takes.
 */
gboolean hseg_predictor_run(HsegPredictor *p, const HsegPicture *image, HsegPrediction *prediction,
                            GError **error);

/* What comes next is no frame of the same clip. */
void hseg_predictor_reset(HsegPredictor *p);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegPredictor, hseg_predictor_free)
