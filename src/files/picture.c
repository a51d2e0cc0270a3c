#include "files/picture.h"
#include "base/base.h"
#include "files/jpeg.h"

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

/* A few bytes can promise gigabytes of pixels: what the header says is looked at before any is unpacked. A
 * file without a header that is understood is left to the loader, which says what is wrong. What is missing
 * of a JPEG the loader fills up with grey, and calls that a picture. */
static gboolean
check_file(const char *file, GError **error)
{
    int width, height;

    if (g_file_test(file, G_FILE_TEST_EXISTS) && !g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: not a regular file", file);
        return FALSE;
    }
    if (!hseg_jpeg_has_end(file)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s is cut off", file);
        return FALSE;
    }
    if (!gdk_pixbuf_get_file_info(file, &width, &height) || (gint64)width * height <= HSEG_PICTURE_MAX_PIXELS)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                "%s has %d x %d pixels, more than the %d that are taken", file, width, height,
                HSEG_PICTURE_MAX_PIXELS);
    return FALSE;
}

/* The file's pixels, upright. */
static GdkPixbuf *
load_pixbuf(const char *file, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GdkPixbuf) lying = NULL;
    GdkPixbuf *upright;

    if (!check_file(file, error))
        return NULL;
    lying = gdk_pixbuf_new_from_file(file, &fault);
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

/* What keeps the picture from being a mask: a colour, or something to be seen through. */
static const char *
find_no_mask(const HsegPicture *p)
{
    for (int y = 0; y < p->height; y++) {
        const uint8_t *pixel = p->data + y * p->stride;

        for (int x = 0; x < p->width; x++, pixel += p->channels) {
            if (pixel[0] != pixel[1] || pixel[0] != pixel[2])
                return "has colours, as labels with a palette have";
            if (p->channels == 4 && pixel[3] != 255)
                return "is transparent in places";
        }
    }
    return NULL;
}

/* One channel of three or four that are alike. */
static HsegPicture *
take_first(const HsegPicture *p, uint8_t *highest, GError **error)
{
    HsegPicture *mask = hseg_picture_new(p->width, p->height, 1, error);

    for (int y = 0; mask && y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            uint8_t v = p->data[y * p->stride + (size_t)x * p->channels];

            mask->data[y * mask->stride + x] = v;
            *highest = MAX(*highest, v);
        }
    return mask;
}

HsegPicture *
hseg_picture_load_mask(const char *file, GError **error)
{
    g_autoptr(HsegPicture) picture = load(file, 0, error), mask = NULL;
    const char *fault = picture ? find_no_mask(picture) : NULL;
    uint8_t highest = 0;

    if (!picture)
        return NULL;
    if (!fault)
        mask = take_first(picture, &highest, error);
    if (!fault && !mask)
        return NULL;
    if (highest == 1)
        fault = "has no values but 0 and 1";
    if (!fault)
        return g_steal_pointer(&mask);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s is no mask: it %s; a mask is grey, 255 is person",
                file, fault);
    return NULL;
}
