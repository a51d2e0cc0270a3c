#include "eval/page.h"

#include "files/save.h"
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/error.h>
#include <string.h>

/* What stands side by side, and is wrapped together for that. */
typedef enum {
    NOTHING,
    FACTS,
    CHARTS,
    PICTURES,
    N_GROUPS,
} Group;

static const char *const classes[N_GROUPS] = {NULL, "facts", "charts", "pictures"};

struct HsegPage {
    GString *html;
    Group open; /* the group that the end of html is in */
};

/* Wide tables scroll in themselves, their first column staying; charts and pictures are as many in a row as
 * fit. */
static const char style[] =
    ":root{color-scheme:light}*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1340px;padding:1.6em 1.2em 4em;"
    "color:#222;background:#fff}"
    "h1{font-size:1.7em;line-height:1.2;margin:0 0 .4em;overflow-wrap:anywhere}"
    "h2{font-size:1.25em;margin:2em 0 .6em;padding-bottom:.2em;border-bottom:1px solid #ccc}"
    "p{margin:.6em 0;max-width:52em}"
    "pre{margin:.8em 0;padding:.6em .9em;border-radius:6px;background:#f2f4f7;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}"
    ".facts{display:flex;flex-wrap:wrap;gap:.7em;margin:1.1em 0}"
    ".facts div{padding:.45em 1em .5em;border:1px solid #d8dde3;border-radius:6px}"
    ".facts b{display:block;font-size:1.5em;line-height:1.25;font-variant-numeric:tabular-nums}"
    ".facts span{font-size:.85em;color:#555}"
    ".table{overflow-x:auto;margin:.8em 0}"
    "table{border-collapse:collapse;font-size:.95em;font-variant-numeric:tabular-nums}"
    "th,td{padding:.25em .8em;text-align:right;white-space:nowrap;border-bottom:1px solid #e4e4e4}"
    "th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:#fff}"
    "th{border-bottom:2px solid #999;font-weight:600}"
    "tr.sum td{border-top:2px solid #999;font-weight:600}"
    "tbody tr:hover td{background:#f0f5fa}"
    ".charts{display:grid;gap:1em;align-items:start;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr))}"
    ".charts svg{display:block;width:100%;max-width:560px;height:auto}"
    ".pictures{display:grid;gap:1.1em;align-items:start;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,520px),1fr))}"
    "figure{margin:0}figure img{display:block;max-width:100%;height:auto}"
    "figcaption{margin-top:.25em;font-size:13px;line-height:1.35;color:#555;overflow-wrap:anywhere}";

static void
append_escaped(GString *html, const char *before, const char *text, const char *after)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1), *escaped = g_markup_escape_text(valid, -1);

    g_string_append_printf(html, "%s%s%s", before, escaped, after);
}

/* What comes next stands in @group. */
static GString *
enter(HsegPage *page, Group group)
{
    if (page->open != group && page->open != NOTHING)
        g_string_append(page->html, "</div>\n");
    if (page->open != group && group != NOTHING)
        g_string_append_printf(page->html, "<div class='%s'>\n", classes[group]);
    page->open = group;
    return page->html;
}

HsegPage *
hseg_page_new(const char *title, int refresh)
{
    HsegPage *page = g_new0(HsegPage, 1);

    page->html = g_string_new("<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
                              "<meta name='viewport' content='width=device-width,initial-scale=1'>\n");
    if (refresh > 0)
        g_string_append_printf(page->html, "<meta http-equiv='refresh' content='%d'>\n", refresh);
    append_escaped(page->html, "<title>", title, "</title>\n");
    g_string_append_printf(page->html, "<style>%s</style>\n</head>\n<body>\n", style);
    append_escaped(page->html, "<h1>", title, "</h1>\n");
    return page;
}

void
hseg_page_free(HsegPage *page)
{
    if (!page)
        return;
    g_string_free(page->html, TRUE);
    g_free(page);
}

void
hseg_page_heading(HsegPage *page, const char *text)
{
    append_escaped(enter(page, NOTHING), "<h2>", text, "</h2>\n");
}

void
hseg_page_text(HsegPage *page, const char *text)
{
    append_escaped(enter(page, NOTHING), "<p>", text, "</p>\n");
}

void
hseg_page_command(HsegPage *page, const char *text)
{
    append_escaped(enter(page, NOTHING), "<pre>", text, "</pre>\n");
}

void
hseg_page_fact(HsegPage *page, const char *value, const char *name)
{
    append_escaped(enter(page, FACTS), "<div><b>", value, "</b>");
    append_escaped(page->html, "<span>", name, "</span></div>\n");
}

static void
append_row(GString *html, const char *const *cells, const char *row, const char *before, const char *after)
{
    g_string_append(html, row);
    for (int i = 0; cells[i]; i++)
        append_escaped(html, before, cells[i], after);
    g_string_append(html, "</tr>\n");
}

void
hseg_page_table_begin(HsegPage *page, const char *const *columns)
{
    g_string_append(enter(page, NOTHING), "<div class='table'><table>\n<thead>\n");
    append_row(page->html, columns, "<tr>", "<th>", "</th>");
    g_string_append(page->html, "</thead>\n<tbody>\n");
}

void
hseg_page_table_row(HsegPage *page, const char *const *cells)
{
    append_row(page->html, cells, "<tr>", "<td>", "</td>");
}

void
hseg_page_table_sum(HsegPage *page, const char *const *cells)
{
    append_row(page->html, cells, "<tr class='sum'>", "<td>", "</td>");
}

void
hseg_page_table_end(HsegPage *page)
{
    g_string_append(page->html, "</tbody>\n</table></div>\n");
}

void
hseg_page_svg(HsegPage *page, const char *svg)
{
    g_string_append(enter(page, CHARTS), svg);
}

gboolean
hseg_page_picture(HsegPage *page, const HsegPicture *picture, const char *caption, GError **error)
{
    g_autoptr(GdkPixbuf) pixbuf =
        gdk_pixbuf_new_from_data(picture->data, GDK_COLORSPACE_RGB, FALSE, 8, picture->width, picture->height,
                                 (int)picture->stride, NULL, NULL);
    g_autoptr(GError) fault = NULL;
    g_autofree char *jpeg = NULL, *base64 = NULL;
    gsize bytes;

    if (!gdk_pixbuf_save_to_buffer(pixbuf, &jpeg, &bytes, "jpeg", &fault, "quality", "88", NULL)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: cannot be packed as JPEG: %s", caption,
                    fault->message);
        return FALSE;
    }
    base64 = g_base64_encode((const guchar *)jpeg, bytes);
    g_string_append_printf(enter(page, PICTURES),
                           "<figure><img width='%d' height='%d' alt='' src='data:image/jpeg;base64,%s'>",
                           picture->width, picture->height, base64);
    append_escaped(page->html, "<figcaption>", caption, "</figcaption></figure>\n");
    return TRUE;
}

gboolean
hseg_page_save(const HsegPage *page, const char *file, GError **error)
{
    const char *end = page->open == NOTHING ? "" : "</div>\n";
    g_autofree char *text = g_strconcat(page->html->str, end, "</body>\n</html>\n", NULL);

    return hseg_save_file(file, text, strlen(text), FALSE, error);
}
