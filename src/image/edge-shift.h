/* A mask's edge moved outwards or inwards: the greatest, or the least, value within a distance. The mask's
 * soft edges keep their width, and holes and strands their shape as long as they are not closed up or lost.
 *
 * The distance is measured in an octagon, which is nearly a circle. It is put together in steps: a shape that
 * reaches n pixels, laid at places k away around it, makes one that reaches n + k, without a gap as long as k
 * is about n; so the work grows with the logarithm of the distance. */
#pragma once

#include <humanseg/image.h>

typedef struct HsegEdgeShifter HsegEdgeShifter;

/* For masks of @width x @height. NULL where there is no memory. */
HsegEdgeShifter *hseg_edge_shifter_new(int width, int height, int threads);

/* Accepts NULL. */
void hseg_edge_shifter_free(HsegEdgeShifter *e);

/* @mask: GRAY8, only read. @distance: pixels outwards, or, below 0, inwards; fractions too. Nothing lies
 * beyond the frame: a person who is cut off by it stays so. Returns @mask itself at no distance, else the
 * object's own, which holds until the next run. */
const HsegFrame *hseg_edge_shifter_run(HsegEdgeShifter *e, const HsegFrame *mask, double distance);
