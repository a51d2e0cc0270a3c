#include "image/turn.h"

#include <string.h>

bool
hseg_orientation_swaps(HsegOrientation orientation)
{
    return orientation == HSEG_ORIENTATION_CLOCKWISE || orientation == HSEG_ORIENTATION_COUNTERCLOCKWISE ||
           orientation == HSEG_ORIENTATION_TRANSPOSE || orientation == HSEG_ORIENTATION_TRANSVERSE;
}

HsegTurn
hseg_turn(HsegOrientation orientation, int width, int height)
{
    ptrdiff_t w = width, last_x = w - 1, last_y = (height - 1) * w;

    switch (orientation) {
    case HSEG_ORIENTATION_CLOCKWISE: /* the first row is the first column, read upwards */
        return (HsegTurn){height, width, last_y, -w, 1};
    case HSEG_ORIENTATION_HALF:
        return (HsegTurn){width, height, last_y + last_x, -1, -w};
    case HSEG_ORIENTATION_COUNTERCLOCKWISE: /* the last column, read downwards */
        return (HsegTurn){height, width, last_x, w, -1};
    case HSEG_ORIENTATION_MIRROR:
        return (HsegTurn){width, height, last_x, -1, w};
    case HSEG_ORIENTATION_FLIP:
        return (HsegTurn){width, height, last_y, 1, -w};
    case HSEG_ORIENTATION_TRANSPOSE:
        return (HsegTurn){height, width, 0, w, 1};
    case HSEG_ORIENTATION_TRANSVERSE:
        return (HsegTurn){height, width, last_y + last_x, -w, -1};
    default:
        return (HsegTurn){width, height, 0, 1, w};
    }
}

void
hseg_turn_upright(const HsegTurn *t, float *restrict upright, const float *restrict stored, int channels)
{
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            const float *from = stored + (t->first + x * t->across + y * t->down) * channels;

            for (int c = 0; c < channels; c++)
                *upright++ = from[c];
        }
}

void
hseg_turn_back(const HsegTurn *t, float *restrict stored, const float *restrict upright)
{
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++)
            stored[t->first + x * t->across + y * t->down] = *upright++;
}

void
hseg_turn_back_u8(const HsegTurn *t, uint8_t *restrict stored, const uint8_t *restrict upright, int channels)
{
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++, upright += channels)
            memcpy(stored + (t->first + x * t->across + y * t->down) * channels, upright, channels);
}
