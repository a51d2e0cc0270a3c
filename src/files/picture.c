#include "files/picture.h"
#include "base/base.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <humanseg/error.h>
#include <string.h>

HsegPicture *
hseg_picture_new(int width, int height, int channels, GError **error)
{
    HsegPicture *picture;
    size_t stride, bytes;
    uint8_t *data = NULL;

    if (width > 0 && height > 0 && hseg_size_mul(width, channels, &stride) &&
        hseg_size_mul(stride, height, &bytes))
        data = g_try_malloc0(bytes);
    if (!data) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory for a picture of %d x %d pixels",
                    width, height);
        return NULL;
    }
    picture = g_new(HsegPicture, 1);
    *picture =
        (HsegPicture){.width = width, .height = height, .channels = channels, .stride = stride, .data = data};
    return picture;
}

void
hseg_picture_free(HsegPicture *picture)
{
    if (!picture)
        return;
    g_free(picture->data);
    g_free(picture);
}

/* The file's pixels, upright. */
static GdkPixbuf *
load_pixbuf(const char *file, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GdkPixbuf) lying = gdk_pixbuf_new_from_file(file, &fault);
    GdkPixbuf *upright;

    if (!lying && fault->domain == G_FILE_ERROR) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "cannot read %s: %s", file, fault->message);
        return NULL;
    }
    if (!lying) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s is no picture that can be read: %s", file,
                    fault->message);
        return NULL;
    }
    upright = gdk_pixbuf_apply_embedded_orientation(lying);
    if (!upright)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to turn %s upright", file);
    return upright;
}

/* Copies pixels of the pixbuf's three or four channels into rows of three or four; alpha is dropped or made
 * opaque. */
static void
copy_colour(HsegPicture *picture, const GdkPixbuf *pixbuf)
{
    const uint8_t *from = gdk_pixbuf_read_pixels(pixbuf);
    int have = gdk_pixbuf_get_n_channels(pixbuf), want = picture->channels;

    for (int y = 0; y < picture->height; y++) {
        const uint8_t *s = from + (size_t)y * gdk_pixbuf_get_rowstride(pixbuf);
        uint8_t *d = picture->data + y * picture->stride;

        for (int x = 0; x < picture->width; x++, s += have, d += want) {
            memcpy(d, s, 3);
            if (want == 4)
                d[3] = have == 4 ? s[3] : 255;
        }
    }
}

/* The weights add up to 256, so that grey stays what it is. */
static void
copy_luma(HsegPicture *picture, const GdkPixbuf *pixbuf)
{
    const uint8_t *from = gdk_pixbuf_read_pixels(pixbuf);
    int have = gdk_pixbuf_get_n_channels(pixbuf);

    for (int y = 0; y < picture->height; y++) {
        const uint8_t *s = from + (size_t)y * gdk_pixbuf_get_rowstride(pixbuf);
        uint8_t *d = picture->data + y * picture->stride;

        for (int x = 0; x < picture->width; x++, s += have)
            d[x] = (77 * s[0] + 150 * s[1] + 29 * s[2] + 128) >> 8;
    }
}

/* @channels: 1, 3, 4, or 0 for what the file has. */
static HsegPicture *
load(const char *file, int channels, GError **error)
{
    g_autoptr(GdkPixbuf) pixbuf = load_pixbuf(file, error);
    HsegPicture *picture;

    if (!pixbuf)
        return NULL;
    if (channels == 0)
        channels = gdk_pixbuf_get_n_channels(pixbuf);
    picture = hseg_picture_new(gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf), channels, error);
    if (!picture)
        g_prefix_error(error, "%s: ", file);
    else if (channels == 1)
        copy_luma(picture, pixbuf);
    else
        copy_colour(picture, pixbuf);
    return picture;
}

HsegPicture *
hseg_picture_load(const char *file, GError **error)
{
    return load(file, 0, error);
}

HsegPicture *
hseg_picture_load_rgb(const char *file, GError **error)
{
    return load(file, 3, error);
}

HsegPicture *
hseg_picture_load_grey(const char *file, GError **error)
{
    return load(file, 1, error);
}
