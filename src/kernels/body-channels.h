/* The passes around batch norm: one block of @vecs vectors of channels over @pixels pixels, its constants and
 * sums in registers. Pointers stand at the block's first channel. They are bound by memory. Included once per
 * vector width. */

#define MAX_VECS 4 /* vectors of channels in a block */

INLINE void
NAME(load_block)(V *v, const float *p, const int vecs)
{
    UNROLL
    for (int i = 0; i < vecs; i++)
        v[i] = NAME(load)(p + i * LANES);
}

/* sum[] += v: single precision ends here. */
INLINE void
NAME(add_to_doubles)(double *sum, const V *v, const int vecs)
{
    float part[MAX_VECS * LANES];

    UNROLL
    for (int i = 0; i < vecs; i++)
        NAME(store)(part + i * LANES, v[i]);
    for (int i = 0; i < vecs * LANES; i++)
        sum[i] += part[i];
}

INLINE void
NAME(channel_sums)(double *sum, double *sum2, const float *x, size_t x_pixel, size_t pixels, const int vecs)
{
    V s[MAX_VECS] = {0}, s2[MAX_VECS] = {0};

    for (size_t p = 0; p < pixels; p++, x += x_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++) {
            V v = NAME(load)(x + i * LANES);

            s[i] += v;
            s2[i] += v * v;
        }
    }
    NAME(add_to_doubles)(sum, s, vecs);
    NAME(add_to_doubles)(sum2, s2, vecs);
}

INLINE void
NAME(scale_shift)(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *scale,
                  const float *shift, const float *residual, size_t residual_pixel, size_t pixels,
                  const HsegAct act, const int vecs)
{
    V k[MAX_VECS], b[MAX_VECS];

    NAME(load_block)(k, scale, vecs);
    NAME(load_block)(b, shift, vecs);
    for (size_t p = 0; p < pixels; p++, x += x_pixel, y += y_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++) {
            V v = NAME(activate)(NAME(load)(x + i * LANES) * k[i] + b[i], act);

            if (residual)
                v += NAME(load)(residual + p * residual_pixel + i * LANES);
            NAME(store)(y + i * LANES, v);
        }
    }
}

INLINE void
NAME(norm_grad_sums)(double *sum_g, double *sum_gx, const float *dy, size_t dy_pixel, const float *x,
                     size_t x_pixel, const float *scale, const float *shift, size_t pixels, const HsegAct act,
                     const int vecs)
{
    V k[MAX_VECS], b[MAX_VECS], s[MAX_VECS] = {0}, sx[MAX_VECS] = {0};

    NAME(load_block)(k, scale, vecs);
    NAME(load_block)(b, shift, vecs);
    for (size_t p = 0; p < pixels; p++, x += x_pixel, dy += dy_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++) {
            V v = NAME(load)(x + i * LANES);
            V g = NAME(activate_grad)(NAME(load)(dy + i * LANES), v * k[i] + b[i], act);

            s[i] += g;
            sx[i] += g * v;
        }
    }
    NAME(add_to_doubles)(sum_g, s, vecs);
    NAME(add_to_doubles)(sum_gx, sx, vecs);
}

INLINE void
NAME(norm_grad)(float *dx, size_t dx_pixel, const float *dy, size_t dy_pixel, const float *x, size_t x_pixel,
                const float *scale, const float *shift, const float *ka, const float *kx, const float *k1,
                size_t pixels, const HsegAct act, const int vecs)
{
    V k[MAX_VECS], b[MAX_VECS], kav[MAX_VECS], kxv[MAX_VECS], k1v[MAX_VECS];

    NAME(load_block)(k, scale, vecs);
    NAME(load_block)(b, shift, vecs);
    NAME(load_block)(kav, ka, vecs);
    NAME(load_block)(kxv, kx, vecs);
    NAME(load_block)(k1v, k1, vecs);
    for (size_t p = 0; p < pixels; p++, x += x_pixel, dy += dy_pixel, dx += dx_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++) {
            V v = NAME(load)(x + i * LANES);
            V g = NAME(activate_grad)(NAME(load)(dy + i * LANES), v * k[i] + b[i], act);

            NAME(store)(dx + i * LANES, kav[i] * g + (kxv[i] * v + k1v[i]));
        }
    }
}

INLINE void
NAME(gate_grad_sums)(double *sums, int c, const float *dy, size_t dy_pixel, const float *x, size_t x_pixel,
                     const float *scale, const float *shift, size_t pixels, const HsegAct act, const int vecs)
{
    V k[MAX_VECS], b[MAX_VECS], s[5][MAX_VECS] = {0};

    NAME(load_block)(k, scale, vecs);
    NAME(load_block)(b, shift, vecs);
    for (size_t p = 0; p < pixels; p++, x += x_pixel, dy += dy_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++) {
            V v = NAME(load)(x + i * LANES), g = NAME(load)(dy + i * LANES), z = v * k[i] + b[i];
            V slope = NAME(activate_grad)(NAME(all)(1), z, act), ga = g * slope;

            s[0][i] += g * NAME(activate)(z, act);
            s[1][i] += ga;
            s[2][i] += ga * v;
            s[3][i] += slope;
            s[4][i] += slope * v;
        }
    }
    UNROLL
    for (int j = 0; j < 5; j++)
        NAME(add_to_doubles)(sums + (size_t)j * c, s[j], vecs);
}

INLINE void
NAME(channel_scale)(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *s, size_t pixels,
                    const int vecs)
{
    V k[MAX_VECS];

    NAME(load_block)(k, s, vecs);
    for (size_t p = 0; p < pixels; p++, x += x_pixel, y += y_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++)
            NAME(store)(y + i * LANES, NAME(load)(x + i * LANES) * k[i]);
    }
}

INLINE void
NAME(channel_dot)(double *sum, const float *a, size_t a_pixel, const float *b, size_t b_pixel, size_t pixels,
                  const int vecs)
{
    V s[MAX_VECS] = {0};

    for (size_t p = 0; p < pixels; p++, a += a_pixel, b += b_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++)
            s[i] += NAME(load)(a + i * LANES) * NAME(load)(b + i * LANES);
    }
    NAME(add_to_doubles)(sum, s, vecs);
}

INLINE void
NAME(add)(float *y, size_t y_pixel, const float *x, size_t x_pixel, size_t pixels, const int vecs)
{
    for (size_t p = 0; p < pixels; p++, x += x_pixel, y += y_pixel) {
        UNROLL
        for (int i = 0; i < vecs; i++)
            NAME(store)(y + i * LANES, NAME(load)(y + i * LANES) + NAME(load)(x + i * LANES));
    }
}

#undef MAX_VECS
