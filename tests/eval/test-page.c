/* What a report is made of: charts, the page, pictures of masks. */
#include "eval/page.h"
#include "eval/svg.h"
#include "eval/triptych.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
assert_xml(const char *text)
{
    const GMarkupParser parser = {0};
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    g_autoptr(GError) error = NULL;

    g_markup_parse_context_parse(context, text, -1, &error);
    g_assert_no_error(error);
    g_markup_parse_context_end_parse(context, &error);
    g_assert_no_error(error);
}

static int
count(const char *text, const char *what)
{
    int n = 0;

    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* The points of the n-th line: what stands in its d='...'. */
static char *
line_path(const char *svg, int n)
{
    const char *p = svg;

    for (int i = 0; i <= n; i++) {
        p = strstr(p, "stroke-linejoin='round' d='");
        g_assert_nonnull(p);
        p += strlen("stroke-linejoin='round' d='");
    }
    return g_strndup(p, (gsize)(strchr(p, '\'') - p));
}

/* The frame is 380 x 260: y grows upwards. */
static void
test_lines(void)
{
    const double x[] = {0, 0.5, 1}, y[] = {0, 0.25, 1}, up[] = {0.5, NAN, 0.5};
    const HsegSvgLine lines[] = {{"a & b", x, y, 3, FALSE}, {"gap", x, up, 3, TRUE}};
    const HsegSvgAxes axes = {"ROC <1>", "false", "true", 0, 1, 0, 1};
    g_autofree char *svg = hseg_svg_lines(&axes, lines, 2);
    g_autofree char *first = line_path(svg, 0), *second = line_path(svg, 1);

    assert_xml(svg);
    g_assert_cmpstr(first, ==, "M0.0 260.0L190.0 195.0L380.0 0.0");
    g_assert_cmpstr(second, ==, "M0.0 130.0h0M380.0 130.0h0");
    g_assert_nonnull(strstr(svg, ">a &amp; b</text>"));
    g_assert_nonnull(strstr(svg, ">ROC &lt;1&gt;</text>"));
    g_assert_nonnull(strstr(svg, ">0.2</text>"));
    g_assert_null(strstr(svg, "nan"));
}

/* What tells lines apart: no two look the same, and the sum like none of them. */
static void
test_strokes(void)
{
    enum { N = 20 };
    const double x[] = {0, 1};
    HsegSvgLine lines[N];
    const HsegSvgAxes axes = {"", "", "", 0, 1, 0, 1};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *svg = NULL;

    for (int i = 0; i < N; i++)
        lines[i] = (HsegSvgLine){"x", x, x, 2, i == N - 1};
    svg = hseg_svg_lines(&axes, lines, N);
    for (const char *p = svg; (p = strstr(p, "<path fill='none' ")); p++) {
        const char *stroke = p + strlen("<path fill='none' ");

        g_assert_true(
            g_hash_table_add(seen, g_strndup(stroke, (gsize)(strstr(stroke, " stroke-width") - stroke))));
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, N);
    g_assert_cmpint(count(svg, "stroke='#111'"), ==, 2); /* the curve, and in the legend */
}

/* Names that are long, or no UTF-8; none at all. */
static void
test_names(void)
{
    const double x[] = {0, 1};
    const HsegSvgAxes axes = {"ti\xfftle", "", "", 0, 1, 0, 1};
    const HsegSvgLine lines[] = {{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", x, x, 2, FALSE},
                                 {"caf\xe9", x, x, 2, FALSE}};
    const HsegSvgLine nameless = {NULL, x, x, 2, FALSE};
    g_autofree char *svg = hseg_svg_lines(&axes, lines, 2), *plain = hseg_svg_lines(&axes, &nameless, 1);

    assert_xml(svg);
    g_assert_nonnull(strstr(svg, ">aaaaaaaaaaaaaaaaaaaaaaaaa…</text>"));
    g_assert_nonnull(strstr(svg, ">caf\xef\xbf\xbd</text>"));
    g_assert_nonnull(strstr(plain, "height='340'"));
    g_assert_nonnull(strstr(svg, "height='360'")); /* a row more, of two names */
}

/* Two charts in a file of their own are as wide as both. */
static void
test_beside(void)
{
    const double x[] = {0, 1};
    const HsegSvgAxes axes = {"", "", "", 0, 1, 0, 1};
    const HsegSvgLine line = {NULL, x, x, 2, FALSE};
    g_autofree char *one = hseg_svg_lines(&axes, &line, 1);
    g_autofree char *two = hseg_svg_beside(one, one), *alone = hseg_svg_beside(one, NULL);

    assert_xml(two);
    g_assert_true(g_str_has_prefix(two, "<svg xmlns='http://www.w3.org/2000/svg' width='904' height='340'>"));
    g_assert_cmpint(count(two, "<svg xmlns"), ==, 3);
    g_assert_cmpstr(alone, ==, one);
}

/* An axis without limits goes from round number to round number around the data. */
static void
test_own_range(void)
{
    const double x[] = {1, 40}, y[] = {0.313, 0.871}, one[] = {7};
    const HsegSvgAxes axes = {"loss", "epoch", "", 0, 0, 0, 0};
    const HsegSvgLine line = {"loss", x, y, 2, FALSE}, point = {"loss", one, one, 1, FALSE};
    g_autofree char *svg = hseg_svg_lines(&axes, &line, 1), *path = line_path(svg, 0);
    g_autofree char *lone = hseg_svg_lines(&axes, &point, 1), *none = hseg_svg_lines(&axes, NULL, 0);
    g_autofree char *expected = g_strdup_printf("M%.1f %.1fL%.1f %.1f", 380 * 1 / 40.0,
                                                260 * (0.9 - 0.313) / 0.6, 380.0, 260 * (0.9 - 0.871) / 0.6);

    g_assert_nonnull(strstr(svg, ">0.9</text>"));
    g_assert_nonnull(strstr(svg, ">40</text>"));
    g_assert_cmpstr(path, ==, expected);
    assert_xml(lone);
    assert_xml(none);
    g_assert_null(strstr(none, "inf"));
}

/* Thousands of points of a curve do not become thousands of strokes, but the ends stay. */
static void
test_thinning(void)
{
    enum { N = 100000 };
    g_autofree double *x = g_new(double, N);
    HsegSvgLine line = {"long", x, x, N, FALSE};
    const HsegSvgAxes axes = {"", "", "", 0, 1, 0, 1};
    g_autofree char *svg = NULL, *path = NULL;

    for (int i = 0; i < N; i++)
        x[i] = (double)i / (N - 1);
    svg = hseg_svg_lines(&axes, &line, 1);
    path = line_path(svg, 0);
    g_assert_cmpint(count(path, "L"), <, 1000);
    g_assert_cmpint(count(path, "L"), >, 400);
    g_assert_true(g_str_has_prefix(path, "M0.0 260.0"));
    g_assert_true(g_str_has_suffix(path, "L380.0 0.0"));
}

static void
test_bars(void)
{
    const int counts[] = {0, 5, 10, 2};
    const HsegSvgAxes axes = {"IoU", "IoU", "images", 0, 1, 0, 0};
    g_autofree char *svg = hseg_svg_bars(&axes, counts, 4);

    assert_xml(svg);
    /* Four bars of 95 pixels less their gap; 10 of 10 is the whole height. */
    g_assert_nonnull(strstr(svg, "<rect x='95.5' y='130.0' width='94.0' height='130.0'"));
    g_assert_nonnull(strstr(svg, "<rect x='190.5' y='0.0' width='94.0' height='260.0'"));
    g_assert_nonnull(strstr(svg, "<rect x='0.5' y='260.0' width='94.0' height='0.0'"));
}

static HsegPicture *
solid(int width, int height, uint8_t r, uint8_t g, uint8_t b)
{
    HsegPicture *picture = hseg_picture_new(width, height, 3, NULL);

    for (int i = 0; i < width * height; i++)
        memcpy(picture->data + 3 * i, (const uint8_t[3]){r, g, b}, 3);
    return picture;
}

/* The picture in a page's data: URI, as a file for the loader. */
static HsegPicture *
unpack(const char *html, const char *dir)
{
    const char prefix[] = "src='data:image/jpeg;base64,";
    const char *start = strstr(html, prefix);
    g_autofree char *file = g_build_filename(dir, "unpacked.jpg", NULL), *base64 = NULL;
    g_autofree guchar *bytes = NULL;
    HsegPicture *picture;
    gsize n;

    g_assert_nonnull(start);
    start += strlen(prefix);
    base64 = g_strndup(start, (gsize)(strchr(start, '\'') - start));
    bytes = g_base64_decode(base64, &n);
    g_assert_true(g_file_set_contents(file, (const char *)bytes, (gssize)n, NULL));
    picture = hseg_picture_load_rgb(file, NULL);
    g_assert_nonnull(picture);
    g_remove(file);
    return picture;
}

static void
test_page(void)
{
    g_autofree char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "page.html", NULL), *html = NULL;
    g_autoptr(HsegPage) page = hseg_page_new("Scores <of> M", 30);
    g_autoptr(HsegPicture) red = solid(40, 16, 250, 10, 10), back = NULL;

    hseg_page_heading(page, "Sets & pools");
    hseg_page_text(page, "1 < 2");
    hseg_page_table_begin(page, (const char *const[]){"set", "iou", NULL});
    hseg_page_table_row(page, (const char *const[]){"a<b", "0.5", NULL});
    hseg_page_table_sum(page, (const char *const[]){"all", "1", NULL});
    hseg_page_table_end(page);
    hseg_page_command(page, "cp a\xff b");
    hseg_page_fact(page, "0.5", "IoU");
    hseg_page_fact(page, "0.6", "mIoU");
    hseg_page_svg(page, "<svg></svg>");
    hseg_page_svg(page, "<svg></svg>");
    g_assert_true(hseg_page_picture(page, red, "it's red", NULL));
    g_assert_true(hseg_page_save(page, file, NULL));
    g_assert_true(g_file_get_contents(file, &html, NULL, NULL));
    g_assert_true(g_str_has_prefix(html, "<!DOCTYPE html>"));
    g_assert_nonnull(strstr(html, "<title>Scores &lt;of&gt; M</title>"));
    g_assert_nonnull(strstr(html, "http-equiv='refresh' content='30'"));
    g_assert_nonnull(strstr(html, "<tr><th>set</th><th>iou</th></tr>"));
    g_assert_nonnull(strstr(html, "<tr><td>a&lt;b</td><td>0.5</td></tr>"));
    g_assert_nonnull(strstr(html, "<tr class='sum'><td>all</td><td>1</td></tr>"));
    g_assert_nonnull(strstr(html, "<pre>cp a\xef\xbf\xbd b</pre>"));
    g_assert_nonnull(strstr(html, "<b>0.5</b><span>IoU</span>"));
    g_assert_nonnull(strstr(html, "<div class='charts'>\n<svg></svg><svg></svg></div>")); /* side by side */
    g_assert_cmpint(count(html, "class='facts'"), ==, 1);
    g_assert_cmpint(count(html, "<div"), ==, count(html, "</div>"));
    g_assert_nonnull(strstr(html, "width=device-width"));
    g_assert_nonnull(strstr(html, "<figcaption>it&apos;s red</figcaption>"));
    g_assert_null(strstr(html, "http://"));
    g_assert_true(g_str_has_suffix(html, "</html>\n"));
    back = unpack(html, dir);
    g_assert_cmpint(back->width, ==, 40);
    g_assert_cmpint(back->height, ==, 16);
    g_assert_cmpint(abs(back->data[0] - 250) + abs(back->data[1] - 10) + abs(back->data[2] - 10), <, 15);
    g_remove(file);
    g_rmdir(dir);
}

static void
test_page_refusal(void)
{
    g_autoptr(HsegPage) page = hseg_page_new("x", 0);
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_page_save(page, "/nowhere/at/all/page.html", &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, "/nowhere/at/all/page.html"));
}

static void
assert_pixel(const HsegPicture *p, int x, int y, int r, int g, int b)
{
    const uint8_t *at = p->data + (size_t)y * p->stride + 3 * x;

    g_assert_cmpint(at[0], ==, r);
    g_assert_cmpint(at[1], ==, g);
    g_assert_cmpint(at[2], ==, b);
}

/* Panels of 2 x 2 with gaps of 4: right and wrong in each of the four ways. */
static void
test_triptych(void)
{
    g_autoptr(HsegPicture) image = solid(6, 6, 9, 8, 7), sheet = NULL, small = NULL;
    const uint8_t truth[] = {255, 0, 77, 128, 127, 77};
    const float probability[] = {1, 0.8f, 0.2f, 0.5f};

    sheet = hseg_triptych_new(image, truth, 3, probability, 2, 2, 100, NULL);
    g_assert_cmpint(sheet->width, ==, 14);
    g_assert_cmpint(sheet->height, ==, 2);
    assert_pixel(sheet, 1, 1, 9, 8, 7);
    assert_pixel(sheet, 3, 0, 255, 255, 255); /* between */
    assert_pixel(sheet, 6, 0, 255, 255, 255);
    assert_pixel(sheet, 7, 0, 0, 0, 0);
    assert_pixel(sheet, 6, 1, 128, 128, 128);
    assert_pixel(sheet, 12, 0, 255, 255, 255); /* person found */
    assert_pixel(sheet, 13, 0, 204, 60, 60);   /* marked, but background */
    assert_pixel(sheet, 12, 1, 51, 110, 255);  /* missed */
    assert_pixel(sheet, 13, 1, 128, 128, 128); /* 127 of 255 is background: right */

    small = hseg_triptych_new(image, truth, 3, probability, 2, 2, 1, NULL);
    g_assert_cmpint(small->width, ==, 3 * 1 + 2 * 4);
    assert_pixel(small, 5, 0, 128, 128, 128); /* the truth's mean */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/svg/lines", test_lines);
    g_test_add_func("/svg/strokes", test_strokes);
    g_test_add_func("/svg/names", test_names);
    g_test_add_func("/svg/beside", test_beside);
    g_test_add_func("/svg/own-range", test_own_range);
    g_test_add_func("/svg/thinning", test_thinning);
    g_test_add_func("/svg/bars", test_bars);
    g_test_add_func("/page/all-parts", test_page);
    g_test_add_func("/page/refusal", test_page_refusal);
    g_test_add_func("/triptych/panels", test_triptych);
    return g_test_run();
}
