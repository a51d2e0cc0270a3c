#include "segment/backdrop.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "files/picture.h"
#include "image/convert.h"
#include "image/resize.h"
#include "segment/setup.h"

struct HsegBackdrop {
    HsegPicture *picture; /* RGB */
};

HsegBackdrop *
hseg_backdrop_load(const char *path, GError **error)
{
    HsegPicture *picture = hseg_picture_load_rgb(path, error);
    HsegBackdrop *backdrop;

    if (!picture)
        return NULL;
    backdrop = g_new(HsegBackdrop, 1);
    backdrop->picture = picture;
    return backdrop;
}

void
hseg_backdrop_free(HsegBackdrop *backdrop)
{
    if (!backdrop)
        return;
    hseg_picture_free(backdrop->picture);
    g_free(backdrop);
}

/* The part of the picture that shows, scaled to the frame's size. RGB, [height][width][3]. */
static gboolean
cover(const HsegPicture *picture, const HsegFrame *like, int par_n, int par_d, uint8_t *rgb)
{
    double shape = (double)like->width * par_n / par_d / like->height; /* as displayed */
    int w = HSEG_MIN(picture->width, (int)lround(picture->height * shape));
    int h = HSEG_MIN(picture->height, (int)lround(picture->width / shape));
    const uint8_t *from;

    w = HSEG_MAX(w, 1);
    h = HSEG_MAX(h, 1);
    from = picture->data + (size_t)((picture->height - h) / 2) * picture->stride +
           (size_t)((picture->width - w) / 2) * picture->channels;
    return hseg_resize_u8(rgb, like->width, like->height, (ptrdiff_t)like->width * 3, from, w, h,
                          (ptrdiff_t)picture->stride, 3, HSEG_RESIZE_AREA);
}

static gboolean
fit(const HsegPicture *picture, const HsegFrame *like, int par_n, int par_d, HsegFrame *rgb, HsegFrame *out)
{
    HsegConverter *converter;

    if (!hseg_allocate_planes(rgb) || !hseg_allocate_planes(out))
        return FALSE;
    rgb->stride[0] = (ptrdiff_t)rgb->width * 3;
    converter = hseg_converter_new(out, rgb, 1);
    if (!converter || !cover(picture, like, par_n, par_d, rgb->plane[0])) {
        hseg_converter_free(converter);
        return FALSE;
    }
    hseg_converter_run(converter, out, rgb, NULL, 0);
    hseg_converter_free(converter);
    return TRUE;
}

gboolean
hseg_backdrop_fit(const HsegBackdrop *backdrop, const HsegFrame *like, int par_n, int par_d, HsegFrame *out,
                  GError **error)
{
    HsegFrame rgb = {
        .format = HSEG_FORMAT_RGB, .range = HSEG_RANGE_FULL, .width = like->width, .height = like->height};
    gboolean ok;

    *out = *like;
    memset(out->plane, 0, sizeof out->plane);
    ok = fit(backdrop->picture, like, par_n, par_d, &rgb, out);
    hseg_mem_free(rgb.plane[0]);
    if (!ok) {
        hseg_mem_free(out->plane[0]);
        out->plane[0] = NULL;
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory for a background of %dx%d",
                    like->width, like->height);
    }
    return ok;
}
