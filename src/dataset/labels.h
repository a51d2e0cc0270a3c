/* The numbers in a PNG that are labels, not colours.
 *
 * Data sets keep one label for each pixel in PNG files: as indices with a palette that only serves to look at
 * them, or as grey of 8 or 16 bits. gdk-pixbuf, made for looking, gives the palette's colours and cuts 16
 * bits down to 8. To search the colours in a known palette would get the labels back only where every file
 * has that palette and no two of its entries are alike, which VOC's files keep to and Vistas' don't; so these
 * files are read here as they are. */
#pragma once

#include <glib.h>

typedef struct {
    int width, height;
    guint16 *data; /* [height][width] */
} HsegLabels;

/**
 * Reads grey or palette PNG of 1 to 16 bits. Errors name the file: HSEG_ERROR_FILE where it can't be read,
 * HSEG_ERROR_FORMAT where it is no PNG, broken, colour or interlaced.
 */
HsegLabels *hseg_labels_load(const char *file, GError **error);

/* Accepts NULL. */
void hseg_labels_free(HsegLabels *labels);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegLabels, hseg_labels_free)
