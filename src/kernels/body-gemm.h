/* The tile of the matrix product: up to MR rows by one or two vectors of C in registers, both operands read in place.
 * B comes in whole vectors, A one number at a time, broadcast. Included once per vector width. */

/* What the sum at (@row, @col) starts from. */
INLINE V
NAME(tile_start)(const HsegGemm *g, int row, int col)
{
    if (g->accumulate)
        return NAME(load)(g->c + row * g->c_row + col);
    return g->bias ? NAME(load)(g->bias + col) : NAME(all)(0);
}

INLINE void
NAME(tile_end)(const HsegGemm *g, int row, int col, V sum, HsegAct act)
{
    sum = NAME(activate)(sum, act);
    if (g->residual)
        sum += NAME(load)(g->residual + row * g->residual_row + col);
    NAME(store)(g->c + row * g->c_row + col, sum);
}

/* @rows x (@vecs * LANES) of C at (@row, @col); @vecs is 1 or 2. @across: A's rows are adjacent (a_row == 1), else its
 * depth is. The last three are constants after inlining. */
INLINE void
NAME(tile)(const HsegGemm *g, int row, int col, const int rows, const int vecs, const bool across)
{
    const float *b = g->b + (size_t)(col / NR) * g->b_panel + col % NR;
    const size_t step = across ? g->a_depth : g->a_row;
    const int pointers = (rows + 2) / 3; /* one for every third row: base, base + step, base + 2 * step are x86 addresses */
    V acc[MR][2];

    UNROLL
    for (int r = 0; r < rows; r++) {
        acc[r][0] = NAME(tile_start)(g, row + r, col);
        if (vecs > 1)
            acc[r][1] = NAME(tile_start)(g, row + r, col + LANES);
    }
    for (int s = 0; s < g->segs; s++) {
        const float *across_a = g->a + s * g->a_seg + row;
        const float *a[(MR + 2) / 3];

        UNROLL
        for (int i = 0; i < pointers; i++) {
            a[i] = g->a + s * g->a_seg + (row + i * 3) * g->a_row;
            KEEP(a[i]);
        }
        for (int d = 0; d < g->depth; d++) {
            V b0 = NAME(load)(b), b1 = vecs > 1 ? NAME(load)(b + LANES) : b0;

            UNROLL
            for (int r = 0; r < rows; r++) {
                V x = NAME(all)(across ? across_a[r] : a[r / 3][r % 3 * step]);

                acc[r][0] += x * b0;
                if (vecs > 1)
                    acc[r][1] += x * b1;
            }
            UNROLL
            for (int i = 0; i < pointers; i++) {
                a[i]++;
                KEEP(a[i]);
            }
            across_a += step;
            b += g->b_depth;
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        NAME(tile_end)(g, row + r, col, acc[r][0], g->act);
        if (vecs > 1)
            NAME(tile_end)(g, row + r, col + LANES, acc[r][1], g->act);
    }
}

#define TILE_CASE(r)                                                                                                   \
    case r:                                                                                                            \
        NAME(tile)(g, row, col, r, vecs, across);                                                                      \
        break;

/* All of @g's rows of one column of tiles. */
INLINE void
NAME(gemm_column)(const HsegGemm *g, int col, const int vecs, const bool across)
{
    int rows;

    for (int row = 0; row < g->m; row += rows) {
        int left = g->m - row, tiles = (left + MR - 1) / MR;

        rows = (left + tiles - 1) / tiles; /* of equal height, lest the last one is too low to keep the FMAs busy */
        switch (rows) {
            TILE_CASE(1)
            TILE_CASE(2)
            TILE_CASE(3)
            TILE_CASE(4)
#if MR > 4
            TILE_CASE(5)
            TILE_CASE(6)
#endif
#if MR > 6
            TILE_CASE(7)
            TILE_CASE(8)
#endif
#if MR > 8
            TILE_CASE(9)
            TILE_CASE(10)
            TILE_CASE(11)
            TILE_CASE(12)
            TILE_CASE(13)
            TILE_CASE(14)
#endif
        }
    }
}

#undef TILE_CASE

/* NAMEs of the instances: vectors, then n(ormal) or a(cross). */
static __attribute__((noinline, unused)) void
NAME(gemm_column_1n)(const HsegGemm *g, int col)
{
    NAME(gemm_column)(g, col, 1, false);
}

static __attribute__((noinline, unused)) void
NAME(gemm_column_1a)(const HsegGemm *g, int col)
{
    NAME(gemm_column)(g, col, 1, true);
}

static __attribute__((noinline, unused)) void
NAME(gemm_column_2n)(const HsegGemm *g, int col)
{
    NAME(gemm_column)(g, col, 2, false);
}

static __attribute__((noinline, unused)) void
NAME(gemm_column_2a)(const HsegGemm *g, int col)
{
    NAME(gemm_column)(g, col, 2, true);
}
