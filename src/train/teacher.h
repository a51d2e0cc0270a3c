/* Targets from a model that is better than the one to be trained (Hinton et al. 2015, "Distilling the
 * knowledge in a neural network"): its probabilities are the soft masks of pictures without labels. They are
 * computed once and kept as the pictures' fourth channel, so that training is not slowed down. */
#pragma once

#include "model/model.h"
#include "train/trainset.h"

typedef struct {
    double share; /* of the teacher's answer in the masks of pictures that have labels, 0 .. 1 */
    int threads;
    gboolean (*progress)(int done, int total,
                         void *data); /* (nullable): FALSE ends with HSEG_ERROR_CANCELLED */
    void *data;
} HsegTeaching;

/* Gives each of @set's unlabelled pictures a mask and moves it to those to train on; mixes the teacher's
 * answer into the masks of the others. People in taught pictures are never cut out for synthesis: their
 * outlines are a guess. Errors leave @set as it is but for masks already mixed. */
gboolean hseg_teach(HsegTrainSet *set, HsegModel *teacher, const HsegTeaching *teaching, GError **error);
