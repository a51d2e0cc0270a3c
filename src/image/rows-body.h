/* The body of a row table, see rows.h. The including file defines ROWS (the table's symbol), ROWS_NAME and
 * ROWS_NEEDS, and is compiled for its instruction set. The loops are written for the compiler's vectoriser:
 * sizes that take few values are handed to it as constants, one by one. */

#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "base/base.h"
#include "base/cpu.h"
#include "image/row-variants.h"
#include "image/spans.h"

/* Bytes in a vector register. */
#if defined(__AVX512BW__)
#define VECTOR 64
#elif defined(__AVX2__)
#define VECTOR 32
#else
#define VECTOR 16
#endif

#define INLINE static inline __attribute__((always_inline))

/* A frame has left the caches when it is gone through again. Lines of it are asked for so many bytes before
 * they are read or written: further than the processor goes by itself, which stops at each page. */
#define AHEAD 4096
#define LINE  64

/* Said this way the compiler makes it one minimum and one maximum, and no branches. */
INLINE float
clamp(float v, float lo, float hi)
{
    return __builtin_fminf(__builtin_fmaxf(v, lo), hi);
}

/* f(..., step) with a constant step of 1 to 4. */
#define BY_STEP(f, step, ...)                                                                                \
    do {                                                                                                     \
        if ((step) == 1)                                                                                     \
            f(__VA_ARGS__, 1);                                                                               \
        else if ((step) == 2)                                                                                \
            f(__VA_ARGS__, 2);                                                                               \
        else if ((step) == 3)                                                                                \
            f(__VA_ARGS__, 3);                                                                               \
        else                                                                                                 \
            f(__VA_ARGS__, 4);                                                                               \
    } while (0)

/* The parts of the body; they build on what stands above. */
#include "image/rows-filter.h"
#include "image/rows-pixels.h"
#include "image/rows-resample.h"
#include "image/rows-steady.h"

const HsegRows ROWS = {
    .name = ROWS_NAME,
    .needs = ROWS_NEEDS,
    .sum_u8 = sum_u8,
    .sum_u16 = sum_u16,
    .sum_f32 = sum_f32,
    .add_rows = add_rows,
    .halve_u16 = halve_u16,
    .average_u16 = average_u16,
    .gather = gather,
    .round_u8 = round_u8,
    .matrix = matrix,
    .matrix_u8 = matrix_u8,
    .weigh_f32 = weigh_f32,
    .pick_u8 = pick_u8,
    .narrow = narrow,
    .luma_rgb = luma_rgb,
    .box_add = box_add,
    .box_slide = box_slide,
    .box_means = box_means,
    .guided_add = guided_add,
    .guided_slide = guided_slide,
    .guided_solve = guided_solve,
    .guided_apply = guided_apply,
    .narrow_f64 = narrow_f64,
    .enlarge = enlarge,
    .guided_kinds = guided_kinds,
    .guided_mask = guided_mask,
    .guided_q = guided_q,
    .ramp = ramp,
    .mean_pairs = mean_pairs,
    .mean_quads = mean_quads,
    .most_u8 = most_u8,
    .least_u8 = least_u8,
    .rim_u8 = rim_u8,
    .span_kind = any_span_kind,
    .hold_u8 = hold_u8,
    .spread_u8 = spread_u8,
    .spread_u16 = spread_u16,
    .weigh_u8 = weigh_u8,
    .weigh_u16 = weigh_u16,
    .halve_u32 = halve_u32,
    .cell_means = cell_means,
    .cells_u16 = cells_u16,
    .between_u8 = between_u8,
    .between_u16 = between_u16,
    .blend_u8 = blend_u8,
    .blend_u16 = blend_u16,
    .unpack_u8 = unpack_u8,
    .unpack_u16 = unpack_u16,
    .mix = mix,
    .pack_u8 = pack_u8,
    .pack_u16 = pack_u16,
    .halve = halve,
    .sigmoid = sigmoid,
    .change = change,
    .minus = minus,
    .window_means = window_means,
    .window_ranges = window_ranges,
    .rise = rise,
    .stray = stray,
    .settle = settle,
};
