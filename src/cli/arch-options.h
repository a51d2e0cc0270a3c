/* The options that describe an architecture: --arch v3 --alpha 0.3 --stem-stride 2 ... */
#pragma once

#include <glib.h>

#include "model/arch.h"

/* (transfer full): options that set the fields of @arch, which must live until they are parsed. */
GOptionGroup *hseg_arch_option_group(HsegArch *arch);
