/* A picture in memory, and its way from and to files. */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int width, height; /* pixels */
    int channels;      /* 1 grey, 3 RGB, 4 RGBA with straight alpha; sRGB, 8 bits each */
    size_t stride;     /* bytes between rows */
    uint8_t *data;     /* [height][stride] */
} HsegPicture;

/**
 * Black, and transparent where there is alpha; stride is width * channels. Returns NULL with
 * HSEG_ERROR_NO_MEMORY where the sizes are not positive or too large to be had.
 */
HsegPicture *hseg_picture_new(int width, int height, int channels, GError **error);

#define HSEG_PICTURE_MAX_PIXELS 200000000 /* more than cameras have */

/**
 * Loads whatever gdk-pixbuf reads (JPEG, PNG, ...) upright, its EXIF orientation applied: RGBA where the file
 * has an alpha channel, RGB otherwise. Errors name the file: HSEG_ERROR_FILE where it can't be read,
 * HSEG_ERROR_FORMAT where it is no picture, is cut off, or has more than HSEG_PICTURE_MAX_PIXELS.
 */
HsegPicture *hseg_picture_load(const char *file, GError **error);

/** The same without alpha: always RGB. */
HsegPicture *hseg_picture_load_rgb(const char *file, GError **error);

/** One channel: grey files keep their exact values, colour becomes BT.601 luma, alpha is left out of account.
 */
HsegPicture *hseg_picture_load_grey(const char *file, GError **error);

/**
 * The same of a mask, 0 background .. 255 person. HSEG_ERROR_FORMAT where the file can't mean that: where it
 * has colours or transparent pixels, or 1 where 255 is meant.
 */
HsegPicture *hseg_picture_load_mask(const char *file, GError **error);

/** Writes a PNG of as many channels as @picture has, under a temporary name first: @file is never
 * half-written. */
gboolean hseg_picture_save_png(const HsegPicture *picture, const char *file, GError **error);

/** Writes a JPEG of an RGB picture in the same way; @quality is 1 to 100. */
gboolean hseg_picture_save_jpeg(const HsegPicture *rgb, const char *file, int quality, GError **error);

/** Accepts NULL. */
void hseg_picture_free(HsegPicture *picture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegPicture, hseg_picture_free)
