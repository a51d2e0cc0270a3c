#include "train/photometric.h"
#include "base/base.h"

#include <math.h>
#include <string.h>

static size_t
pixels(const HsegCanvas *canvas)
{
    return (size_t)canvas->w * canvas->h;
}

/* Values are rounded to the nearest of the table's 256. */
static void
apply_table(HsegCanvas *canvas, const float table[256])
{
    size_t n = pixels(canvas);

    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < n; i++)
            canvas->rgb[c][i] = table[(uint8_t)(canvas->rgb[c][i] + 0.5f)];
}

void
hseg_gamma(HsegCanvas *canvas, float gamma)
{
    float table[256];

    for (int i = 0; i < 256; i++)
        table[i] = (int)(powf(i / 255.0f, gamma) * 255);
    apply_table(canvas, table);
}

void
hseg_sigmoid_contrast(HsegCanvas *canvas, float gain)
{
    float table[256];

    for (int i = 0; i < 256; i++)
        table[i] = (int)(255 / (1 + expf(-gain * (i / 255.0f - 0.5f))));
    apply_table(canvas, table);
}

void
hseg_brightness(HsegCanvas *canvas, float gain, float offset)
{
    size_t n = pixels(canvas);

    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < n; i++)
            canvas->rgb[c][i] = HSEG_CLAMP(canvas->rgb[c][i] * gain + offset, 0.0f, 255.0f);
}

static inline float
luma(float r, float g, float b)
{
    return 0.299f * r + 0.587f * g + 0.114f * b;
}

void
hseg_grayscale(HsegCanvas *canvas)
{
    size_t n = pixels(canvas);

    for (size_t i = 0; i < n; i++) {
        float y = luma(canvas->rgb[0][i], canvas->rgb[1][i], canvas->rgb[2][i]);

        canvas->rgb[0][i] = canvas->rgb[1][i] = canvas->rgb[2][i] = y;
    }
}

/* One channel of HSV -> RGB without branches: v - v s max(0, min(k, 4 - k, 1)), k = (n + sextant) mod 6, with
 * n = 5, 3, 1 for red, green, blue. */
static inline float
hsv_channel(float n, float sextant, float chroma, float value)
{
    float k = n + sextant;

    k = k >= 6 ? k - 6 : k;
    k = k > 4 - k ? 4 - k : k;
    k = k > 1 ? 1 : k;
    k = k < 0 ? 0 : k;
    return value - chroma * k;
}

void
hseg_hue_saturation(HsegCanvas *canvas, float hue, float saturation)
{
    size_t n = pixels(canvas);
    float turn = 6 * (hue - floorf(hue));
    float *restrict red = canvas->rgb[0], *restrict green = canvas->rgb[1], *restrict blue = canvas->rgb[2];

    for (size_t i = 0; i < n; i++) {
        float r = red[i], g = green[i], b = blue[i];
        float max_rg = r > g ? r : g, max = max_rg > b ? max_rg : b;
        float min_rg = r < g ? r : g, min = min_rg < b ? min_rg : b;
        float d = max - min, scale = 1 / (d + 1e-6f);
        float of_red = (g - b) * scale, of_green = (b - r) * scale + 2, of_blue = (r - g) * scale + 4;
        float rich = d * saturation, chroma = rich < max ? rich : max; /* saturation is at most 1 */
        float sextant = max == g ? of_green : of_blue;

        sextant = (max == r ? of_red : sextant) + turn;
        sextant = sextant < 0 ? sextant + 6 : sextant;
        sextant = sextant >= 6 ? sextant - 6 : sextant;
        red[i] = hsv_channel(5, sextant, chroma, max);
        green[i] = hsv_channel(3, sextant, chroma, max);
        blue[i] = hsv_channel(1, sextant, chroma, max);
    }
}

/* The sum of two random bytes, 0 .. 510: mean 255, standard deviation 104.5. Near enough to normal for what
 * is cut off at one deviation. */
static inline float
bell(uint16_t two_bytes)
{
    return (float)(int)((two_bytes & 255) + (two_bytes >> 8)) - 255;
}

void
hseg_noise(HsegCanvas *canvas, HsegRng *rng, float sigma)
{
    uint16_t draws[256];
    size_t n = pixels(canvas);
    float scale = sigma / 104.5f;

    for (int c = 0; c < 3; c++)
        for (size_t at = 0; at < n; at += HSEG_COUNT(draws)) {
            size_t some = HSEG_MIN(n - at, HSEG_COUNT(draws));
            float *restrict v = canvas->rgb[c] + at;

            for (size_t i = 0; i < HSEG_COUNT(draws); i += 2) {
                uint32_t two = hseg_rng_u32(rng);

                draws[i] = two & 0xffff;
                draws[i + 1] = two >> 16;
            }
            for (size_t i = 0; i < some; i++) {
                float e = bell(draws[i]) * scale;

                e = e < -sigma ? -sigma : e;
                e = v[i] + (e > sigma ? sigma : e);
                e = e < 0 ? 0 : e;
                v[i] = e > 255 ? 255 : e;
            }
        }
}

void
hseg_dropout(HsegCanvas *canvas, HsegRng *rng, int count, int lo, int hi)
{
    for (int i = 0; i < count; i++) {
        int w = hseg_rng_int(rng, lo, hi), h = hseg_rng_int(rng, lo, hi), x0, y0;
        float colour[3];

        w = HSEG_MIN(w, canvas->w);
        h = HSEG_MIN(h, canvas->h);
        x0 = hseg_rng_int(rng, 0, canvas->w - w);
        y0 = hseg_rng_int(rng, 0, canvas->h - h);
        for (int c = 0; c < 3; c++)
            colour[c] = hseg_rng_int(rng, 0, 255);
        for (int y = y0; y < y0 + h; y++) {
            size_t row = (size_t)y * canvas->w + x0;

            memset(canvas->mask + row, 0, w * sizeof(float));
            for (int c = 0; c < 3; c++)
                for (int x = 0; x < w; x++)
                    canvas->rgb[c][row + x] = colour[c];
        }
    }
}

/* Where the outline crosses the middle of row @y, sorted. */
static int
crossings(const float (*points)[2], int corners, float y, float *at)
{
    int n = 0;

    for (int i = 0; i < corners; i++) {
        const float *a = points[i], *b = points[(i + 1) % corners];
        float x;
        int j;

        if ((a[1] <= y) == (b[1] <= y))
            continue;
        x = a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
        for (j = n++; j > 0 && at[j - 1] > x; j--)
            at[j] = at[j - 1];
        at[j] = x;
    }
    return n;
}

void
hseg_shadow(HsegCanvas *canvas, HsegRng *rng, int count, int corners, float top, float intensity)
{
    float points[8][2], at[8];

    corners = HSEG_MIN(corners, (int)HSEG_COUNT(points));
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < corners; k++) {
            points[k][0] = hseg_rng_uniform(rng, 0, canvas->w);
            points[k][1] = hseg_rng_uniform(rng, top * canvas->h, canvas->h);
        }
        for (int y = 0; y < canvas->h; y++) {
            int n = crossings(points, corners, y + 0.5f, at);

            for (int s = 0; s + 1 < n; s += 2)
                for (int x = (int)(at[s] + 0.5f); x < (int)(at[s + 1] + 0.5f); x++)
                    for (int c = 0; c < 3; c++)
                        canvas->rgb[c][(size_t)y * canvas->w + x] *= 1 - intensity;
        }
    }
}
