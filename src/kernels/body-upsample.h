/* Bilinear x2 with half-pixel centres and its adjoint: one row and LANES channels. Included once per vector
 * width; for LANES = 1 too, since the mask has one channel. */

/* Row y of the output lies a quarter of a pixel from row @near of the input, towards row @far. */
INLINE void
NAME(upsample_row)(const HsegUpsample *u, float *out, const float *near, const float *far)
{
    V mid = 0.75f * NAME(load)(near) + 0.25f * NAME(load)(far), left = mid;

    for (int x = 0; x < u->in_w; x++) {
        size_t next = HSEG_MIN(x + 1, u->in_w - 1) * u->in_pixel;
        V right = 0.75f * NAME(load)(near + next) + 0.25f * NAME(load)(far + next);

        NAME(store)(out + 2 * x * u->out_pixel, 0.25f * left + 0.75f * mid);
        if (2 * x + 1 < u->out_w)
            NAME(store)(out + (2 * x + 1) * u->out_pixel, 0.75f * mid + 0.25f * right);
        left = mid;
        mid = right;
    }
}

/* Column @x of the four rows of dL/dout that touch one row of the input. */
INLINE V
NAME(upsample_column)(const float *const rows[4], const float wy[4], size_t at)
{
    return (wy[0] * NAME(load)(rows[0] + at) + wy[1] * NAME(load)(rows[1] + at)) +
           (wy[2] * NAME(load)(rows[2] + at) + wy[3] * NAME(load)(rows[3] + at));
}

/* Input pixel x went into columns 2x - 1 .. 2x + 2 of the output. */
INLINE void
NAME(upsample_grad_row)(const HsegUpsample *u, float *din, const float *const rows[4], const float wy[4],
                        bool accumulate)
{
    V before = {0};

    for (int x = 0; x < u->in_w; x++) {
        size_t at = 2 * x * u->out_pixel;
        float w1 = x == 0 ? 1.0f : 0.75f, w2 = x == u->in_w - 1 ? 1.0f : 0.75f;
        V sum = 0.25f * before + w1 * NAME(upsample_column)(rows, wy, at);

        if (2 * x + 1 < u->out_w) {
            before = NAME(upsample_column)(rows, wy, at + u->out_pixel);
            sum += w2 * before;
        }
        if (x < u->in_w - 1)
            sum += 0.25f * NAME(upsample_column)(rows, wy, at + 2 * u->out_pixel);
        if (accumulate)
            sum += NAME(load)(din + x * u->in_pixel);
        NAME(store)(din + x * u->in_pixel, sum);
    }
}
