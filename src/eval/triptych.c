#include "eval/triptych.h"

#include "base/base.h"
#include "image/resize.h"
#include <humanseg/error.h>
#include <string.h>

#define GAP 4 /* pixels between the panels */

const char hseg_triptych_legend[] =
    "Image, truth, prediction: its probability in grey, red where it is marked but background, "
    "blue where it is person but missed.";

static HsegPicture *
white(int width, int height, GError **error)
{
    HsegPicture *picture = hseg_picture_new(width, height, 3, error);

    if (picture)
        memset(picture->data, 255, picture->stride * (size_t)height);
    return picture;
}

static void
draw_truth(HsegPicture *panel, const uint8_t *truth, size_t truth_row)
{
    for (int y = 0; y < panel->height; y++) {
        uint8_t *out = panel->data + (size_t)y * panel->stride;

        for (int x = 0; x < panel->width; x++)
            memset(out + 3 * x, truth[(size_t)y * truth_row + (size_t)x], 3);
    }
}

/* Right where both are on the same side of one half, as in the scores. */
static void
draw_prediction(HsegPicture *panel, const uint8_t *truth, size_t truth_row, const float *probability)
{
    for (int y = 0; y < panel->height; y++) {
        uint8_t *out = panel->data + (size_t)y * panel->stride;

        for (int x = 0; x < panel->width; x++, out += 3) {
            float p = probability[(size_t)y * (size_t)panel->width + (size_t)x];
            uint8_t grey = (uint8_t)(255 * HSEG_CLAMP(p, 0.0f, 1.0f) + 0.5f);
            int person = truth[(size_t)y * truth_row + (size_t)x] >= 128;

            memset(out, grey, 3);
            if (p > 0.5f && !person)
                out[1] = out[2] = 60;
            if (!(p > 0.5f) && person) { /* pure blue would be too dark to see beside black */
                out[1] = HSEG_MAX(grey, 110);
                out[2] = 255;
            }
        }
    }
}

static void
resize(HsegPicture *to, int x, int width, const HsegPicture *from, gboolean *ok)
{
    *ok &= hseg_resize_u8(to->data + 3 * (size_t)x, width, to->height, (ptrdiff_t)to->stride, from->data,
                          from->width, from->height, (ptrdiff_t)from->stride, 3, HSEG_RESIZE_AREA);
}

HsegPicture *
hseg_triptych_new(const HsegPicture *image, const uint8_t *truth, size_t truth_row, const float *probability,
                  int width, int height, int panel, GError **error)
{
    double scale = HSEG_MIN(1.0, (double)panel / HSEG_MAX(width, height));
    int w = HSEG_MAX(1, (int)(width * scale + 0.5)), h = HSEG_MAX(1, (int)(height * scale + 0.5));
    g_autoptr(HsegPicture) sheet = white(3 * w + 2 * GAP, h, error);
    g_autoptr(HsegPicture) mask = sheet ? hseg_picture_new(width, height, 3, error) : NULL;
    gboolean ok = TRUE;

    if (!mask)
        return NULL;
    resize(sheet, 0, w, image, &ok);
    draw_truth(mask, truth, truth_row);
    resize(sheet, w + GAP, w, mask, &ok);
    draw_prediction(mask, truth, truth_row, probability);
    resize(sheet, 2 * (w + GAP), w, mask, &ok);
    if (ok)
        return g_steal_pointer(&sheet);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to draw a picture of %d x %d", width,
                height);
    return NULL;
}
