/* Maps of a network: shape, channel layout, memory. */
#pragma once

#include "base/base.h"
#include "kernels/kernels.h"

/* How logical channels lie in memory. Counts are padded to HSEG_CHANNELS; a concatenation of two maps keeps
 * each padded on its own, so that it needs no copy: the second one's channels then start after a gap. */
typedef struct {
    int count; /* logical channels */
    int split; /* logical channels before the gap; == count where there is none */
    int total; /* channels in memory, all gaps included */
} HsegLayout;

static inline HsegLayout
hseg_layout(int count)
{
    return (HsegLayout){count, count, hseg_round_up(count, HSEG_CHANNELS)};
}

/* Without padding: the picture's three channels. */
static inline HsegLayout
hseg_layout_tight(int count)
{
    return (HsegLayout){count, count, count};
}

static inline HsegLayout
hseg_layout_join(HsegLayout a, HsegLayout b)
{
    return (HsegLayout){a.count + b.count, a.count, a.total + b.total};
}

/* Where logical channel @c stands. */
static inline int
hseg_layout_at(HsegLayout l, int c)
{
    return c < l.split ? c : hseg_round_up(l.split, HSEG_CHANNELS) + c - l.split;
}

/* How numbers are kept in bytes: x = step * (q - zero). A step of 0: they are kept as floats. */
typedef struct {
    float step;
    int zero; /* 0 .. 255 */
} HsegQuant;

typedef struct {
    int h, w;
    HsegLayout channels;
    size_t pixel; /* numbers between pixels; > channels.total where the map lies inside a concatenation */
    int root;     /* the tensor that owns the memory: itself, or the concatenation that it is a part of */
    int first;    /* its first channel within the root */
    int producer; /* the operator that writes it, or -1 */
    float *data;  /* [batch][h][w][channels.total], pixels `pixel` apart; shared with others of disjoint
                     lifetime */
    float *grad;  /* the same shape: dL/ddata; NULL in inference and where nobody needs it */
    HsegQuant quant;
    uint8_t *bytes; /* instead of data, where quant.step > 0 */
} HsegTensor;
