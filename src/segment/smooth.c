#include "segment/smooth.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "image/rows.h"

/* The constants were chosen by tests/segment/bench-smoothing on the clips of tests/segment/make-clips.py: the
 * change that is not the truth's falls by a tenth, no IoU falls with it, and where nobody is 2 % more is
 * marked. Higher ones drag behind what moves. */

/* The new map's weight where nothing moves, at strength 1. */
#define STILL_WEIGHT 0.1f

/* Motion: mean change of luma in a window. Below the first a sensor's noise and a codec's breathing, above
 * the second something that moves. */
#define MOTION_LOW  0.01f
#define MOTION_HIGH 0.035f

/* Disagreement: mean of new minus old in a window. An edge that trembles about its place cancels itself out;
 * what has moved without a change of luma does not. */
#define DISAGREEMENT_LOW  0.3f
#define DISAGREEMENT_HIGH 0.7f

/* Straying: how far what is known is from all that the new map says in a window, as in the anti-aliasing of
 * games, which clamps to such ranges (Karis 2014). A trembling edge has both of its sides there; a thin rim
 * that somebody left behind, too thin for a mean, has not. */
#define STRAY_LOW  0.15f
#define STRAY_HIGH 0.4f

/* A cut: the mean change of luma over the frame, which no motion before a camera that stands still reaches.
 */
#define CUT 0.1f

#define RADIUS 2 /* of the window, see HsegRows.window_means */
#define WINDOW (2 * RADIUS + 1)
#define RING   8 /* rows, a power of two: all of a window's */

struct HsegSmoother {
    int width, height;
    bool looked, anew;   /* whether there is a last frame; whether what is known is of another scene */
    float *known;        /* [height][width]: the last result */
    float *luma;         /* [height][width]: of the last frame */
    float *moves;        /* [height][width]: how much moves in it, 0 .. 1 */
    float *moved;        /* [height][width]: the most since the last result */
    float *ring;         /* [RING][width]: the last rows of what windows look at */
    float *fresh;        /* [RING][width]: the last rows of the new map, as they came */
    float *down, *means; /* [2][width + 2 RADIUS]: windows' columns, with margins; [2][width] */
};

HsegSmoother *
hseg_smoother_new(int width, int height)
{
    HsegSmoother *s = hseg_mem_new0(sizeof *s);
    size_t bytes = (size_t)width * height * sizeof(float);

    if (!s)
        return NULL;
    *s = (HsegSmoother){
        .width = width,
        .height = height,
        .known = hseg_mem_new0(bytes),
        .luma = hseg_mem_new0(bytes),
        .moves = hseg_mem_new0(bytes + HSEG_ENLARGE_SLACK * sizeof(float)),
        .moved = hseg_mem_new0(bytes),
        .ring = hseg_mem_new0(RING * width * sizeof(float)),
        .fresh = hseg_mem_new0(RING * width * sizeof(float)),
        .down = hseg_mem_new0(2 * (width + 2 * RADIUS) * sizeof(float)),
        .means = hseg_mem_new0(2 * width * sizeof(float)),
    };
    if (!s->known || !s->luma || !s->moves || !s->moved || !s->ring || !s->fresh || !s->down || !s->means) {
        hseg_smoother_free(s);
        return NULL;
    }
    return s;
}

void
hseg_smoother_free(HsegSmoother *s)
{
    if (!s)
        return;
    hseg_mem_free(s->means);
    hseg_mem_free(s->down);
    hseg_mem_free(s->fresh);
    hseg_mem_free(s->ring);
    hseg_mem_free(s->moved);
    hseg_mem_free(s->moves);
    hseg_mem_free(s->luma);
    hseg_mem_free(s->known);
    hseg_mem_free(s);
}

void
hseg_smoother_reset(HsegSmoother *s)
{
    s->looked = false;
}

/* Row @y of a map, of which @ring has the last few. */
static float *
ring_row(const HsegSmoother *s, float *ring, int y)
{
    return ring + (size_t)(y & (RING - 1)) * s->width;
}

/* The rows of @ring around row @y; the first and the last are repeated outwards. */
static void
window(const HsegSmoother *s, float *ring, int y, const float *rows[WINDOW])
{
    for (int i = 0; i < WINDOW; i++)
        rows[i] = ring_row(s, ring, HSEG_CLAMP(y + i - RADIUS, 0, s->height - 1));
}

/* Means of row @y of the map in the ring. */
static void
window_means(const HsegSmoother *s, int y)
{
    const float *rows[WINDOW];

    window(s, s->ring, y, rows);
    hseg_rows()->window_means(s->means, rows, s->down, s->width);
}

/* How much luma has changed in row @y, which from then on is known; the sum. */
static float
compare_row(const HsegSmoother *s, const float *guide, int y)
{
    size_t at = (size_t)y * s->width;

    return y < s->height ? hseg_rows()->change(ring_row(s, s->ring, y), s->luma + at, guide + at, s->width)
                         : 0;
}

/* What moves, by the luma's change, of which it returns the mean. The maps fit no near cache: each row is
 * done with before the next one. */
static float
look_at_all(const HsegSmoother *s, const float *guide)
{
    double sum = 0;

    for (int y = 0; y < RADIUS; y++)
        sum += compare_row(s, guide, y);
    for (int y = 0; y < s->height; y++) {
        size_t at = (size_t)y * s->width;

        sum += compare_row(s, guide, y + RADIUS);
        window_means(s, y);
        hseg_rows()->rise(s->moves + at, s->moved + at, s->means, MOTION_LOW, MOTION_HIGH, s->width);
    }
    return (float)(sum / ((double)s->width * s->height));
}

static void
move_all(HsegSmoother *s)
{
    for (size_t i = 0; i < (size_t)s->width * s->height; i++)
        s->moves[i] = 1;
}

bool
hseg_smoother_look(HsegSmoother *s, const float *guide)
{
    if (!s->looked)
        memcpy(s->luma, guide, (size_t)s->width * s->height * sizeof *guide);
    if (!s->looked || look_at_all(s, guide) > CUT) {
        move_all(s);
        s->anew = true;
    }
    s->looked = true;
    return s->anew;
}

float
hseg_still_weight(float strength)
{
    return 1 - strength * (1 - STILL_WEIGHT);
}

static void
subtract_row(const HsegSmoother *s, const float *p, int y)
{
    size_t at = (size_t)y * s->width;

    if (y >= s->height)
        return;
    hseg_rows()->minus(ring_row(s, s->ring, y), p + at, s->known + at, s->width);
    memcpy(ring_row(s, s->fresh, y), p + at, s->width * sizeof *p);
}

/* Where row @y of what is known strays from the new map, it counts as having moved. */
static void
find_strays(const HsegSmoother *s, int y)
{
    const float *rows[WINDOW];
    float *least = s->means, *most = s->means + s->width;
    size_t at = (size_t)y * s->width;

    window(s, s->fresh, y, rows);
    hseg_rows()->window_ranges(least, most, rows, s->down, s->width);
    hseg_rows()->stray(s->moved + at, s->known + at, least, most, STRAY_LOW, STRAY_HIGH, s->width);
}

/* Row @y, whose result is known from here on. */
static void
smooth_row(const HsegSmoother *s, float *p, int y, float still)
{
    size_t at = (size_t)y * s->width;

    find_strays(s, y);
    window_means(s, y);
    hseg_rows()->settle(p + at, s->moves + at, s->known + at, s->moved + at, s->means, DISAGREEMENT_LOW,
                        DISAGREEMENT_HIGH, still, s->width);
}

static void
smooth_all(const HsegSmoother *s, float *p, float still)
{
    for (int y = 0; y < RADIUS; y++)
        subtract_row(s, p, y);
    for (int y = 0; y < s->height; y++) {
        subtract_row(s, p, y + RADIUS);
        smooth_row(s, p, y, still);
    }
}

bool
hseg_smoother_take(HsegSmoother *s, float *p, float strength)
{
    size_t n = (size_t)s->width * s->height;
    bool anew = s->anew;

    if (!anew && strength > 0) {
        smooth_all(s, p, hseg_still_weight(strength));
    } else {
        if (anew)
            move_all(s);
        memcpy(s->known, p, n * sizeof *p);
        memset(s->moved, 0, n * sizeof *s->moved);
    }
    s->anew = false;
    return anew;
}

const float *
hseg_smoother_moves(const HsegSmoother *s)
{
    return s->moves;
}
