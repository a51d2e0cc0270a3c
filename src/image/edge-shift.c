#include "image/edge-shift.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/frame.h"
#include "image/rows.h"

/* An octagon is a diamond grown by a square: this part of the distance is the square's. */
#define SQUARE 0.4142

#define MOST_STEPS 40

/* The places to look at beside the pixel itself, @reach away: left, right, up and down, and the corners too.
 */
typedef struct {
    bool corners;
    int reach;
    int part; /* of 256: how much of what is found is taken, for the fraction of a pixel */
} Step;

struct HsegEdgeShifter {
    int width, height, threads;
    HsegFrame shifted[2]; /* what the steps write to by turns */
    uint8_t *lines;       /* [threads][2][line] */
    size_t line;          /* a row with as much of a margin on either side as a row is long */
};

HsegEdgeShifter *
hseg_edge_shifter_new(int width, int height, int threads)
{
    HsegEdgeShifter *e = hseg_mem_new0(sizeof *e);

    if (!e)
        return NULL;
    *e = (HsegEdgeShifter){.width = width, .height = height, .threads = threads, .line = 3 * (size_t)width};
    for (int i = 0; i < 2; i++) {
        HsegFrame *to = &e->shifted[i];

        *to = (HsegFrame){
            .format = HSEG_FORMAT_GRAY8, .range = HSEG_RANGE_FULL, .width = width, .height = height};
        to->stride[0] = hseg_round_up(width, HSEG_ALIGN);
        to->plane[0] = hseg_mem_new0((size_t)to->stride[0] * height);
    }
    e->lines = hseg_mem_new0(2 * threads * e->line);
    if (!e->shifted[0].plane[0] || !e->shifted[1].plane[0] || !e->lines) {
        hseg_edge_shifter_free(e);
        return NULL;
    }
    return e;
}

void
hseg_edge_shifter_free(HsegEdgeShifter *e)
{
    if (!e)
        return;
    hseg_mem_free(e->lines);
    hseg_mem_free(e->shifted[0].plane[0]);
    hseg_mem_free(e->shifted[1].plane[0]);
    hseg_mem_free(e);
}

/* Steps that reach @distance together: those of the diamond, those of the square, the fraction. Returns how
 * many. */
static int
plan(double distance, Step steps[MOST_STEPS])
{
    int whole = (int)distance, square = (int)lrint(whole * SQUARE), n = 0;
    int part = (int)lrint((distance - whole) * 256);

    for (int left = whole - square, k = 1; left > 0; left -= k) {
        k = HSEG_MIN(HSEG_MAX(whole - square - left, 1), left); /* four diamonds leave no gap, so far apart */
        steps[n++] = (Step){false, k, 256};
    }
    for (int left = square, k = 1; left > 0; left -= k) {
        k = HSEG_MIN(2 * (square - left) + 1, left); /* nine squares */
        steps[n++] = (Step){true, k, 256};
    }
    if (part > 0)
        steps[n++] = (Step){false, 1, part};
    return n;
}

typedef void (*Pick)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n);

typedef struct {
    const HsegEdgeShifter *e;
    const HsegFrame *from, *to;
    Step step;
    Pick pick;
} Work;

/* @row with its end pixels repeated @reach times to either side. */
static void
add_margins(uint8_t *middle, const uint8_t *row, int n, int reach)
{
    memmove(middle, row, n);
    memset(middle - reach, row[0], reach);
    memset(middle + n, row[n - 1], reach);
}

static void
step_row(const Work *w, int y, uint8_t *middle, uint8_t *found)
{
    int n = w->e->width, k = w->step.reach, across = HSEG_MIN(k, n);
    const uint8_t *row = hseg_frame_row(w->from, 0, y);
    const uint8_t *up = hseg_frame_row(w->from, 0, HSEG_MAX(y - k, 0));
    const uint8_t *down = hseg_frame_row(w->from, 0, HSEG_MIN(y + k, w->e->height - 1));
    uint8_t *out = hseg_frame_row(w->to, 0, y);

    w->pick(found, up, down, n);
    w->pick(found, found, row, n);
    add_margins(middle, w->step.corners ? found : row, n, across);
    w->pick(found, found, middle - across, n);
    w->pick(out, found, middle + across, n);
    if (w->step.part < 256)
        for (int x = 0; x < n; x++)
            out[x] = (uint8_t)((row[x] * (256 - w->step.part) + out[x] * w->step.part + 128) / 256);
}

static void
step_band(void *data, int band, int thread)
{
    const Work *w = data;
    uint8_t *lines = w->e->lines + 2 * thread * w->e->line;
    int end = HSEG_MIN((band + 1) * HSEG_BAND_ROWS, w->e->height);

    for (int y = band * HSEG_BAND_ROWS; y < end; y++)
        step_row(w, y, lines + w->e->width, lines + w->e->line);
}

const HsegFrame *
hseg_edge_shifter_run(HsegEdgeShifter *e, const HsegFrame *mask, double distance)
{
    Step steps[MOST_STEPS];
    int count = plan(fabs(distance), steps);
    Work work = {.e = e, .from = mask};

    work.pick = distance > 0 ? hseg_rows()->most_u8 : hseg_rows()->least_u8;
    for (int i = 0; i < count; i++) {
        work.step = steps[i];
        work.to = &e->shifted[i % 2];
        hseg_parallel(e->threads, hseg_bands(e->height), step_band, &work);
        work.from = work.to;
    }
    return work.from;
}
