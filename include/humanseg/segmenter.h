/** SECTION: segmenter
 * Frame in, mask out: scaling, the network, and the refinement of its edges on the full-size frame. */
#pragma once

#include <glib.h>
#include <humanseg/api.h>
#include <humanseg/image.h>
#include <humanseg/model.h>

G_BEGIN_DECLS

/** Thread-safety: one segmenter belongs to one stream; calls on it must not overlap. Different segmenters
 * share nothing writable, and may share a model. */
typedef struct HsegSegmenter HsegSegmenter;

/**
 * HsegRefine:
 * @HSEG_REFINE_NONE: the network's mask, enlarged
 * @HSEG_REFINE_GUIDED: the mask's edges follow those of the frame (fast guided filter, He and Sun 2015)
 */
typedef enum {
    HSEG_REFINE_NONE,
    HSEG_REFINE_GUIDED,
} HsegRefine;

/**
 * HsegSubject:
 * @HSEG_SUBJECT_ALL: everybody
 * @HSEG_SUBJECT_MAIN: one person alone, the largest and most central; then the same one in the frames that
 * follow
 */
typedef enum {
    HSEG_SUBJECT_ALL,
    HSEG_SUBJECT_MAIN,
} HsegSubject;

/**
 * HsegSegmenterConfig: what a segmenter is built for.
 * @frame: format, size and colours of the frames to come; its planes are not looked at
 * @par_n: width of a pixel, relative to @par_d; both from 1
 * @par_d: height of a pixel
 * @orientation: what would make the frames upright: the network sees them so; the mask lies as they do
 * @precision: arithmetic of the network
 * @threads: threads that share the work, 1 to 64; 0 takes one per processor, at most 2
 */
typedef struct {
    HsegFrame frame;
    int par_n, par_d;
    HsegOrientation orientation;
    HsegPrecision precision;
    int threads;
} HsegSegmenterConfig;

/**
 * HsegSegmenterParams: what may change from frame to frame. Out-of-range values are clamped.
 * @refine: whether the mask's edges follow the frame's
 * @radius: of the guided filter's window, in pixels of the network's input (typically 320 x 180); 1 to 32
 * @epsilon: how much a window must vary to count as an edge, in squared luma where white is 1; 1e-9 to 1
 * @threshold: probability at which a mask value is half; 0 to 1
 * @softness: width of the mask's ramp around @threshold, in probability; 0 (a hard edge) to 1 (as refined)
 * @edge_shift: how far the mask's edge is moved outwards (positive) or inwards, as a part of the frame's
 * height; -0.1 to 0.1
 * @smoothing: how firmly what stands still is held still in time; what moves is followed. 0 (each frame for
 * itself) to 1
 * @subject: who stays in the mask
 * @interval: run the network on every n-th frame, and where the scene is cut; between, its last answer is
 * refined on the new frame; 1 to 100
 */
typedef struct {
    HsegRefine refine;
    int radius;
    double epsilon;
    double threshold;
    double softness;
    double edge_shift;
    double smoothing;
    HsegSubject subject;
    int interval;
} HsegSegmenterParams;

#define HSEG_MAX_EDGE_SHIFT 0.1

/** The values that suit most video. */
HSEG_API HsegSegmenterParams hseg_segmenter_default_params(void);

/**
 * HsegSegmenterStats: of the frames since the segmenter was made.
 * @frames: frames run
 * @inferred: frames on which the network ran
 * @preprocess_ms, @inference_ms, @refine_ms: mean milliseconds a frame
 * @share: of the last mask that is person, 0 to 1
 * @x, @y, @width, @height: smallest box, in pixels, around the last mask's values over one half; @width is 0
 * where there are none
 */
typedef struct {
    guint64 frames, inferred;
    double preprocess_ms, inference_ms, refine_ms;
    double share;
    int x, y, width, height;
} HsegSegmenterStats;

/**
 * hseg_segmenter_new:
 * @model: (transfer none): the segmenter takes its own reference
 * @config: (transfer none): copied
 * @error: HSEG_ERROR_ARGUMENT for a config out of range or a precision that @model lacks, HSEG_ERROR_SHAPE
 * for a frame size outside 16 to 8192, HSEG_ERROR_NO_MEMORY
 *
 * Allocates everything that a run needs, so that hseg_segmenter_run() cannot fail. Parameters are the default
 * ones.
 *
 * Returns: (transfer full) (nullable): free with hseg_segmenter_free()
 */
HSEG_API HsegSegmenter *hseg_segmenter_new(HsegModel *model, const HsegSegmenterConfig *config,
                                           GError **error);

/** hseg_segmenter_free: @segmenter: (nullable) */
HSEG_API void hseg_segmenter_free(HsegSegmenter *segmenter);

/** hseg_segmenter_set_params: from the next run on. @params is copied. */
HSEG_API void hseg_segmenter_set_params(HsegSegmenter *segmenter, const HsegSegmenterParams *params);

/** hseg_segmenter_reset: forgets earlier frames, as after a seek; the statistics go on. */
HSEG_API void hseg_segmenter_reset(HsegSegmenter *segmenter);

/**
 * hseg_segmenter_spare: the next run does without the network, as though @interval asked for it: for a stream
 * that is late. The first run, that after a reset or a cut, and one after twenty in a row without the network
 * are not spared.
 */
HSEG_API void hseg_segmenter_spare(HsegSegmenter *segmenter);

/**
 * hseg_segmenter_run:
 * @frame: of the format, size and colours that the segmenter was built for; only read
 *
 * The result depends on nothing but the model, the parameters, this frame and, by smoothing, interval,
 * subject and hseg_segmenter_spare(), those since the last reset: not on the number of threads, and not on
 * time.
 *
 * Returns: (transfer none): the mask, HSEG_FORMAT_GRAY8 of @frame's size, 0 for background to 255 for person;
 * holds until the next call on the segmenter
 */
HSEG_API const HsegFrame *hseg_segmenter_run(HsegSegmenter *segmenter, const HsegFrame *frame);

HSEG_API void hseg_segmenter_get_stats(const HsegSegmenter *segmenter, HsegSegmenterStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegSegmenter, hseg_segmenter_free)

G_END_DECLS
