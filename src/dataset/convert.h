/* Writes a source's records as a data set of our own layout: OUT/images/NAME.jpg with OUT/masks/NAME.png, or,
 * of a source of cut-outs, OUT/images/NAME.png with alpha, cropped to the person. */
#pragma once

#include "dataset/source.h"

typedef struct {
    int size;                /* pixels of the longest side of what is written; 0: as it is */
    gint64 limit;            /* pairs, after which to stop; those that are there already count; 0: none */
    double min_share;        /* 0..1: pictures in which people fill less are left out */
    const char *backgrounds; /* (nullable): pictures with nobody become DIR/images/NAME.jpg */
    gboolean keep_going;     /* past records that are faulty */

    /* (nullable): after each record. */
    void (*progress)(gint64 done, gint64 total, gpointer data);
    /* (nullable): what is wrong with a record that is left out for it. */
    void (*complain)(const char *message, gpointer data);
    gpointer data;
} HsegConvertOptions;

typedef struct {
    gint64 written, there; /* pairs; those that were there whole before */
    gint64 backgrounds;    /* pictures, written or there */
    gint64 left_out;       /* nobody, too little of them, or not to be used */
    gint64 faulty;
} HsegConvertCounts;

/**
 * A pair is written under temporary names, the mask first: one whose picture is there is whole, and is left
 * as it is. Errors name the file and, where a file knows many pictures, the record.
 */
gboolean hseg_convert(HsegSource *source, const char *out, const HsegConvertOptions *options,
                      HsegConvertCounts *counts, GError **error);
