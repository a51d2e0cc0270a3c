#include "train/consistency.h"

#include <glib.h>
#include <math.h>

#include "base/parallel.h"

typedef struct {
    const HsegConsistencyBatch *batch;
    double *sums; /* [pairs]: of the squares */
} Work;

static inline float
sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

/* Where pixel (x, y) of image @image has its logit and its gradient. */
static size_t
place(const HsegConsistencyBatch *b, int image, int x, int y)
{
    return (((size_t)image * b->height + y) * b->width + x) * b->z_pixel;
}

/* A row of both views' pixels, those of the first from @first on; returns the sum of the squares. */
static double
row(const HsegConsistencyBatch *b, size_t first, size_t second, int count, float scale)
{
    double sum = 0;

    for (int i = 0; i < count; i++, first += b->z_pixel, second += b->z_pixel) {
        float p = sigmoid(b->z[first]), q = sigmoid(b->z[second]), d = p - q;

        sum += (double)d * d;
        if (b->grad) {
            b->grad[first] += scale * d * p * (1 - p);
            b->grad[second] -= scale * d * q * (1 - q);
        }
    }
    return sum;
}

static void
pair_job(void *data, int pair, int thread)
{
    const Work *w = data;
    const HsegConsistencyBatch *b = w->batch;
    const HsegMotion *m = &b->motions[pair];
    double all = (double)m->w * m->h * (b->images / 2);

    for (int y = m->y; y < m->y + m->h; y++)
        w->sums[pair] += row(b, place(b, 2 * pair, m->x, y), place(b, 2 * pair + 1, m->x + m->dx, y + m->dy),
                             m->w, (float)(2 * b->scale / all));
}

double
hseg_consistency(const HsegConsistencyBatch *batch, int threads)
{
    int pairs = batch->images / 2;
    g_autofree double *sums = g_new0(double, pairs);
    Work work = {batch, sums};
    double mean = 0;

    hseg_parallel(threads, pairs, pair_job, &work);
    for (int i = 0; i < pairs; i++) {
        const HsegMotion *m = &batch->motions[i];

        if (m->w > 0 && m->h > 0)
            mean += sums[i] / ((double)m->w * m->h * pairs);
    }
    return mean;
}
