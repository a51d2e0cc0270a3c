/* Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), in OpenCV's steps. */
#include "base/base.h"
#include "train/photometric.h"

#include <math.h>
#include <string.h>

#define TILES 8

/* The tiles cover the canvas and, where it does not divide, some of its mirror image to the right and below.
 */
typedef struct {
    int w, h; /* of a tile */
    uint8_t tables[TILES * TILES][256];
} Tiles;

static inline uint8_t
luma(const HsegCanvas *canvas, size_t i)
{
    return (uint8_t)(0.299f * canvas->rgb[0][i] + 0.587f * canvas->rgb[1][i] + 0.114f * canvas->rgb[2][i] +
                     0.5f);
}

static int
mirror(int i, int n)
{
    while (i >= n)
        i = n > 1 ? abs(2 * n - 2 - i) : 0;
    return i;
}

/* What is above the limit goes to all bins alike, the rest of it one by one at an even stride. */
static void
clip_histogram(int histogram[256], int limit)
{
    int excess = 0, rest;

    for (int v = 0; v < 256; v++) {
        excess += HSEG_MAX(0, histogram[v] - limit);
        histogram[v] = HSEG_MIN(histogram[v], limit);
    }
    for (int v = 0; v < 256; v++)
        histogram[v] += excess / 256;
    rest = excess % 256;
    for (int v = 0, step = HSEG_MAX(256 / HSEG_MAX(rest, 1), 1); rest > 0 && v < 256; v += step, rest--)
        histogram[v]++;
}

static void
make_table(uint8_t table[256], const uint8_t *y, const HsegCanvas *canvas, const Tiles *tiles, int tx, int ty,
           float clip)
{
    int histogram[256] = {0}, area = tiles->w * tiles->h, sum = 0;

    for (int j = 0; j < tiles->h; j++)
        for (int i = 0; i < tiles->w; i++)
            histogram[y[(size_t)mirror(ty * tiles->h + j, canvas->h) * canvas->w +
                        mirror(tx * tiles->w + i, canvas->w)]]++;
    clip_histogram(histogram, HSEG_MAX(1, (int)(clip * area / 256)));
    for (int v = 0; v < 256; v++) {
        sum += histogram[v];
        table[v] = (uint8_t)HSEG_MIN(255, lrintf(sum * (255.0f / area)));
    }
}

/* The two tiles whose middles lie around pixel @i, and how far it is on the way to the second. */
static float
neighbours(int i, int size, int tile[2])
{
    float at = (float)i / size - 0.5f;
    int first = (int)floorf(at);

    tile[0] = HSEG_MAX(first, 0);
    tile[1] = HSEG_MIN(first + 1, TILES - 1);
    return at - first;
}

/* OpenCV pads both sides, by a whole tile count where only one of them does not divide. */
static void
tile_sizes(Tiles *tiles, int w, int h)
{
    bool divides = w % TILES == 0 && h % TILES == 0;

    tiles->w = divides ? w / TILES : w / TILES + 1;
    tiles->h = divides ? h / TILES : h / TILES + 1;
}

void
hseg_clahe(HsegCanvas *canvas, float clip)
{
    Tiles tiles;
    uint8_t *y8 = (uint8_t *)canvas->scratch[0];

    for (size_t i = 0; i < (size_t)canvas->w * canvas->h; i++)
        y8[i] = luma(canvas, i);
    tile_sizes(&tiles, canvas->w, canvas->h);
    for (int t = 0; t < TILES * TILES; t++)
        make_table(tiles.tables[t], y8, canvas, &tiles, t % TILES, t / TILES, clip);
    for (int y = 0; y < canvas->h; y++) {
        int row[2], col[2];
        float fy = neighbours(y, tiles.h, row);

        for (int x = 0; x < canvas->w; x++) {
            size_t at = (size_t)y * canvas->w + x;
            float fx = neighbours(x, tiles.w, col), move;
            uint8_t v = y8[at];
            float a = tiles.tables[row[0] * TILES + col[0]][v] * (1 - fx) +
                      tiles.tables[row[0] * TILES + col[1]][v] * fx;
            float b = tiles.tables[row[1] * TILES + col[0]][v] * (1 - fx) +
                      tiles.tables[row[1] * TILES + col[1]][v] * fx;

            move = a + (b - a) * fy - v;
            for (int c = 0; c < 3; c++)
                canvas->rgb[c][at] = HSEG_CLAMP(canvas->rgb[c][at] + move, 0.0f, 255.0f);
        }
    }
}
