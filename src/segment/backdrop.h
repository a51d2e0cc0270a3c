/* A backdrop made to measure. */
#pragma once

#include <humanseg/backdrop.h>
#include <humanseg/image.h>

/**
 * The picture as a frame of @like's format, size and colours: it covers the frame, keeping its displayed
 * shape, and what is too much is cut off on both sides alike.
 * @orientation: what would make the frame upright; the picture lies as the frame does
 * @out: its planes are one block: free plane[0] with hseg_mem_free()
 * @error: HSEG_ERROR_NO_MEMORY
 */
gboolean hseg_backdrop_fit(const HsegBackdrop *backdrop, const HsegFrame *like, int par_n, int par_d,
                           HsegOrientation orientation, HsegFrame *out, GError **error);
