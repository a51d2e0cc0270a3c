/* Charts as SVG that stands in an HTML page or in a file of its own: no script, no outside fonts. */
#pragma once

#include <glib.h>

typedef struct {
    const char *title, *x_label, *y_label;
    double x_min, x_max, y_min, y_max; /* of an axis; where both are equal, it takes the data's range */
} HsegSvgAxes;

typedef struct {
    const char *name;    /* for the legend */
    const double *x, *y; /* [n] */
    int n;
} HsegSvgLine;

/* @lines: [n], each of a colour of its own. Points that are no number leave a gap; what lies outside the axes
 * is cut off. (transfer full) */
char *hseg_svg_lines(const HsegSvgAxes *axes, const HsegSvgLine *lines, int n);

/* A histogram: @counts [n] as bars side by side from x_min to x_max, on a scale from 0. (transfer full) */
char *hseg_svg_bars(const HsegSvgAxes *axes, const int *counts, int n);
