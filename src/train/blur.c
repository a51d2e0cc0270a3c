/* The blurs among the augmentations. */
#include "base/base.h"
#include "train/photometric.h"

#include <math.h>
#include <string.h>

#define MAX_TAPS 11

/* OpenCV's kernels for sigma 0: binomial-like tables up to 9 taps, beyond that sigma 0.3 ((taps - 1) / 2 - 1)
 * + 0.8. */
static void
gaussian_kernel(float *kernel, int taps)
{
    static const float tables[4][5] = {/* from the middle outwards */
                                       {2 / 4.0f, 1 / 4.0f},
                                       {6 / 16.0f, 4 / 16.0f, 1 / 16.0f},
                                       {0.28125f, 0.21875f, 0.109375f, 0.03125f},
                                       {60 / 256.0f, 51 / 256.0f, 30 / 256.0f, 13 / 256.0f, 4 / 256.0f}};
    float sigma = 0.3f * ((taps - 1) * 0.5f - 1) + 0.8f, sum = 0;

    for (int i = 0; i < taps; i++) {
        int d = abs(i - taps / 2);

        kernel[i] = taps <= 9 ? tables[taps / 2 - 1][d] : expf(-(float)(d * d) / (2 * sigma * sigma));
        sum += kernel[i];
    }
    for (int i = 0; i < taps; i++)
        kernel[i] /= sum;
}

/* -1 is 1 and n is n - 2. */
static int
reflect_101(int i, int n)
{
    if (n == 1)
        return 0;
    while (i < 0 || i >= n)
        i = i < 0 ? -i : 2 * n - 2 - i;
    return i;
}

/* out[x] = sum of kernel[i] * in[x + i - taps / 2] */
static void
blur_row(float *restrict out, const float *restrict in, int w, const float *kernel, int taps)
{
    int r = taps / 2;

    for (int x = 0; x < w; x++) {
        if (x == r && w > 2 * r)
            x = w - r; /* the inside is done below, without asking for each tap */
        out[x] = 0;
        for (int i = 0; i < taps; i++)
            out[x] += kernel[i] * in[reflect_101(x + i - r, w)];
    }
    if (w > 2 * r)
        memset(out + r, 0, (w - 2 * r) * sizeof *out);
    for (int i = 0; i < taps; i++)
        for (int x = r; x < w - r; x++)
            out[x] += kernel[i] * in[x + i - r];
}

void
hseg_gaussian_plane(HsegCanvas *canvas, float *plane, int taps)
{
    int w = canvas->w, h = canvas->h;
    float kernel[MAX_TAPS], *rows = canvas->scratch[1];

    gaussian_kernel(kernel, taps);
    for (int y = 0; y < h; y++)
        blur_row(rows + (size_t)y * w, plane + (size_t)y * w, w, kernel, taps);
    for (int y = 0; y < h; y++) {
        float *restrict out = plane + (size_t)y * w;

        memset(out, 0, w * sizeof *out);
        for (int i = 0; i < taps; i++) {
            const float *restrict in = rows + (size_t)reflect_101(y + i - taps / 2, h) * w;

            for (int x = 0; x < w; x++)
                out[x] += kernel[i] * in[x];
        }
    }
}

void
hseg_background_blur(HsegCanvas *canvas, int taps)
{
    size_t n = (size_t)canvas->w * canvas->h;
    float *restrict blurred = canvas->scratch[0];

    for (int c = 0; c < 3; c++) {
        float *restrict plane = canvas->rgb[c];

        memcpy(blurred, plane, n * sizeof *plane);
        hseg_gaussian_plane(canvas, blurred, taps);
        for (size_t i = 0; i < n; i++)
            plane[i] += (blurred[i] - plane[i]) * (1 - canvas->mask[i]);
    }
}

void
hseg_motion_blur(HsegCanvas *canvas, int taps, float radians)
{
    int w = canvas->w, h = canvas->h;
    float *sum = canvas->scratch[0];

    for (int c = 0; c < 3; c++) {
        memset(sum, 0, (size_t)w * h * sizeof *sum);
        for (int i = 0; i < taps; i++) {
            int dx = (int)lroundf(cosf(radians) * (i - taps / 2)),
                dy = (int)lroundf(sinf(radians) * (i - taps / 2));
            int x0 = HSEG_CLAMP(-dx, 0, w), x1 = HSEG_CLAMP(w - dx, 0, w);

            for (int y = 0; y < h; y++) {
                const float *restrict in = canvas->rgb[c] + (size_t)HSEG_CLAMP(y + dy, 0, h - 1) * w;
                float *restrict out = sum + (size_t)y * w;

                for (int x = 0; x < x0; x++)
                    out[x] += in[0];
                for (int x = x0; x < x1; x++)
                    out[x] += in[x + dx];
                for (int x = x1; x < w; x++)
                    out[x] += in[w - 1];
            }
        }
        for (size_t i = 0; i < (size_t)w * h; i++)
            canvas->rgb[c][i] = sum[i] / taps;
    }
}
