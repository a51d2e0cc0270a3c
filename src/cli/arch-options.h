/* The options that describe an architecture: --arch v3 --alpha 0.3 --stem-stride 2 ... */
#pragma once

#include <glib.h>

#include "model/arch.h"
#include <humanseg/model.h>

/* (transfer full): options that set the fields of @arch, which must live until they are parsed. */
GOptionGroup *hseg_arch_option_group(HsegArch *arch);

/* Whether any of these options is among the arguments, which are not parsed yet. */
gboolean hseg_arch_options_given(int argc, char **argv);

/* The model that a command line means: @name, a built-in one or a file, or else a network of @arch (nullable)
 * with random weights; "default" where it says neither. HSEG_ERROR_ARGUMENT where it says both. */
HsegModel *hseg_arch_options_model(const HsegArch *arch, const char *name, GError **error);
