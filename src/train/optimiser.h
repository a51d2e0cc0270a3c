/* AdamW (Loshchilov and Hutter 2019) over a graph's flat parameters, and a running average of the weights. */
#pragma once

#include <glib.h>

#include "nn/param.h"

typedef struct {
    double beta1, beta2, epsilon;
    double weight_decay;  /* on the weights of convolutions; none on biases and norms */
    double average_decay; /* of the running average, 0 for none; smaller during the first steps */
    double encoder_rate;  /* the encoder's share of the learning rate: below 1 a pretrained one keeps more */
} HsegOptimiserOptions;

#define HSEG_OPTIMISER_REFERENCE ((HsegOptimiserOptions){0.9, 0.999, 1e-8, 0.01, 0.999, 1})

typedef struct {
    HsegOptimiserOptions options;
    gint64 step;    /* steps done */
    size_t size;    /* floats in each of the below */
    float *m, *v;   /* first and second moments */
    float *average; /* of the weights, and of the norms' running statistics */
} HsegOptimiser;

HsegOptimiser *hseg_optimiser_new(const HsegOptimiserOptions *options, const HsegParams *params);

/* Accepts NULL. */
void hseg_optimiser_free(HsegOptimiser *o);

/* One step from params->grad, which is zeroed afterwards. The same result for any number of threads. */
void hseg_optimiser_step(HsegOptimiser *o, HsegParams *params, double learning_rate, int threads);
