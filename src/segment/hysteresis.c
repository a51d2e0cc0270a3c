/* Connected components by runs: those of a row are joined to those of the row above in a union-find forest
 * (Rosenfeld and Pfaltz 1966), whose roots know whether their region is sure. */
#include "segment/hysteresis.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"

/* Pixels @x0 to @x1 - 1 of row @y. */
typedef struct {
    int y, x0, x1;
    int parent; /* a run of the same region with a lower number; a root's own number */
    bool sure;  /* a root's: whether its region so far has a pixel that is */
} Run;

struct HsegHysteresis {
    int width, height;
    Run *runs; /* [most], in the order of the pixels */
};

HsegHysteresis *
hseg_hysteresis_new(int width, int height)
{
    HsegHysteresis *h = hseg_mem_new0(sizeof *h);

    if (!h)
        return NULL;
    *h = (HsegHysteresis){
        .width = width,
        .height = height,
        /* two runs of a row are a pixel apart at least */
        .runs = hseg_mem_new0((size_t)((width + 1) / 2) * height * sizeof *h->runs),
    };
    if (!h->runs) {
        hseg_hysteresis_free(h);
        return NULL;
    }
    return h;
}

void
hseg_hysteresis_free(HsegHysteresis *h)
{
    if (!h)
        return;
    hseg_mem_free(h->runs);
    hseg_mem_free(h);
}

static int
root_of(Run *runs, int i)
{
    while (runs[i].parent != i)
        i = runs[i].parent = runs[runs[i].parent].parent;
    return i;
}

static void
join(Run *runs, int a, int b)
{
    int low, high;

    a = root_of(runs, a);
    b = root_of(runs, b);
    low = HSEG_MIN(a, b);
    high = HSEG_MAX(a, b);
    runs[high].parent = low;
    runs[low].sure |= runs[high].sure;
}

/* Pixels that are looked at together: most are like those beside them. */
#define SOME 32

/* The first pixel of a row from @x on that is above @low, or, where @above, that isn't; @width if there is
 * none. */
static int
find_change(const float *p, int x, int width, float low, bool above)
{
    for (; x + SOME <= width; x += SOME) {
        int count = 0;

        for (int i = 0; i < SOME; i++)
            count += p[x + i] > low;
        if (count != (above ? SOME : 0))
            break;
    }
    while (x < width && (p[x] > low) == above)
        x++;
    return x;
}

static bool
reaches(const float *p, int n, float high)
{
    int any = 0;

    for (int i = 0; i < n; i++)
        any |= p[i] >= high;
    return any;
}

/* Adds row @y's runs above @low behind the @count there are. Returns how many there are now. */
static int
add_row(HsegHysteresis *h, const float *p, int y, float low, float high, int count)
{
    int x = find_change(p, 0, h->width, low, false);

    while (x < h->width) {
        const int end = find_change(p, x, h->width, low, true);

        h->runs[count] = (Run){y, x, end, count, reaches(p + x, end - x, high)};
        count++;
        x = find_change(p, end, h->width, low, false);
    }
    return count;
}

/* Joins the runs from @start to @end - 1 with those of the row above, which begin with @above, where they
 * touch. */
static void
join_rows(Run *runs, int above, int start, int end)
{
    for (int i = start, j = above; i < end && j < start;) {
        if (runs[i].x0 <= runs[j].x1 && runs[j].x0 <= runs[i].x1)
            join(runs, i, j);
        if (runs[i].x1 < runs[j].x1)
            i++;
        else
            j++;
    }
}

void
hseg_hysteresis_run(HsegHysteresis *h, float *p, float low, float high)
{
    int count = 0, above = 0;

    for (int y = 0; y < h->height; y++) {
        int start = count;

        count = add_row(h, p + (size_t)y * h->width, y, low, high, count);
        join_rows(h->runs, above, start, count);
        above = start;
    }
    for (int i = 0; i < count; i++) {
        const Run *run = &h->runs[i];

        if (!h->runs[root_of(h->runs, i)].sure)
            memset(p + (size_t)run->y * h->width + run->x0, 0, (run->x1 - run->x0) * sizeof *p);
    }
}
