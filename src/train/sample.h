/* One training sample: from a picture, or two, to what the network takes. */
#pragma once

#include "base/rng.h"
#include "train/loader.h"
#include "train/warp.h"

typedef enum {
    HSEG_SAMPLE_REAL,
    HSEG_SAMPLE_SYNTHETIC,
    HSEG_SAMPLE_NEGATIVE,
} HsegSampleKind;

/* A thread's memory. */
typedef struct {
    HsegCanvas canvas, layer;
} HsegSampler;

void hseg_sampler_init(HsegSampler *sampler, const HsegLoaderOptions *options);
void hseg_sampler_clear(HsegSampler *sampler);

/* The people that synthesis may draw from @set: cut-outs, and pairs with one whole person. Of HsegTrainItem,
 * borrowed. */
GPtrArray *hseg_sample_people(const HsegTrainSet *set);

typedef struct {
    const HsegTrainSet *set;
    const HsegLoaderOptions *options;
    const GPtrArray *people; /* from hseg_sample_people() */
    const double *hard;      /* (nullable) [backgrounds]: the sums of their weights up to and with each one */
} HsegSampleSource;

/* What a sample shows is up to @rng, but for the picture of a real one.
 * @image: [height][width][3], @mask: [height][width]; with options.pairs [2][height][width][3] and
 * [2][height][width], and @motion takes how the second view lies to the first. */
HsegSampleKind hseg_sample_make(HsegSampler *sampler, const HsegSampleSource *source, HsegRng *rng,
                                const HsegTrainItem *real, float *image, float *mask, HsegMotion *motion);
