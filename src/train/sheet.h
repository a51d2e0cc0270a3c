/* A contact sheet of samples: what the network is shown, and what it is to answer. */
#pragma once

#include "files/picture.h"

/* An empty sheet for @n samples of @width x @height, four in a row. */
HsegPicture *hseg_sheet_new(int n, int width, int height, GError **error);

/* Puts sample @index on it: the image with the mask tinted green and its edge, where it crosses 0.5, in red.
 * @image: [height][width][3], -1 .. 1; @mask: [height][width], 0 .. 1. */
void hseg_sheet_put(HsegPicture *sheet, int index, int width, int height, const float *image,
                    const float *mask);
