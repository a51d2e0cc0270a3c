/* The record of a run: what each epoch measured, as JSON and as a picture of curves. */
#pragma once

#include <glib.h>

typedef struct {
    int epoch;                /* from 1 */
    double loss, bce, region; /* means over the epoch's batches */
    double learning_rate;     /* at its end */
    double val_iou,
        val_mean_iou; /* held-out pictures: pooled, and mean over images; -1 where there are none */
    double seconds, images_per_second;
} HsegEpoch;

/* A GArray of HsegEpoch <-> JSON. Parsing returns NULL with HSEG_ERROR_FORMAT where @json is something else.
 */
char *hseg_history_to_json(const GArray *history);
GArray *hseg_history_from_json(const char *json, GError **error);

/* Errors: HSEG_ERROR_FILE. */
gboolean hseg_history_save_json(const GArray *history, const char *path, GError **error);

/* Loss, and IoU where every epoch has one, over the epochs as one SVG picture; none of no epochs. */
gboolean hseg_history_save_svg(const GArray *history, const char *path, GError **error);
