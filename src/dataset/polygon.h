/* Outlines to masks. A pixel belongs to a polygon where its centre does, by the even-odd rule; a centre right
 * on an edge belongs to the polygon that lies right of or below it, so that polygons side by side share no
 * pixel. */
#pragma once

#include "files/picture.h"

typedef struct {
    double x, y; /* pixels; the centre of the first pixel is at 0.5, 0.5 */
} HsegPoint;

/* The largest coordinate that is taken for one, either way; what is farther out is an error in the file. */
#define HSEG_POINT_MAX 1e6

/**
 * Sets the pixels of @mask (one channel) that are in the polygon to @value; what lies outside of the picture
 * is cut off. Fewer than three points enclose nothing. No coordinate is larger than HSEG_POINT_MAX.
 */
void hseg_polygon_fill(HsegPicture *mask, const HsegPoint *points, gsize n, uint8_t value);

/* Sets the pixels that the closed line through the points touches: one pixel wide, with the points' own. */
void hseg_polygon_trace(HsegPicture *mask, const HsegPoint *points, gsize n, uint8_t value);
