#include "train/synth.h"
#include "base/base.h"
#include "train/photometric.h"

#include <math.h>
#include <string.h>

/* A placed person: its box in the canvas, pixels. */
typedef struct {
    float x, y, w, h;
    float radians;
    bool flip;
} Place;

float
hseg_synth_height(HsegRng *rng, const HsegTrainItem *person)
{
    if (person->cut & HSEG_CUT_BOTTOM)
        return hseg_rng_uniform(rng, 0.5f, 1.3f);
    return 0.35f * powf(2.2f / 0.35f, hseg_rng_float(rng));
}

/* Feet near 0.81 of the way down the range that keeps them in (the client's N(0.8125, 0.062)); large people
 * lose their feet, not their heads; half-length portraits stand on the canvas's lower edge. */
static float
place_top(HsegRng *rng, const HsegTrainItem *person, int canvas_h, float h)
{
    float top, bottom;

    if (person->cut & HSEG_CUT_BOTTOM) {
        top = canvas_h - h * hseg_rng_uniform(rng, 0.85f, 1);
        return HSEG_MAX(top, canvas_h * 0.02f);
    }
    if (h > 0.95f * canvas_h)
        return canvas_h * hseg_rng_uniform(rng, -0.02f, 0.25f);
    bottom = canvas_h * (0.9f + 0.08f * hseg_rng_normal(rng));
    return HSEG_CLAMP(bottom - h, -0.1f * h, canvas_h - 0.4f * h);
}

/* About the middle (the client's N(0.5, 0.235)), at least 40 % inside. */
static float
place_left(HsegRng *rng, unsigned cut, int canvas_w, float w)
{
    float x = canvas_w * (0.5f + 0.235f * hseg_rng_normal(rng)) - w / 2;

    if (cut & HSEG_CUT_LEFT)
        return -w * hseg_rng_uniform(rng, 0, 0.15f);
    if (cut & HSEG_CUT_RIGHT)
        return canvas_w - w * hseg_rng_uniform(rng, 0.85f, 1);
    return HSEG_CLAMP(x, -0.6f * w, canvas_w - 0.4f * w);
}

static Place
place_person(HsegRng *rng, const HsegTrainItem *person, int canvas_w, int canvas_h, float height)
{
    const HsegBox *b = &person->bounds;
    unsigned cut = person->cut;
    Place p = {.h = height * canvas_h, .flip = hseg_rng_float(rng) < 0.5f};

    p.w = p.h * b->w / b->h * hseg_rng_uniform(rng, 0.92f, 1.08f);
    if (p.flip)
        cut = (cut & HSEG_CUT_BOTTOM) | (cut & HSEG_CUT_LEFT ? HSEG_CUT_RIGHT : 0) |
              (cut & HSEG_CUT_RIGHT ? HSEG_CUT_LEFT : 0);
    p.x = place_left(rng, cut, canvas_w, p.w);
    p.y = place_top(rng, person, canvas_h, p.h);
    if (hseg_rng_float(rng) < 0.5f && !(cut & (HSEG_CUT_LEFT | HSEG_CUT_RIGHT)))
        p.radians = hseg_rng_uniform(rng, -15, 15) * (float)(G_PI / 180);
    if (cut & HSEG_CUT_BOTTOM) { /* turned less, and lowered, so that the cut stays out of sight */
        p.radians /= 3;
        p.y = HSEG_MAX(p.y, canvas_h - p.h) + fabsf(sinf(p.radians)) * p.w / 2;
    }
    return p;
}

/* Canvas -> picture. */
static HsegAffine
map_place(const Place *p, const HsegBox *b)
{
    float sx = b->w / p->w * (p->flip ? -1 : 1), sy = b->h / p->h, c = cosf(p->radians), s = sinf(p->radians);
    HsegAffine m = {.xx = c * sx, .xy = s * sx, .yx = -s * sy, .yy = c * sy};

    m.x0 = b->x + b->w / 2.0f - m.xx * (p->x + p->w / 2) - m.xy * (p->y + p->h / 2);
    m.y0 = b->y + b->h / 2.0f - m.yx * (p->x + p->w / 2) - m.yy * (p->y + p->h / 2);
    return m;
}

/* The part of the canvas that the turned person can touch; empty where w or h is not positive. */
static HsegBox
touched(const Place *p, int canvas_w, int canvas_h)
{
    float c = fabsf(cosf(p->radians)), s = fabsf(sinf(p->radians));
    float half_w = (c * p->w + s * p->h) / 2 + 4, half_h = (s * p->w + c * p->h) / 2 + 4;
    float x = p->x + p->w / 2, y = p->y + p->h / 2;
    HsegBox b = {HSEG_MAX((int)(x - half_w), 0), HSEG_MAX((int)(y - half_h), 0), 0, 0};

    b.w = HSEG_MIN((int)(x + half_w), canvas_w) - b.x;
    b.h = HSEG_MIN((int)(y + half_h), canvas_h) - b.y;
    return b;
}

/* The person's light is not the background's: exposure, contrast, colour. */
static void
change_light(HsegCanvas *layer, HsegRng *rng)
{
    if (hseg_rng_float(rng) < 0.5f)
        hseg_gamma(layer, hseg_rng_uniform(rng, 0.7f, 1.5f));
    if (hseg_rng_float(rng) < 0.5f)
        hseg_hue_saturation(layer, hseg_rng_uniform(rng, -0.03f, 0.03f), hseg_rng_uniform(rng, 0.6f, 1.3f));
}

static void
blend(HsegCanvas *canvas, const HsegCanvas *layer, const float *soft, const HsegBox *at)
{
    for (int y = 0; y < at->h; y++) {
        size_t to = (size_t)(at->y + y) * canvas->w + at->x, from = (size_t)y * at->w;

        for (int x = 0; x < at->w; x++) {
            float a = soft[from + x] * layer->mask[from + x];

            for (int c = 0; c < 3; c++)
                canvas->rgb[c][to + x] += a * (layer->rgb[c][from + x] - canvas->rgb[c][to + x]);
            canvas->mask[to + x] += a * (1 - canvas->mask[to + x]);
        }
    }
}

void
hseg_synth_add(HsegCanvas *canvas, HsegCanvas *layer, HsegRng *rng, const HsegTrainItem *person, float height)
{
    Place place = place_person(rng, person, canvas->w, canvas->h, height);
    HsegAffine map = map_place(&place, &person->bounds);
    HsegBox at = touched(&place, canvas->w, canvas->h);
    int taps = 2 * hseg_rng_int(rng, 1, 4) + 1;
    float *soft = layer->scratch[0];

    if (at.w <= 0 || at.h <= 0)
        return;
    map.x0 += map.xx * at.x + map.xy * at.y;
    map.y0 += map.yx * at.x + map.yy * at.y;
    hseg_canvas_set_size(layer, at.w, at.h);
    hseg_warp(layer, person->rgbm, person->half, &map, HSEG_BORDER_CLEAR);
    change_light(layer, rng);
    memcpy(soft, layer->mask, (size_t)at.w * at.h * sizeof *soft);
    hseg_gaussian_plane(layer, soft, taps);
    blend(canvas, layer, soft, &at);
}
