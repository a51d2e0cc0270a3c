/* Which augmentations a sample gets, how often and how strong: mild on real ones, strong on composites. */
#pragma once

#include "train/photometric.h"

typedef struct {
    float p;      /* how often */
    float lo, hi; /* uniform between, drawn whole where the number is a count */
} HsegChance;

/* Pixel sizes are those of a sample 180 pixels high, and grow with it. */
typedef struct {
    float max_degrees; /* of rotation, each way */
    HsegChance shadow; /* darkening */
    int shadow_count_lo, shadow_count_hi, shadow_corners;
    float shadow_top;       /* shadows fall below this part of the height */
    HsegChance motion_blur; /* taps, made odd */
    HsegChance dropout;     /* holes */
    int hole_lo, hole_hi;   /* their sides, pixels */
    HsegChance gamma;
    HsegChance clahe;      /* clip limit */
    HsegChance sigmoid;    /* gain */
    HsegChance colour;     /* saturation factor */
    float max_hue;         /* each way, parts of the circle */
    HsegChance brightness; /* gain; as much again, times 40, as an offset */
    HsegChance grayscale;
    HsegChance noise;           /* level: its half of full scale is where the noise is cut off */
    HsegChance background_blur; /* taps, made odd */
} HsegAugmentation;

extern const HsegAugmentation hseg_augmentation_real, hseg_augmentation_synthetic;

/* What of an augmentation belongs to what is seen, and would stay from frame to frame of a video: shadows and
 * holes; and what belongs to one shot of it: blur, light and colours, noise. */
enum {
    HSEG_AUGMENT_SCENE = 1 << 0,
    HSEG_AUGMENT_SHOT = 1 << 1,
    HSEG_AUGMENT_ALL = HSEG_AUGMENT_SCENE | HSEG_AUGMENT_SHOT,
};

/* Applies what chance picks of @parts (HSEG_AUGMENT_*), in the order of the struct, each with @share of its
 * probability. */
void hseg_augment(HsegCanvas *canvas, HsegRng *rng, const HsegAugmentation *a, float share, unsigned parts);
