/**
 * @file
 * A frame and its mask in; the person in front of another background, the person cut out, or the mask itself
 * out.
 */
#pragma once

#include <glib.h>
#include <humanseg/api.h>
#include <humanseg/backdrop.h>
#include <humanseg/image.h>

G_BEGIN_DECLS

/**
 * What makes pictures of frames and masks. Thread-safety: one compositor belongs to one stream; calls on it
 * must not overlap.
 */
typedef struct HsegCompositor HsegCompositor;

/** What is made of a frame and its mask. */
typedef enum {
    HSEG_OUTPUT_COMPOSITE, /**< the frame in its own format, its background replaced */
    HSEG_OUTPUT_MASK,      /**< 8-bit grey, 0 for background to 255 for person */
    HSEG_OUTPUT_CUTOUT,    /**< the frame in a format with alpha: the mask, straight (not premultiplied) */
} HsegOutput;

/** What stands behind the person in #HSEG_OUTPUT_COMPOSITE. */
typedef enum {
    HSEG_BACKGROUND_BLUR,  /**< the frame's own background, blurred without the person in it */
    HSEG_BACKGROUND_COLOR, /**< one colour */
    HSEG_BACKGROUND_IMAGE, /**< a picture that covers the frame, keeping its shape, centred */
    HSEG_BACKGROUND_NONE,  /**< the frame as it is */
} HsegBackground;

/** What a compositor is built for. */
typedef struct {
    /** Format, size and colours of the frames to come; its planes are not looked at. */
    HsegFrame frame;
    /** What to make. */
    HsegOutput output;
    /** Format, size and colours of what is made. Composite: as #frame. Mask: #HSEG_FORMAT_GRAY8. Cutout: a
     * format with alpha. The size is always that of the frames. */
    HsegFrame made;
    /** What stands behind the person; only for composite. */
    HsegBackground background;
    /** The picture of #HSEG_BACKGROUND_IMAGE, or NULL; only read while the compositor is made. */
    const HsegBackdrop *backdrop;
    /** Width of a pixel, relative to its height; from 1. */
    int par_n;
    /** Height of a pixel; from 1. */
    int par_d;
    /** As HsegSegmenterConfig::orientation; so lies the picture. */
    HsegOrientation orientation;
    /** As HsegSegmenterConfig::threads. */
    int threads;
} HsegCompositorConfig;

/** What may change from frame to frame. Values out of range are clamped. */
typedef struct {
    /** 0xAARRGGBB of #HSEG_BACKGROUND_COLOR; converted with the frame's own matrix and range. AA is not
     * looked at: a composite keeps what alpha its frame had. */
    guint32 color;
    /** Standard deviation of the blur as a part of the frame's height, 0 to 0.25. */
    double blur_radius;
    /** How much of the new background's light falls on the person's rim, 0 (none) to 1; only for composite.
     */
    double light_wrap;
    /** How much of the old background's colour is taken out of half-transparent pixels, 0 (none) to 1 (all),
     * in cutouts and where the new background is a colour or an image. */
    double decontaminate;
    /** As HsegSegmenterParams::edge_shift, of the masks to come. Pixels of an edge that was moved inwards are
     * all person, whatever the mask says: they have no old background to lose. */
    double edge_shift;
    /** As HsegSegmenterParams::threads. */
    int threads;
} HsegCompositorParams;

/**
 * Where to start from.
 *
 * @return the values that suit most video
 */
HSEG_API HsegCompositorParams hseg_compositor_default_params(void);

/**
 * Makes a compositor, and allocates everything that a run needs, so that hseg_compositor_run() cannot fail.
 * Parameters are the default ones.
 *
 * @param config copied
 * @param error #HSEG_ERROR_ARGUMENT for a config that makes no sense, #HSEG_ERROR_SHAPE for a frame size
 * outside 16 to 8192, #HSEG_ERROR_NO_MEMORY
 *
 * @return the compositor, to be freed with hseg_compositor_free(); NULL on error
 */
HSEG_API HsegCompositor *hseg_compositor_new(const HsegCompositorConfig *config, GError **error);

/**
 * Frees what hseg_compositor_new() returned.
 *
 * @param compositor may be NULL
 */
HSEG_API void hseg_compositor_free(HsegCompositor *compositor);

/**
 * Sets parameters, from the next run on.
 *
 * @param compositor a compositor
 * @param params copied
 */
HSEG_API void hseg_compositor_set_params(HsegCompositor *compositor, const HsegCompositorParams *params);

/**
 * Makes a picture.
 *
 * @param compositor a compositor
 * @param frame as HsegCompositorConfig::frame; only read
 * @param mask #HSEG_FORMAT_GRAY8 of the frame's size, 0 for background to 255 for person; only read
 * @param out as HsegCompositorConfig::made; every pixel is written. In composite output it may be the frame
 * itself
 */
HSEG_API void hseg_compositor_run(HsegCompositor *compositor, const HsegFrame *frame, const HsegFrame *mask,
                                  HsegFrame *out);

/**
 * What a run takes.
 *
 * @param compositor a compositor
 *
 * @return mean milliseconds a frame since it was made
 */
HSEG_API double hseg_compositor_get_ms(const HsegCompositor *compositor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegCompositor, hseg_compositor_free)

G_END_DECLS
