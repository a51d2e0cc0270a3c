/* A run's options, checked and put into words. */
#pragma once

#include "train/trainer.h"

/* One line with all that a resumed run must share with the one before it. The number of epochs may change: a
 * cosine of the rate is then that of the new number. What does not change the run is left out, so that
 * options that were not there yet change no line. */
char *hseg_settings_describe(const HsegTrainerOptions *o);

/* HSEG_ERROR_ARGUMENT where options are out of range, or ask for held-out pictures, of which there are
 * @validation. */
gboolean hseg_settings_check(const HsegTrainerOptions *o, guint validation, GError **error);
