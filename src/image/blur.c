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
    uint8_t *mask;            /* scratch of the mask rows */
    uint8_t *empty;           /* [width] of zeros: the mask of a plain blur */
    double *box;              /* two rows of box sums */
} Gather;

struct HsegBlur {
    HsegFrame like;
    int threads, colors;
    int cell_least, cell; /* pixels, a power of two */
    int radius[PASSES];   /* of the boxes, in cells */
    int grid_w, grid_h;
    size_t plane;    /* cells in the finest grid */
    size_t line;     /* samples in the longest row of a plane, its last cell filled up */
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
    hseg_mem_free(g->mask);
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
        .mask = hseg_mem_new0(hseg_mask_scratch(width)),
        .empty = hseg_mem_new0(width),
        .box = hseg_mem_new0(hseg_box_bytes(width, 1)),
    };
    return g->value && g->weight && g->other[0] && g->other[1] && g->mask && g->empty && g->box;
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
    sigma = fmax(sigma, hseg_blur_least(b)); /* one box at least then has a radius, see blur_plane() */
    /* the coarsest grid that still leaves the boxes most of the work */
    for (b->cell = b->cell_least; b->cell < CELL_MAX && 4 * b->cell <= sigma; b->cell *= 2)
        ;
    b->grid_w = cells_across(b->like.width, b->cell);
    b->grid_h = cells_across(b->like.height, b->cell);
    /* In cells: the mean over a cell has variance 1/12, the bilinear triangle 1/6. */
    choose_radii(sigma * sigma / (b->cell * b->cell) - 0.25, b->radius);
}

/* Adds up the sums of one component's @n samples, each cell's. Returns the results, in one of the two rows.
 */
static const uint32_t *
add_cells(uint32_t *sum, uint32_t *other, const HsegComponent *component, int n, int cell, int cells)
{
    if (component->step == 1) {
        for (; cell > 1; cell /= 2) {
            uint32_t *halved = other;

            hseg_rows()->add_pairs(halved, sum, cells * cell / 2);
            other = sum;
            sum = halved;
        }
        return sum;
    }
    for (int c = 0; c < cells; c++) {
        uint32_t all = 0;

        for (int x = c * cell; x < HSEG_MIN((c + 1) * cell, n); x++)
            all += sum[x * component->step + component->offset];
        other[c] = all;
    }
    return other;
}

/* Puts the sums of one component into row @cy of the grid; @rows: of the component, that were summed. */
static void
put_cells(HsegBlur *b, int color, const Gather *g, int cy, int rows)
{
    const HsegComponent *c = &hseg_format_info(b->like.format)->component[color];
    int cell = b->cell >> c->sub_x, full = cell * (b->cell >> c->sub_y);
    int n = hseg_component_width(c, b->like.width);
    float *out = b->cells[0] + color * b->plane + (size_t)cy * b->grid_w;
    float *weights = b->cells[0] + b->colors * b->plane + (size_t)cy * b->grid_w;
    const uint32_t *value = add_cells(g->value, g->other[0], c, n, cell, b->grid_w);
    const uint32_t *weight = add_cells(g->weight, g->other[1], c, n, cell, b->grid_w);

    /* A pixel weighs 256 - mask, at least 1, so that there always is a mean; what of it is no background is
     * taken off the cell's own weight again. Cells that the picture's edge clips weigh their part. */
    for (int cx = 0; color == 0 && cx < b->grid_w; cx++) {
        int pixels = rows * (HSEG_MIN((cx + 1) * cell, n) - cx * cell);

        weights[cx] = ((float)(weight[cx] - pixels) / 255 + LEAST_WEIGHT * pixels) / full;
    }
    for (int cx = 0; cx < b->grid_w; cx++)
        out[cx] = weights[cx] * value[cx] / weight[cx];
}

/* Sums the rows of @plane that lie in row @cy of the grid. */
static void
gather_cells(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t stride, int plane, int cy,
             Gather *g)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int sub_y = hseg_plane_sub_y(info, plane), n = hseg_plane_samples(info, plane, frame->width);
    int y0 = cy * (b->cell >> sub_y);
    int y1 = HSEG_MIN(y0 + (b->cell >> sub_y), hseg_format_plane_rows(frame->format, plane, frame->height));

    memset(g->value, 0, b->line * sizeof *g->value);
    memset(g->weight, 0, b->line * sizeof *g->weight);
    for (int y = y0; y < y1; y++) {
        const uint8_t *row = hseg_frame_row(frame, plane, y);
        const uint8_t *m = hseg_mask_plane_row(info, plane, y, frame->width, frame->height,
                                               mask ? mask : g->empty, mask ? stride : 0, g->mask);

        if (info->bytes == 1)
            hseg_rows()->weigh_u8(g->value, g->weight, row, m, n);
        else
            hseg_rows()->weigh_u16(g->value, g->weight, (const uint16_t *)(const void *)row, m, info->shift,
                                   n);
    }
    for (int i = 0; i < b->colors; i++)
        if (info->component[i].plane == plane)
            put_cells(b, i, g, cy, y1 - y0);
}

void
hseg_blur_gather(HsegBlur *b, const HsegFrame *frame, const uint8_t *mask, ptrdiff_t mask_stride, int band,
                 int thread)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int rows = HSEG_BAND_ROWS / b->cell, end = HSEG_MIN((band + 1) * rows, b->grid_h);

    for (int cy = band * rows; cy < end; cy++) {
        int done = -1;

        /* luma first: its weights are the cells' */
        for (int i = 0; i < b->colors; i++)
            if (info->component[i].plane != done) {
                done = info->component[i].plane;
                gather_cells(b, frame, mask, mask_stride, done, cy, &b->gather[thread]);
            }
    }
}

/* The boxes over one plane of the grid. PASSES is odd: the result is in cells[1]. They reach across the cells
 * between which the way back up interpolates, so a cell of nothing but person beside one with background has
 * that one's colour. */
static void
blur_plane(void *data, int plane, int thread)
{
    HsegBlur *b = data;
    int from = 0;

    for (int i = 0; i < PASSES; i++, from = !from)
        hseg_box_mean(b->cells[!from] + plane * b->plane, b->cells[from] + plane * b->plane, b->grid_w,
                      b->grid_h, b->radius[i], b->gather[thread].box);
}

void
hseg_blur_finish(HsegBlur *b)
{
    size_t cells = (size_t)b->grid_w * b->grid_h;
    const float *weight = b->cells[1] + b->colors * b->plane;

    hseg_parallel(b->threads, b->colors + 1, blur_plane, b);
    for (int c = 0; c < b->colors; c++) {
        float *value = b->cells[1] + c * b->plane;

        for (size_t i = 0; i < cells; i++)
            value[i] /= weight[i];
    }
}

/* The grid's row at the height of row @y of a component, plus the half that rounds. */
static void
cells_at(const HsegBlur *b, int color, int y, float *row)
{
    const HsegComponent *c = &hseg_format_info(b->like.format)->component[color];
    double f = HSEG_CLAMP((y + 0.5) / (b->cell >> c->sub_y) - 0.5, 0., b->grid_h - 1.);
    int i = (int)f;
    float t = (float)(f - i);
    const float *above = b->cells[1] + color * b->plane + (size_t)i * b->grid_w;
    const float *below = i + 1 < b->grid_h ? above + b->grid_w : above;

    for (int x = 0; x < b->grid_w; x++)
        row[x] = above[x] + t * (below[x] - above[x]) + 0.5f;
}

/* Bytes of a dense row, of either depth, with room for the last cell's rest. */
static size_t
dense_bytes(int width)
{
    return 2 * hseg_layout_line(width + CELL_MAX);
}

/* A row of the grid, a dense row of each colour, and what it takes to lay them out. */
size_t
hseg_blur_scratch(int width)
{
    return cells_across(width, 2) * sizeof(float) + COLORS * dense_bytes(width) + hseg_layout_bytes(width);
}

void
hseg_blur_row(const HsegBlur *b, int plane, int y, void *row, void *scratch)
{
    const HsegFormatInfo *info = hseg_format_info(b->like.format);
    int width = b->like.width;
    float *cells = scratch;
    uint8_t *memory = (uint8_t *)(cells + cells_across(width, 2));
    const uint8_t *dense[4] = {NULL, NULL, NULL, NULL};

    for (int i = 0; i < b->colors; i++) {
        const HsegComponent *c = &info->component[i];
        int cell = b->cell >> c->sub_x;
        void *out = c->step == 1 ? row : memory + i * dense_bytes(width);

        if (c->plane != plane)
            continue;
        cells_at(b, i, y, cells);
        if (info->bytes == 1)
            hseg_rows()->cells_u8(out, cells, cell, b->grid_w);
        else
            hseg_rows()->cells_u16(out, cells, cell, b->grid_w, info->shift);
        if (c->step == 1)
            return;
        if (info->bytes == 2)
            hseg_rows()->spread_u16((uint16_t *)row + c->offset, c->step, out,
                                    hseg_component_width(c, width));
        dense[i] = out;
    }
    if (info->bytes == 1)
        hseg_layout_merge(info, plane, width, row, dense, 0, memory + COLORS * dense_bytes(width));
}
