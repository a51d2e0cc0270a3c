/* Post-training quantisation: which range of each layer's output one byte is to say, found on sample
 * pictures. */
#pragma once

#include "model/model.h"

/* Fills @input, [height][width][3] at the model's size (network.h), with picture @i. */
typedef gboolean (*HsegPictureSource)(void *data, int i, float *input, GError **error);

typedef void (*HsegQuantiseProgress)(void *data, int done, int total);

/* What came of it. */
typedef struct {
    double error; /* mean difference of a pixel's probability from float32's, over the pictures */
    int kept;     /* layers that stay in float32 */
    int layers;   /* in all */
} HsegQuantiseReport;

/**
 * Gives @model ranges from @pictures pictures. Layers whose bytes cost too much stay in float32. Errors are
 * the source's, and those of hseg_network_new().
 */
gboolean hseg_model_quantise(HsegModel *model, int pictures, HsegPictureSource source,
                             HsegQuantiseProgress progress, void *data, int threads,
                             HsegQuantiseReport *report, GError **error);
