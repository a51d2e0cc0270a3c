/* Depthwise 3x3 in bytes: one or two rows of output and 4 * LANES channels, or half as many. Of each column
 * the rows' bytes are made fours (vector-int8.h), which meet the column's weights in one dot product: three
 * rows and a fourth whose weight is 0, or the four rows of two outputs, one below the other; their places are
 * hseg_int8_place()'s. Pointers stand at the first channel. Included once per vector width. */

#define BLOCK       (4 * LANES) /* channels */
#define MOST_PHASES 9           /* weights of that many blocks in the first-level cache */
#define AHEAD       768         /* bytes that are asked for before they are read or written, in a long run */
#define BLOCKS      2           /* computed together where the stride is 1: they share columns or weights */

typedef int64_t NAME(halves) __attribute__((vector_size(4 * LANES)));

typedef struct {
    int bytes; /* of a block that is stored */
    NAME(requant) q;
    I bias[4], shift[4]; /* of a part's channels */
    S factor[2];         /* of two parts' */
    I w[2][3][4];        /* [row of output][column][part] */
} NAME(depthwise);

INLINE LOT
NAME(load_lot)(const uint8_t *p, const int parts)
{
    int64_t half;

    if (parts == 4)
        return *(const NAME(lot_at) *)p;
    memcpy(&half, p, sizeof half); /* of LANES == 4 */
    return (LOT)(NAME(halves)){half};
}

INLINE void
NAME(store_lot)(uint8_t *p, LOT lot, const int parts)
{
    const int64_t half = ((NAME(halves))lot)[0];

    if (parts == 4)
        *(NAME(lot_at) *)p = lot;
    else
        memcpy(p, &half, sizeof half);
}

/* The first @bytes of it, said so that no function is called: that would take the registers. */
INLINE LOT
NAME(load_cut)(const uint8_t *p, int bytes)
{
    LOT lot = {0};

#if LANES == 16
    lot = (LOT)_mm512_maskz_loadu_epi8(((uint64_t)1 << bytes) - 1, p);
#endif
    return lot;
}

INLINE void
NAME(store_cut)(uint8_t *p, LOT lot, int bytes)
{
#if LANES == 16
    _mm512_mask_storeu_epi8(p, ((uint64_t)1 << bytes) - 1, (__m512i)lot);
#endif
}

/* @rows x @blocks of output to @out, @out_step bytes apart; of the input's rows, @in stands at the left tap
 * of the first, with @step from column to column. The second block lies a column further on, and they @share
 * columns; or it lies @apart bytes further on. */
INLINE void
NAME(depthwise_group)(const NAME(depthwise) * d, uint8_t *const out[2], size_t out_step,
                      const uint8_t *const in[4], const size_t step[4], const bool share, size_t apart,
                      const int rows, const int blocks, const int parts, const bool cut, const int kind)
{
    I sum[2][BLOCKS][4] = {0};

    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int i = 0; i < blocks; i++)
        UNROLL
    for (int k = 0; k < parts; k++)
        sum[r][i][k] = d->bias[k];
    UNROLL
    for (int tap = 0; tap < 3; tap++)
        UNROLL
    for (int i = 0; i < blocks; i++) {
        LOT lot[4];
        I v[4];

        UNROLL
        for (int r = 0; r < 4; r++) {
            lot[r] = NAME(load_lot)(in[r] + (share ? (tap + i) * step[r] : tap * step[r] + i * apart), parts);
            if (!share)
                KEEP_VECTOR(lot[r]); /* or it is loaded twice, often across two lines of the cache */
        }
        NAME(interleave)(v, lot[0], lot[2], lot[1], lot[3]);
        UNROLL
        for (int r = 0; r < rows; r++)
            UNROLL
        for (int k = 0; k < parts; k++)
            sum[r][i][k] = NAME(dot4)(sum[r][i][k], v[k], d->w[r][tap][k]);
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int i = 0; i < blocks; i++) {
        S y[2] = {{0}};
        LOT lot;

        UNROLL
        for (int k = 0; k < parts; k += 2)
            y[k / 2] = NAME(requant_sums)(&d->q, sum[r][i][k], sum[r][i][k + 1], d->shift[k], d->shift[k + 1],
                                          d->factor[k / 2], kind);
        lot = NAME(join)(y[0], y[1]);
        if (cut)
            NAME(store_cut)(out[r] + i * out_step, lot, d->bytes);
        else
            NAME(store_lot)(out[r] + i * out_step, lot, parts);
    }
}

/* Of @numbers, four bytes to a channel, what belongs to a part: @at has the first channel of each 16 bytes.
 */
INLINE I
NAME(load_part)(const void *numbers, const int at[LANES], int part)
{
    const uint8_t *p[LANES / 4];

    UNROLL
    for (int i = 0; i < LANES / 4; i++)
        p[i] = (const uint8_t *)numbers + 4 * at[4 * i + part];
    return NAME(load_quarters)(p);
}

/* Of the block that starts at channel @ch and goes on, where it passes the last one, with the first. */
INLINE void
NAME(depthwise_init)(NAME(depthwise) * d, const HsegDepthwiseInt8 *k, const int8_t *w, int ch,
                     const int parts)
{
    const int c = k->shape.c;
    int at[LANES];

    for (int i = 0; i < LANES; i++, ch += 4)
        at[i] = ch = ch == c ? 0 : ch;
    d->bytes = HSEG_MIN(parts * LANES, c);
    d->q = NAME(requant_init)(&k->out);
    for (int part = 0; part < parts; part++) {
        d->bias[part] = NAME(load_part)(k->out.bias, at, part);
        d->shift[part] = NAME(load_part)(k->out.shift, at, part);
        for (int tap = 0; tap < 3; tap++) {
            const NAME(words) four = (NAME(words))NAME(load_part)(w + (size_t)tap * 4 * c, at, part);

            d->w[0][tap][part] = (I)four;
            d->w[1][tap][part] = (I)(four << 16 | (four >> 8 & 0xff00)); /* from rows 0, 2, 1 to 1, 3, 2 */
        }
    }
    for (int part = 0; part < parts; part += 2)
        d->factor[part / 2] = NAME(narrow)(NAME(load_part)(k->out.factor, at, part),
                                           NAME(load_part)(k->out.factor, at, part + 1));
}

/* The rows of input under one or two of output. */
typedef struct {
    uint8_t outside[BLOCK];
    const uint8_t *row[4]; /* a fourth that isn't asked for has weights of 0 */
    size_t step[4];        /* from column to column; 0 of a row outside, which is the same all along */
} NAME(window);

INLINE void
NAME(window_init)(NAME(window) * o, const HsegDepthwiseInt8 *k, const uint8_t *in, int y, const int rows)
{
    const HsegDepthwise *s = &k->shape;

    memset(o->outside, k->in_zero, sizeof o->outside);
    for (int r = 0; r < 4; r++) {
        const int from = hseg_padded(y * s->stride + HSEG_MIN(r, rows + 1) - 1, s->in_h, s->pad);

        o->row[r] = from < 0 ? o->outside : in + (size_t)from * s->in_w * s->in_pixel;
        o->step[r] = from < 0 ? 0 : s->in_pixel;
    }
}

/* Copies the three columns from @x on, of which some are outside. */
INLINE void
NAME(copy_columns)(uint8_t columns[4][3 * BLOCK], const HsegDepthwiseInt8 *k, const NAME(window) * o, int x,
                   int bytes, const int parts, const bool cut)
{
    for (int r = 0; r < 4; r++)
        for (int tap = 0; tap < 3; tap++) {
            const int from = hseg_padded(x + tap, k->shape.in_w, k->shape.pad);

            if (from < 0)
                memset(columns[r] + tap * BLOCK, k->in_zero, BLOCK);
            else if (cut)
                NAME(store_lot)
            (columns[r] + tap * BLOCK, NAME(load_cut)(o->row[r] + from * o->step[r], bytes), 4);
            else memcpy(columns[r] + tap * BLOCK, o->row[r] + from * o->step[r], parts * LANES);
        }
}

/* Columns x0 .. x1-1 of the block of channels from @ch on. A block that is @cut reads what lies behind a
 * pixel's channels: not where that may be the end of the map. */
INLINE void
NAME(depthwise_columns)(const HsegDepthwiseInt8 *k, const NAME(depthwise) * d, uint8_t *out,
                        const uint8_t *in, int ch, int y, int x0, int x1, const int rows, const int parts,
                        const bool cut, const int kind)
{
    const HsegDepthwise *s = &k->shape;
    const int out_w = hseg_out_size(s->in_w, s->stride),
              inside_end = 1 + hseg_interior(s->in_w, s->stride) - cut;
    uint8_t *first = out + ((size_t)y * out_w + x0) * s->out_pixel + ch;
    uint8_t columns[4][3 * BLOCK];
    NAME(window) o;
    int n;

    NAME(window_init)(&o, k, in + ch, y, rows);
    for (int x = x0; x < x1; x += n, first += n * s->out_pixel) {
        const bool inside = x > 0 && x < inside_end;
        uint8_t *const to[2] = {first, first + out_w * s->out_pixel};

        n = inside && s->stride == 1 && x + BLOCKS <= HSEG_MIN(inside_end, x1) ? BLOCKS : 1;
        if (inside) {
            const uint8_t *at[4];

            for (int r = 0; r < 4; r++)
                at[r] = o.row[r] + (x * s->stride - 1) * o.step[r];
            UNROLL
            for (int r = 0; r < rows; r++)
                for (int i = 0; i < n; i++)
                    __builtin_prefetch(to[r] + (i + 2 * BLOCKS) * s->out_pixel, 1);
            if (n == BLOCKS)
                NAME(depthwise_group)
            (d, to, s->out_pixel, at, o.step, true, 0, rows, BLOCKS, parts, cut, kind);
            else NAME(depthwise_group)(d, to, s->out_pixel, at, o.step, true, 0, rows, 1, parts, cut, kind);
        } else {
            const uint8_t *const at[4] = {columns[0], columns[1], columns[2], columns[3]};
            const size_t step[4] = {BLOCK, BLOCK, BLOCK, BLOCK};

            NAME(copy_columns)(columns, k, &o, x * s->stride - 1, d->bytes, parts, cut);
            NAME(depthwise_group)(d, to, s->out_pixel, at, step, true, 0, rows, 1, parts, cut, kind);
        }
    }
}

/* Runs @use for @y from y0 to y1, for a constant number of `rows` each time. */
#define EACH_ROWS(stride, y, y0, y1, use)                                                                    \
    do {                                                                                                     \
        int y = y0;                                                                                          \
        for (; ROWS == 2 && (stride) == 1 && y + 2 <= (y1); y += 2) {                                        \
            enum { rows = ROWS };                                                                            \
            use;                                                                                             \
        }                                                                                                    \
        for (; y < (y1); y++) {                                                                              \
            enum { rows = 1 };                                                                               \
            use;                                                                                             \
        }                                                                                                    \
    } while (0)

/* Of rows y0 .. y1-1. */
static __attribute__((noinline, unused)) void
NAME(depthwise_block)(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int ch,
                      int y0, int y1, int x0, int x1)
{
    NAME(depthwise) d;

    NAME(depthwise_init)(&d, k, w, ch, 4);
    EACH_KIND(&k->out, false,
              EACH_ROWS(k->shape.stride, y, y0, y1,
                        NAME(depthwise_columns)(k, &d, out, in, ch, y, x0, x1, rows, 4, false, kind)));
}

#if LANES == 4
/* Half a block. */
static __attribute__((noinline, unused)) void
depthwise_half(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int ch, int y0,
               int y1, int x0, int x1)
{
    NAME(depthwise) d;

    NAME(depthwise_init)(&d, k, w, ch, 2);
    EACH_KIND(&k->out, false,
              EACH_ROWS(k->shape.stride, y, y0, y1,
                        NAME(depthwise_columns)(k, &d, out, in, ch, y, x0, x1, rows, 2, false, kind)));
}
#endif

#if LANES == 16
/* All channels, where they are less than a block. */
static __attribute__((noinline)) void
depthwise_cut(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int y0, int y1,
              int x0, int x1)
{
    NAME(depthwise) d;

    NAME(depthwise_init)(&d, k, w, 0, 4);
    EACH_KIND(&k->out, false,
              EACH_ROWS(k->shape.stride, y, y0, y1,
                        NAME(depthwise_columns)(k, &d, out, in, 0, y, x0, x1, rows, 4, true, kind)));
}
#endif

#if LANES == WIDE
/* @blocks blocks of a run, @apart bytes from each other, the first @at bytes from where rows start. */
INLINE void
NAME(depthwise_at)(const NAME(depthwise) * d, const uint8_t *const in[4], const size_t step[4], uint8_t *out,
                   size_t row, size_t at, size_t apart, const int rows, const int blocks, const int kind)
{
    const uint8_t *const from[4] = {in[0] + at, in[1] + at, in[2] + at, in[3] + at};
    uint8_t *const to[2] = {out + at, out + at + row};

    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int i = 0; i < blocks; i++) {
        __builtin_prefetch(to[r] + i * apart + AHEAD, 1);
        __builtin_prefetch(from[rows + 1 - r] + i * apart + AHEAD);
    }
    NAME(depthwise_group)(d, to, apart, from, step, false, apart, rows, blocks, 4, false, kind);
}

/* The columns inside, as one long run of @count blocks, of which as many as @phases start at other channels:
 * those that start at the same ones share weights. */
INLINE void
NAME(depthwise_run)(const HsegDepthwiseInt8 *k, const NAME(depthwise) * d, uint8_t *out, const uint8_t *in,
                    int y, int count, int phases, const int rows, const int kind)
{
    const size_t c = k->shape.c, row = k->shape.in_w * c, step[4] = {c, c, c, c}, apart = phases * BLOCK;
    NAME(window) o;
    int i = 0;

    NAME(window_init)(&o, k, in, y, rows);
    out += y * row + c;
    for (; i + BLOCKS * phases <= count; i += (BLOCKS - 1) * phases)
        for (int end = i + phases, phase = 0; i < end; i++, phase++)
            NAME(depthwise_at)
    (d + phase, o.row, step, out, row, (size_t)i * BLOCK, apart, rows, BLOCKS, kind);
    for (; i < count; i++)
        NAME(depthwise_at)(d + i % phases, o.row, step, out, row, (size_t)i * BLOCK, apart, rows, 1, kind);
}

/* The columns inside of few channels, where pixels follow each other without a gap: a block needn't end where
 * a pixel does. Returns the first column that is left; 1 where that isn't the way. */
static __attribute__((noinline)) int
depthwise_inside(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int y0, int y1)
{
    const HsegDepthwise *s = &k->shape;
    const int c = s->c, count = HSEG_MAX(s->in_w - 2, 0) * c / BLOCK, phases = c / HSEG_MIN(BLOCK, c & -c);
    NAME(depthwise) d[MOST_PHASES];

    if (s->stride > 1 || s->pad != HSEG_PAD_REFLECT || c % BLOCK == 0 || phases > MOST_PHASES ||
        s->in_pixel != (size_t)c || s->out_pixel != (size_t)c || count == 0)
        return 1;
    for (int i = 0; i < phases; i++)
        NAME(depthwise_init)(d + i, k, w, i * BLOCK % c, 4);
    EACH_KIND(&k->out, false,
              EACH_ROWS(1, y, y0, y1, NAME(depthwise_run)(k, d, out, in, y, count, phases, rows, kind)));
    return 1 + count * BLOCK / c;
}
#endif

#undef EACH_ROWS
#undef BLOCK
#undef AHEAD
#undef BLOCKS
#undef MOST_PHASES
