/* The tile of the matrix product in bytes, as body-gemm.h has it for floats: up to MR rows by one or two
 * vectors of sums in registers. A comes four bytes at a time, broadcast; B in whole vectors of such fours.
 * Included once per vector width. */

/* What becomes of the sums of a tile, [rows][vecs]. Out of line, with one loop for each way: unrolled beside
 * the sums it was many times the code, and no faster. */
INLINE void
NAME(finish_bytes)(const HsegGemmInt8 *g, const I *sums, int row, int col, int rows, int vecs,
                   const bool hswish, const bool residual)
{
    const NAME(requant) q = NAME(requant_init)(&g->out, residual);

    for (int v = 0; v < vecs; v++, col += LANES) {
        const V scale = NAME(load)(g->out.scale + col), bias = NAME(load)(g->out.bias + col);

        for (int r = 0; r < rows; r++) {
            V y = NAME(requant_value)(&q, sums[r * vecs + v], scale, bias, hswish);

            if (residual) {
                const I x = NAME(widen)(g->residual + (row + r) * g->residual_row + col);

                y += NAME(to_float)(x - g->residual_zero) * g->residual_scale;
                y = NAME(clamp)(y, q.bottom, q.top);
            }
            NAME(store_rounded)(&q, g->c + (row + r) * g->c_row + col, y);
        }
    }
}

static __attribute__((noinline, unused)) void
NAME(finish)(const HsegGemmInt8 *g, const I *sums, int row, int col, int rows, int vecs)
{
    if (g->residual && g->out.hswish)
        NAME(finish_bytes)(g, sums, row, col, rows, vecs, true, true);
    else if (g->residual)
        NAME(finish_bytes)(g, sums, row, col, rows, vecs, false, true);
    else if (g->out.hswish)
        NAME(finish_bytes)(g, sums, row, col, rows, vecs, true, false);
    else
        NAME(finish_bytes)(g, sums, row, col, rows, vecs, false, false);
}

static __attribute__((noinline, unused)) void
NAME(finish_real)(const HsegGemmInt8 *g, const I *sums, int row, int col, int rows, int vecs)
{
    for (int v = 0; v < vecs; v++, col += LANES)
        for (int r = 0; r < rows; r++) {
            V y = NAME(to_float)(sums[r * vecs + v]) * NAME(load)(g->out.scale + col);

            y = NAME(clamp)(y + NAME(load)(g->out.bias + col), NAME(all)(g->out.low), NAME(all)(g->out.high));
            NAME(store)(g->real + (row + r) * g->c_row + col, y);
        }
}

/* @rows x (@vecs * LANES) of C at (@row, @col); @vecs is 1 or 2. The last three are constants after inlining.
 */
INLINE void
NAME(tile)(const HsegGemmInt8 *g, int row, int col, const int rows, const int vecs)
{
    const int segs = g->segs, depth = g->depth;
    const int8_t *b = g->b + (size_t)(col / NR) * NR * segs * depth + col % NR * 4;
    const int pointers = (rows + 2) / 3; /* one for three rows: base + 0, 1 or 2 * a_row are x86 addresses */
    const size_t step = g->a_row;
    I acc[MR][2];

    UNROLL
    for (int r = 0; r < rows; r++)
        acc[r][0] = acc[r][1] = (I){0};
    for (int s = 0; s < segs; s++) {
        const uint8_t *a[(MR + 2) / 3];

        UNROLL
        for (int i = 0; i < pointers; i++) {
            a[i] = g->a + s * g->a_seg + (row + i * 3) * step;
            KEEP(a[i]);
        }
        for (int d = 0; d < depth; d += 4) {
            I b0 = NAME(load_fours)(b), b1 = vecs > 1 ? NAME(load_fours)(b + 4 * LANES) : b0;

            UNROLL
            for (int r = 0; r < rows; r++) {
                I x = NAME(four)(a[r / 3] + r % 3 * step);

                acc[r][0] = NAME(dot4)(acc[r][0], x, b0);
                IN_ORDER(acc[r][0]);
                if (vecs > 1) {
                    acc[r][1] = NAME(dot4)(acc[r][1], x, b1);
                    IN_ORDER(acc[r][1]);
                }
            }
            UNROLL
            for (int i = 0; i < pointers; i++) {
                a[i] += 4;
                KEEP(a[i]);
            }
            b += NR * 4;
        }
    }

    I sums[MR * 2];
    UNROLL
    for (int r = 0; r < rows; r++) {
        sums[r * vecs] = acc[r][0];
        if (vecs > 1)
            sums[r * vecs + 1] = acc[r][1];
    }
    (g->real ? NAME(finish_real) : NAME(finish))(g, sums, row, col, rows, vecs);
}

#define TILE_CASE(r)                                                                                         \
    case r:                                                                                                  \
        NAME(tile)(g, row, col, r, vecs);                                                                    \
        break;

/* All of @g's rows of one column of tiles, of equal height lest the last one is too low: even, or 1. */
INLINE void
NAME(gemm_column)(const HsegGemmInt8 *g, int col, const int vecs)
{
    int rows;

    for (int row = 0; row < g->m; row += rows) {
        int left = g->m - row, tiles = (left + MR - 1) / MR;

        rows = (left + tiles - 1) / tiles;
        rows = rows == 1 ? 1 : HSEG_MIN((rows + 1) & ~1, left & ~1);
        switch (rows) {
            TILE_CASE(1)
            TILE_CASE(2)
            TILE_CASE(4)
#if MR > 4
            TILE_CASE(6)
            TILE_CASE(8)
            TILE_CASE(10)
            TILE_CASE(12)
#endif
#if MR > 12
            TILE_CASE(14)
#endif
        }
    }
}

#undef TILE_CASE

static __attribute__((noinline, unused)) void
NAME(gemm_column_1)(const HsegGemmInt8 *g, int col)
{
    NAME(gemm_column)(g, col, 1);
}

static __attribute__((noinline, unused)) void
NAME(gemm_column_2)(const HsegGemmInt8 *g, int col)
{
    NAME(gemm_column)(g, col, 2);
}
