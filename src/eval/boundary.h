/* How well the edges of two masks agree (Csurka et al. 2013, "What is a good evaluation measure for semantic
 * segmentation?"). */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t predicted, predicted_near; /* edge pixels of the prediction, and those near a true one */
    uint64_t truth, truth_near;         /* edge pixels of the truth, and those near a predicted one */
} HsegEdgeCounts;

/* Numbers of int32_t that @scratch must hold. */
size_t hseg_boundary_scratch(int width, int height);

/* Masks [height][width] of 0 and 1, rows @width apart. An edge pixel is a person's with a background pixel
 * above, below, left or right of it; the image's border is no edge. Near: at most 0.75 % of the diagonal,
 * Euclidean. */
HsegEdgeCounts hseg_boundary_compare(const uint8_t *predicted, const uint8_t *truth, int width, int height,
                                     int32_t *scratch);
