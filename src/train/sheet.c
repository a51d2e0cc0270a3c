#include "train/sheet.h"
#include "base/base.h"

#define COLUMNS 4
#define GAP     4 /* pixels between samples */
#define TINT    0.35f

HsegPicture *
hseg_sheet_new(int n, int width, int height, GError **error)
{
    int columns = HSEG_MIN(n, COLUMNS), rows = (n + COLUMNS - 1) / COLUMNS;

    return hseg_picture_new(columns * (width + GAP) - GAP, rows * (height + GAP) - GAP, 3, error);
}

/* On the mask's inner rim: one of the four neighbours is background. */
static bool
on_edge(const float *mask, int width, int height, int x, int y)
{
    const float *m = mask + (size_t)y * width + x;

    return *m >= 0.5f && ((x > 0 && m[-1] < 0.5f) || (x + 1 < width && m[1] < 0.5f) ||
                          (y > 0 && m[-width] < 0.5f) || (y + 1 < height && m[width] < 0.5f));
}

void
hseg_sheet_put(HsegPicture *sheet, int index, int width, int height, const float *image, const float *mask)
{
    static const float green[3] = {0, 255, 0}, red[3] = {255, 0, 0};
    int x0 = index % COLUMNS * (width + GAP), y0 = index / COLUMNS * (height + GAP);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (size_t)y * width + x;
            uint8_t *out = sheet->data + (y0 + y) * sheet->stride + 3 * (size_t)(x0 + x);
            bool edge = on_edge(mask, width, height, x, y);
            float share = edge ? 1 : TINT * mask[at];

            for (int c = 0; c < 3; c++) {
                float v = (image[3 * at + c] + 1) * 127.5f;

                v += share * ((edge ? red : green)[c] - v);
                out[c] = (uint8_t)(HSEG_CLAMP(v, 0, 255) + 0.5f);
            }
        }
}
