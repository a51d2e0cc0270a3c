/* Pictures that lie on their side, stand on their head, or are mirrored. */
#pragma once

#include "image/frame.h"

/* The upright picture's size, and where its pixels lie in the picture as it is stored: pixel (x, y) at index
 * first + x * across + y * down. */
typedef struct {
    int width, height;
    ptrdiff_t first, across, down;
} HsegTurn;

/* Whether width and height change places. */
bool hseg_orientation_swaps(HsegOrientation orientation);

/* @width, @height: of the picture as it is stored. */
HsegTurn hseg_turn(HsegOrientation orientation, int width, int height);

/* [height][width][channels], from the stored picture to the upright one. */
void hseg_turn_upright(const HsegTurn *t, float *restrict upright, const float *restrict stored,
                       int channels);

/* And back; of bytes too. */
void hseg_turn_back(const HsegTurn *t, float *restrict stored, const float *restrict upright);
void hseg_turn_back_u8(const HsegTurn *t, uint8_t *restrict stored, const uint8_t *restrict upright,
                       int channels);
