/* Maps that are smaller than the frame, and their rows bilinearly enlarged: only where somebody looks, span
 * by span. Pixel centres lie at half coordinates; the outermost samples are repeated. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Low rows @row and @next around a full-size row, and the part of the way from one to the other. */
typedef struct {
    int row, next;
    float part;
} HsegLowPlace;

/* Where full-size pixels lie in a map. */
typedef struct {
    int low_w, low_h, width, height;
    int *index;          /* [width]: the low column to the left of each column */
    float *part;         /* [width]: the way to the next one */
    HsegLowPlace *place; /* [height] */
} HsegLowGrid;

/* false where there is no memory; clear it all the same. */
bool hseg_low_grid_init(HsegLowGrid *grid, int low_w, int low_h, int width, int height);
void hseg_low_grid_clear(HsegLowGrid *grid);

/* One thread's enlarged rows of one map, or of several that belong together: those of low rows i and i + 1
 * stand in slots i & 1 and (i + 1) & 1. */
typedef struct {
    int maps;
    const float *low;  /* [maps][low_h][low_w] */
    int row[2];        /* the low row whose slot it is; -1: none */
    float *full[2];    /* [maps][width]: enlarged, as far as it is ready */
    uint8_t *ready[2]; /* [spans] */
} HsegLowRows;

/* As for the grid. */
bool hseg_low_rows_init(HsegLowRows *rows, const HsegLowGrid *grid, int maps);
void hseg_low_rows_clear(HsegLowRows *rows);

/* Other maps: what was enlarged is of no more use. @low: [maps][low_h][low_w], with HSEG_ENLARGE_SLACK floats
 * behind it that may be read. */
void hseg_low_rows_set(HsegLowRows *rows, const float *low);

/* Gives low row @i its slot; whether that was another's. */
bool hseg_low_rows_lack(HsegLowRows *rows, const HsegLowGrid *grid, int i);

/* The row of map @map, as it is. */
static inline const float *
hseg_low_row(const HsegLowRows *rows, const HsegLowGrid *grid, int i, int map)
{
    return rows->low + ((long)map * grid->low_h + i) * grid->low_w;
}

/* Sees to it that full-size pixels @x0 .. @x1-1, whole spans of them, are ready in @i's slot, which is its
 * own. */
void hseg_low_rows_enlarge(HsegLowRows *rows, const HsegLowGrid *grid, int i, int x0, int x1);

/* The enlarged row of map @map. */
static inline const float *
hseg_full_row(const HsegLowRows *rows, const HsegLowGrid *grid, int i, int map)
{
    return rows->full[i & 1] + (long)map * grid->width;
}
