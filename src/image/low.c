#include "image/low.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/rows.h"
#include "image/spans.h"

/* The low sample at or before the full-size pixel's centre, and the part of the way to the next. */
static int
position(int pixel, int low, int full, float *part)
{
    double f = HSEG_CLAMP((pixel + 0.5) * low / full - 0.5, 0., low - 1.);
    int i = HSEG_CLAMP((int)f, 0, HSEG_MAX(low - 2, 0));

    *part = (float)(f - i);
    return i;
}

bool
hseg_low_grid_init(HsegLowGrid *grid, int low_w, int low_h, int width, int height)
{
    *grid = (HsegLowGrid){
        .low_w = low_w,
        .low_h = low_h,
        .width = width,
        .height = height,
        .index = hseg_mem_new0(width * sizeof(int)),
        .part = hseg_mem_new0(width * sizeof(float)),
        .place = hseg_mem_new0(height * sizeof(HsegLowPlace)),
    };
    if (!grid->index || !grid->part || !grid->place)
        return false;
    for (int x = 0; x < width; x++)
        grid->index[x] = position(x, low_w, width, &grid->part[x]);
    for (int y = 0; y < height; y++) {
        HsegLowPlace *place = &grid->place[y];

        place->row = position(y, low_h, height, &place->part);
        place->next = HSEG_MIN(place->row + 1, low_h - 1);
    }
    return true;
}

void
hseg_low_grid_clear(HsegLowGrid *grid)
{
    hseg_mem_free(grid->index);
    hseg_mem_free(grid->part);
    hseg_mem_free(grid->place);
}

bool
hseg_low_rows_init(HsegLowRows *rows, const HsegLowGrid *grid, int maps)
{
    size_t line = (size_t)maps * grid->width, spans = hseg_spans(grid->width);
    float *memory = hseg_mem_new0(2 * line * sizeof(float) + 2 * spans);

    *rows = (HsegLowRows){.maps = maps, .row = {-1, -1}};
    if (!memory)
        return false;
    for (int i = 0; i < 2; i++) {
        rows->full[i] = memory + i * line;
        rows->ready[i] = (uint8_t *)(memory + 2 * line) + i * spans;
    }
    return true;
}

void
hseg_low_rows_clear(HsegLowRows *rows)
{
    hseg_mem_free(rows->full[0]);
}

void
hseg_low_rows_set(HsegLowRows *rows, const float *low)
{
    rows->low = low;
    rows->row[0] = rows->row[1] = -1;
}

bool
hseg_low_rows_lack(HsegLowRows *rows, const HsegLowGrid *grid, int i)
{
    if (rows->row[i & 1] == i)
        return false;
    rows->row[i & 1] = i;
    memset(rows->ready[i & 1], 0, hseg_spans(grid->width));
    return true;
}

void
hseg_low_rows_enlarge(HsegLowRows *rows, const HsegLowGrid *grid, int i, int x0, int x1)
{
    for (int x = x0; x < x1; x += HSEG_SPAN) {
        uint8_t *ready = &rows->ready[i & 1][x / HSEG_SPAN];
        int n = HSEG_MIN(x1 - x, HSEG_SPAN);

        for (int map = 0; !*ready && map < rows->maps; map++)
            hseg_rows()->enlarge(rows->full[i & 1] + (size_t)map * grid->width + x,
                                 hseg_low_row(rows, grid, i, map), grid->index + x, grid->part + x,
                                 grid->low_w > 1, n);
        *ready = 1;
    }
}
