/* What there is to train on, decoded once and kept in memory. */
#pragma once

#include "files/picture.h"
#include <stdbool.h>

#define HSEG_TRAIN_BOXES 6

typedef struct {
    int x, y, w, h; /* pixels of the picture */
} HsegBox;

/* Sides at which a person is cut off by the picture's edge. */
enum {
    HSEG_CUT_LEFT = 1 << 0,
    HSEG_CUT_RIGHT = 1 << 1,
    HSEG_CUT_TOP = 1 << 2,
    HSEG_CUT_BOTTOM = 1 << 3,
};

/* One picture. Its fourth channel says how much of a pixel is person: the mask of a pair, the alpha of a
 * cut-out, all 0 in a background. */
typedef struct {
    HsegPicture *rgbm; /* [h][w][4] */
    HsegPicture *half; /* the same at half the size */
    char *set, *name;
    HsegBox boxes[HSEG_TRAIN_BOXES]; /* of the people: 8-connected parts of the mask, the largest first */
    int n_boxes;
    HsegBox bounds;    /* of all people, down to where both sides cut them off; width 0: there are none */
    unsigned cut;      /* HSEG_CUT_* */
    bool whole_person; /* of a pair: can be cut out: one large person, whole but for the bottom or one side */
} HsegTrainItem;

typedef struct {
    GPtrArray *real;        /* of HsegTrainItem: pictures with masks, to train on */
    GPtrArray *validation;  /* the same, held out */
    GPtrArray *cutouts;     /* foregrounds for synthesis; those of @real with whole_person serve besides */
    GPtrArray *backgrounds; /* pictures without people */
    GPtrArray *unlabelled;  /* pictures that wait for a teacher's masks (teacher.h); theirs are all 0 */
    guint left_out;         /* pictures that were there and were not to be taken */
} HsegTrainSet;

typedef struct {
    /* NULL-terminated folders, as hseg_dataset_open() takes them. Their subfolders `cutouts` and
     * `backgrounds`, with images/ alone, join the cut-outs and the backgrounds. */
    const char *const *data;
    const char *const *validation; /* (nullable): folders of pairs that are for validation alone */
    const char *synth_foregrounds; /* (nullable): a folder of PNGs with alpha, or one with images/ */
    const char *synth_backgrounds; /* (nullable): a folder of pictures without people, or one with images/ */
    const char *const *unlabelled; /* (nullable): folders of pictures, or with images/ */
    const char
        *left_out;    /* (nullable): a text file of pictures not to take, a line SET/NAME each (NAME without
                         its ending), # before comments: those whose labels are known to be wrong */
    double val_share; /* of the pairs of @data, chosen by a hash of set and name, held out for validation */
    int max_side;     /* pixels: larger pictures are shrunk to it when loaded; 0 for 640 */
    int threads;
} HsegTrainSetOptions;

/** Loads everything; errors name the file at fault. Not to be changed while a loader uses it. */
HsegTrainSet *hseg_train_set_load(const HsegTrainSetOptions *options, GError **error);

/** Accepts NULL. */
void hseg_train_set_free(HsegTrainSet *set);

/**
 * How many pictures of each kind, and a hash of their names: the same for the same data set, wherever it
 * lies. (transfer full)
 */
char *hseg_train_set_describe(const HsegTrainSet *set);

/**
 * @item as the network sees it when it is not trained: whole, letterboxed into @width x @height, bars black.
 * @image: [height][width][3], -1 .. 1; @mask: (nullable) [height][width], 0 .. 1.
 */
void hseg_train_item_letterbox(const HsegTrainItem *item, int width, int height, float *image, float *mask);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegTrainSet, hseg_train_set_free)
