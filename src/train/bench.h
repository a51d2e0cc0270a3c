/* How fast a network trains: forward, loss, backward and step on batches of noise. */
#pragma once

#include "model/arch.h"

typedef struct {
    double images_per_second;                         /* from the median of the steps' times */
    double forward_ms, loss_ms, backward_ms, step_ms; /* medians for one batch */
    double gflops; /* of the convolutions, three times the forward pass's operations, over the whole step */
} HsegTrainBench;

gboolean hseg_train_bench(const HsegArch *arch, int batch, int threads, int steps, HsegTrainBench *bench,
                          GError **error);
