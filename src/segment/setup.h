/* What segmenter and compositor share while they are set up. */
#pragma once

#include <glib.h>
#include <humanseg/image.h>

#define HSEG_LEAST_SIZE    16 /* pixels */
#define HSEG_GREATEST_SIZE 8192

/* Whether a stream of such frames can be worked on; HSEG_ERROR_ARGUMENT or HSEG_ERROR_SHAPE else. */
gboolean hseg_check_frame(const HsegFrame *frame, int par_n, int par_d, HsegOrientation orientation,
                          GError **error);

/* Threads for a wish of @threads (0: automatic); 0 with HSEG_ERROR_ARGUMENT where it is out of range. */
int hseg_check_threads(int threads, GError **error);

/* @v, or the nearer of the two ends where it is outside them; @lo where it is no number. */
double hseg_within(double v, double lo, double hi);

/* Planes for a frame whose format and size are set, one behind the other: free plane[0] with hseg_mem_free().
 * FALSE without memory. */
gboolean hseg_allocate_planes(HsegFrame *frame);
