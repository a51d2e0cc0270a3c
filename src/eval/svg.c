#include "eval/svg.h"

#include "base/base.h"
#include <math.h>

/* Pixels: the plot, what is around it, and the legend's rows below. */
enum {
    LEFT = 58,
    TOP = 32,
    WIDTH = 380,
    HEIGHT = 260,
    BOTTOM = 48,
    RIGHT = 14,
    LEGEND_COLUMNS = 2,
    LEGEND_COLUMN = (LEFT + WIDTH + RIGHT - 10) / LEGEND_COLUMNS,
    LEGEND_ROW = 20,
    LEGEND_CHARACTERS = 26, /* of a name: what is longer runs into the next column */
};

/* Told apart by the colour-blind too (Okabe and Ito 2008), without their yellow, and without their black,
 * which is the sum's. Where there are more lines than colours, the next are dashed. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#56b4e9", "#e69f00", "#7f7f7f"};
static const char *const dashes[] = {"none", "6 3", "2 3"};
#define SUM_COLOUR "#111"

typedef struct {
    double min, max, step; /* of the ticks */
} Scale;

/* A step of 1, 2 or 5 times a power of ten that cuts @range into 3 to 8 parts. */
static double
tick_step(double range)
{
    double power = pow(10, floor(log10(range / 3))), parts = range / power;

    return parts > 15 ? 5 * power : parts > 7 ? 2 * power : power;
}

/* The axis as asked for, or from tick to tick around @low .. @high. */
static Scale
scale_for(double min, double max, double low, double high)
{
    Scale s = {.min = min, .max = max};

    if (min == max) {
        if (!(low < high)) { /* nothing, or one value only */
            low = isfinite(low) ? low - 0.5 : 0;
            high = low + 1;
        }
        s.step = tick_step(high - low);
        s.min = floor(low / s.step) * s.step;
        s.max = ceil(high / s.step) * s.step;
    }
    s.step = tick_step(s.max - s.min);
    return s;
}

static double
place_x(const Scale *s, double x)
{
    return WIDTH * (x - s->min) / (s->max - s->min);
}

static double
place_y(const Scale *s, double y)
{
    return HEIGHT * (s->max - y) / (s->max - s->min);
}

/* Fit to stand in XML, whatever it was. (transfer full) */
static char *
escape(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

    return g_markup_escape_text(valid, -1);
}

static void
add_text(GString *svg, double x, double y, const char *attributes, const char *text)
{
    g_autofree char *escaped = escape(text);

    g_string_append_printf(svg, "<text x='%.1f' y='%.1f' %s>%s</text>\n", x, y, attributes, escaped);
}

/* The first tick's number: ticks are counted in whole steps, so that they print as round numbers. Adding 0
 * turns -0 into 0. */
static double
first_tick(const Scale *s)
{
    return ceil(s->min / s->step - 1e-9) + 0.0;
}

static void
add_ticks(GString *svg, const Scale *x, const Scale *y)
{
    char number[32];

    for (double i = first_tick(x); i * x->step <= x->max + 1e-9 * x->step; i++) {
        double at = LEFT + place_x(x, i * x->step);

        g_string_append_printf(svg, "<path d='M%.1f %dv%d' stroke='#ddd'/>\n", at, TOP, HEIGHT);
        g_snprintf(number, sizeof number, "%g", i * x->step);
        add_text(svg, at, TOP + HEIGHT + 16, "text-anchor='middle'", number);
    }
    for (double i = first_tick(y); i * y->step <= y->max + 1e-9 * y->step; i++) {
        double at = TOP + place_y(y, i * y->step);

        g_string_append_printf(svg, "<path d='M%d %.1fh%d' stroke='#ddd'/>\n", LEFT, at, WIDTH);
        g_snprintf(number, sizeof number, "%g", i * y->step);
        add_text(svg, LEFT - 6, at + 4, "text-anchor='end'", number);
    }
}

/* The frame with its ticks and names; what is drawn next, up to end_chart(), is cut off at the frame. */
static GString *
begin_chart(const HsegSvgAxes *axes, const Scale *x, const Scale *y, int legend_rows)
{
    g_autofree char *name = escape(axes->title);
    GString *svg = g_string_new(NULL);
    int width = LEFT + WIDTH + RIGHT, height = TOP + HEIGHT + BOTTOM + legend_rows * LEGEND_ROW;

    g_string_append_printf(
        svg,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d' role='img' "
        "aria-label='%s' font-family='system-ui,sans-serif' font-size='13' fill='#222'>\n"
        "<rect width='100%%' height='100%%' fill='white'/>\n",
        width, height, width, height, name);
    add_text(svg, LEFT, TOP - 12, "font-size='15' font-weight='600'", axes->title);
    add_ticks(svg, x, y);
    add_text(svg, LEFT + WIDTH / 2.0, TOP + HEIGHT + 38, "text-anchor='middle'", axes->x_label);
    add_text(svg, 0, 0, "text-anchor='middle' transform='translate(14 162) rotate(-90)'", axes->y_label);
    g_string_append_printf(svg,
                           "<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#888'/>\n"
                           "<svg x='%d' y='%d' width='%d' height='%d'>\n",
                           LEFT, TOP, WIDTH, HEIGHT, LEFT, TOP, WIDTH, HEIGHT);
    return svg;
}

static char *
end_chart(GString *svg)
{
    g_string_append(svg, "</svg>\n");
    return g_string_free(svg, FALSE);
}

/* The i-th line's stroke, as attributes. */
static void
add_stroke(GString *svg, const HsegSvgLine *line, int i, double width)
{
    const int n = (int)G_N_ELEMENTS(colours);

    if (line->is_sum)
        g_string_append_printf(svg, "stroke='" SUM_COLOUR "' stroke-width='%.1f'", 1.5 * width);
    else
        g_string_append_printf(svg, "stroke='%s' stroke-dasharray='%s' stroke-width='%.1f'", colours[i % n],
                               dashes[i / n % (int)G_N_ELEMENTS(dashes)], width);
}

/* At most LEGEND_CHARACTERS of a name, the last of them dots where it is longer. (transfer full) */
static char *
shorten(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1), *start = NULL;

    if (g_utf8_strlen(valid, -1) <= LEGEND_CHARACTERS)
        return g_steal_pointer(&valid);
    start = g_utf8_substring(valid, 0, LEGEND_CHARACTERS - 1);
    return g_strconcat(start, "…", NULL);
}

/* The lines' names below the plot, row by row. */
static void
add_legend(GString *svg, const HsegSvgLine *lines, int n)
{
    for (int i = 0; i < n; i++) {
        int x = 10 + i % LEGEND_COLUMNS * LEGEND_COLUMN;
        int y = TOP + HEIGHT + BOTTOM + i / LEGEND_COLUMNS * LEGEND_ROW + 8;
        g_autofree char *name = shorten(lines[i].name);

        g_string_append_printf(svg, "<path d='M%d %dh20' ", x, y);
        add_stroke(svg, &lines[i], i, 2.4);
        g_string_append(svg, "/>\n");
        add_text(svg, x + 26, y + 4, "", name);
    }
}

/* One path, a new start after each gap; points within half a pixel of the last one drawn are left out. */
static void
add_line(GString *svg, const HsegSvgLine *line, int place, const Scale *x, const Scale *y)
{
    double last_x = NAN, last_y = NAN; /* NAN: the pen is up */

    g_string_append(svg, "<path fill='none' ");
    add_stroke(svg, line, place, 1.8);
    g_string_append(svg, " stroke-linejoin='round' d='");
    for (int i = 0; i < line->n; i++) {
        double px = place_x(x, line->x[i]), py = place_y(y, line->y[i]);
        gboolean ends = i + 1 == line->n || !isfinite(line->x[i + 1]) || !isfinite(line->y[i + 1]);

        if (!isfinite(px) || !isfinite(py)) {
            last_x = last_y = NAN;
            continue;
        }
        if (isfinite(last_x) && hypot(px - last_x, py - last_y) < 0.5 && !ends)
            continue;
        g_string_append_printf(svg, "%c%.1f %.1f", isfinite(last_x) ? 'L' : 'M', px, py);
        if (!isfinite(last_x) && ends) /* a point on its own: a stroke of no length shows by its round caps */
            g_string_append(svg, "h0");
        last_x = px;
        last_y = py;
    }
    g_string_append(svg, "' stroke-linecap='round'/>\n");
}

static void
widen(double *low, double *high, double value)
{
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

char *
hseg_svg_lines(const HsegSvgAxes *axes, const HsegSvgLine *lines, int n)
{
    double x_low = INFINITY, x_high = -INFINITY, y_low = INFINITY, y_high = -INFINITY;
    int names = n > 0 && lines[0].name ? n : 0;
    Scale x, y;
    GString *svg;

    for (int l = 0; l < n; l++) {
        for (int i = 0; i < lines[l].n; i++) {
            widen(&x_low, &x_high, lines[l].x[i]);
            widen(&y_low, &y_high, lines[l].y[i]);
        }
    }
    x = scale_for(axes->x_min, axes->x_max, x_low, x_high);
    y = scale_for(axes->y_min, axes->y_max, y_low, y_high);
    svg = begin_chart(axes, &x, &y, (names + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS);
    for (int l = 0; l < n; l++)
        add_line(svg, &lines[l], l, &x, &y);
    g_string_append(svg, "</svg>\n");
    add_legend(svg, lines, names);
    return end_chart(svg);
}

char *
hseg_svg_bars(const HsegSvgAxes *axes, const int *counts, int n)
{
    int most = 5; /* a scale of whole numbers */
    Scale x = scale_for(axes->x_min, axes->x_max, 0, n), y;
    GString *svg;

    for (int i = 0; i < n; i++)
        most = HSEG_MAX(most, counts[i]);
    y = scale_for(axes->y_min, axes->y_max, 0, most);
    svg = begin_chart(axes, &x, &y, 0);
    for (int i = 0; i < n; i++) {
        double top = place_y(&y, counts[i]), width = (double)WIDTH / n;

        g_string_append_printf(svg, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>\n",
                               i * width + 0.5, top, width - 1, HEIGHT - top, colours[0]);
    }
    g_string_append(svg, "</svg>\n");
    return end_chart(svg);
}

char *
hseg_svg_beside(const char *left, const char *right)
{
    const int width = LEFT + WIDTH + RIGHT, height = TOP + HEIGHT + BOTTOM;

    if (!right)
        return g_strdup(left);
    return g_strdup_printf("<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d'>\n"
                           "%s<g transform='translate(%d 0)'>\n%s</g>\n</svg>\n",
                           2 * width, height, left, width, right);
}
