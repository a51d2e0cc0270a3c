/* What each format is made of, as a table, so that no other file needs a function per format. */
#pragma once

#include <humanseg/image.h>

/* Where one component's samples lie. Offsets and steps count samples, not bytes. */
typedef struct {
    uint8_t plane;
    uint8_t offset;       /* of the row's first sample */
    uint8_t step;         /* from one sample to the next */
    uint8_t sub_x, sub_y; /* log2 of the subsampling */
} HsegComponent;

typedef struct {
    const char *name;
    bool rgb; /* components are R, G, B and not Y, U, V */
    uint8_t planes;
    uint8_t components; /* 1: Y; 3: YUV or RGB; 4: and alpha */
    uint8_t bytes;      /* of a sample: 1 or 2 */
    uint8_t depth;      /* significant bits of a sample */
    uint8_t shift;      /* zero bits below them */
    HsegComponent component[4];
} HsegFormatInfo;

/* @format must be one. */
const HsegFormatInfo *hseg_format_info(HsegFormat format);

/* Samples across and down of a component in a frame of @width x @height. */
static inline int
hseg_component_width(const HsegComponent *c, int width)
{
    return (width + (1 << c->sub_x) - 1) >> c->sub_x;
}

static inline int
hseg_component_height(const HsegComponent *c, int height)
{
    return (height + (1 << c->sub_y) - 1) >> c->sub_y;
}

/* Row @y of @plane. */
static inline uint8_t *
hseg_frame_row(const HsegFrame *frame, int plane, int y)
{
    return frame->plane[plane] + y * frame->stride[plane];
}

/* Samples in a row of @plane, those between the components included. */
int hseg_plane_samples(const HsegFormatInfo *info, int plane, int width);

/* The first component that lies in @plane. */
int hseg_plane_color(const HsegFormatInfo *info, int plane);

/* How many planes from @plane on have the same grid, and lie under the same mask: U and V of planar formats.
 */
int hseg_planes_alike(const HsegFormatInfo *info, int plane);

/* log2 of a plane's vertical subsampling. */
int hseg_plane_sub_y(const HsegFormatInfo *info, int plane);

/* Whether two frames have the same format, size and colours: what is planned for one then fits the other. */
bool hseg_frame_same(const HsegFrame *a, const HsegFrame *b);

/* Row @y of the frame's luma, 0 .. 255: the Y plane itself where it can be had (ten bits rounded to eight),
 * else written to @scratch (hseg_luma_scratch() bytes). RGB: full-range luma of the frame's matrix. */
const uint8_t *hseg_frame_luma_row(const HsegFrame *frame, int y, uint8_t *scratch);
size_t hseg_luma_scratch(int width);

/* What hseg_frame_luma_row()'s values mean: luma 0 .. 1 is value * scale + offset. */
void hseg_frame_luma_scale(const HsegFrame *frame, float *scale, float *offset);

/* Frames are worked through in bands of this many rows: whole cells of the blur's grid, whole chroma rows. */
#define HSEG_BAND_ROWS 64

static inline int
hseg_bands(int height)
{
    return (height + HSEG_BAND_ROWS - 1) / HSEG_BAND_ROWS;
}
