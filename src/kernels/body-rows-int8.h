/* The passes over rows of bytes: upsampling, rescaling, and the ways between bytes and floats. Pointers stand
 * at the first of LANES channels. Included once per vector width. */

INLINE H
NAME(upsample_load)(const uint8_t *near, const uint8_t *far, size_t at, int c)
{
    return 3 * NAME(shorten)(near + at, c) + NAME(shorten)(far + at, c);
}

INLINE void
NAME(upsample_store)(uint8_t *p, H v, int c)
{
    NAME(store_short)(p, (v + 8) >> 4, c);
}

#define AHEAD 12 /* pixels of output that are asked for before they are written */

/* As upsample_row() of floats, in sixteenths; @c channels, at most SHORTS. */
INLINE void
NAME(upsample_row)(const HsegUpsample *u, uint8_t *out, const uint8_t *near, const uint8_t *far, int c)
{
    H mid = NAME(upsample_load)(near, far, 0, c), left = mid;

    for (int x = 0; x < u->in_w; x++) {
        H right = NAME(upsample_load)(near, far, HSEG_MIN(x + 1, u->in_w - 1) * u->in_pixel, c);

        __builtin_prefetch(out + (2 * x + AHEAD) * u->out_pixel, 1);
        __builtin_prefetch(out + (2 * x + AHEAD + 1) * u->out_pixel, 1);
        NAME(upsample_store)(out + 2 * x * u->out_pixel, 3 * mid + left, c);
        if (2 * x + 1 < u->out_w)
            NAME(upsample_store)(out + (2 * x + 1) * u->out_pixel, 3 * mid + right, c);
        left = mid;
        mid = right;
    }
}

#undef AHEAD

/* Four pixels from @p on of @pixels; what lacks of four is the last one again. */
#define EACH_OF_FOUR(p, pixels, value)                                                                       \
    for (size_t p = 0; p < (pixels); p += 4) {                                                               \
        uint8_t *to[4];                                                                                      \
        I bytes[4];                                                                                          \
                                                                                                             \
        UNROLL                                                                                               \
        for (int k = 0; k < 4; k++) {                                                                        \
            const size_t i = HSEG_MIN(p + k, (pixels)-1);                                                    \
                                                                                                             \
            bytes[k] = NAME(to_int)(value);                                                                  \
            to[k] = y + i * y_pixel;                                                                         \
        }                                                                                                    \
        NAME(store_bytes)                                                                                    \
        (to, NAME(narrow)(bytes[0], bytes[1]), NAME(narrow)(bytes[2], bytes[3]), 1);                         \
    }

INLINE void
NAME(rescale)(uint8_t *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, const float *scale,
              const float *offset, size_t pixels)
{
    const V factor = NAME(load)(scale), more = NAME(load)(offset);

    EACH_OF_FOUR(p, pixels, NAME(to_float)(NAME(widen)(x + i * x_pixel)) * factor + more)
}

INLINE void
NAME(quantise)(uint8_t *y, size_t y_pixel, const float *x, size_t x_pixel, float unit, int zero,
               size_t pixels){EACH_OF_FOUR(p, pixels, NAME(load)(x + i * x_pixel) * unit + (float)zero)}

#undef EACH_OF_FOUR

INLINE void NAME(dequantise)(float *y, size_t y_pixel, const uint8_t *x, size_t x_pixel, float step, int zero,
                             size_t pixels)
{
    for (size_t p = 0; p < pixels; p++, x += x_pixel, y += y_pixel)
        NAME(store)(y, NAME(to_float)(NAME(widen)(x) - zero) * step);
}

/* Of @c channels, at most SHORTS, and so few pixels that 16 bits hold the sums. */
INLINE void
NAME(sums)(uint32_t *sum, const uint8_t *x, size_t x_pixel, size_t pixels, int c)
{
    H total = {0};

    for (size_t p = 0; p < pixels; p++, x += x_pixel)
        total += NAME(shorten)(x, c);
    for (int i = 0; i < HSEG_MIN(c, SHORTS); i++)
        sum[i] += total[i];
}
