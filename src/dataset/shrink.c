#include "dataset/shrink.h"
#include "base/base.h"
#include "image/resize.h"

#include <humanseg/error.h>
#include <math.h>

void
hseg_shrunk_size(int *width, int *height, int side)
{
    int longest = HSEG_MAX(*width, *height);
    double scale = (double)side / longest;

    if (side == 0 || longest <= side)
        return;
    *width = HSEG_MAX(1, (int)lround(*width * scale));
    *height = HSEG_MAX(1, (int)lround(*height * scale));
}

static gboolean
no_memory(GError **error)
{
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to shrink a picture");
    return FALSE;
}

static gboolean
shrink(HsegPicture **picture, int width, int height, HsegResizeMode mode, GError **error)
{
    const HsegPicture *p = *picture;
    g_autoptr(HsegPicture) small = NULL;

    if (p->width == width && p->height == height)
        return TRUE;
    small = hseg_picture_new(width, height, p->channels, error);
    if (!small)
        return FALSE;
    if (!hseg_resize_u8(small->data, width, height, (ptrdiff_t)small->stride, p->data, p->width, p->height,
                        (ptrdiff_t)p->stride, p->channels, mode))
        return no_memory(error);
    hseg_picture_free(*picture);
    *picture = g_steal_pointer(&small);
    return TRUE;
}

gboolean
hseg_shrink_rgb(HsegPicture **rgb, int width, int height, GError **error)
{
    return shrink(rgb, width, height, HSEG_RESIZE_AREA, error);
}

gboolean
hseg_shrink_mask(HsegPicture **mask, int width, int height, GError **error)
{
    return shrink(mask, width, height, HSEG_RESIZE_NEAREST, error);
}

/* Colours times alpha, and alpha; [height][width][4]. */
static void
premultiply(float *out, const HsegPicture *rgba)
{
    for (int y = 0; y < rgba->height; y++) {
        const uint8_t *s = rgba->data + y * rgba->stride;

        for (int x = 0; x < rgba->width; x++, s += 4, out += 4) {
            for (int c = 0; c < 3; c++)
                out[c] = (float)(s[c] * s[3]);
            out[3] = s[3];
        }
    }
}

static void
divide(HsegPicture *rgba, const float *in)
{
    for (int y = 0; y < rgba->height; y++) {
        uint8_t *d = rgba->data + y * rgba->stride;

        for (int x = 0; x < rgba->width; x++, d += 4, in += 4) {
            for (int c = 0; c < 3 && in[3] > 0; c++)
                d[c] = (uint8_t)HSEG_CLAMP(lrintf(in[c] / in[3]), 0, 255);
            d[3] = (uint8_t)HSEG_CLAMP(lrintf(in[3]), 0, 255);
        }
    }
}

gboolean
hseg_shrink_rgba(HsegPicture **rgba, int width, int height, GError **error)
{
    const HsegPicture *p = *rgba;
    g_autofree float *large = NULL, *small = NULL;
    HsegPicture *made;

    if (p->width == width && p->height == height)
        return TRUE;
    large = g_try_new(float, (size_t)p->width * p->height * 4);
    small = g_try_new(float, (size_t)width *height * 4);
    if (!large || !small)
        return no_memory(error);
    premultiply(large, p);
    if (!hseg_resize_f32(small, width, height, (ptrdiff_t)width * 4, large, p->width, p->height,
                         (ptrdiff_t)p->width * 4, 4, HSEG_RESIZE_AREA))
        return no_memory(error);
    made = hseg_picture_new(width, height, 4, error);
    if (!made)
        return FALSE;
    divide(made, small);
    hseg_picture_free(*rgba);
    *rgba = made;
    return TRUE;
}
