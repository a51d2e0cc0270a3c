#include "train/people.h"
#include "base/base.h"

#include <string.h>

#define PERSON 127 /* mask values above this are person */
#define BLEED  2   /* pixels */
#define SOLID  8   /* alpha values below this have no colour worth keeping */

typedef struct {
    HsegBox box;
    int area;
} Part;

static uint8_t
mask_at(const HsegPicture *p, int x, int y)
{
    return p->data[y * p->stride + 4 * (size_t)x + 3];
}

/* Collects the 8-connected part around pixel @at; @todo has room for every pixel. */
static Part
flood(const HsegPicture *p, uint8_t *seen, int *todo, int at)
{
    int x0 = p->width, y0 = p->height, x1 = -1, y1 = -1, n = 0;
    Part part = {.area = 0};

    seen[at] = 1;
    todo[n++] = at;
    while (n) {
        int x = todo[--n] % p->width, y = todo[n] / p->width;

        part.area++;
        x0 = HSEG_MIN(x0, x);
        y0 = HSEG_MIN(y0, y);
        x1 = HSEG_MAX(x1, x);
        y1 = HSEG_MAX(y1, y);
        for (int v = HSEG_MAX(y - 1, 0); v <= HSEG_MIN(y + 1, p->height - 1); v++)
            for (int u = HSEG_MAX(x - 1, 0); u <= HSEG_MIN(x + 1, p->width - 1); u++)
                if (!seen[v * p->width + u] && mask_at(p, u, v) > PERSON) {
                    seen[v * p->width + u] = 1;
                    todo[n++] = v * p->width + u;
                }
    }
    part.box = (HsegBox){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
    return part;
}

/* Keeps the largest parts, sorted. */
static void
insert(Part *parts, int *n, Part part)
{
    int i = *n;

    if (i == HSEG_TRAIN_BOXES && parts[--i].area >= part.area)
        return;
    for (; i > 0 && parts[i - 1].area < part.area; i--)
        parts[i] = parts[i - 1];
    parts[i] = part;
    *n = HSEG_MIN(*n + 1, HSEG_TRAIN_BOXES);
}

/* Pixels of person along a line of @n pixels. */
static int
count_line(const HsegPicture *p, int x, int y, int dx, int dy, int n)
{
    int count = 0;

    for (int i = 0; i < n; i++, x += dx, y += dy)
        count += mask_at(p, x, y) > PERSON;
    return count;
}

static unsigned
find_cuts(const HsegPicture *p, float share)
{
    int w = p->width, h = p->height;
    unsigned cut = 0;

    if (count_line(p, 0, 0, 0, 1, h) > share * h)
        cut |= HSEG_CUT_LEFT;
    if (count_line(p, w - 1, 0, 0, 1, h) > share * h)
        cut |= HSEG_CUT_RIGHT;
    if (count_line(p, 0, 0, 1, 0, w) > share * w)
        cut |= HSEG_CUT_TOP;
    if (count_line(p, 0, h - 1, 1, 0, w) > share * w)
        cut |= HSEG_CUT_BOTTOM;
    return cut;
}

static HsegBox
unite(HsegBox a, HsegBox b)
{
    int x = HSEG_MIN(a.x, b.x), y = HSEG_MIN(a.y, b.y);

    return (HsegBox){x, y, HSEG_MAX(a.x + a.w, b.x + b.w) - x, HSEG_MAX(a.y + a.h, b.y + b.h) - y};
}

/* Rows of @b, from its top, before the person reaches the picture's left or right edge. */
static int
rows_inside(const HsegPicture *p, const HsegBox *b)
{
    int rows = 0;

    while (rows < b->h && mask_at(p, 0, b->y + rows) <= PERSON &&
           mask_at(p, p->width - 1, b->y + rows) <= PERSON)
        rows++;
    return rows;
}

/* Decides whether the item can be cut out. Shoulders that both sides cut off are left out: the person ends
 * above them, as if cut off by the bottom there. */
static void
judge(HsegTrainItem *item, int all, int largest)
{
    const HsegPicture *p = item->rgbm;
    unsigned sides = HSEG_CUT_LEFT | HSEG_CUT_RIGHT;

    if ((item->cut & sides) == sides) {
        item->bounds.h = rows_inside(p, &item->bounds);
        item->cut = (item->cut & ~sides) | HSEG_CUT_BOTTOM;
    }
    item->whole_person = all > 0.06f * p->width * p->height && largest > 0.9f * all &&
                         item->bounds.h > 0.4f * p->height && !(item->cut & HSEG_CUT_TOP);
}

void
hseg_people_find(HsegTrainItem *item, bool cut_out)
{
    const HsegPicture *p = item->rgbm;
    size_t n = (size_t)p->width * p->height;
    g_autofree uint8_t *seen = g_malloc0(n);
    g_autofree int *todo = g_new(int, n);
    Part parts[HSEG_TRAIN_BOXES];
    int all = 0, n_parts = 0;

    for (int at = 0; at < (int)n; at++)
        if (!seen[at] && mask_at(p, at % p->width, at / p->width) > PERSON) {
            Part part = flood(p, seen, todo, at);

            item->bounds = all ? unite(item->bounds, part.box) : part.box;
            all += part.area;
            insert(parts, &n_parts, part);
        }
    for (int i = 0; i < n_parts; i++)
        if (i == 0 || parts[i].area > 0.002f * n)
            item->boxes[item->n_boxes++] = parts[i].box;
    item->cut = find_cuts(p, cut_out ? 0.4f : 0.015f);
    if (!cut_out && n_parts > 0)
        judge(item, all, parts[0].area);
}

/* The mean colour of the solid ones among a pixel's neighbours; false where there are none. */
static bool
mean_of_neighbours(const HsegPicture *p, const uint8_t *solid, int x, int y, uint8_t *colour)
{
    int sum[3] = {0}, n = 0;

    for (int v = HSEG_MAX(y - 1, 0); v <= HSEG_MIN(y + 1, p->height - 1); v++)
        for (int u = HSEG_MAX(x - 1, 0); u <= HSEG_MIN(x + 1, p->width - 1); u++)
            if (solid[(size_t)v * p->width + u]) {
                for (int c = 0; c < 3; c++)
                    sum[c] += p->data[v * p->stride + 4 * (size_t)u + c];
                n++;
            }
    for (int c = 0; c < 3 && n; c++)
        colour[c] = sum[c] / n;
    return n > 0;
}

void
hseg_people_bleed(HsegPicture *rgba)
{
    size_t n = (size_t)rgba->width * rgba->height;
    g_autofree uint8_t *solid = g_malloc(n), *next = g_malloc(n);

    for (size_t i = 0; i < n; i++)
        solid[i] = mask_at(rgba, i % rgba->width, i / rgba->width) >= SOLID;
    for (int pass = 0; pass < BLEED; pass++) {
        memcpy(next, solid, n);
        for (size_t i = 0; i < n; i++) {
            int x = i % rgba->width, y = i / rgba->width;

            if (!solid[i])
                next[i] =
                    mean_of_neighbours(rgba, solid, x, y, rgba->data + y * rgba->stride + 4 * (size_t)x);
        }
        memcpy(solid, next, n);
    }
}
