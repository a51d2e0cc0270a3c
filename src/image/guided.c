#include "image/guided.h"

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/box.h"
#include "image/rows.h"

/* Rows of one job. Running sums start anew in each, so that results do not depend on who runs which. */
#define BAND 48

/* Sums of the grey filter: I, p, II, Ip; of the colour one: I (3), p, II (6: upper triangle), Ip (3). */
#define GREY_PLANES  4
#define COLOR_PLANES 13

struct HsegGuided {
    int width, height, channels, threads;
    size_t plane;         /* width * height */
    size_t scratch_bytes; /* of one thread */
    char *scratch;        /* [threads][scratch_bytes] */
    float *coef;          /* [channels + 1][height][width]: a for each channel, then b, of each window */
};

/* What the jobs of one run share. */
typedef struct {
    HsegGuided *g;
    float *q, *coef; /* one of them is asked for */
    const float *guide, *p;
    ptrdiff_t p_stride;
    int radius;
    double epsilon;
} Run;

static int
stat_planes(const HsegGuided *g)
{
    return g->channels == 1 ? GREY_PLANES : COLOR_PLANES;
}

HsegGuided *
hseg_guided_new(int width, int height, int channels, int threads)
{
    HsegGuided *g = hseg_mem_new0(sizeof *g);
    size_t bytes;

    if (!g)
        return NULL;
    *g = (HsegGuided){.width = width, .height = height, .channels = channels, .threads = threads};
    g->scratch_bytes = hseg_box_bytes(width, stat_planes(g));
    g->scratch = hseg_mem_new0(threads * g->scratch_bytes);
    if (hseg_size_mul(width, height, &g->plane) &&
        hseg_size_mul(g->plane, (channels + 1) * sizeof(float), &bytes))
        g->coef = hseg_mem_new0(bytes);
    if (!g->scratch || !g->coef) {
        hseg_guided_free(g);
        return NULL;
    }
    return g;
}

void
hseg_guided_free(HsegGuided *g)
{
    if (!g)
        return;
    hseg_mem_free(g->scratch);
    hseg_mem_free(g->coef);
    hseg_mem_free(g);
}

/* Sums of row @y, as COLOR_PLANES says. */
static void
color_add(const Run *r, HsegBox *box, int y, double sign)
{
    const float *rgb = r->guide + (size_t)y * r->g->width, *p = r->p + y * r->p_stride;
    size_t plane = r->g->plane;

    for (int x = 0; x < box->width; x++) {
        double i[3] = {rgb[x], rgb[plane + x], rgb[2 * plane + x]};
        double *s = box->sum + x;

        for (int c = 0; c < 3; c++, s += box->plane)
            *s += sign * i[c];
        *s += sign * p[x];
        s += box->plane;
        for (int c = 0; c < 3; c++)
            for (int d = c; d < 3; d++, s += box->plane)
                *s += sign * (i[c] * i[d]);
        for (int c = 0; c < 3; c++, s += box->plane)
            *s += sign * (i[c] * p[x]);
    }
}

/* a = (covariance of I + epsilon) ^ -1 (covariance of I and p): equation 14, by cofactors of the symmetric
 * matrix. */
static void
color_solve(const Run *r, const HsegBox *box, int y)
{
    size_t plane = r->g->plane, w = box->plane;
    float *coef = r->g->coef + (size_t)y * box->width;

    for (int x = 0; x < box->width; x++) {
        const double *m = box->mean + x, *mii = m + 4 * w, *mip = m + 10 * w;
        double i[3] = {m[0], m[w], m[2 * w]}, p = m[3 * w];
        double rr = mii[0] - i[0] * i[0] + r->epsilon, rg = mii[w] - i[0] * i[1],
               rb = mii[2 * w] - i[0] * i[2];
        double gg = mii[3 * w] - i[1] * i[1] + r->epsilon, gb = mii[4 * w] - i[1] * i[2];
        double bb = mii[5 * w] - i[2] * i[2] + r->epsilon;
        double c[3] = {mip[0] - i[0] * p, mip[w] - i[1] * p, mip[2 * w] - i[2] * p};
        double k00 = gg * bb - gb * gb, k01 = gb * rb - rg * bb, k02 = rg * gb - gg * rb;
        double k11 = rr * bb - rb * rb, k12 = rg * rb - rr * gb, k22 = rr * gg - rg * rg;
        double det = rr * k00 + rg * k01 + rb * k02;
        double a[3] = {(k00 * c[0] + k01 * c[1] + k02 * c[2]) / det,
                       (k01 * c[0] + k11 * c[1] + k12 * c[2]) / det,
                       (k02 * c[0] + k12 * c[1] + k22 * c[2]) / det};

        for (int n = 0; n < 3; n++)
            coef[n * plane + x] = (float)a[n];
        coef[3 * plane + x] = (float)(p - a[0] * i[0] - a[1] * i[1] - a[2] * i[2]);
    }
}

static void
stat_add(const Run *r, HsegBox *box, int y, double sign)
{
    int w = r->g->width;

    if (r->g->channels == 1)
        hseg_rows()->guided_add(box->sum, box->plane, r->guide + (size_t)y * w, r->p + y * r->p_stride, sign,
                                w);
    else
        color_add(r, box, y, sign);
}

/* Of a grey guide: row @in comes, row @out goes. */
static void
stat_slide(const Run *r, HsegBox *box, int in, int out)
{
    const size_t w = r->g->width;
    const float *const came[2] = {r->guide + in * w, r->p + in * r->p_stride}, *const went[2] = {
                                                                                   r->guide + out * w,
                                                                                   r->p + out * r->p_stride};

    hseg_rows()->guided_slide(box->sum, box->plane, came, went, r->g->width);
}

/* First pass: the coefficients of each window. */
static void
solve_band(void *data, int job, int thread)
{
    const Run *r = data;
    HsegGuided *g = r->g;
    int y0 = job * BAND, y1 = HSEG_MIN(y0 + BAND, g->height), w = g->width;
    HsegWindow have = hseg_window(y0, r->radius, g->height);
    HsegBox box;

    have.to = have.from;
    hseg_box_init(&box, w, stat_planes(g), g->scratch + thread * g->scratch_bytes);
    for (int y = y0; y < y1; y++) {
        HsegWindow want = hseg_window(y, r->radius, g->height);

        for (; g->channels == 1 && have.to < want.to && have.from < want.from; have.to++, have.from++)
            stat_slide(r, &box, have.to, have.from);
        for (; have.to < want.to; have.to++)
            stat_add(r, &box, have.to, 1);
        for (; have.from < want.from; have.from++)
            stat_add(r, &box, have.from, -1);
        hseg_box_means(&box, r->radius, want.to - want.from);
        if (g->channels == 3)
            color_solve(r, &box, y);
        else
            hseg_rows()->guided_solve(g->coef + (size_t)y * w, g->coef + g->plane + (size_t)y * w, box.mean,
                                      box.plane, r->epsilon, w);
    }
}

/* Row @y of what was asked for, from the coefficients' means over all windows. */
static void
put_row(const Run *r, const HsegBox *box, int y)
{
    const HsegGuided *g = r->g;
    size_t at = (size_t)y * g->width;

    if (r->coef) {
        for (int c = 0; c <= g->channels; c++)
            hseg_rows()->narrow_f64(r->coef + c * g->plane + at, box->mean + c * box->plane, g->width);
        return;
    }
    hseg_rows()->guided_apply(r->q + at, r->guide + at, g->plane, box->mean, box->plane, g->channels,
                              g->width);
}

/* Second pass: their means. */
static void
average_band(void *data, int job, int thread)
{
    const Run *r = data;
    HsegGuided *g = r->g;
    int y0 = job * BAND, y1 = HSEG_MIN(y0 + BAND, g->height);
    HsegWindow have = hseg_window(y0, r->radius, g->height);
    HsegBox box;

    have.to = have.from;
    hseg_box_init(&box, g->width, g->channels + 1, g->scratch + thread * g->scratch_bytes);
    for (int y = y0; y < y1; y++) {
        HsegWindow want = hseg_window(y, r->radius, g->height);

        hseg_box_move(&box, &have, want, g->coef, g->plane);
        hseg_box_means(&box, r->radius, want.to - want.from);
        put_row(r, &box, y);
    }
}

static void
run(Run *r)
{
    int jobs = (r->g->height + BAND - 1) / BAND;

    hseg_parallel(r->g->threads, jobs, solve_band, r);
    hseg_parallel(r->g->threads, jobs, average_band, r);
}

void
hseg_guided_run(HsegGuided *g, float *q, const float *guide, const float *p, ptrdiff_t p_stride, int radius,
                float epsilon)
{
    run(&(Run){g, q, NULL, guide, p, p_stride, radius, epsilon});
}

void
hseg_guided_fit(HsegGuided *g, float *coef, const float *guide, const float *p, ptrdiff_t p_stride,
                int radius, float epsilon)
{
    run(&(Run){g, NULL, coef, guide, p, p_stride, radius, epsilon});
}
