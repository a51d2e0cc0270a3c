#include "train/loss.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "base/base.h"
#include "base/parallel.h"

typedef struct {
    double bce, tp, fp, fn;
} Sums;

typedef struct {
    const HsegLossOptions *options;
    const HsegLossBatch *batch;
    Sums *sums; /* [images] */
} Work;

typedef struct {
    float bce, p;
} Point;

static inline Point
evaluate(float z, float g)
{
    float e = expf(-fabsf(z));

    return (Point){.bce = HSEG_MAX(z, 0.0f) - z * g + log1pf(e), .p = (z >= 0 ? 1.0f : e) / (1.0f + e)};
}

static Sums
image_sums(const HsegLossBatch *b, int image)
{
    const float *z = b->z + image * b->pixels * b->z_pixel, *g = b->target + image * b->pixels;
    Sums s = {0};

    for (size_t i = 0; i < b->pixels; i++) {
        Point v = evaluate(z[i * b->z_pixel], g[i]);

        s.bce += v.bce;
        s.tp += v.p * g[i];
        s.fp += v.p * (1 - g[i]);
        s.fn += (1 - v.p) * g[i];
    }
    return s;
}

/* Tversky's term of one image counts where it shows a person; TP + FN is the sum of its target. */
static bool
has_person(const Sums *s)
{
    return s->tp + s->fn >= 0.5;
}

/* d/dz of both losses. With n = TP + 1, d = TP + alpha FP + beta FN + 1:
 * dT/dp = -(g d - n (g + alpha (1 - g) - beta g)) / d^2, dp/dz = p (1 - p); dBCE/dz = (p - g) / N. */
static void
image_grad(const HsegLossOptions *o, const HsegLossBatch *b, int image, const Sums *s)
{
    const float *z = b->z + image * b->pixels * b->z_pixel, *g = b->target + image * b->pixels;
    float *grad = b->grad + image * b->pixels * b->z_pixel;
    double n = s->tp + 1, d = s->tp + o->alpha * s->fp + o->beta * s->fn + 1;
    float k_bce = (float)(b->scale * o->bce / ((double)b->pixels * b->images));
    float k_tversky = has_person(s) ? (float)(b->scale * o->tversky / b->images) : 0;
    /* dT/dp is linear in g: at g = 0, and what is added at g = 1. */
    float at0 = (float)(n * o->alpha / (d * d)),
          slope = (float)((-d + n * (1 - o->alpha - o->beta)) / (d * d));

    for (size_t i = 0; i < b->pixels; i++) {
        float p = evaluate(z[i * b->z_pixel], g[i]).p;
        float *out = grad + i * b->z_pixel;

        *out = k_bce * (p - g[i]) + k_tversky * (at0 + slope * g[i]) * p * (1 - p);
        for (size_t c = 1; c < b->z_pixel; c++)
            out[c] = 0;
    }
}

static void
image_job(void *data, int image, int thread)
{
    const Work *w = data;

    w->sums[image] = image_sums(w->batch, image);
    if (w->batch->grad)
        image_grad(w->options, w->batch, image, &w->sums[image]);
}

HsegLoss
hseg_loss(const HsegLossOptions *options, const HsegLossBatch *batch, int threads)
{
    g_autofree Sums *sums = g_new0(Sums, batch->images);
    Work work = {options, batch, sums};
    HsegLoss loss = {0};

    hseg_parallel(threads, batch->images, image_job, &work);
    for (int i = 0; i < batch->images; i++) {
        const Sums *s = &sums[i];

        loss.bce += s->bce / ((double)batch->pixels * batch->images);
        if (has_person(s))
            loss.tversky += (1 - (s->tp + 1) / (s->tp + options->alpha * s->fp + options->beta * s->fn + 1)) /
                            batch->images;
    }
    loss.total = options->bce * loss.bce + options->tversky * loss.tversky;
    return loss;
}
