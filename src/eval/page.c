#include "eval/page.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/error.h>

struct HsegPage {
    GString *html;
};

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1240px;padding:0 "
    "1em;color:#222;background:#fff}"
    "h1{font-size:1.6em;margin:0 0 .3em}h2{font-size:1.2em;margin:1.8em 0 .5em;border-bottom:1px solid #ccc}"
    "table{border-collapse:collapse;margin:.6em 0;font-variant-numeric:tabular-nums}"
    "th,td{padding:.22em .75em;text-align:right;border-bottom:1px solid #e4e4e4}"
    "th:first-child,td:first-child{text-align:left}th{border-bottom:2px solid #999;font-weight:600}"
    "tbody tr:hover{background:#f3f7fb}svg{margin:.4em 1.2em .4em 0;vertical-align:top;max-width:100%}"
    "figure{display:inline-block;margin:.35em .7em .35em 0;vertical-align:top}"
    "figure img{display:block;max-width:100%}figcaption{font-size:12px;color:#555}";

static void
append_escaped(GString *html, const char *before, const char *text, const char *after)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    g_string_append_printf(html, "%s%s%s", before, escaped, after);
}

HsegPage *
hseg_page_new(const char *title, int refresh)
{
    HsegPage *page = g_new(HsegPage, 1);

    page->html = g_string_new("<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n");
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
    append_escaped(page->html, "<h2>", text, "</h2>\n");
}

void
hseg_page_text(HsegPage *page, const char *text)
{
    append_escaped(page->html, "<p>", text, "</p>\n");
}

static void
append_row(GString *html, const char *const *cells, const char *before, const char *after)
{
    g_string_append(html, "<tr>");
    for (int i = 0; cells[i]; i++)
        append_escaped(html, before, cells[i], after);
    g_string_append(html, "</tr>\n");
}

void
hseg_page_table_begin(HsegPage *page, const char *const *columns)
{
    g_string_append(page->html, "<table>\n<thead>\n");
    append_row(page->html, columns, "<th>", "</th>");
    g_string_append(page->html, "</thead>\n<tbody>\n");
}

void
hseg_page_table_row(HsegPage *page, const char *const *cells)
{
    append_row(page->html, cells, "<td>", "</td>");
}

void
hseg_page_table_end(HsegPage *page)
{
    g_string_append(page->html, "</tbody>\n</table>\n");
}

void
hseg_page_svg(HsegPage *page, const char *svg)
{
    g_string_append(page->html, svg);
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
    g_string_append_printf(page->html,
                           "<figure><img width='%d' height='%d' alt='' src='data:image/jpeg;base64,%s'>",
                           picture->width, picture->height, base64);
    append_escaped(page->html, "<figcaption>", caption, "</figcaption></figure>\n");
    return TRUE;
}

gboolean
hseg_page_save(const HsegPage *page, const char *file, GError **error)
{
    g_autofree char *text = g_strconcat(page->html->str, "</body>\n</html>\n", NULL);
    g_autoptr(GError) why = NULL;

    if (g_file_set_contents(file, text, -1, &why)) /* writes a temporary file and renames it */
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot write %s: %s", file, why->message);
    return FALSE;
}
