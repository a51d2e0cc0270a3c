/* What a batch norm's passes leave with its op, for its neighbours to use. */
#pragma once

#include "nn/op.h"

/* In op->state, each [channels.total]: of y = SCALE z + SHIFT going forward, and of
 * dz = KA g + KX z + K1 going back. */
enum {
    HSEG_NORM_SCALE,
    HSEG_NORM_SHIFT,
    HSEG_NORM_MEAN,
    HSEG_NORM_INVERSE_STD,
    HSEG_NORM_KA,
    HSEG_NORM_KX,
    HSEG_NORM_K1,
    HSEG_NORM_STATES
};

static inline float *
hseg_norm_state(const HsegOp *op, int which, int c)
{
    return op->state + (size_t)which * c;
}

/* The two sums that part @part adds up, each [channels.total], @c. */
static inline double *
hseg_norm_part_sums(const HsegOp *op, int part, int c)
{
    return op->sums + (size_t)part * 2 * c;
}
