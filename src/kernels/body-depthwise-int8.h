/* Depthwise 3x3 in bytes: one or two rows of output and 4 * LANES channels, or half as many. Of each column
 * the rows' bytes are made fours (vector-int8.h), which meet the column's weights in one dot product: three
 * rows and a fourth whose weight is 0, or the four rows of two outputs, one below the other. Pointers stand
 * at the first channel. Included once per vector width. */

#define BLOCK       (4 * LANES) /* channels */
#define MOST_PHASES 9           /* weights of that many blocks in the first-level cache */
#define AHEAD       768         /* bytes that are asked for before they are read or written, in a long run */
#define PIXELS      2           /* computed together where the stride is 1: they share columns */

typedef int64_t NAME(halves) __attribute__((vector_size(4 * LANES)));

typedef struct {
    int bytes; /* of a block that is stored */
    NAME(requant) q;
    V scale[4], bias[4];
    I w[2][3][4]; /* [row of output][column][part] */
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

/* @rows x @pixels of output to @out; of the input's rows, @in stands at the left tap of the first, with @step
 * from column to column. */
INLINE void
NAME(depthwise_group)(const NAME(depthwise) * d, uint8_t *const out[2], size_t out_pixel,
                      const uint8_t *const in[4], const size_t step[4], const int rows, const int pixels,
                      const int parts, const bool cut, const int kind)
{
    I sum[2][PIXELS][4] = {0};

    UNROLL
    for (int col = 0; col < pixels + 2; col++) {
        I v[4];

        NAME(interleave)
        (v, NAME(load_lot)(in[0] + col * step[0], parts), NAME(load_lot)(in[1] + col * step[1], parts),
         NAME(load_lot)(in[2] + col * step[2], parts), NAME(load_lot)(in[3] + col * step[3], parts));
        UNROLL
        for (int i = HSEG_MAX(col - 2, 0); i <= HSEG_MIN(col, pixels - 1); i++)
            UNROLL
        for (int r = 0; r < rows; r++)
            UNROLL
        for (int k = 0; k < parts; k++)
            sum[r][i][k] = NAME(dot4)(sum[r][i][k], v[k], d->w[r][col - i][k]);
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        UNROLL
    for (int i = 0; i < pixels; i++) {
        I v[4] = {0};

        UNROLL
        for (int k = 0; k < parts; k++)
            v[k] = NAME(to_int)(NAME(requant_value)(&d->q, sum[r][i][k], d->scale[k], d->bias[k], kind));
        if (cut)
            NAME(store_cut)(out[r] + i * out_pixel, NAME(pack)(v), d->bytes);
        else
            NAME(store_lot)(out[r] + i * out_pixel, NAME(pack)(v), parts);
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
        d->scale[part] = (V)NAME(load_part)(k->out.scale, at, part);
        d->bias[part] = (V)NAME(load_part)(k->out.bias, at, part);
        for (int tap = 0; tap < 3; tap++) {
            const I four = NAME(load_part)(w + (size_t)tap * 4 * c, at, part);

            d->w[0][tap][part] = four;
            d->w[1][tap][part] = (I)((NAME(words))four << 8);
        }
    }
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

        n = inside && s->stride == 1 && x + PIXELS <= HSEG_MIN(inside_end, x1) ? PIXELS : 1;
        if (inside) {
            const uint8_t *at[4];

            for (int r = 0; r < 4; r++)
                at[r] = o.row[r] + (x * s->stride - 1) * o.step[r];
            UNROLL
            for (int r = 0; r < rows; r++)
                for (int i = 0; i < n; i++)
                    __builtin_prefetch(to[r] + (i + 2 * PIXELS) * s->out_pixel, 1);
            if (n == PIXELS)
                NAME(depthwise_group)(d, to, s->out_pixel, at, o.step, rows, PIXELS, parts, cut, kind);
            else
                NAME(depthwise_group)(d, to, s->out_pixel, at, o.step, rows, 1, parts, cut, kind);
        } else {
            const uint8_t *const at[4] = {columns[0], columns[1], columns[2], columns[3]};
            const size_t step[4] = {BLOCK, BLOCK, BLOCK, BLOCK};

            NAME(copy_columns)(columns, k, &o, x * s->stride - 1, d->bytes, parts, cut);
            NAME(depthwise_group)(d, to, s->out_pixel, at, step, rows, 1, parts, cut, kind);
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
/* The columns inside, as one long run of @count blocks, of which as many as @phases start at other channels.
 */
INLINE void
NAME(depthwise_run)(const HsegDepthwiseInt8 *k, const NAME(depthwise) * d, uint8_t *out, const uint8_t *in,
                    int y, int count, int phases, const int rows, const int kind)
{
    const size_t c = k->shape.c, row = k->shape.in_w * c;
    NAME(window) o;

    NAME(window_init)(&o, k, in, y, rows);
    out += y * row + c;
    for (int i = 0, phase = 0; i < count; i++, out += BLOCK) {
        uint8_t *const to[2] = {out, out + row};

        UNROLL
        for (int r = 0; r < rows; r++) {
            __builtin_prefetch(to[r] + AHEAD, 1);
            __builtin_prefetch(o.row[rows + 1 - r] + AHEAD);
        }
        NAME(depthwise_group)(d + phase, to, 0, o.row, o.step, rows, 1, 4, false, kind);
        for (int r = 0; r < 4; r++)
            o.row[r] += o.step[r] ? BLOCK : 0;
        phase = phase + 1 < phases ? phase + 1 : 0;
    }
}

/* The columns inside of few channels, where pixels follow each other without a gap: a block needn't end where
 * a pixel does. Returns the first column that is left; 1 where that isn't the way. */
static __attribute__((noinline)) int
depthwise_inside(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int y0, int y1)
{
    const HsegDepthwise *s = &k->shape;
    const int c = s->c, count = HSEG_MAX(s->in_w - 2, 0) * c / BLOCK, phases = c / HSEG_MIN(BLOCK, c & -c);
    NAME(depthwise) d[MOST_PHASES];

    if (s->stride > 1 || c % BLOCK == 0 || phases > MOST_PHASES || s->in_pixel != (size_t)c ||
        s->out_pixel != (size_t)c || count == 0)
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
#undef PIXELS
#undef MOST_PHASES
