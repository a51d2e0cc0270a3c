/* Charts as SVG that stands in an HTML page or in a file of its own: no script, no outside fonts. */
#pragma once

#include <glib.h>

typedef struct {
    const char *title, *x_label, *y_label;
    double x_min, x_max, y_min, y_max; /* of an axis; where both are equal, it takes the data's range */
} HsegSvgAxes;

typedef struct {
    const char *name;    /* for the legend below the plot; NULL in all lines: there is none */
    const double *x, *y; /* [n] */
    int n;
    gboolean is_sum; /* of the other lines, or their pool: black and thick */
} HsegSvgLine;

/* @lines: [n], each of a look of its own, the last on top. Points that are no number leave a gap; what lies
 * outside the axes is cut off. (transfer full) */
char *hseg_svg_lines(const HsegSvgAxes *axes, const HsegSvgLine *lines, int n);

/* A histogram: @counts [n] as bars side by side from x_min to x_max, on a scale from 0. (transfer full) */
char *hseg_svg_bars(const HsegSvgAxes *axes, const int *counts, int n);

/* One chart without a legend, or two side by side: a file of its own. @right: (nullable). (transfer full) */
char *hseg_svg_beside(const char *left, const char *right);
