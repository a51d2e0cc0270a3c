/* Depthwise 3x3 in bytes: one row and LANES channels. The bytes of a column's three rows make one group of
 * four with a zero, which meets the column's weights in one dot product. Pointers stand at the first channel.
 * Included once per vector width. */

#define GROUP 4 /* pixels computed together, sharing loads and hiding the latency of their sums */

typedef struct {
    NAME(requant) q;
    V scale, bias;
    I w[3];  /* of the columns, of the rows that are inside */
    I start; /* what the rows outside add */
    I pad;   /* a column outside */
} NAME(depthwise);

INLINE I
NAME(column)(const uint8_t *const in[3], size_t at)
{
    return NAME(widen)(in[0] + at) | NAME(widen)(in[1] + at) << 8 | NAME(widen)(in[2] + at) << 16;
}

/* @count pixels, @in[k] standing at the left tap of the first one in row k. */
INLINE void
NAME(depthwise_span)(const NAME(depthwise) * d, uint8_t *out, size_t out_pixel, const uint8_t *const in[3],
                     size_t in_pixel, int count, const int stride, const bool hswish)
{
    const int columns = (GROUP - 1) * stride + 3;
    size_t at = 0;
    int x = 0;

    for (; x + GROUP <= count; x += GROUP) {
        I sum[GROUP] = {d->start, d->start, d->start, d->start};

        UNROLL
        for (int col = 0; col < columns; col++) {
            I v = NAME(column)(in, at + col * in_pixel);

            UNROLL
            for (int i = 0; i < GROUP; i++) {
                int tap = col - i * stride;

                if (tap >= 0 && tap < 3)
                    sum[i] = NAME(dot4)(sum[i], v, d->w[tap]);
            }
        }
        UNROLL
        for (int i = 0; i < GROUP; i++) {
            NAME(store_rounded)
            (&d->q, out, NAME(requant_value)(&d->q, sum[i], d->scale, d->bias, hswish));
            out += out_pixel;
        }
        at += GROUP * stride * in_pixel;
    }
    for (; x < count; x++) {
        I sum = d->start;

        UNROLL
        for (int tap = 0; tap < 3; tap++)
            sum = NAME(dot4)(sum, NAME(column)(in, at + tap * in_pixel), d->w[tap]);
        NAME(store_rounded)(&d->q, out, NAME(requant_value)(&d->q, sum, d->scale, d->bias, hswish));
        at += stride * in_pixel;
        out += out_pixel;
    }
}

/* The sum at output column @x, whose window may hang over the border. */
INLINE I
NAME(depthwise_edge)(const NAME(depthwise) * d, const HsegDepthwise *s, const uint8_t *const in[3], int x)
{
    I sum = d->start;

    for (int tap = 0; tap < 3; tap++) {
        int col = padded(x * s->stride + tap - 1, s->in_w, s->pad);

        sum = NAME(dot4)(sum, col < 0 ? d->pad : NAME(column)(in, col * s->in_pixel), d->w[tap]);
    }
    return sum;
}

/* @w: at the first channel's four; @ch: that channel, for what HsegRequant has for each. */
INLINE void
NAME(depthwise_row)(const HsegDepthwiseInt8 *k, uint8_t *out, const uint8_t *in, const int8_t *w, int ch,
                    int y, const int stride, const bool hswish)
{
    const HsegDepthwise *s = &k->shape;
    const int out_w = out_size(s->in_w, stride), inside_end = 1 + interior(s->in_w, stride);
    const uint8_t *rows[3], *inner[3];
    uint32_t present = 0; /* bytes of the rows that are inside */
    NAME(depthwise)
    d = {.q = NAME(requant_init)(&k->out, false),
         .scale = NAME(load)(k->out.scale + ch),
         .bias = NAME(load)(k->out.bias + ch),
         .pad = (I){0} + k->in_zero * 0x010101};

    for (int r = 0; r < 3; r++) {
        int row = padded(y * stride + r - 1, s->in_h, s->pad);

        rows[r] = in + (size_t)HSEG_MAX(row, 0) * s->in_w * s->in_pixel;
        inner[r] = rows[r] + (stride - 1) * s->in_pixel;
        present |= row < 0 ? 0 : 0xffu << 8 * r;
    }
    for (int tap = 0; tap < 3; tap++) {
        I four = NAME(load_fours)(w + (size_t)tap * 4 * s->c);

        d.start = NAME(dot4)(d.start, d.pad, four & (int32_t)~present);
        d.w[tap] = four & (int32_t)present;
    }
    out += (size_t)y * out_w * s->out_pixel;
    for (int x = 0; x < out_w; x++)
        if (x > 0 && x < inside_end) {
            NAME(depthwise_span)
            (&d, out + x * s->out_pixel, s->out_pixel, inner, s->in_pixel, inside_end - x, stride, hswish);
            x = inside_end - 1;
        } else {
            I sum = NAME(depthwise_edge)(&d, s, rows, x);

            NAME(store_rounded)
            (&d.q, out + x * s->out_pixel, NAME(requant_value)(&d.q, sum, d.scale, d.bias, hswish));
        }
}

#undef GROUP
