/* Depthwise 3x3: columns x0 .. x1-1 of one row and LANES channels, the nine weights in registers. Pointers
 * stand at the first channel. Included once per vector width. */

#define AHEAD 12 /* pixels: how far ahead of the stores their lines are asked for */
#define GROUP 4  /* pixels computed together, sharing loads and hiding the latency of their sums */

/* out = act(sum), or out += sum. */
INLINE void
NAME(depthwise_store)(float *out, V sum, HsegAct act, const bool hswish, const bool accumulate)
{
    if (accumulate)
        sum += NAME(load)(out);
    else
        sum = hswish ? NAME(hswish)(sum) : NAME(clamp)(sum, NAME(act_low)(act), NAME(act_high)(act));
    NAME(store)(out, sum);
}

/* @count pixels: out = act(bias + sum of w * in), @in[k] standing at the left tap of the first pixel in row
 * k. */
INLINE void
NAME(depthwise_span)(float *out, size_t out_pixel, const float *const in[3], size_t in_pixel, int count,
                     const V w[9], V bias, const int stride, HsegAct act, const bool hswish,
                     const bool accumulate)
{
    const int columns = (GROUP - 1) * stride + 3;
    const float *r0 = in[0], *r1 = in[1], *r2 = in[2];
    int x = 0;

    for (; x + GROUP <= count; x += GROUP) {
        V sum[GROUP] = {bias, bias, bias, bias};

        UNROLL
        for (int col = 0; col < columns; col++) {
            V v0 = NAME(load)(r0 + col * in_pixel), v1 = NAME(load)(r1 + col * in_pixel),
              v2 = NAME(load)(r2 + col * in_pixel);

            KEEP_VECTOR(v0);
            KEEP_VECTOR(v1);
            KEEP_VECTOR(v2);
            UNROLL
            for (int i = 0; i < GROUP; i++) {
                int tap = col - i * stride;

                if (tap >= 0 && tap < 3) {
                    sum[i] += w[tap] * v0;
                    sum[i] += w[3 + tap] * v1;
                    sum[i] += w[6 + tap] * v2;
                }
            }
        }
        UNROLL
        for (int i = 0; i < GROUP; i++) {
            __builtin_prefetch(out + AHEAD * out_pixel, 1);
            NAME(depthwise_store)(out, sum[i], act, hswish, accumulate);
            out += out_pixel;
        }
        r0 += GROUP * stride * in_pixel;
        r1 += GROUP * stride * in_pixel;
        r2 += GROUP * stride * in_pixel;
    }
    for (; x < count; x++) {
        V sum = bias;

        UNROLL
        for (int tap = 0; tap < 3; tap++) {
            sum += w[tap] * NAME(load)(r0 + tap * in_pixel);
            sum += w[3 + tap] * NAME(load)(r1 + tap * in_pixel);
            sum += w[6 + tap] * NAME(load)(r2 + tap * in_pixel);
        }
        NAME(depthwise_store)(out, sum, act, hswish, accumulate);
        r0 += stride * in_pixel;
        r1 += stride * in_pixel;
        r2 += stride * in_pixel;
        out += out_pixel;
    }
}

/* The sum at output column @x, whose window may hang over the border. */
INLINE V
NAME(depthwise_edge)(const HsegDepthwise *d, const float *const in[3], int x, const V w[9], V sum)
{
    for (int tap = 0; tap < 3; tap++) {
        int col = hseg_padded(x * d->stride + tap - 1, d->in_w, d->pad);

        if (col < 0)
            continue;
        for (int k = 0; k < 3; k++)
            sum += w[k * 3 + tap] * NAME(load)(in[k] + col * d->in_pixel);
    }
    return sum;
}

INLINE void
NAME(depthwise_row)(const HsegDepthwise *d, float *out, const float *in, const float *weights,
                    const float *bias, int y, int x0, int x1, const int stride, HsegAct act,
                    const bool hswish)
{
    const int inside_end = HSEG_MIN(1 + hseg_interior(d->in_w, stride), x1);
    const int kept = d->in_rows - 1; /* a mask: all ones where all rows are */
    const float *rows[3], *inner[3];
    V start = bias ? NAME(load)(bias) : NAME(all)(0), w[9];

    for (int k = 0; k < 3; k++) {
        int row = hseg_padded(y * stride + k - 1, d->in_h, d->pad);

        /* A row of zeros: weights of 0 on one that is there. */
        rows[k] = in + (size_t)((row < 0 ? y * stride : row) & kept) * d->in_w * d->in_pixel;
        inner[k] = rows[k] + (HSEG_MAX(x0, 1) * stride - 1) * d->in_pixel;
        for (int tap = 0; tap < 3; tap++)
            w[k * 3 + tap] = row < 0 ? NAME(all)(0) : NAME(load)(weights + (k * 3 + tap) * d->c);
    }
    out += (size_t)y * hseg_out_size(d->in_w, stride) * d->out_pixel;
    for (int x = x0; x < x1; x++)
        if (x > 0 && x < inside_end) {
            NAME(depthwise_span)
            (out + x * d->out_pixel, d->out_pixel, inner, d->in_pixel, inside_end - x, w, start, stride, act,
             hswish, false);
            x = inside_end - 1;
        } else {
            V v = NAME(depthwise_edge)(d, rows, x, w, start);

            NAME(depthwise_store)(out + x * d->out_pixel, v, act, hswish, false);
        }
}

/* One pixel of dL/din at stride 1. The column that reflection added beyond each border has its gradient here
 * too. */
INLINE V
NAME(depthwise_grad_edge)(const HsegDepthwise *d, const float *const dout[3], int x, const V w[9])
{
    const bool reflect = d->pad == HSEG_PAD_REFLECT;
    V sum = {0};

    for (int tap = 0; tap < 3; tap++) {
        int col = x + tap - 1;

        if (col < 0 || col >= d->in_w)
            continue;
        for (int k = 0; k < 3; k++) {
            V v = NAME(load)(dout[k] + col * d->out_pixel);

            sum += w[k * 3 + tap] * v;
            if (reflect && x == 1 && col == 0)
                sum += w[k * 3 + 2] * v;
            if (reflect && x == d->in_w - 2 && col == d->in_w - 1)
                sum += w[k * 3] * v;
        }
    }
    return sum;
}

/* w[k * 3 + tap]: what dL/dout at (y + k - 1, x + tap - 1) gives to dL/din at (y, x): the kernel turned by
 * 180 degrees, plus, where the window met row y twice by reflection, the row that met it second. dout[k]:
 * that row. */
INLINE void
NAME(depthwise_grad_rows)(const HsegDepthwise *d, const float *dout, const float *weights, int y,
                          const float *rows[3], V w[9])
{
    const bool reflect = d->pad == HSEG_PAD_REFLECT;

    for (int k = 0; k < 3; k++) {
        int row = y + k - 1;
        bool inside = row >= 0 && row < d->in_h;
        bool again = inside && reflect && ((y == 1 && row == 0) || (y == d->in_h - 2 && row == d->in_h - 1));

        rows[k] = dout + (size_t)(inside ? row : y) * d->in_w * d->out_pixel;
        for (int tap = 0; tap < 3; tap++) {
            V v = {0};

            if (inside)
                v = NAME(load)(weights + ((2 - k) * 3 + 2 - tap) * d->c);
            if (again)
                v += NAME(load)(weights + (k * 3 + 2 - tap) * d->c);
            w[k * 3 + tap] = v;
        }
    }
}

INLINE void
NAME(depthwise_grad_row1)(const HsegDepthwise *d, float *din, const float *dout, const float *weights, int y,
                          int x0, int x1, const bool accumulate)
{
    const int inside_end = HSEG_MIN(d->in_w - 2, x1); /* two pixels at either side are edges */
    const float *rows[3], *inner[3];
    V w[9];

    NAME(depthwise_grad_rows)(d, dout, weights, y, rows, w);
    for (int k = 0; k < 3; k++)
        inner[k] = rows[k] + (HSEG_MAX(x0, 2) - 1) * d->out_pixel;
    din += (size_t)y * d->in_w * d->in_pixel;
    for (int x = x0; x < x1; x++)
        if (x > 1 && x < inside_end) {
            NAME(depthwise_span)
            (din + x * d->in_pixel, d->in_pixel, inner, d->out_pixel, inside_end - x, w, NAME(all)(0), 1,
             HSEG_ACT_NONE, false, accumulate);
            x = inside_end - 1;
        } else {
            V v = NAME(depthwise_grad_edge)(d, rows, x, w);

            NAME(depthwise_store)(din + x * d->in_pixel, v, HSEG_ACT_NONE, false, accumulate);
        }
}

/* Stride 2, the two input columns of each output column x0 .. x1-1. An even coordinate met only the middle
 * tap, an odd one the first tap of the next window and the last of this one. */
INLINE void
NAME(depthwise_grad_row2)(const HsegDepthwise *d, float *din, const float *dout, const float *weights, int y,
                          int x0, int x1, const bool accumulate)
{
    const int out_h = hseg_out_size(d->in_h, 2), out_w = hseg_out_size(d->in_w, 2);
    const bool next = y % 2 && y / 2 + 1 < out_h; /* is there a next window? */
    const size_t row = out_w * d->out_pixel;
    const float *here = dout + y / 2 * row, *there = next ? here + row : here;
    V wh[3], wt[3], h, t; /* weights and values of the rows here and there */

    for (int tap = 0; tap < 3; tap++) {
        wh[tap] = NAME(load)(weights + ((y % 2 ? 6 : 3) + tap) * d->c);
        wt[tap] = next ? NAME(load)(weights + tap * d->c) : NAME(all)(0);
    }
    h = NAME(load)(here + x0 * d->out_pixel);
    t = NAME(load)(there + x0 * d->out_pixel);
    din += ((size_t)y * d->in_w + 2 * x0) * d->in_pixel;
    for (int x = x0; x < x1; x++, din += 2 * d->in_pixel) {
        V odd = wh[2] * h + wt[2] * t;

        NAME(depthwise_store)(din, wh[1] * h + wt[1] * t, HSEG_ACT_NONE, false, accumulate);
        if (x + 1 < out_w) {
            h = NAME(load)(here + (x + 1) * d->out_pixel);
            t = NAME(load)(there + (x + 1) * d->out_pixel);
            odd += wh[0] * h + wt[0] * t;
        }
        if (2 * x + 1 < d->in_w)
            NAME(depthwise_store)(din + d->in_pixel, odd, HSEG_ACT_NONE, false, accumulate);
    }
}

/* sum[k * 3 + tap] += in * dout over GROUP pixels, @in[k] at the left tap of the first. */
INLINE void
NAME(depthwise_grad_weight_group)(V sum[9], const float *const in[3], size_t in_pixel, const float *dout,
                                  size_t out_pixel, const int stride)
{
    const int columns = (GROUP - 1) * stride + 3;
    V g[GROUP];

    UNROLL
    for (int i = 0; i < GROUP; i++)
        g[i] = NAME(load)(dout + i * out_pixel);
    UNROLL
    for (int col = 0; col < columns; col++) {
        V v0 = NAME(load)(in[0] + col * in_pixel), v1 = NAME(load)(in[1] + col * in_pixel),
          v2 = NAME(load)(in[2] + col * in_pixel);

        KEEP_VECTOR(v0);
        KEEP_VECTOR(v1);
        KEEP_VECTOR(v2);
        UNROLL
        for (int i = 0; i < GROUP; i++) {
            int tap = col - i * stride;

            if (tap >= 0 && tap < 3) {
                sum[tap] += v0 * g[i];
                sum[3 + tap] += v1 * g[i];
                sum[6 + tap] += v2 * g[i];
            }
        }
    }
}

/* The same for the single pixel @x, whose window may hang over the border. */
INLINE void
NAME(depthwise_grad_weight_edge)(const HsegDepthwise *d, V sum[9], const float *const in[3],
                                 const float *dout, int x)
{
    V g = NAME(load)(dout + x * d->out_pixel);

    UNROLL
    for (int tap = 0; tap < 3; tap++) {
        int col = hseg_padded(x * d->stride + tap - 1, d->in_w, d->pad);

        if (col < 0)
            continue;
        UNROLL
        for (int k = 0; k < 3; k++)
            sum[k * 3 + tap] += NAME(load)(in[k] + col * d->in_pixel) * g;
    }
}

/* dw += what output row @y gives. */
INLINE void
NAME(depthwise_grad_weight_row)(const HsegDepthwise *d, float *dw, const float *in, const float *dout, int y,
                                int x0, int x1, const int stride)
{
    const int inside_end = HSEG_MIN(1 + hseg_interior(d->in_w, stride), x1);
    const float *rows[3], *group[3];
    V sum[9] = {0};

    for (int k = 0; k < 3; k++) {
        int row = hseg_padded(y * stride + k - 1, d->in_h, d->pad);

        /* A row of zeros: one that is there, whose sum is left out below. */
        rows[k] = in + (size_t)(row < 0 ? y * stride : row) * d->in_w * d->in_pixel;
        group[k] = rows[k] + (HSEG_MAX(x0, 1) * stride - 1) * d->in_pixel;
    }
    dout += (size_t)y * hseg_out_size(d->in_w, stride) * d->out_pixel;
    for (int x = x0; x < x1; x++)
        if (x > 0 && x + GROUP <= inside_end) {
            NAME(depthwise_grad_weight_group)
            (sum, group, d->in_pixel, dout + x * d->out_pixel, d->out_pixel, stride);
            UNROLL
            for (int k = 0; k < 3; k++)
                group[k] += GROUP * stride * d->in_pixel;
            x += GROUP - 1;
        } else
            NAME(depthwise_grad_weight_edge)(d, sum, rows, dout, x);
    UNROLL
    for (int k = 0; k < 3; k++) {
        float *p = dw + k * 3 * d->c;

        if (hseg_padded(y * stride + k - 1, d->in_h, d->pad) < 0)
            continue; /* a row of zeros; the sum is of another row */
        UNROLL
        for (int tap = 0; tap < 3; tap++)
            NAME(store)(p + tap * d->c, NAME(load)(p + tap * d->c) + sum[k * 3 + tap]);
    }
}

#undef AHEAD
#undef GROUP
