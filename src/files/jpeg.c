#include "files/jpeg.h"
#include "files/picture.h"
#include "files/save.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/error.h>

gboolean
hseg_picture_save_jpeg(const HsegPicture *rgb, const char *file, int quality, GError **error)
{
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_data(
        rgb->data, GDK_COLORSPACE_RGB, FALSE, 8, rgb->width, rgb->height, (int)rgb->stride, NULL, NULL);
    g_autofree char *text = g_strdup_printf("%d", quality), *data = NULL;
    g_autoptr(GError) fault = NULL;
    gsize n;

    if (gdk_pixbuf_save_to_buffer(pixbuf, &data, &n, "jpeg", &fault, "quality", text, NULL))
        return hseg_save_file(file, data, n, FALSE, error);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot write %s: %s", file, fault->message);
    return FALSE;
}

enum { MARKER = 0xff, START = 0xd8, END = 0xd9, SCAN = 0xda };

/* The place behind the header, where the coded pixels begin; NULL where there is none. What the segments
 * before it hold is skipped: a small picture for the album has an end of its own. */
static const guint8 *
find_scan(const guint8 *p, const guint8 *end)
{
    if (end - p < 2 || p[0] != MARKER || p[1] != START)
        return NULL;
    p += 2;
    while (end - p >= 4 && p[0] == MARKER) {
        if (p[1] == SCAN)
            return p;
        p += p[1] == MARKER
                 ? 1
                 : MIN(2 + (p[2] << 8 | p[3]), end - p); /* a marker's first byte may be repeated */
    }
    return NULL;
}

/* No coded pixels hold these two bytes. */
static gboolean
has_end(const guint8 *p, const guint8 *end)
{
    for (; end - p >= 2; p++)
        if (p[0] == MARKER && p[1] == END)
            return TRUE;
    return FALSE;
}

gboolean
hseg_jpeg_has_end(const char *file)
{
    g_autoptr(GMappedFile) map = g_mapped_file_new(file, FALSE, NULL);
    const guint8 *p = map ? (const guint8 *)g_mapped_file_get_contents(map) : NULL;
    const guint8 *end = p ? p + g_mapped_file_get_length(map) : NULL;
    const guint8 *scan = p ? find_scan(p, end) : NULL;

    return !scan || has_end(scan, end);
}
