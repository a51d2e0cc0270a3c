/* One HTML page with all that belongs to it inside: tables, charts as inline SVG, pictures as data: URIs.
 * Text is escaped; bytes of it that are no UTF-8 (names of files may be anything) show as U+FFFD. */
#pragma once

#include "files/picture.h"

typedef struct HsegPage HsegPage;

/* @refresh: seconds after which a browser loads it again, for a page that is rewritten; 0: never */
HsegPage *hseg_page_new(const char *title, int refresh);

/* Accepts NULL. */
void hseg_page_free(HsegPage *page);

void hseg_page_heading(HsegPage *page, const char *text);
void hseg_page_text(HsegPage *page, const char *text);

/* A command line, as it was typed. */
void hseg_page_command(HsegPage *page, const char *text);

/* A number that is seen first, large, with what it is below it: "0.861", "IoU". Those that follow each other
 * stand in a row. */
void hseg_page_fact(HsegPage *page, const char *value, const char *name);

/* @columns, @cells: NULL-terminated; the first column is flush left, the others right. Rows belong between
 * begin and end; the sum, or the pool, of the others stands out. */
void hseg_page_table_begin(HsegPage *page, const char *const *columns);
void hseg_page_table_row(HsegPage *page, const char *const *cells);
void hseg_page_table_sum(HsegPage *page, const char *const *cells);
void hseg_page_table_end(HsegPage *page);

/* Charts that follow each other stand side by side where there is room. @svg: an <svg> element, taken as it
 * is. */
void hseg_page_svg(HsegPage *page, const char *svg);

/* The same of pictures. @picture: RGB; put in as JPEG. */
gboolean hseg_page_picture(HsegPage *page, const HsegPicture *picture, const char *caption, GError **error);

/* Writes what the page holds up to now, under a temporary name first; its folder must exist. */
gboolean hseg_page_save(const HsegPage *page, const char *file, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegPage, hseg_page_free)
