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

void hseg_sampler_init(HsegSampler *sampler, int width, int height);
void hseg_sampler_clear(HsegSampler *sampler);

/* The people that synthesis may draw from @set: cut-outs, and pairs with one whole person. Of HsegTrainItem,
 * borrowed. */
GPtrArray *hseg_sample_people(const HsegTrainSet *set);

/* What sample number @sample of all epochs shows is up to @rng, but for the picture of a real one.
 * @image: [height][width][3], @mask: [height][width]. */
typedef struct {
    const HsegTrainSet *set;
    const HsegLoaderOptions *options;
    const GPtrArray *people; /* from hseg_sample_people() */
    const double *hard;      /* (nullable) [backgrounds]: the sums of their weights up to and with each one */
} HsegSampleSource;

HsegSampleKind hseg_sample_make(HsegSampler *sampler, const HsegSampleSource *source, HsegRng *rng,
                                const HsegTrainItem *real, float *image, float *mask);
