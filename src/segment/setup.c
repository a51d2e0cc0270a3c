#include "segment/setup.h"

#include <humanseg/error.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"

#define MOST_THREADS 64
/* More cores make a frame of 320 x 180 hardly faster, and a video call's machine has other work to do. */
#define AUTOMATIC_THREADS 2

gboolean
hseg_check_frame(const HsegFrame *frame, int par_n, int par_d, HsegOrientation orientation, GError **error)
{
    if ((unsigned)frame->format >= HSEG_FORMAT_COUNT || (unsigned)frame->matrix >= HSEG_MATRIX_COUNT ||
        (unsigned)frame->range >= HSEG_RANGE_COUNT) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "no such frame format: %d, matrix %d, range %d",
                    frame->format, frame->matrix, frame->range);
        return FALSE;
    }
    if (MIN(frame->width, frame->height) < HSEG_LEAST_SIZE ||
        MAX(frame->width, frame->height) > HSEG_GREATEST_SIZE) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "frame size %dx%d is not within %d to %d",
                    frame->width, frame->height, HSEG_LEAST_SIZE, HSEG_GREATEST_SIZE);
        return FALSE;
    }
    if ((unsigned)orientation >= HSEG_ORIENTATION_COUNT) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "no such orientation: %d", orientation);
        return FALSE;
    }
    if (par_n < 1 || par_d < 1) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "pixel aspect ratio %d/%d is not positive", par_n,
                    par_d);
        return FALSE;
    }
    return TRUE;
}

int
hseg_check_threads(int threads, GError **error)
{
    if (threads < 0 || threads > MOST_THREADS) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "threads: %d is not within 0 to %d", threads,
                    MOST_THREADS);
        return 0;
    }
    return threads ? threads : HSEG_MIN(hseg_parallel_cpus(), AUTOMATIC_THREADS);
}

double
hseg_within(double v, double lo, double hi)
{
    return v >= lo ? HSEG_MIN(v, hi) : lo;
}

gboolean
hseg_allocate_planes(HsegFrame *frame)
{
    size_t offset[HSEG_MAX_PLANES], total = 0;
    uint8_t *block;

    for (int i = 0; i < hseg_format_planes(frame->format); i++) {
        frame->stride[i] =
            hseg_round_up((int)hseg_format_row_bytes(frame->format, i, frame->width), HSEG_ALIGN);
        offset[i] = total;
        total += (size_t)frame->stride[i] * hseg_format_plane_rows(frame->format, i, frame->height);
    }
    block = hseg_mem_new0(total);
    for (int i = 0; block && i < hseg_format_planes(frame->format); i++)
        frame->plane[i] = block + offset[i];
    return block != NULL;
}
