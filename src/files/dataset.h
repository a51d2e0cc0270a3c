/* Folders of pictures and of their masks: DIR/images/NAME.(jpg|jpeg|png) with DIR/masks/NAME.png. */
#pragma once

#include "files/picture.h"

typedef struct {
    char *set;          /* the name of the data set's folder: "eg1800" */
    char *name;         /* NAME */
    char *image, *mask; /* paths */
} HsegPair;

typedef struct {
    GPtrArray *pairs; /* of HsegPair, by set and then by name */
    GPtrArray *sets;  /* of char *: the sets' names, sorted */
} HsegDataset;

/**
 * Lists @dir: a data set, or a folder whose subfolders are data sets (those with both images/ and masks/
 * count). Reads no picture. Errors: no such folder, no pairs in it, a picture without a mask; each named.
 */
HsegDataset *hseg_dataset_open(const char *dir, GError **error);

/** Accepts NULL. */
void hseg_dataset_free(HsegDataset *dataset);

/**
 * Loads a pair: @image RGB, @mask one channel of the same size, 0 background .. 255 person. HSEG_ERROR_SHAPE
 * where the sizes differ, HSEG_ERROR_FORMAT where the mask is none (hseg_picture_load_mask()); both are set
 * to NULL on an error.
 */
gboolean hseg_pair_load(const HsegPair *pair, HsegPicture **image, HsegPicture **mask, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegDataset, hseg_dataset_free)
