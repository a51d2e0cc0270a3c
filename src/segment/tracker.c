#include "segment/tracker.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"

/* A person's soft rim reaches to where the probability falls below this. */
#define RIM 0.02f

/* The same person is where at least this part of a component, or of what was known, overlaps. */
#define SAME 0.2

/* A component must have this part of the largest one's area to be chosen afresh: what is smaller is a speck.
 */
#define SPECK 0.02

typedef struct {
    int area, common; /* pixels; those of them that were the main person's before */
    double x, y;      /* centre */
} Component;

struct HsegTracker {
    int width, height;
    bool chosen;    /* whether there is a main person yet */
    int known_area; /* pixels of */
    uint8_t *known; /* [height][width]: the main person of the last map */
    int *label;     /* [height][width]: component, from 1; 0: none */
    int *queue;     /* [height * width]: pixels to be looked at */
    Component *of;  /* [most components + 1], by label */
};

HsegTracker *
hseg_tracker_new(int width, int height)
{
    HsegTracker *s = hseg_mem_new0(sizeof *s);
    size_t n = (size_t)width * height;

    if (!s)
        return NULL;
    *s = (HsegTracker){
        .width = width,
        .height = height,
        .known = hseg_mem_new0(n),
        .label = hseg_mem_new0(n * sizeof *s->label),
        .queue = hseg_mem_new0(n * sizeof *s->queue),
        /* two components are a pixel apart at least, each way */
        .of = hseg_mem_new0(((size_t)((width + 1) / 2) * ((height + 1) / 2) + 1) * sizeof *s->of),
    };
    if (!s->known || !s->label || !s->queue || !s->of) {
        hseg_tracker_free(s);
        return NULL;
    }
    return s;
}

void
hseg_tracker_free(HsegTracker *s)
{
    if (!s)
        return;
    hseg_mem_free(s->of);
    hseg_mem_free(s->queue);
    hseg_mem_free(s->label);
    hseg_mem_free(s->known);
    hseg_mem_free(s);
}

void
hseg_tracker_reset(HsegTracker *s)
{
    s->chosen = false;
}

/* Gives the unlabelled neighbours (of eight) of pixel @i whose probability is above @least its label, and
 * queues them. Returns the queue's new end. */
static int
spread(HsegTracker *s, const float *p, int i, float least, int end)
{
    int x = i % s->width, y = i / s->width;

    for (int v = HSEG_MAX(y - 1, 0); v <= HSEG_MIN(y + 1, s->height - 1); v++)
        for (int u = HSEG_MAX(x - 1, 0); u <= HSEG_MIN(x + 1, s->width - 1); u++) {
            int j = v * s->width + u;

            if (s->label[j] || p[j] <= least)
                continue;
            s->label[j] = s->label[i];
            s->queue[end++] = j;
        }
    return end;
}

/* Labels the component that pixel @seed belongs to; its pixels stand in the queue from @start on. Returns
 * their end. */
static int
label_component(HsegTracker *s, const float *p, float threshold, int seed, int label, int start)
{
    Component *c = &s->of[label];
    int end = start;

    *c = (Component){0};
    s->label[seed] = label;
    s->queue[end++] = seed;
    for (int at = start; at < end; at++) {
        int i = s->queue[at];

        c->area++;
        c->common += s->known[i];
        c->x += i % s->width;
        c->y += i / s->width;
        end = spread(s, p, i, threshold, end);
    }
    c->x /= c->area;
    c->y /= c->area;
    return end;
}

/* All components; their pixels stand in the queue. Returns how many pixels there are. */
static int
label_components(HsegTracker *s, const float *p, float threshold, int *count)
{
    int n = s->width * s->height, end = 0;

    *count = 0;
    memset(s->label, 0, n * sizeof *s->label);
    for (int i = 0; i < n; i++)
        if (p[i] > threshold && !s->label[i])
            end = label_component(s, p, threshold, i, ++*count, end);
    return end;
}

/* The component where the main person was. 0: none. */
static int
find_known(const HsegTracker *s, int count)
{
    int best = 0;

    if (!s->chosen)
        return 0;
    for (int l = 1; l <= count; l++) {
        double common = s->of[l].common;

        if (common >= SAME * HSEG_MIN(s->of[l].area, s->known_area) &&
            common > (best ? s->of[best].common : 0))
            best = l;
    }
    return best;
}

/* Half for its size, half for how near it is to the centre. 0: there is none. */
static int
find_main(const HsegTracker *s, int count)
{
    double centre_x = (s->width - 1) / 2., centre_y = (s->height - 1) / 2.,
           farthest = hypot(centre_x, centre_y);
    double best_score = -1;
    int best = 0, most = 1;

    for (int l = 1; l <= count; l++)
        most = HSEG_MAX(most, s->of[l].area);
    for (int l = 1; l <= count; l++) {
        const Component *c = &s->of[l];
        double distance = farthest > 0 ? hypot(c->x - centre_x, c->y - centre_y) / farthest : 0;
        double score = 0.5 * c->area / most + 0.5 * (1 - distance);

        if (c->area >= SPECK * most && score > best_score) {
            best = l;
            best_score = score;
        }
    }
    return best;
}

/* Soft rims go to the component that reaches them first; then all but @main goes. */
static void
keep(HsegTracker *s, float *p, int main, int end)
{
    int n = s->width * s->height;

    for (int at = 0; at < end; at++)
        end = spread(s, p, s->queue[at], RIM, end);
    for (int i = 0; i < n; i++)
        if (s->label[i] != main)
            p[i] = 0;
}

void
hseg_tracker_run(HsegTracker *s, float *p, float threshold)
{
    int n = s->width * s->height, count;
    int end = label_components(s, p, threshold, &count);
    int main = find_known(s, count);

    if (!main)
        main = find_main(s, count);
    if (main) {
        for (int i = 0; i < n; i++)
            s->known[i] = s->label[i] == main;
        s->known_area = s->of[main].area;
        s->chosen = true;
    }
    keep(s, p, main, end);
}
