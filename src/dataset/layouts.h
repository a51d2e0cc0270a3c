/* The public data sets that can be read. */
#pragma once

#include "dataset/source.h"

/* Options that mean something to a layout. */
enum {
    HSEG_TAKES_SPLIT = 1 << 0,
    HSEG_TAKES_CROWD = 1 << 1,
    HSEG_TAKES_EVERY = 1 << 2,
    HSEG_TAKES_BACKGROUNDS = 1 << 3, /* a picture in which nobody is marked shows nobody */
};

typedef struct {
    const char *name;    /* "coco" */
    const char *summary; /* for --help */
    unsigned takes;
    HsegSource *(*open)(const char *in, const HsegSourceOptions *options, GError **error);
} HsegLayout;

/* Ended by one without a name. */
extern const HsegLayout hseg_layouts[];

HsegSource *hseg_coco_open(const char *in, const HsegSourceOptions *options, GError **error);
HsegSource *hseg_mapillary_open(const char *in, const HsegSourceOptions *options, GError **error);
HsegSource *hseg_tiktok_open(const char *in, const HsegSourceOptions *options, GError **error);
HsegSource *hseg_videomatte_open(const char *in, const HsegSourceOptions *options, GError **error);
HsegSource *hseg_supervisely_open(const char *in, const HsegSourceOptions *options, GError **error);
HsegSource *hseg_voc_open(const char *in, const HsegSourceOptions *options, GError **error);
