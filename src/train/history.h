/* The record of a run: what each epoch measured, as JSON and as a picture of curves. */
#pragma once

#include <glib.h>

typedef struct {
    int epoch;                /* from 1 */
    double loss, bce, region; /* means over the epoch's batches */
    double boundary;          /* the same, where its weight is not 0 */
    double boundary_weight;   /* its share of the loss */
    double consistency;   /* the mean over the batches, not weighed; 0 where there are no pairs of views */
    double learning_rate; /* at its end */
    /* Of held-out pictures, -1 where there are none: IoU pooled, and as the mean over images; the pooled mean
     * of person's and background's IoU. */
    double val_iou, val_mean_iou, val_miou;
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
