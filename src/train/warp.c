#include "train/warp.h"
#include "base/base.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define MAX_GRID  8    /* samples a pixel and way; 64 sums of 8 bits fit into the 16 of a lane */
#define HALF_STEP 1.7f /* source pixels a canvas pixel, from which on the half-size picture serves */
#define LANES     0x00ff00ff00ff00ffull
#define HALVES    0x0080008000800080ull

void
hseg_canvas_init(HsegCanvas *canvas, int w, int h)
{
    float *planes;

    canvas->w = w;
    canvas->h = h;
    canvas->capacity = (size_t)w * h;
    planes = hseg_mem_new0(canvas->capacity * 6 * sizeof(float));
    g_assert(planes);
    for (int c = 0; c < 3; c++)
        canvas->rgb[c] = planes + c * canvas->capacity;
    canvas->mask = planes + 3 * canvas->capacity;
    for (int i = 0; i < 2; i++)
        canvas->scratch[i] = planes + (4 + i) * canvas->capacity;
}

void
hseg_canvas_clear(HsegCanvas *canvas)
{
    hseg_mem_free(canvas->rgb[0]);
    memset(canvas, 0, sizeof *canvas);
}

void
hseg_canvas_set_size(HsegCanvas *canvas, int w, int h)
{
    g_assert(w > 0 && h > 0 && (size_t)w * h <= canvas->capacity);
    canvas->w = w;
    canvas->h = h;
}

/* A pixel's four bytes, each in 16 bits of its own, so that one multiplication weighs all four. */
static inline uint64_t
spread(const uint8_t *pixel)
{
    uint32_t v;
    uint64_t x;

    memcpy(&v, pixel, 4);
    x = v;
    x = (x | x << 16) & 0x0000ffff0000ffffull;
    return (x | x << 8) & LANES;
}

static inline int
reflect(int i, int n)
{
    i = i < 0 ? -1 - i : i;
    i %= 2 * n;
    return i < n ? i : 2 * n - 1 - i;
}

static uint64_t
texel(const HsegPicture *s, int x, int y, HsegBorder border)
{
    if (border == HSEG_BORDER_REFLECT)
        return spread(s->data + reflect(y, s->height) * s->stride + 4 * reflect(x, s->width));
    if (x < 0 || y < 0 || x >= s->width || y >= s->height)
        return 0;
    return spread(s->data + y * s->stride + 4 * (size_t)x);
}

/* The weighted mean of two pixels, each channel rounded; @w: 0 .. 256 for the second. */
static inline uint64_t
mix(uint64_t a, uint64_t b, uint64_t w)
{
    return ((a * (256 - w) + b * w + HALVES) >> 8) & LANES;
}

/* The four channels at (u, v), bilinear, in the lanes of the result. Positions count from the middle of the
 * first pixel and have 16 fractional bits, of which the weights take 8. */
static inline uint64_t
sample_inside(const HsegPicture *s, int u, int v)
{
    const uint8_t *p = s->data + (size_t)(v >> 16) * s->stride + 4 * (size_t)(u >> 16);
    unsigned wx = u >> 8 & 255, wy = v >> 8 & 255;
    uint64_t top = mix(spread(p), spread(p + 4), wx);

    return mix(top, mix(spread(p + s->stride), spread(p + s->stride + 4), wx), wy);
}

static uint64_t
sample_border(const HsegPicture *s, int u, int v, HsegBorder border)
{
    int x = u >> 16, y = v >> 16;
    unsigned wx = u >> 8 & 255, wy = v >> 8 & 255;
    uint64_t top = mix(texel(s, x, y, border), texel(s, x + 1, y, border), wx);

    return mix(top, mix(texel(s, x, y + 1, border), texel(s, x + 1, y + 1, border), wx), wy);
}

static inline bool
is_inside(const HsegPicture *s, int u, int v)
{
    return (unsigned)(u >> 16) < (unsigned)s->width - 1 && (unsigned)(v >> 16) < (unsigned)s->height - 1;
}

/* How many samples it takes along a canvas axis that moves (du, dv) in the source a pixel. */
static int
grid(float du, float dv)
{
    return HSEG_CLAMP((int)ceilf(hypotf(du, dv) - 0.2f), 1, MAX_GRID);
}

/* Adds to sums[x] a sample for each pixel of a row, the first at (u, v), the others (du, dv) on. */
static void
add_samples(uint64_t *restrict sums, int w, const HsegPicture *s, int u, int v, int du, int dv,
            HsegBorder border)
{
    /* A line is inside where its ends are. */
    if (is_inside(s, u, v) && is_inside(s, u + (w - 1) * du, v + (w - 1) * dv)) {
        for (int x = 0; x < w; x++, u += du, v += dv)
            sums[x] += sample_inside(s, u, v);
        return;
    }
    for (int x = 0; x < w; x++, u += du, v += dv)
        sums[x] += is_inside(s, u, v) ? sample_inside(s, u, v) : sample_border(s, u, v, border);
}

static int
fixed(float f)
{
    return (int)lrintf(f * 65536);
}

static void
warp(HsegCanvas *canvas, const HsegPicture *source, const HsegAffine *map, HsegBorder border)
{
    int nx = grid(map->xx, map->yx), ny = grid(map->xy, map->yy), w = canvas->w;
    float mean = 1.0f / (nx * ny);
    uint64_t *sums = (uint64_t *)canvas->scratch[0]; /* [w]: a row of them fits the two planes */

    for (int y = 0; y < canvas->h; y++) {
        size_t row = (size_t)y * w;

        memset(sums, 0, w * sizeof *sums);
        for (int i = 0; i < nx * ny; i++) {
            float cx = (i % nx + 0.5f) / nx, cy = y + (i / nx + 0.5f) / ny;

            add_samples(sums, w, source, fixed(map->xx * cx + map->xy * cy + map->x0 - 0.5f),
                        fixed(map->yx * cx + map->yy * cy + map->y0 - 0.5f), fixed(map->xx), fixed(map->yx),
                        border);
        }
        for (int x = 0; x < w; x++) {
            for (int c = 0; c < 3; c++)
                canvas->rgb[c][row + x] = (float)(int)(sums[x] >> 16 * c & 0xffff) * mean;
            canvas->mask[row + x] = (float)(int)(sums[x] >> 48) * (mean / 255);
        }
    }
}

void
hseg_warp(HsegCanvas *canvas, const HsegPicture *source, const HsegPicture *half, const HsegAffine *map,
          HsegBorder border)
{
    HsegAffine to_half = {map->xx / 2, map->xy / 2, map->x0 / 2, map->yx / 2, map->yy / 2, map->y0 / 2};
    float step = HSEG_MIN(hypotf(map->xx, map->yx), hypotf(map->xy, map->yy));

    if (half && step > HALF_STEP)
        warp(canvas, half, &to_half, border);
    else
        warp(canvas, source, map, border);
}

HsegPicture *
hseg_warp_half(const HsegPicture *source, GError **error)
{
    HsegPicture *half = hseg_picture_new((source->width + 1) / 2, (source->height + 1) / 2, 4, error);

    for (int y = 0; half && y < half->height; y++) {
        const uint8_t *top = source->data + 2 * y * source->stride;
        const uint8_t *bottom = 2 * y + 1 < source->height ? top + source->stride : top;
        uint8_t *out = half->data + y * half->stride;

        for (int x = 0; x < half->width; x++, out += 4) {
            size_t left = 8 * (size_t)x, right = 2 * x + 1 < source->width ? left + 4 : left;

            for (int c = 0; c < 4; c++)
                out[c] = (top[left + c] + top[right + c] + bottom[left + c] + bottom[right + c] + 2) / 4;
        }
    }
    return half;
}
