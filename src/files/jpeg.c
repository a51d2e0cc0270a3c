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
