/* Where the people of a mask are. */
#pragma once

#include "train/trainset.h"

/* Fills in boxes, bounds, cut and whole_person from the mask of @item->rgbm. @cut_out: the picture is a
 * cut-out cropped tightly, so that touching its edge means little: only a side touched at more than 0.4 of
 * its length is a cut. */
void hseg_people_find(HsegTrainItem *item, bool cut_out);

/* Carries the colours of a cut-out's rim two pixels outwards, so that resampling mixes no stray colours into
 * the rim. */
void hseg_people_bleed(HsegPicture *rgba);
