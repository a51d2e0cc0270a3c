#include "segment/backdrop.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "files/picture.h"
#include "image/convert.h"
#include "image/resize.h"
#include "image/turn.h"
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

/* The part of the picture that shows, scaled to @width x @height. @shape: that of the frame as displayed, its
 * width over its height. rgb: [height][width][3] */
static gboolean
cover(const HsegPicture *picture, int width, int height, double shape, uint8_t *rgb)
{
    int w = HSEG_MIN(picture->width, (int)lround(picture->height * shape));
    int h = HSEG_MIN(picture->height, (int)lround(picture->width / shape));
    const uint8_t *from;

    w = HSEG_MAX(w, 1);
    h = HSEG_MAX(h, 1);
    from = picture->data + (size_t)((picture->height - h) / 2) * picture->stride +
           (size_t)((picture->width - w) / 2) * picture->channels;
    return hseg_resize_u8(rgb, width, height, (ptrdiff_t)width * 3, from, w, h, (ptrdiff_t)picture->stride, 3,
                          HSEG_RESIZE_AREA);
}

/* The same, lying as the frame does. */
static gboolean
cover_turned(const HsegPicture *picture, const HsegFrame *like, int par_n, int par_d,
             HsegOrientation orientation, uint8_t *rgb)
{
    HsegTurn turn = hseg_turn(orientation, like->width, like->height);
    double shape = (double)like->width * par_n / par_d / like->height;
    uint8_t *upright = hseg_mem_new0((size_t)like->width * like->height * 3);
    gboolean ok;

    if (hseg_orientation_swaps(orientation))
        shape = 1 / shape;
    ok = upright && cover(picture, turn.width, turn.height, shape, upright);
    if (ok)
        hseg_turn_back_u8(&turn, rgb, upright, 3);
    hseg_mem_free(upright);
    return ok;
}

static gboolean
fit(const HsegPicture *picture, const HsegFrame *like, int par_n, int par_d, HsegOrientation orientation,
    HsegFrame *rgb, HsegFrame *out)
{
    HsegConverter *converter;

    if (!hseg_allocate_planes(rgb) || !hseg_allocate_planes(out))
        return FALSE;
    rgb->stride[0] = (ptrdiff_t)rgb->width * 3;
    converter = hseg_converter_new(out, rgb, 1);
    if (!converter || !cover_turned(picture, like, par_n, par_d, orientation, rgb->plane[0])) {
        hseg_converter_free(converter);
        return FALSE;
    }
    hseg_converter_run(converter, out, rgb, NULL, 0);
    hseg_converter_free(converter);
    return TRUE;
}

gboolean
hseg_backdrop_fit(const HsegBackdrop *backdrop, const HsegFrame *like, int par_n, int par_d,
                  HsegOrientation orientation, HsegFrame *out, GError **error)
{
    HsegFrame rgb = {
        .format = HSEG_FORMAT_RGB, .range = HSEG_RANGE_FULL, .width = like->width, .height = like->height};
    gboolean ok;

    *out = *like;
    memset(out->plane, 0, sizeof out->plane);
    ok = fit(backdrop->picture, like, par_n, par_d, orientation, &rgb, out);
    hseg_mem_free(rgb.plane[0]);
    if (!ok) {
        hseg_mem_free(out->plane[0]);
        out->plane[0] = NULL;
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory for a background of %dx%d",
                    like->width, like->height);
    }
    return ok;
}
