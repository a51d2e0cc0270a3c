#include "eval/report.h"
#include "fixture.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>

static const HsegEvaluateParams params = {.predict.threads = 1};
static const HsegReportTexts texts = {"Scores of <it>", "Scored & so on", "humanseg eval < x"};

static int
count(const char *text, const char *what)
{
    int n = 0;

    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* Scores what lies in @root's val, clips and rooms, and returns the page. (transfer full) */
static char *
report(Fixture *f, const HsegEvaluateDirs *dirs)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_build_filename(f->dir, "new", "report", NULL);
    g_autofree char *file = g_build_filename(dir, "index.html", NULL);
    char *html;

    e = hseg_evaluate(model, dirs, &params, &error);
    g_assert_no_error(error);
    g_assert_true(hseg_report_save(e, model, &params.predict, &texts, dir, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(file, &html, NULL, NULL));
    return html;
}

static void
test_all_parts(Fixture *f, gconstpointer unused)
{
    g_autofree char *val = g_build_filename(f->dir, "val", NULL),
                    *clips = g_build_filename(f->dir, "clips", NULL);
    g_autofree char *rooms = g_build_filename(f->dir, "rooms", NULL), *html = NULL;
    const char *data[] = {val, NULL}, *video[] = {clips, NULL}, *negatives[] = {rooms, NULL};
    const HsegEvaluateDirs dirs = {data, video, negatives};

    fixture_add_pair(val, "a", "half", 64, 36, 18);
    fixture_add_pair(val, "b", "quarter", 64, 36, 9);
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);

        fixture_add_pair(clips, "walk", name, 64, 36, 18);
    }
    fixture_add_picture(f->dir, "rooms", "empty.png", 64, 36);
    html = report(f, &dirs);
    g_assert_nonnull(strstr(html, "<h1>Scores of &lt;it&gt;</h1>"));
    g_assert_nonnull(strstr(html, "<p>Scored &amp; so on</p>\n<pre>humanseg eval &lt; x</pre>"));
    g_assert_nonnull(strstr(html, "<b>0.3750</b><span>IoU</span>"));
    g_assert_nonnull(strstr(html, "<b>1.0000</b><span>marked where nobody is</span>"));
    g_assert_nonnull(strstr(html, "<tr><td>a</td><td>1</td><td>0.5000</td><td>0.2500</td>"));
    g_assert_nonnull(strstr(html, "<tr><td>b</td><td>1</td><td>0.2500</td><td>0.1250</td>"));
    g_assert_nonnull(strstr(html, "<tr class='sum'><td>all</td><td>2</td><td>0.3750</td>"));
    g_assert_nonnull(strstr(
        html,
        "<tr><td>walk</td><td>5</td><td>0.0000</td><td>0.0000</td><td>0.0000</td><td>0.0000</td></tr>"));
    g_assert_nonnull(strstr(html, "<tr><td>rooms</td><td>1</td><td>1.0000</td><td>1.0000</td></tr>"));
    g_assert_null(strstr(html, "<th>marked</th>")); /* none of the pictures with people has that */
    g_assert_cmpint(count(html, "<svg xmlns"), ==,
                    3 + 3 + 1); /* ROC, precision and recall, histogram; timeline */
    g_assert_cmpint(count(html, "<figure>"), ==, 2 + 4 + 1); /* of a clip not all frames */
    /* The worst picture first. */
    g_assert_cmpuint(strstr(html, "IoU 0.2500: ") - html, <, strstr(html, "IoU 0.5000: ") - html);
    g_assert_nonnull(strstr(html, "rooms/empty.png"));
    g_assert_cmpint(count(html, "src='") - count(html, "src='data:"), ==, 0); /* nothing from outside */
    g_assert_cmpint(count(html, "href"), ==, 0);
}

/* No heading without what belongs below it. */
static void
test_pictures_alone(Fixture *f, gconstpointer unused)
{
    const char *data[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = data};
    g_autofree char *html = NULL;

    fixture_add_pair(f->dir, "a", "half", 64, 36, 18);
    html = report(f, &dirs);
    g_assert_cmpint(count(html, "<h2>"), ==, 2);
    g_assert_cmpint(count(html, "<td>all</td>"), ==, 0);
    g_assert_cmpint(count(html, "<svg xmlns"), ==, 3);
}

/* A folder that can't be: an error that names it; an older page stays as it was where a picture is gone. */
static void
test_refusals(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *image = g_build_filename(f->dir, "a", "images", "half.png", NULL);
    g_autofree char *below = g_build_filename(image, "report", NULL),
                    *page = g_build_filename(f->dir, "index.html", NULL);
    g_autofree char *kept = NULL;
    const char *data[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = data};

    fixture_add_pair(f->dir, "a", "half", 64, 36, 18);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_false(hseg_report_save(e, model, &params.predict, &texts, below, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_nonnull(strstr(error->message, below));
    g_clear_error(&error);

    g_assert_true(g_file_set_contents(page, "old", -1, NULL));
    g_remove(image);
    g_assert_false(hseg_report_save(e, model, &params.predict, &texts, f->dir, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FILE);
    g_assert_true(g_file_get_contents(page, &kept, NULL, NULL));
    g_assert_cmpstr(kept, ==, "old");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                                  \
    g_test_add("/report/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
    ADD("all-parts", test_all_parts);
    ADD("pictures-alone", test_pictures_alone);
    ADD("refusals", test_refusals);
    return g_test_run();
}
