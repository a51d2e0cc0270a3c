#include "train/augment.h"
#include "base/base.h"

/* From the client's training, whose pixels were those of 640 x 360: sizes are halved. Brightness, grayscale
 * and the probability of noise are our own: webcams are darker, greyer and cleaner than that data. */
const HsegAugmentation hseg_augmentation_real = {
    .max_degrees = 15,
    .shadow = {0.25f, 0.1f, 0.25f},
    .shadow_count_lo = 1,
    .shadow_count_hi = 2,
    .shadow_corners = 6,
    .shadow_top = 0,
    .motion_blur = {0.15f, 3, 7},
    .dropout = {0.35f, 4, 8},
    .hole_lo = 7,
    .hole_hi = 25,
    .gamma = {0.6f, 0.7f, 1.3f},
    .clahe = {0.3f, 3, 3},
    .sigmoid = {0.2f, 4.5f, 6.5f},
    .colour = {0.6f, 0.7f, 1.3f},
    .max_hue = 0.1f,
    .brightness = {0.3f, 0.75f, 1.2f},
    .grayscale = {0.05f, 0, 0},
    .noise = {0.7f, 0, 0.10f},
    .background_blur = {0.15f, 3, 7},
};

const HsegAugmentation hseg_augmentation_synthetic = {
    .max_degrees = 30,
    .shadow = {0.4f, 0.1f, 0.34f},
    .shadow_count_lo = 2,
    .shadow_count_hi = 3,
    .shadow_corners = 7,
    .shadow_top = 0.5f,
    .motion_blur = {0.3f, 3, 11},
    .dropout = {0.5f, 4, 15},
    .hole_lo = 5,
    .hole_hi = 25,
    .gamma = {0.9f, 0.5f, 1.5f},
    .clahe = {0.5f, 4, 4},
    .sigmoid = {0.3f, 3, 8},
    .colour = {0.8f, 0.6f, 1.4f},
    .max_hue = 0.15f,
    .brightness = {0.3f, 0.7f, 1.25f},
    .grayscale = {0.05f, 0, 0},
    .noise = {0.7f, 0, 0.15f},
    .background_blur = {0.2f, 3, 11},
};

static bool
happens(HsegRng *rng, const HsegChance *c, float share)
{
    return hseg_rng_float(rng) < c->p * share;
}

static float
strength(HsegRng *rng, const HsegChance *c)
{
    return hseg_rng_uniform(rng, c->lo, c->hi);
}

static int
count(HsegRng *rng, const HsegChance *c)
{
    return hseg_rng_int(rng, (int)c->lo, (int)c->hi);
}

static void
augment_shapes(HsegCanvas *canvas, HsegRng *rng, const HsegAugmentation *a, float share, unsigned parts)
{
    float size = HSEG_MAX(canvas->h / 180.0f, 0.5f);

    if ((parts & HSEG_AUGMENT_SCENE) && happens(rng, &a->shadow, share))
        hseg_shadow(canvas, rng, hseg_rng_int(rng, a->shadow_count_lo, a->shadow_count_hi), a->shadow_corners,
                    a->shadow_top, strength(rng, &a->shadow));
    if ((parts & HSEG_AUGMENT_SHOT) && happens(rng, &a->motion_blur, share))
        hseg_motion_blur(canvas, count(rng, &a->motion_blur) | 1, hseg_rng_uniform(rng, 0, (float)G_PI));
    if ((parts & HSEG_AUGMENT_SCENE) && happens(rng, &a->dropout, share))
        hseg_dropout(canvas, rng, count(rng, &a->dropout), (int)(a->hole_lo * size),
                     (int)(a->hole_hi * size));
}

static void
augment_colours(HsegCanvas *canvas, HsegRng *rng, const HsegAugmentation *a, float share)
{
    if (happens(rng, &a->gamma, share))
        hseg_gamma(canvas, strength(rng, &a->gamma));
    if (happens(rng, &a->clahe, share))
        hseg_clahe(canvas, strength(rng, &a->clahe));
    if (happens(rng, &a->sigmoid, share))
        hseg_sigmoid_contrast(canvas, strength(rng, &a->sigmoid));
    if (happens(rng, &a->colour, share))
        hseg_hue_saturation(canvas, hseg_rng_uniform(rng, -a->max_hue, a->max_hue),
                            strength(rng, &a->colour));
    if (happens(rng, &a->brightness, share)) {
        float gain = strength(rng, &a->brightness);

        hseg_brightness(canvas, gain, 40 * (strength(rng, &a->brightness) - 1));
    }
    if (happens(rng, &a->grayscale, share))
        hseg_grayscale(canvas);
}

void
hseg_augment(HsegCanvas *canvas, HsegRng *rng, const HsegAugmentation *a, float share, unsigned parts)
{
    augment_shapes(canvas, rng, a, share, parts);
    if (!(parts & HSEG_AUGMENT_SHOT))
        return;
    augment_colours(canvas, rng, a, share);
    if (happens(rng, &a->noise, share))
        hseg_noise(canvas, rng, strength(rng, &a->noise) * 127);
    if (happens(rng, &a->background_blur, share))
        hseg_background_blur(canvas, count(rng, &a->background_blur) | 1);
}
