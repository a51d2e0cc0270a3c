/* Rows of a plane from dense rows of its components, one sample after the other, and back. Eight bits a
 * sample. */
#pragma once

#include "base/base.h"
#include "image/frame.h"

/* From one dense row to the next in scratch memory: room for a sample more, and aligned as ORC likes it. */
static inline size_t
hseg_layout_line(int width)
{
    return (size_t)hseg_round_up(width + 1, 16);
}

/* Bytes of memory that either function needs: a dense row for each component, and some scratch. */
static inline size_t
hseg_layout_bytes(int width)
{
    return 5 * hseg_layout_line(width);
}

/**
 * Sets dense[c] for each component c that lies in @plane: to @row itself where its samples are dense there,
 * else to a row written to @memory (hseg_layout_bytes()).
 */
void hseg_layout_split(const HsegFormatInfo *info, int plane, int width, const uint8_t *row,
                       const uint8_t *dense[4], uint8_t *memory);

/**
 * The other way: writes @row from @dense, of which those for components in @plane are read. Samples that have
 * no component, or whose dense row is NULL, become @other.
 */
void hseg_layout_merge(const HsegFormatInfo *info, int plane, int width, uint8_t *row,
                       const uint8_t *const dense[4], uint8_t other, uint8_t *memory);

/* Compiles what the functions above use, so that they need not do so on a frame's way. */
void hseg_layout_prepare(void);
