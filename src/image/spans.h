/* A mask's rows in spans: most of them are all background or all person, and then there is nothing to do
 * there. */
#pragma once

#include <stdint.h>

#define HSEG_SPAN 64 /* pixels; the last one of a row may be shorter */

/* Where there is an edge, there will be one in the rows below: frame and mask, which have left the caches,
 * are asked for so many rows before they are looked at. */
#define HSEG_ROWS_AHEAD 3

/* What a span holds. */
enum {
    HSEG_NOBODY, /* all 0 */
    HSEG_PERSON, /* all 255 */
    HSEG_EDGE,   /* anything */
};

static inline int
hseg_spans(int width)
{
    return (width + HSEG_SPAN - 1) / HSEG_SPAN;
}
