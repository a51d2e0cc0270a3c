/* A progress bar with the time that is left, on a terminal; elsewhere it says nothing. */
#pragma once

#include <glib.h>

typedef struct HsegProgress HsegProgress;

/* A bar on standard error for @total steps of @what. */
HsegProgress *hseg_progress_new(const char *what, gint64 total);

/* Leaves the bar's last state on the screen. Accepts NULL. */
void hseg_progress_free(HsegProgress *p);

/* @done steps of the total are done; @note (nullable) stands behind the bar. Draws at most ten times a
 * second. */
void hseg_progress_set(HsegProgress *p, gint64 done, const char *note);

/* (transfer full): the line that is drawn, cut to @columns. @seconds: spent on @done steps. */
char *hseg_progress_line(const char *what, gint64 done, gint64 total, double seconds, const char *note,
                         int columns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegProgress, hseg_progress_free)
