/* Pictures to the size of a data set. Nothing is ever enlarged. */
#pragma once

#include "files/picture.h"

/* @width x @height to the largest size of the same shape with no side longer than @side; @side 0: any. */
void hseg_shrunk_size(int *width, int *height, int side);

/* Replaces *@rgb by one of @width x @height pixels: averages over areas. */
gboolean hseg_shrink_rgb(HsegPicture **rgb, int width, int height, GError **error);

/* The same for one channel, whose values stay what they are: the nearest pixel's. */
gboolean hseg_shrink_mask(HsegPicture **mask, int width, int height, GError **error);

/* The same for RGBA: areas are averaged, colours weighted with their alpha, so that what is hidden stays so.
 */
gboolean hseg_shrink_rgba(HsegPicture **rgba, int width, int height, GError **error);
