/** SECTION: compositor
 * A frame and its mask in; the person in front of another background, the person cut out, or the mask itself
 * out. */
#pragma once

#include <glib.h>
#include <humanseg/api.h>
#include <humanseg/backdrop.h>
#include <humanseg/image.h>

G_BEGIN_DECLS

/** Thread-safety: one compositor belongs to one stream; calls on it must not overlap. */
typedef struct HsegCompositor HsegCompositor;

/**
 * HsegOutput:
 * @HSEG_OUTPUT_COMPOSITE: the frame in its own format, its background replaced
 * @HSEG_OUTPUT_MASK: 8-bit grey, 0 for background to 255 for person
 * @HSEG_OUTPUT_CUTOUT: the frame in a format with alpha; the mask is its straight (not premultiplied) alpha
 */
typedef enum {
    HSEG_OUTPUT_COMPOSITE,
    HSEG_OUTPUT_MASK,
    HSEG_OUTPUT_CUTOUT,
} HsegOutput;

/**
 * HsegBackground:
 * @HSEG_BACKGROUND_BLUR: the frame's own background, blurred without the person in it
 * @HSEG_BACKGROUND_COLOR: one colour
 * @HSEG_BACKGROUND_IMAGE: a picture that covers the frame, keeping its shape, centred
 * @HSEG_BACKGROUND_NONE: the frame as it is
 */
typedef enum {
    HSEG_BACKGROUND_BLUR,
    HSEG_BACKGROUND_COLOR,
    HSEG_BACKGROUND_IMAGE,
    HSEG_BACKGROUND_NONE,
} HsegBackground;

/**
 * HsegCompositorConfig: what a compositor is built for.
 * @frame: format, size and colours of the frames to come; its planes are not looked at
 * @output: what to make
 * @made: format, size and colours of what is made. Composite: as @frame. Mask: HSEG_FORMAT_GRAY8. Cutout: a
 * format with alpha. The size is always that of @frame
 * @background: what stands behind the person; only for composite
 * @backdrop: (nullable) (transfer none): the picture of HSEG_BACKGROUND_IMAGE; only read while the compositor
 * is made
 * @par_n: width of a pixel, relative to @par_d; both from 1
 * @par_d: height of a pixel
 * @orientation: as in HsegSegmenterConfig; so lies the picture
 * @threads: as in HsegSegmenterConfig
 */
typedef struct {
    HsegFrame frame;
    HsegOutput output;
    HsegFrame made;
    HsegBackground background;
    const HsegBackdrop *backdrop;
    int par_n, par_d;
    HsegOrientation orientation;
    int threads;
} HsegCompositorConfig;

/**
 * HsegCompositorParams: what may change from frame to frame. Out-of-range values are clamped.
 * @color: 0xAARRGGBB of HSEG_BACKGROUND_COLOR; converted with the frame's own matrix and range. AA is not
 * looked at: a composite keeps what alpha its frame had
 * @blur_radius: standard deviation of the blur as a part of the frame's height, 0 to 0.25
 * @light_wrap: how much of the new background's light falls on the person's rim, 0 (none) to 1; only for
 * composite
 * @decontaminate: how much of the old background's colour is taken out of half-transparent pixels, 0 (none)
 * to 1 (all), in cutouts and where the new background is a colour or an image
 * @edge_shift: as in HsegSegmenterParams, of the masks to come. Pixels of an edge that was moved inwards are
 * all person, whatever the mask says: they have no old background to lose
 */
typedef struct {
    guint32 color;
    double blur_radius;
    double light_wrap;
    double decontaminate;
    double edge_shift;
} HsegCompositorParams;

/** The values that suit most video. */
HSEG_API HsegCompositorParams hseg_compositor_default_params(void);

/**
 * hseg_compositor_new:
 * @config: (transfer none): copied
 * @error: HSEG_ERROR_ARGUMENT for a config that makes no sense, HSEG_ERROR_SHAPE for a frame size outside 16
 * to 8192, HSEG_ERROR_NO_MEMORY
 *
 * Allocates everything that a run needs, so that hseg_compositor_run() cannot fail. Parameters are the
 * default ones.
 *
 * Returns: (transfer full) (nullable): free with hseg_compositor_free()
 */
HSEG_API HsegCompositor *hseg_compositor_new(const HsegCompositorConfig *config, GError **error);

/** hseg_compositor_free: @compositor: (nullable) */
HSEG_API void hseg_compositor_free(HsegCompositor *compositor);

/** hseg_compositor_set_params: from the next run on. @params is copied. */
HSEG_API void hseg_compositor_set_params(HsegCompositor *compositor, const HsegCompositorParams *params);

/**
 * hseg_compositor_run:
 * @frame: as HsegCompositorConfig.frame; only read
 * @mask: HSEG_FORMAT_GRAY8 of @frame's size, 0 for background to 255 for person; only read
 * @out: as HsegCompositorConfig.made; every pixel is written. In composite output it may be @frame itself
 */
HSEG_API void hseg_compositor_run(HsegCompositor *compositor, const HsegFrame *frame, const HsegFrame *mask,
                                  HsegFrame *out);

/** Mean milliseconds a frame since the compositor was made. */
HSEG_API double hseg_compositor_get_ms(const HsegCompositor *compositor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HsegCompositor, hseg_compositor_free)

G_END_DECLS
