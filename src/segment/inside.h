/* What of a segmenter its public header doesn't show, for the bench. */
#pragma once

#include <humanseg/segmenter.h>

#include "model/network.h"

/* (transfer none) */
HsegNetwork *hseg_segmenter_get_network(HsegSegmenter *segmenter);
