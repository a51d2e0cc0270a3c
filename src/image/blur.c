#include "image/blur.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/box.h"
#include "image/layout.h"
#include "image/mask.h"
#include "image/rows.h"

#define COLORS   3
#define PASSES   3 /* boxes that stand for the Gaussian: by then it is within 3 % of one */
#define CELL_MAX 16

/* A cell that is all person still weighs this much: enough to divide by, too little to be seen beside any
 * background. */
#define LEAST_WEIGHT 1e-4f

/* The finest grid has at most about so many cells, so that memory and time stay small at any frame size. */
#define GRID_CELLS (480 * 270)

/* One thread's sums over the rows of a cell. */
typedef struct {
    uint32_t *value, *weight; /* [line]; the last cell is filled up with zeros */
    uint32_t *other[2];       /* [line]: the other row while they are added up across */
    uint16_t *sum;            /* [line]: scratch */
    uint8_t *mask;            /* scratch of the mask rows */
    uint8_t *masks;           /* [CELL_MAX][line]: those of a cell, where they are not the mask's own */
    uint8_t *empty;           /* [width] of zeros: the mask of a plain blur */
    void *box;                /* box sums of two planes */
} Gather;

/* What hseg_blur_row() keeps from one row to the next, in its scratch memory: rows i and i + 1 of the grid,
 * enlarged across, stand in slots i & 1 and (i + 1) & 1, in the plane's own layout. */
typedef struct {
    unsigned run;                    /* the blur's run that they are of */
    int in_slot[HSEG_MAX_PLANES][2]; /* grid row + 1; 0: none */
} Enlarged;

struct HsegBlur {
    HsegFrame like;
    int threads, colors;
    int cell_least, cell; /* pixels, a power of two */
    int radius[PASSES];   /* of the boxes, in cells */
    int grid_w, grid_h;
    size_t plane;    /* cells in the finest grid */
    size_t line;     /* samples in the longest row of a plane, its last cell filled up */
    unsigned runs;   /* frames finished */
    float *cells[2]; /* [colors + 1][plane]: weight * value of each colour, then weight; and the other way
                        round */
    Gather *gather;  /* [threads] */
};

static int
cells_across(int pixels, int cell)
{
    return (pixels + cell - 1) / cell;
}

static void
free_gather(Gather *g)
{
    hseg_mem_free(g->value);
    hseg_mem_free(g->weight);
    hseg_mem_free(g->other[0]);
    hseg_mem_free(g->other[1]);
    hseg_mem_free(g->sum);
    hseg_mem_free(g->mask);
    hseg_mem_free(g->masks);
    hseg_mem_free(g->empty);
    hseg_mem_free(g->box);
}

static bool
init_gather(Gather *g, size_t line, int width)
{
    *g = (Gather){
        .value = hseg_mem_new0(line * sizeof *g->value),
        .weight = hseg_mem_new0(line * sizeof *g->weight),
        .other = {hseg_mem_new0(line * sizeof *g->value), hseg_mem_new0(line * sizeof *g->value)},
        .sum = hseg_mem_new0(line * sizeof *g->sum),
        .mask = hseg_mem_new0(hseg_mask_scratch(width)),
        .masks = hseg_mem_new0(CELL_MAX * line),
        .empty = hseg_mem_new0(width),
        .box = hseg_mem_new0(hseg_box_bytes(width, 2)),
    };
    return g->value && g->weight && g->other[0] && g->other[1] && g->sum && g->mask && g->masks && g->empty &&
           g->box;
}

HsegBlur *
hseg_blur_new(const HsegFrame *like, double sigma, int threads)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    HsegBlur *b = hseg_mem_new0(sizeof *b);
    bool ok = true;

    if (!b)
        return NULL;
    b->like = *like;
    b->threads = threads;
    b->colors = HSEG_MIN((int)info->components, COLORS);
    /* at least two, so that a cell is whole samples of halved chroma */
    for (b->cell_least = 2; b->cell_least < CELL_MAX; b->cell_least *= 2)
        if ((int64_t)like->width * like->height <= (int64_t)GRID_CELLS * b->cell_least * b->cell_least)
            break;
    b->plane = (size_t)cells_across(like->width, b->cell_least) * cells_across(like->height, b->cell_least);
    for (int p = 0; p < info->planes; p++)
        b->line = HSEG_MAX(b->line, (size_t)hseg_plane_samples(info, p, like->width + CELL_MAX));
    for (int i = 0; i < 2; i++)
        b->cells[i] = hseg_mem_new0(b->plane * (b->colors + 1) * sizeof(float));
    b->gather = hseg_mem_new0(threads * sizeof *b->gather);
    for (int i = 0; b->gather && i < threads; i++)
        ok = init_gather(&b->gather[i], b->line, like->width) && ok;
    if (!ok || !b->gather || !b->cells[0] || !b->cells[1]) {
        hseg_blur_free(b);
        return NULL;
    }
    hseg_layout_prepare();
    hseg_blur_set_sigma(b, sigma);
    return b;
}

void
hseg_blur_free(HsegBlur *b)
{
    if (!b)
        return;
    for (int i = 0; b->gather && i < b->threads; i++)
        free_gather(&b->gather[i]);
    hseg_mem_free(b->gather);
    hseg_mem_free(b->cells[0]);
    hseg_mem_free(b->cells[1]);
    hseg_mem_free(b);
}

double
hseg_blur_least(const HsegBlur *b)
{
    return b->cell_least;
}

/* Radii of the boxes whose variances, (n^2 - 1) / 12 each, add up to @variance as nearly as odd widths n
 * allow (Kovesi: Fast Almost-Gaussian Filtering, 2010). */
static void
choose_radii(double variance, int radius[PASSES])
{
    double ideal = sqrt(12 * variance / PASSES + 1);
    int small = (int)((ideal - 1) / 2), n = 2 * small + 1;
    double few = (12 * variance - PASSES * (n * n + 4 * n + 3)) / (-4. * n - 4);

    for (int i = 0; i < PASSES; i++)
        radius[i] = i < (int)lrint(few) ? small : small + 1;
}

void
hseg_blur_set_sigma(HsegBlur *b, double sigma)
{
    sigma = fmax(sigma, hseg_blur_least(b)); /* one box at least then has a radius, see blur_planes() */
    /* the coarsest grid that still leaves the boxes most of the work */
    for (b->cell = b->cell_least; b->cell < CELL_MAX && 4 * b->cell <= sigma; b->cell *= 2)
        ;
    b->grid_w = cells_across(b->like.width, b->cell);
    b->grid_h = cells_across(b->like.height, b->cell);
    /* In cells: the mean over a cell has variance 1/12, the bilinear triangle 1/6. */
    choose_radii(sigma * sigma / (b->cell * b->cell) - 0.25, b->radius);
}

/* Samples of a plane's row after which its components come again, and how many pixels they cover. */
static int
period_of(const HsegFormatInfo *info, int plane, int *pixels)
{
    int period = 1;

    *pixels = 1;
    for (int i = 0; i < info->components; i++)
        if (info->component[i].plane == plane && info->component[i].step >= period) {
            period = info->component[i].step;
            *pixels = 1 << info->component[i].sub_x;
        }
    return period;
}

/* Adds up the sums of a row's pixels, each cell's: from then on the components of cell x start at x *
 * @period. Returns the results, in one of the two rows. */
static uint32_t *
add_cells(uint32_t *sum, uint32_t *other, int period, int cell, int cells)
{
    for (; cell > 1; cell /= 2) {
        uint32_t *halved = other;

        hseg_rows()->halve_u32(halved, sum, period, cells * cell / 2);
        other = sum;
        sum = halved;
    }
    return sum;
}

/* How much each cell weighs in the blur, into row @cy of the grid. A pixel's weight in the sums is 256 -
 * mask, at least 1, so that there always is a mean; what of it is no background is taken off again. Cells
 * that the picture's edge clips weigh their part. @weight: [grid_w] @period apart; @rows: of the frame, that
 * were summed */
static void
weigh_cells(HsegBlur *b, const uint32_t *weight, int period, int cy, int rows)
{
    float *out = b->cells[0] + b->colors * b->plane + (size_t)cy * b->grid_w;
    int full = b->cell * b->cell;

    for (int cx = 0; cx < b->grid_w; cx++) {
        int pixels = rows * (HSEG_MIN((cx + 1) * b->cell, b->like.width) - cx * b->cell);

        out[cx] =
            ((float)((int)weight[cx * period] - pixels) / 255 + LEAST_WEIGHT * (float)pixels) / (float)full;
    }
}

/* What else of component @c lies in each period, added to the first. */
static void
add_steps(uint32_t *sum, const HsegComponent *c, int period, int n)
{
    for (int k = c->offset + c->step; k < period; k += c->step)
        for (int x = 0; x < n; x++)
            sum[x * period + c->offset] += sum[x * period + k];
}

/* Puts the summed rows of a plane into row @cy of the grid. */
static void
put_cells(HsegBlur *b, int plane, const Gather *g, int cy, int rows)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);
    int pixels, period = period_of(info, plane, &pixels);
    uint32_t *value = add_cells(g->value, g->other[0], period, b->cell / pixels, b->grid_w);
    uint32_t *weight = add_cells(g->weight, g->other[1], period, b->cell / pixels, b->grid_w);
    const float *scale = b->cells[0] + b->colors * b->plane + (size_t)cy * b->grid_w;

    for (int i = 0; i < b->colors; i++) {
        const HsegComponent *c = &info->component[i];

        if (c->plane != plane)
            continue;
        add_steps(value, c, period, b->grid_w);
        add_steps(weight, c, period, b->grid_w);
        if (i == 0)
            weigh_cells(b, weight + c->offset, period, cy, rows);
        hseg_rows()->cell_means(b->cells[0] + i * b->plane + (size_t)cy * b->grid_w, value + c->offset,
                                weight + c->offset, scale, period, b->grid_w);
    }
}

/* The mask over rows @y0 .. @y1-1 of @plane. */
static void
mask_rows(const HsegBlur *b, const uint8_t *mask, ptrdiff_t stride, int plane, int y0, int y1,
          const Gather *g, const uint8_t *rows[CELL_MAX])
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);
    int n = hseg_plane_samples(info, plane, b->like.width);
    bool own = hseg_mask_fits_plane(info, plane);

    for (int y = y0; y < y1; y++) {
        const uint8_t *row = hseg_mask_plane_row(info, plane, y, b->like.width, b->like.height,
                                                 mask ? mask : g->empty, mask ? stride : 0, g->mask);

        rows[y - y0] = row;
        if (!own)
            rows[y - y0] = memcpy(g->masks + (y - y0) * b->line, row, n);
    }
}

/* Takes out of the sums what lies to the right of the picture: the rest of the last cell, and the second
 * pixel of a pair whose first is the last of its row. */
static void
clear_rest(const HsegBlur *b, int plane, int n, const Gather *g)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);

    for (int i = 0; i < b->colors; i++) {
        const HsegComponent *c = &info->component[i];

        for (int x = hseg_component_width(c, b->like.width) * c->step + c->offset; c->plane == plane && x < n;
             x += c->step)
            g->value[x] = g->weight[x] = 0;
    }
    memset(g->value + n, 0, (b->line - n) * sizeof *g->value);
    memset(g->weight + n, 0, (b->line - n) * sizeof *g->weight);
}

/* Sums the rows of @plane, and of the @alike - 1 planes behind it, that lie in row @cy of the grid. */
static void
gather_cells(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t stride, int plane, int alike,
             int cy, Gather *g)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int sub_y = hseg_plane_sub_y(info, plane), n = hseg_plane_samples(info, plane, frame->width);
    int y0 = cy * (b->cell >> sub_y);
    int y1 = HSEG_MIN(y0 + (b->cell >> sub_y), hseg_format_plane_rows(frame->format, plane, frame->height));
    const uint8_t *rows[CELL_MAX];

    mask_rows(b, mask, stride, plane, y0, y1, g, rows);
    for (int p = plane; p < plane + alike; p++) {
        const uint8_t *row = hseg_frame_row(frame, p, y0);

        if (info->bytes == 1)
            hseg_rows()->weigh_u8(g->value, g->weight, g->sum, row, frame->stride[p], rows, y1 - y0, n);
        else
            hseg_rows()->weigh_u16(g->value, g->weight, (const uint16_t *)(const void *)row,
                                   frame->stride[p] / 2, rows, y1 - y0, info->shift, n);
        clear_rest(b, p, n, g);
        put_cells(b, p, g, cy, HSEG_MIN((cy + 1) * b->cell, frame->height) - cy * b->cell);
    }
}

void
hseg_blur_gather(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t mask_stride, int band,
                 int thread)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int rows = HSEG_BAND_ROWS / b->cell, end = HSEG_MIN((band + 1) * rows, b->grid_h);

    for (int cy = band * rows; cy < end; cy++)
        /* luma comes first: its weights are the cells' */
        for (int p = 0, alike; p < info->planes; p += alike) {
            alike = hseg_planes_alike(info, p);
            if (hseg_plane_color(info, p) < b->colors)
                gather_cells(b, frame, mask, mask_stride, p, alike, cy, &b->gather[thread]);
        }
}

/* The boxes over two planes of the grid, or the last one. PASSES is odd: the result is in cells[1]. They
 * reach across the cells between which the way back up interpolates, so a cell of nothing but person beside
 * one with background has that one's colour. */
static void
blur_planes(void *data, int pair, int thread)
{
    HsegBlur *b = data;
    size_t first = 2 * pair * b->plane;
    int from = 0, planes = HSEG_MIN(b->colors + 1 - 2 * pair, 2);

    for (int i = 0; i < PASSES; i++, from = !from)
        hseg_box_mean(b->cells[!from] + first, b->cells[from] + first, b->plane, planes, b->grid_w, b->grid_h,
                      b->radius[i], b->gather[thread].box);
}

void
hseg_blur_finish(HsegBlur *b)
{
    size_t cells = (size_t)b->grid_w * b->grid_h;
    const float *weight = b->cells[1] + b->colors * b->plane;

    hseg_parallel(b->threads, (b->colors + 2) / 2, blur_planes, b);
    for (int c = 0; c < b->colors; c++) {
        float *value = b->cells[1] + c * b->plane;

        for (size_t i = 0; i < cells; i++)
            value[i] /= weight[i];
    }
    b->runs++;
}

static size_t
row_samples(int width)
{
    return 4 * (size_t)hseg_round_up(width + CELL_MAX, 2);
}

static size_t
grid_bytes(int width)
{
    return (size_t)hseg_round_up(cells_across(width, 2) * (int)sizeof(float), HSEG_ALIGN);
}

/* The rows that are kept, of all planes together at most four samples a pixel; a row of the grid; and a dense
 * row of one component. */
size_t
hseg_blur_scratch(int width)
{
    return HSEG_ALIGN + 2 * row_samples(width) * sizeof(uint16_t) + grid_bytes(width) +
           (width + CELL_MAX) * sizeof(uint16_t);
}

/* Row @i of the grid, enlarged across, in @plane's layout: fixed point, see HsegRows.between_u8. */
static void
enlarge_row(const HsegBlur *b, int plane, int i, uint16_t *out, float *cells, uint16_t *dense)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);
    float one = (float)(1 << (info->bytes == 1 ? HSEG_FRACTION_U8 : HSEG_FRACTION_U16));

    for (int color = 0; color < b->colors; color++) {
        const HsegComponent *c = &info->component[color];
        const float *row = b->cells[1] + color * b->plane + (size_t)i * b->grid_w;

        if (c->plane != plane)
            continue;
        for (int x = 0; x < b->grid_w; x++)
            cells[x] = row[x] * one + 0.5f;
        hseg_rows()->cells_u16(c->step == 1 ? out : dense, cells, b->cell >> c->sub_x, b->grid_w);
        if (c->step > 1) /* a pair of pixels is whole in memory */
            hseg_rows()->spread_u16(
                out + c->offset, c->step, dense,
                (hseg_plane_samples(info, plane, b->like.width) - c->offset - 1) / c->step + 1);
    }
}

/* One of the two slots of @plane; those of all planes lie one behind the other. */
static uint16_t *
slot_of(const HsegBlur *b, int plane, int slot, uint16_t *memory)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);

    for (int p = 0; p < plane; p++)
        memory += 2 * hseg_plane_samples(info, p, b->like.width + CELL_MAX);
    return memory + slot * hseg_plane_samples(info, plane, b->like.width + CELL_MAX);
}

void
hseg_blur_row(const HsegBlur *b, int plane, int y, void *row, void *scratch)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);
    int width = b->like.width, n = hseg_plane_samples(info, plane, width);
    double f = HSEG_CLAMP((y + 0.5) / (b->cell >> hseg_plane_sub_y(info, plane)) - 0.5, 0., b->grid_h - 1.);
    int i = (int)f, part = (int)((f - i) * 32768);
    Enlarged *e = scratch;
    uint16_t *memory = (uint16_t *)(void *)((uint8_t *)scratch + HSEG_ALIGN), *slot[2];
    float *cells = (float *)(void *)(memory + 2 * row_samples(width));
    uint16_t *dense = (uint16_t *)(void *)((uint8_t *)cells + grid_bytes(width));

    if (e->run != b->runs)
        *e = (Enlarged){.run = b->runs};
    for (int k = 0; k < 2; k++) {
        int at = HSEG_MIN(i + k, b->grid_h - 1);

        slot[k] = slot_of(b, plane, at & 1, memory);
        if (e->in_slot[plane][at & 1] != at + 1)
            enlarge_row(b, plane, at, slot[k], cells, dense);
        e->in_slot[plane][at & 1] = at + 1;
    }
    if (info->bytes == 1)
        hseg_rows()->between_u8(row, slot[0], slot[1], part, n);
    else
        hseg_rows()->between_u16(row, slot[0], slot[1], part, info->shift, n);
}
