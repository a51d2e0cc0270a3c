/* The tile of the matrix product: up to MR rows by one or two vectors of C in registers, both operands read
 * in place. B comes in whole vectors, A one number at a time, broadcast. Included once per vector width. */

/* What a tile is stored without: the residual, while it is in the first-level cache. */
INLINE void
NAME(add_residual)(const HsegGemm *g, int row, int col, int rows, int vecs)
{
    for (int r = row; r < row + rows; r++)
        for (int j = col; j < col + vecs * LANES; j += LANES) {
            float *c = g->c + r * g->c_row + j;

            NAME(store)(c, NAME(load)(c) + NAME(load)(g->residual + r * g->residual_row + j));
        }
}

/* @rows x (@vecs * LANES) of C at (@row, @col); @vecs is 1 or 2. @across: A's rows are adjacent (a_row == 1),
 * else its depth is. The last three are constants after inlining. */
INLINE void
NAME(tile)(const HsegGemm *g, int row, int col, const int rows, const int vecs, const bool across)
{
    const float *b = g->b + (size_t)(col / NR) * g->b_panel + col % NR;
    const float *bias = g->bias ? g->bias + col : NULL;
    const size_t step = across ? g->a_depth : g->a_row, b_row = g->b_depth;
    const int segs = g->segs, depth = g->depth;
    const int pointers = (rows + 2) / 3; /* one for three rows: base + 0, 1 or 2 * step are x86 addresses */
    float *c = g->c + row * g->c_row + col;
    const size_t c_row = g->c_row;
    V acc[MR][2];

    UNROLL
    for (int r = 0; r < rows; r++) {
        const float *start = g->accumulate ? c + r * c_row : bias;

        acc[r][0] = start ? NAME(load)(start) : NAME(all)(0);
        if (vecs > 1)
            acc[r][1] = start ? NAME(load)(start + LANES) : NAME(all)(0);
    }
    for (int s = 0; s < segs; s++) {
        const float *across_a = g->a + s * g->a_seg + row;
        const float *a[(MR + 2) / 3];

        UNROLL
        for (int i = 0; i < pointers; i++) {
            a[i] = g->a + s * g->a_seg + (row + i * 3) * g->a_row;
            KEEP(a[i]);
        }
        for (int d = 0; d < depth; d++) {
            V b0 = NAME(load)(b), b1 = vecs > 1 ? NAME(load)(b + LANES) : b0;

            UNROLL
            for (int r = 0; r < rows; r++) {
                V x = NAME(all)(across ? across_a[r] : a[r / 3][r % 3 * step]);

                acc[r][0] += x * b0;
                IN_ORDER(acc[r][0]);
                if (vecs > 1) {
                    acc[r][1] += x * b1;
                    IN_ORDER(acc[r][1]);
                }
            }
            UNROLL
            for (int i = 0; i < pointers; i++) {
                a[i]++;
                KEEP(a[i]);
            }
            across_a += step;
            b += b_row;
        }
    }

    const V low = NAME(act_low)(g->act), high = NAME(act_high)(g->act);
    const bool hswish = g->act == HSEG_ACT_HSWISH;
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int j = 0; j < vecs; j++)
            NAME(store)(c + j * LANES, hswish ? NAME(hswish)(acc[r][j]) : NAME(clamp)(acc[r][j], low, high));
        c += c_row;
    }
    if (g->residual)
        NAME(add_residual)(g, row, col, rows, vecs);
}

#define TILE_CASE(r)                                                                                         \
    case r:                                                                                                  \
        NAME(tile)(g, row, col, r, vecs, across);                                                            \
        break;

/* Asks for the rows of A of the tile that starts at @row. */
INLINE void
NAME(fetch_rows)(const HsegGemm *g, int row, int rows)
{
    const int line = 64 / sizeof(float);

    for (int r = row; r < row + rows; r++)
        for (int d = 0; d < g->depth; d += line)
            __builtin_prefetch(g->a + r * g->a_row + d);
}

/* All of @g's rows of one column of tiles. */
INLINE void
NAME(gemm_column)(const HsegGemm *g, int col, const int vecs, const bool across)
{
    int rows;

    for (int row = 0; row < g->m; row += rows) {
        rows = hseg_tile_rows(g->m - row, MR);
        fetch_share(g->ahead, (size_t)col * g->m + (size_t)row * vecs * LANES, (size_t)rows * vecs * LANES,
                    (size_t)g->n * g->m);
        if (g->far && col == 0)
            NAME(fetch_rows)(g, row + rows, rows);
        switch (rows) {
            TILE_CASE(1)
            TILE_CASE(2)
            TILE_CASE(4)
#if MR > 4
            TILE_CASE(6)
#endif
#if MR > 6
            TILE_CASE(8)
#endif
#if MR > 8
            TILE_CASE(10)
            TILE_CASE(12)
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
