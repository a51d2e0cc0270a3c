#include "train/loss.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/base.h"
#include "base/parallel.h"

/* Of one image: of a pixel's BCE, of its cube, of phi p, of p g, p (1 - g) and (1 - p) g. */
typedef struct {
    double bce, bce3, boundary, tp, fp, fn;
} Sums;

typedef struct {
    const HsegLossOptions *options;
    const HsegLossBatch *batch;
    Sums *sums; /* [images] */
} Work;

/* An image's region loss, and its derivative by p, which is linear in g: at g = 0, and what is added at g =
 * 1. That of an image without a person goes by the pixels' BCE b instead: empty (b / mean)^2 is the
 * derivative by b. */
typedef struct {
    double value, at0, slope, empty, per_mean;
} Region;

enum { BLOCK = 256 /* pixels that are looked at together */ };

typedef struct {
    float bce[BLOCK], p[BLOCK];
} Points;

/* exp(-a) for a from 0 on, as 2^n exp(r) with |r| <= ln 2 / 2. No call and no branch, unlike expf(): loops
 * become vectors. From 40 on it is 0: beside the loss of any other pixel that is nothing. */
static inline float
exp_minus(float a)
{
    const float shift = 12582912; /* 1.5 * 2^23: adding it rounds, and leaves n in the lowest bits */
    float x = a > 40 ? -40 : -a, t = x * 1.44269504f + shift, n = t - shift;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f; /* ln 2 in two parts, the first one short */
    float power, y;
    uint32_t bits;

    memcpy(&bits, &t, sizeof bits);
    bits = (bits + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    y = 1 / 5040.0f;
    y = y * r + 1 / 720.0f;
    y = y * r + 1 / 120.0f;
    y = y * r + 1 / 24.0f;
    y = y * r + 1 / 6.0f;
    y = y * r + 0.5f;
    y = y * r + 1;
    y = y * r + 1;
    return a > 40 ? 0 : power * y;
}

/* log(1 + e) for e in 0 .. 1, as 2 atanh(e / (2 + e)). */
static inline float
log_1_plus(float e)
{
    float s = e / (2 + e), q = s * s, y = 1 / 15.0f;

    y = y * q + 1 / 13.0f;
    y = y * q + 1 / 11.0f;
    y = y * q + 1 / 9.0f;
    y = y * q + 1 / 7.0f;
    y = y * q + 1 / 5.0f;
    y = y * q + 1 / 3.0f;
    y = y * q + 1;
    return 2 * s * y;
}

/* @count pixels, BLOCK at most; one that is not a number has values that are none. */
static void
evaluate(Points *v, const float *z, size_t z_pixel, const float *g, size_t count)
{
    float tight[BLOCK];

    for (size_t i = 0; i < count; i++)
        tight[i] = z[i * z_pixel];
    for (size_t i = 0; i < count; i++) {
        float x = tight[i], e = exp_minus(fabsf(x));

        v->bce[i] = (x > 0 ? x : 0.0f) - x * g[i] + log_1_plus(e);
        v->p[i] = (x >= 0 ? 1.0f : e) / (1 + e);
    }
}

static Sums
image_sums(const HsegLossBatch *b, int image)
{
    const float *z = b->z + image * b->pixels * b->z_pixel, *g = b->target + image * b->pixels;
    const float *phi = b->phi ? b->phi + image * b->pixels : NULL;
    Sums s = {0};

    for (size_t from = 0, count; from < b->pixels; from += count, g += count) {
        Points v;

        count = HSEG_MIN(b->pixels - from, (size_t)BLOCK);
        evaluate(&v, z + from * b->z_pixel, b->z_pixel, g, count);
        for (size_t i = 0; i < count; i++) {
            s.bce += v.bce[i];
            s.bce3 += (double)v.bce[i] * v.bce[i] * v.bce[i];
            s.tp += v.p[i] * g[i];
            s.fp += v.p[i] * (1 - g[i]);
            s.fn += (1 - v.p[i]) * g[i];
            if (phi)
                s.boundary += v.p[i] * phi[from + i];
        }
    }
    return s;
}

/* Fewer pixels than that are none: half of one that a soft mask spreads over many. */
static bool
is_there(double class_pixels)
{
    return class_pixels >= 0.5;
}

/* With the cubic mean m = (sum b^3 / N)^(1/3): dm/db = (b / m)^2 / N. One below what float holds is none. */
static Region
cubic_mean(const HsegLossOptions *o, const Sums *s, size_t pixels)
{
    double mean = cbrt(s->bce3 / (double)pixels);

    if (mean < 1e-30)
        return (Region){0};
    return (Region){.value = o->empty * mean, .empty = o->empty / (double)pixels, .per_mean = 1 / mean};
}

/* With n = TP + 1, d = TP + alpha FP + beta FN + 1: dT/dp = -(g d - n (g + alpha (1 - g) - beta g)) / d^2. */
static Region
tversky(const HsegLossOptions *o, const Sums *s, size_t pixels)
{
    double n = s->tp + 1, d = s->tp + o->alpha * s->fp + o->beta * s->fn + 1;

    if (!is_there(s->tp + s->fn))
        return cubic_mean(o, s, pixels);
    return (Region){1 - n / d, n * o->alpha / (d * d), (-d + n * (1 - o->alpha - o->beta)) / (d * d), 0, 0};
}

/* dL/dp = (-2 (w1 g - w0 (1 - g)) U + 2 I (w1 - w0)) / U^2. */
static Region
generalised_dice(const Sums *s, size_t pixels)
{
    double people = s->tp + s->fn, ground = (double)pixels - people, tn = ground - s->fp;
    double w1 = is_there(people) ? 1 / (people * people) : 0,
           w0 = is_there(ground) ? 1 / (ground * ground) : 0;
    double both, all;

    w1 = w1 > 0 ? w1 : w0;
    w0 = w0 > 0 ? w0 : w1;
    both = w1 * s->tp + w0 * tn;
    all = w1 * (s->tp + s->fp + people) + w0 * (tn + s->fn + ground);
    return (Region){1 - 2 * both / all, 2 * (w0 * all + both * (w1 - w0)) / (all * all), -2 * (w1 + w0) / all,
                    0, 0};
}

static Region
image_region(const Work *w, const Sums *s)
{
    return w->options->kind == HSEG_REGION_GDL ? generalised_dice(s, w->batch->pixels)
                                               : tversky(w->options, s, w->batch->pixels);
}

/* d/dz of all: dBCE/dz = (p - g) / N, the others' d/dp times dp/dz = p (1 - p). */
static void
image_grad(const Work *w, int image, const Sums *s)
{
    const HsegLossOptions *o = w->options;
    const HsegLossBatch *b = w->batch;
    const float *z = b->z + image * b->pixels * b->z_pixel, *g = b->target + image * b->pixels;
    const float *phi = b->phi && o->boundary > 0 ? b->phi + image * b->pixels : NULL;
    float *grad = b->grad + image * b->pixels * b->z_pixel;
    Region region = image_region(w, s);
    double first = b->scale * (1 - o->boundary), all = (double)b->pixels * b->images;
    float k_bce = (float)(first * o->bce / all), k_boundary = (float)(b->scale * o->boundary / all);
    float k_region = (float)(first * o->region / b->images);
    float at0 = (float)region.at0, slope = (float)region.slope;
    float empty = (float)region.empty, per_mean = (float)region.per_mean;

    for (size_t from = 0, count; from < b->pixels; from += count, g += count) {
        Points v;

        count = HSEG_MIN(b->pixels - from, (size_t)BLOCK);
        evaluate(&v, z + from * b->z_pixel, b->z_pixel, g, count);
        for (size_t i = 0; i < count; i++, grad += b->z_pixel) {
            float p = v.p[i], r = v.bce[i] * per_mean;

            grad[0] = k_bce * (p - g[i]) +
                      k_region * ((at0 + slope * g[i]) * p * (1 - p) + empty * r * r * (p - g[i]));
            if (phi)
                grad[0] += k_boundary * phi[from + i] * p * (1 - p);
            for (size_t c = 1; c < b->z_pixel; c++)
                grad[c] = 0;
        }
    }
}

static void
image_job(void *data, int image, int thread)
{
    const Work *w = data;

    w->sums[image] = image_sums(w->batch, image);
    if (w->batch->grad)
        image_grad(w, image, &w->sums[image]);
}

HsegLoss
hseg_loss(const HsegLossOptions *options, const HsegLossBatch *batch, int threads)
{
    g_autofree Sums *sums = g_new0(Sums, batch->images);
    double all = (double)batch->pixels * batch->images;
    Work work = {options, batch, sums};
    HsegLoss loss = {0};

    hseg_parallel(threads, batch->images, image_job, &work);
    for (int i = 0; i < batch->images; i++) {
        loss.bce += sums[i].bce / all;
        loss.boundary += sums[i].boundary / all;
        loss.region += image_region(&work, &sums[i]).value / batch->images;
    }
    loss.total = (1 - options->boundary) * (options->bce * loss.bce + options->region * loss.region) +
                 options->boundary * loss.boundary;
    return loss;
}
