/* The tile of the matrix product in bytes, as body-gemm.h has it for floats: up to MR rows by one or two
 * vectors of sums in registers. A comes four bytes at a time, broadcast; B in whole vectors of such fours.
 * Included once per vector width. */

/* HsegRequant's constants of one or two vectors of columns. */
typedef struct {
    NAME(requant) q;
    I shift[2];
    S factor;
} NAME(columns);

/* Of four vectors: @vecs to a row, of @rows at most; what lacks of four is the last row again. */
INLINE void
NAME(finish_four)(const HsegGemmInt8 *g, const NAME(columns) * k, const int32_t *sums, size_t row, int col,
                  const int rows, const int vecs, const int kind, const bool residual)
{
    uint8_t *to[4];
    S y[2];

    UNROLL
    for (int i = 0; i < 4; i += 2) {
        const int r = HSEG_MIN(i / vecs, rows - 1), r2 = HSEG_MIN((i + 1) / vecs, rows - 1),
                  j = (vecs - 1) * LANES;

        y[i / 2] = NAME(requant_sums)(&k->q, NAME(load_fours)(sums + r * SUMS_ROW),
                                      NAME(load_fours)(sums + r2 * SUMS_ROW + j), k->shift[0],
                                      k->shift[vecs - 1], k->factor, kind);
        if (residual) {
            const uint8_t *x = g->residual.bytes + row * g->residual.row + col;
            const S bytes =
                NAME(narrow)(NAME(widen)(x + r * g->residual.row), NAME(widen)(x + r2 * g->residual.row + j));

            y[i / 2] += NAME(multiply)((bytes - (int16_t)g->residual.zero) * 128,
                                       (S){0} + (int16_t)g->residual.factor);
            y[i / 2] >>= 3;
        }
        to[i] = g->c + (row + r) * g->c_row + col;
        to[i + 1] = g->c + (row + r2) * g->c_row + col + j;
    }
    NAME(store_bytes)(to, y[0], y[1], vecs);
}

/* What becomes of the sums of a tile of @rows and @vecs, 1 or 2, rows of them SUMS_ROW apart. Out of line,
 * with one loop for each way: unrolled beside the sums it was many times the code, and no faster. */
INLINE void
NAME(finish_bytes)(const HsegGemmInt8 *product, const int32_t *sums, int row, int col, int rows,
                   const int vecs, const int kind, const bool residual)
{
    const HsegGemmInt8 g = *product; /* which the bytes that are stored can't be a part of */
    const int together = 4 / vecs, j = (vecs - 1) * LANES;
    const NAME(columns)
        k = {NAME(requant_init)(&g.out),
             {NAME(load_fours)(g.out.shift + col), NAME(load_fours)(g.out.shift + col + j)},
             NAME(narrow)(NAME(load_fours)(g.out.factor + col), NAME(load_fours)(g.out.factor + col + j))};
    int r = 0;

    for (; r + together <= rows; r += together, sums += together * SUMS_ROW)
        NAME(finish_four)(&g, &k, sums, row + r, col, together, vecs, kind, residual);
    for (; r < rows; r += 2, sums += 2 * SUMS_ROW)
        NAME(finish_four)(&g, &k, sums, row + r, col, HSEG_MIN(rows - r, 2), vecs, kind, residual);
}

INLINE void
NAME(finish_real)(const HsegGemmInt8 *g, const int32_t *sums, int row, int col, int rows, int vecs)
{
    const V low = NAME(all)(g->affine.low), high = NAME(all)(g->affine.high);

    for (int end = col + vecs * LANES; col < end; col += LANES, sums += LANES) {
        const V scale = NAME(load)(g->affine.scale + col), offset = NAME(load)(g->affine.offset + col);

        for (int r = 0; r < rows; r++)
            NAME(store)
        (g->real + (row + r) * g->c_row + col,
         NAME(clamp)(NAME(to_float)(NAME(load_fours)(sums + r * SUMS_ROW)) * scale + offset, low, high));
    }
}

/* Where the first column is all that is wanted. */
INLINE void
NAME(finish_first)(const HsegGemmInt8 *g, const int32_t *sums, int row, int rows)
{
    const HsegAffine *f = &g->affine;

    for (int r = 0; r < rows; r++) {
        const float y = (float)sums[r * SUMS_ROW] * f->scale[0] + f->offset[0];

        g->real[row + r] = HSEG_CLAMP(y, f->low, f->high);
    }
}

#define FINISH(vecs)                                                                                         \
    if (g->residual.bytes)                                                                                   \
        EACH_KIND(&g->out, true, NAME(finish_bytes)(g, sums, row, col, rows, vecs, kind, true));             \
    else                                                                                                     \
        EACH_KIND(&g->out, false, NAME(finish_bytes)(g, sums, row, col, rows, vecs, kind, false))

static __attribute__((noinline, unused)) void
NAME(finish)(const HsegGemmInt8 *g, const int32_t *sums, int row, int col, int rows, int vecs)
{
    if (g->real && g->c_row == 1) {
        NAME(finish_first)(g, sums, row, rows);
    } else if (g->real) {
        NAME(finish_real)(g, sums, row, col, rows, vecs);
    } else if (vecs == 2) {
        FINISH(2);
    } else {
        FINISH(1);
    }
}

#undef FINISH

/* @rows x (@vecs * LANES) of C at (@row, @col); @vecs is 1 or 2. The last two are constants after inlining.
 * Of the last vector only HSEG_CHANNELS columns may be there: B has zeros behind them. */
INLINE void
NAME(tile)(const HsegGemmInt8 *g, Ahead ahead, int row, int col, const int rows, const int vecs)
{
    const int segs = g->segs, depth = g->depth;
    const int8_t *b = g->b + (size_t)(col / NR) * NR * segs * depth + col % NR * 4;
    const int pointers = (rows + 2) / 3; /* one for three rows: base + 0, 1 or 2 * a_row are x86 addresses */
    const size_t step = g->a_row;
    I bias[2] = {{0}}, acc[MR][2];

    if (!g->real) {
        bias[0] = NAME(load_fours)(g->out.bias + col);
        bias[1] = NAME(load_fours)(g->out.bias + col + (vecs - 1) * LANES);
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        acc[r][0] = bias[0];
        acc[r][1] = bias[1];
    }
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
            __builtin_prefetch(ahead.at);
            ahead.at += ahead.step;
        }
    }

    int32_t sums[MR * SUMS_ROW];
    const int cols = HSEG_MIN(vecs * LANES, g->n - col), whole = cols / LANES;

    UNROLL
    for (int r = 0; r < rows; r++) {
        NAME(store_fours)(sums + r * SUMS_ROW, acc[r][0]);
        if (vecs > 1)
            NAME(store_fours)(sums + r * SUMS_ROW + LANES, acc[r][1]);
    }
    if (whole)
        NAME(finish)(g, sums, row, col, rows, whole);
#if LANES > HSEG_CHANNELS
    if (cols % LANES)
        VECTOR_CAT(finish, HSEG_CHANNELS)
    (g, sums + whole * LANES, row, col + whole * LANES, rows, 1);
#endif
}

#define TILE_CASE(r)                                                                                         \
    case r:                                                                                                  \
        NAME(tile)(g, ahead, row, col, r, vecs);                                                             \
        break;

/* All of @g's rows of one column of tiles, each of which asks for its part of the panel behind this one. */
INLINE void
NAME(gemm_column)(const HsegGemmInt8 *g, int col, const int vecs)
{
    const size_t deep = (size_t)g->segs * g->depth, panel = NR * deep;
    const int8_t *after = g->next ? g->next : g->b;
    const int tiles = HSEG_MAX((g->m + MR - 1) / MR, 1);
    Ahead ahead = {col + NR < g->n ? g->b + (col / NR + 1) * panel : after, (NR * 4 + tiles - 1) / tiles};
    int rows;

    for (int row = 0; row < g->m; row += rows, ahead.at += deep / 4 * ahead.step) {
        rows = hseg_tile_rows(g->m - row, MR);
        switch (rows) {
            TILE_CASE(1)
            TILE_CASE(2)
            TILE_CASE(4)
#if MR > 4
            TILE_CASE(6)
#endif
#if MR > 6
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

/* The tile's sums without its memory. */
static __attribute__((noinline, unused)) int64_t
NAME(spin)(long steps)
{
    I acc[MR][2], a = (I){0} + 0x01010101, b0 = a, b1 = a, total = {0};
    int64_t count = 0;

    UNROLL
    for (int r = 0; r < MR; r++)
        acc[r][0] = acc[r][1] = (I){0};
    for (long i = 0; i < steps; i++) {
        KEEP_VECTOR(b0);
        KEEP_VECTOR(b1);
        UNROLL
        for (int r = 0; r < MR; r++) {
            KEEP_VECTOR(a);
            acc[r][0] = NAME(dot4)(acc[r][0], a, b0);
            acc[r][1] = NAME(dot4)(acc[r][1], a, b1);
        }
    }
    UNROLL
    for (int r = 0; r < MR; r++)
        total += acc[r][0] + acc[r][1];
    for (int k = 0; k < LANES; k++)
        count += total[k];
    return count;
}

/* LANES columns of B, rounded to @packed, which stands at the first one's first four. */
INLINE void
NAME(round_columns)(int8_t *packed, float *step, int32_t *sum, const float *b, size_t b_row,
                    const float *factor, float least, int depth)
{
    V most = NAME(all)(1e-30f), unit;
    I total = {0};

    for (int d = 0; d < depth; d += 2) {
        const V x = NAME(load)(b + d * b_row) * factor[d],
                y = NAME(load)(b + (d + 1) * b_row) * factor[d + 1];

        most = NAME(max)(most, NAME(max)(x, -x) + NAME(max)(y, -y));
    }
    most *= 1.0f / (HSEG_INT8_PAIR - 1); /* rounding may add a half to each of a pair */
    most = NAME(max)(most, NAME(all)(least));
    unit = 1.0f / most;
    for (int d = 0; d < depth; d += 4) {
        NAME(words) four = {0};

        for (int i = 0; i < 4; i++) {
            const V x = NAME(load)(b + (d + i) * b_row) * factor[d + i];

            four |= ((NAME(words))NAME(to_int)(x * unit) & 0xff) << 8 * i;
        }
        total = NAME(dot4)(total, (I){0} + 0x01010101, (I)four);
        NAME(store_fours)(packed + (size_t)d * NR, (I)four);
    }
    NAME(store)(step, most);
    NAME(store_fours)(sum, total);
}
