/* Batches of training samples, made ahead by threads of their own.
 *
 * Each sample is a function of (seed, epoch, index) alone: neither the number of threads nor the batch that a
 * run was resumed at changes it. */
#pragma once

#include "train/consistency.h"
#include "train/trainset.h"

typedef struct {
    int width, height; /* of a sample, pixels */
    int batch;         /* samples in a batch */
    guint64 seed;
    int threads;           /* at least 1 */
    double synth_share;    /* of the samples: composites of cut-outs on backgrounds */
    double negative_share; /* of the samples: backgrounds alone, their masks empty */
    double hard_share;     /* of the negatives: drawn by the weights of hseg_loader_weigh_backgrounds(), once
                              there are such; the others are drawn evenly */
    gboolean augment;      /* FALSE: whole pictures letterboxed, plain composites */
    double augmentation;   /* factor on the probabilities of what changes colours and hides parts; 1: as in
                              augment.c */
    gboolean hard_masks;   /* masks are 0 or 1, nothing between */
    gboolean pairs;        /* samples 2 i and 2 i + 1 are views of one scene, the second moved by up to
                              HSEG_MOTION_MOST pixels each way, with blur, light and noise of its own */
    int part, parts; /* where @parts processes share out a batch of parts * batch samples: which ones are
                        given here, 0 .. parts - 1; parts 0: all */
    int samples; /* in an epoch, all parts together; 0: as many as there are pairs. A last batch that would
                    not be full is left out */
} HsegLoaderOptions;

typedef struct {
    int count;
    const float *images;       /* [count][height][width][3], -1 .. 1 */
    const float *masks;        /* [count][height][width], 0 .. 1 */
    const float *distances;    /* of the masks, the same layout (distance.h); NULL where not asked for */
    const HsegMotion *motions; /* [count / 2], of each pair of views; NULL where there are none */
} HsegBatch;

typedef struct HsegLoader HsegLoader;

/**
 * @set: must outlive the loader
 * @error: HSEG_ERROR_ARGUMENT where an option is out of range or @set lacks what a share asks for
 *
 * To be used by one thread; it has nothing to give before hseg_loader_start().
 */
HsegLoader *hseg_loader_new(const HsegTrainSet *set, const HsegLoaderOptions *options, GError **error);

/** Batches in an epoch, at least 1. */
int hseg_loader_batches(const HsegLoader *loader);

/** Begins @epoch (0, 1, ...) at @first_batch; what is left of the one before is dropped. */
void hseg_loader_start(HsegLoader *loader, int epoch, int first_batch);

/** From the next hseg_loader_start() on, whether batches come with the distance maps of their masks. */
void hseg_loader_give_distances(HsegLoader *loader, gboolean give);

/**
 * From the next hseg_loader_start() on, the chances of each background to be drawn as a hard negative.
 * @weights: [backgrounds of the set], not negative, at least one positive; copied
 */
void hseg_loader_weigh_backgrounds(HsegLoader *loader, const float *weights);

/** Waits for the next batch; NULL at the end of the epoch. (transfer none): valid until the next call. */
const HsegBatch *hseg_loader_next(HsegLoader *loader);

/**
 * Writes the first @n samples of epoch 0 as a PNG contact sheet: the images, the mask as a tint with its
 * outline; real ones first, then composites, then those of nobody; pairs side by side. Leaves the state of a
 * running epoch alone.
 */
gboolean hseg_loader_preview(HsegLoader *loader, int n, const char *file, GError **error);

/** Accepts NULL. */
void hseg_loader_free(HsegLoader *loader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegLoader, hseg_loader_free)
