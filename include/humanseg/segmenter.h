/**
 * @file
 * Frame in, mask out: scaling, the network, and the refinement of its edges on the full-size frame.
 */
#pragma once

#include <glib.h>
#include <humanseg/api.h>
#include <humanseg/image.h>
#include <humanseg/model.h>

G_BEGIN_DECLS

/**
 * What makes masks of the frames of a stream. Thread-safety: one segmenter belongs to one stream; calls on it
 * must not overlap. Different segmenters share nothing writable, and may share a model.
 */
typedef struct HsegSegmenter HsegSegmenter;

/** How a mask's edges are brought to the frame's. */
typedef enum {
    HSEG_REFINE_NONE,   /**< the network's mask, enlarged */
    HSEG_REFINE_GUIDED, /**< the mask's edges follow those of the frame (fast guided filter, He and Sun 2015)
                         */
} HsegRefine;

/** Who stays in a mask. */
typedef enum {
    HSEG_SUBJECT_ALL,  /**< everybody */
    HSEG_SUBJECT_MAIN, /**< one alone, the largest and most central; then the same one in the frames that
                          follow */
} HsegSubject;

/** What a segmenter is built for. */
typedef struct {
    HsegFrame frame; /**< format, size and colours of the frames to come; its planes are not looked at */
    int par_n;       /**< width of a pixel, relative to @ref par_d; from 1 */
    int par_d;       /**< height of a pixel; from 1 */
    HsegOrientation
        orientation;         /**< makes frames upright: the network sees them so; the mask lies as they do */
    HsegPrecision precision; /**< arithmetic of the network */
    int threads;             /**< that share the work, 1 to 64; 0 takes one per processor, at most 2 */
} HsegSegmenterConfig;

/** What may change from frame to frame. Values out of range are clamped. */
typedef struct {
    /** Whether the mask's edges follow the frame's. */
    HsegRefine refine;
    /** Of the guided filter's window, in pixels of the network's input (typically 320 x 180); 1 to 32. */
    int radius;
    /** How much a window must vary to count as an edge, in squared luma where white is 1; 1e-9 to 1. */
    double epsilon;
    /** Probability at which a mask value is half; 0 to 1. */
    double threshold;
    /** Width of the mask's ramp around the threshold, in probability; 0 (a hard edge) to 1 (as refined). A
     * threshold near 0 or 1 leaves room for less: what is sure stays out of the ramp. */
    double softness;
    /** How far the mask's edge is moved outwards (positive) or inwards, as a part of the frame's height; up
     * to #HSEG_MAX_EDGE_SHIFT either way. */
    double edge_shift;
    /** What must be at least this probable somewhere to be in the mask at all: a region, connected and more
     * than half as probable as the threshold, that nowhere is so is nobody. 0 (or anything up to the
     * threshold: whatever is above the threshold is in the mask) to 1. */
    double certainty;
    /** How firmly what stands still is held still in time; what moves is followed. 0 (each frame for itself)
     * to 1. */
    double smoothing;
    /** Who stays in the mask. */
    HsegSubject subject;
    /** Run the network on every n-th frame, and where the scene is cut; between, its last answer is refined
     * on the new frame; 1 to 100. */
    int interval;
    /** At most so many of HsegSegmenterConfig::threads take part; 0: all. One alone takes longer, and less of
     * the processor in all: threads that share the work also wait for each other. */
    int threads;
} HsegSegmenterParams;

/** The furthest that a mask's edge can be moved, as a part of the frame's height. */
#define HSEG_MAX_EDGE_SHIFT 0.1

/**
 * Where to start from.
 *
 * @return the values that suit most video
 */
HSEG_API HsegSegmenterParams hseg_segmenter_default_params(void);

/** What is counted and measured, of the frames since the segmenter was made. */
typedef struct {
    guint64 frames;       /**< frames run */
    guint64 inferred;     /**< frames on which the network ran */
    double preprocess_ms; /**< mean milliseconds a frame: scaling it for the network */
    double inference_ms;  /**< mean milliseconds a frame: the network */
    double refine_ms;     /**< mean milliseconds a frame: from the network's answer to the mask */
    double share;         /**< of the last mask that is person, 0 to 1 */
    int x;      /**< left edge, in pixels, of the smallest box around the last mask's values over one half */
    int y;      /**< upper edge of that box */
    int width;  /**< of that box; 0 where there are no such values */
    int height; /**< of that box */
} HsegSegmenterStats;

/**
 * Makes a segmenter, and allocates everything that a run needs, so that hseg_segmenter_run() cannot fail.
 * Parameters are the default ones.
 *
 * @param model the segmenter takes its own reference
 * @param config copied
 * @param error #HSEG_ERROR_ARGUMENT for a config out of range or a precision that the model lacks,
 * #HSEG_ERROR_SHAPE for a frame size outside 16 to 8192, #HSEG_ERROR_NO_MEMORY
 *
 * @return the segmenter, to be freed with hseg_segmenter_free(); NULL on error
 */
HSEG_API HsegSegmenter *hseg_segmenter_new(HsegModel *model, const HsegSegmenterConfig *config,
                                           GError **error);

/**
 * Frees what hseg_segmenter_new() returned, and its last mask.
 *
 * @param segmenter may be NULL
 */
HSEG_API void hseg_segmenter_free(HsegSegmenter *segmenter);

/**
 * Sets parameters, from the next run on.
 *
 * @param segmenter a segmenter
 * @param params copied
 */
HSEG_API void hseg_segmenter_set_params(HsegSegmenter *segmenter, const HsegSegmenterParams *params);

/**
 * Forgets earlier frames, as after a seek; the statistics go on.
 *
 * @param segmenter a segmenter
 */
HSEG_API void hseg_segmenter_reset(HsegSegmenter *segmenter);

/**
 * The next run does without the network, as though HsegSegmenterParams::interval asked for it: for a stream
 * that is late. The first run, that after a reset or a cut, and one after twenty in a row without the network
 * are not spared.
 *
 * @param segmenter a segmenter
 */
HSEG_API void hseg_segmenter_spare(HsegSegmenter *segmenter);

/**
 * Makes the mask of a frame. It depends on nothing but the model, the parameters, this frame and, by
 * smoothing, interval, subject and hseg_segmenter_spare(), those since the last reset: not on the number of
 * threads, and not on time.
 *
 * @param segmenter a segmenter
 * @param frame of the format, size and colours that the segmenter was built for; only read
 *
 * @return the mask, #HSEG_FORMAT_GRAY8 of the frame's size, 0 for background to 255 for person; it is the
 * segmenter's, and holds until the next call on that
 */
HSEG_API const HsegFrame *hseg_segmenter_run(HsegSegmenter *segmenter, const HsegFrame *frame);

/**
 * What has been counted and measured so far.
 *
 * @param segmenter a segmenter
 * @param[out] stats filled in
 */
HSEG_API void hseg_segmenter_get_stats(const HsegSegmenter *segmenter, HsegSegmenterStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegSegmenter, hseg_segmenter_free)

G_END_DECLS
