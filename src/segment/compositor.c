#include <humanseg/compositor.h>
#include <humanseg/error.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/clean.h"
#include "image/composite.h"
#include "image/convert.h"
#include "image/light-wrap.h"
#include "segment/backdrop.h"
#include "segment/setup.h"
#include "segment/timer.h"

#define GREATEST_BLUR 0.25

/* How far around a half-transparent pixel the old background's colour is looked for: standard deviation as a
 * part of the frame's height. Wider than the soft edge itself, which has little pure background in it. */
#define OLD_BLUR 0.03

/* How wide a mask's soft edge is, as a part of the frame's height: about two pixels of the network. */
#define EDGE_WIDTH 0.01

/* Light comes from a wide part of the background: standard deviation as a part of the frame's height. */
#define GLOW_BLUR 0.06

struct HsegCompositor {
    HsegCompositorParams params;
    HsegOutput output;
    HsegBackground background;
    HsegFrame like; /* the frames' format, size and colours; no planes */
    int threads;
    /* Only those that output and background need. */
    HsegBlender *blender;
    HsegBlur *blur;
    HsegFrame picture;
    HsegFrame glow; /* the picture, blurred: the light that comes from it */
    HsegLightWrap *wrap;
    HsegConverter *converter;
    HsegCleaner *cleaner;
    HsegBlur *old;     /* the old background, for the cleaner */
    HsegFrame cleaned; /* for the converter: what it reads must stay as it is */
    HsegTimer timer;
};

HsegCompositorParams
hseg_compositor_default_params(void)
{
    return (HsegCompositorParams){.color = 0xff00b140, .blur_radius = 0.03, .decontaminate = 1};
}

static gboolean
check_made(const HsegCompositorConfig *config, GError **error)
{
    const HsegFrame *frame = &config->frame, *made = &config->made;
    const char *want = NULL;

    if (made->width != frame->width || made->height != frame->height)
        want = "the frame's size";
    else if (config->output == HSEG_OUTPUT_COMPOSITE && !hseg_frame_same(made, frame))
        want = "the frame's format and colours";
    else if (config->output == HSEG_OUTPUT_MASK && made->format != HSEG_FORMAT_GRAY8)
        want = "GRAY8";
    else if (config->output == HSEG_OUTPUT_CUTOUT && !hseg_format_has_alpha(made->format))
        want = "a format with alpha";
    if (want)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "the output, %s %dx%d of %s %dx%d, needs %s",
                    hseg_format_name(made->format), made->width, made->height,
                    hseg_format_name(frame->format), frame->width, frame->height, want);
    return !want;
}

static gboolean
check_config(const HsegCompositorConfig *config, GError **error)
{
    if (!hseg_check_frame(&config->frame, config->par_n, config->par_d, config->orientation, error) ||
        !hseg_check_frame(&config->made, config->par_n, config->par_d, config->orientation, error) ||
        !check_made(config, error))
        return FALSE;
    if ((unsigned)config->output > HSEG_OUTPUT_CUTOUT ||
        (unsigned)config->background > HSEG_BACKGROUND_NONE) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "no such output or background: %d, %d",
                    config->output, config->background);
        return FALSE;
    }
    if (config->output == HSEG_OUTPUT_COMPOSITE && config->background == HSEG_BACKGROUND_IMAGE &&
        !config->backdrop) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "an image as the background, but no image given");
        return FALSE;
    }
    return TRUE;
}

/* Where the person leaves the old background behind. */
static gboolean
make_cleaner(HsegCompositor *c, const HsegFrame *frame)
{
    c->cleaner = hseg_cleaner_new(frame, c->threads);
    c->old = hseg_blur_new(frame, OLD_BLUR * frame->height, c->threads);
    return c->cleaner && c->old;
}

static gboolean
make_cutout(HsegCompositor *c, const HsegCompositorConfig *config)
{
    c->converter = hseg_converter_new(&config->made, &config->frame, c->threads);
    c->cleaned = config->frame;
    return hseg_allocate_planes(&c->cleaned) && c->converter && make_cleaner(c, &config->frame);
}

static gboolean
make_composite(HsegCompositor *c, const HsegCompositorConfig *config)
{
    c->blender = hseg_blender_new(&config->frame, c->threads);
    if (c->background == HSEG_BACKGROUND_BLUR)
        c->blur = hseg_blur_new(&config->frame, c->params.blur_radius * c->like.height, c->threads);
    c->wrap = hseg_light_wrap_new(c->like.width, c->like.height, c->threads);
    return c->blender && c->wrap &&
           (c->background == HSEG_BACKGROUND_BLUR ? c->blur != NULL : make_cleaner(c, &config->frame));
}

/* The picture's light: the picture without anything in it that could be recognised. */
static gboolean
make_glow(HsegCompositor *c, GError **error)
{
    HsegBlur *blur = hseg_blur_new(&c->picture, GLOW_BLUR * c->like.height, 1);
    const HsegFormatInfo *info = hseg_format_info(c->like.format);
    uint8_t *row = hseg_mem_new0((size_t)c->picture.stride[0]);
    void *scratch = hseg_mem_new0(hseg_blur_scratch(c->like.width));
    gboolean ok;

    c->glow = c->picture;
    ok = hseg_allocate_planes(&c->glow) && blur && row && scratch;
    for (int band = 0; ok && band < hseg_bands(c->like.height); band++)
        hseg_blur_gather(blur, &c->picture, NULL, 0, band, 0);
    if (ok)
        hseg_blur_finish(blur);
    for (int p = 0; ok && p < info->planes; p++)
        for (int y = 0; y < hseg_format_plane_rows(c->like.format, p, c->like.height); y++) {
            hseg_blur_row(blur, p, y, row, scratch);
            memcpy(hseg_frame_row(&c->glow, p, y), row,
                   hseg_format_row_bytes(c->like.format, p, c->like.width));
        }
    hseg_mem_free(scratch);
    hseg_mem_free(row);
    hseg_blur_free(blur);
    if (!ok)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY,
                    "no memory for the light of a background of %dx%d", c->like.width, c->like.height);
    return ok;
}

/* Each output makes what its runs use, and nothing else. */
static gboolean
make_parts(HsegCompositor *c, const HsegCompositorConfig *config, GError **error)
{
    gboolean ok = TRUE;

    if (c->output == HSEG_OUTPUT_CUTOUT)
        ok = make_cutout(c, config);
    else if (c->output == HSEG_OUTPUT_COMPOSITE && c->background != HSEG_BACKGROUND_NONE)
        ok = make_composite(c, config);
    if (!ok) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to composite frames of %dx%d",
                    c->like.width, c->like.height);
        return FALSE;
    }
    return !c->blender || c->background != HSEG_BACKGROUND_IMAGE ||
           (hseg_backdrop_fit(config->backdrop, &config->frame, config->par_n, config->par_d,
                              config->orientation, &c->picture, error) &&
            make_glow(c, error));
}

HsegCompositor *
hseg_compositor_new(const HsegCompositorConfig *config, GError **error)
{
    g_autoptr(HsegCompositor) c = NULL;
    int threads;

    g_return_val_if_fail(config, NULL);
    threads = hseg_check_threads(config->threads, error);
    if (!threads || !check_config(config, error))
        return NULL;

    c = g_new0(HsegCompositor, 1);
    c->params = hseg_compositor_default_params();
    c->output = config->output;
    c->background = config->background;
    c->like = config->frame;
    c->threads = threads;
    return make_parts(c, config, error) ? g_steal_pointer(&c) : NULL;
}

void
hseg_compositor_free(HsegCompositor *c)
{
    if (!c)
        return;
    hseg_mem_free(c->cleaned.plane[0]);
    hseg_blur_free(c->old);
    hseg_cleaner_free(c->cleaner);
    hseg_converter_free(c->converter);
    hseg_mem_free(c->glow.plane[0]);
    hseg_mem_free(c->picture.plane[0]);
    hseg_light_wrap_free(c->wrap);
    hseg_blur_free(c->blur);
    hseg_blender_free(c->blender);
    g_free(c);
}

void
hseg_compositor_set_params(HsegCompositor *c, const HsegCompositorParams *params)
{
    double radius = hseg_within(params->blur_radius, 0, GREATEST_BLUR);

    if (c->blur && radius != c->params.blur_radius)
        hseg_blur_set_sigma(c->blur, radius * c->like.height);
    c->params.color = params->color;
    c->params.blur_radius = radius;
    c->params.light_wrap = hseg_within(params->light_wrap, 0, 1);
    c->params.decontaminate = hseg_within(params->decontaminate, 0, 1);
    c->params.edge_shift = params->edge_shift;
    c->params.threads = MAX(params->threads, 0);
}

typedef struct {
    HsegCompositor *c;
    const HsegFrame *frame, *mask, *out;
    HsegBlur *blur; /* to be gathered */
    HsegBehind behind;
    int strength; /* of the cleaner; 0: not asked for */
    int wrap;     /* of the light; 0: not asked for */
} Work;

static void
gather_band(void *data, int band, int thread)
{
    const Work *w = data;

    hseg_blur_gather(w->blur, w->frame, w->mask->plane[0], w->mask->stride[0], band, thread);
}

/* The frame with its edges cleaned into @to; or the frame itself. */
static const HsegFrame *
clean_band(const Work *w, const HsegFrame *to, int band, int thread)
{
    if (!w->strength)
        return w->frame;
    hseg_cleaner_band(w->c->cleaner, to, w->frame, w->mask->plane[0], w->mask->stride[0], w->c->old,
                      w->strength, band, thread);
    return to;
}

/* The light over what has been blended. */
static void
light_band(const Work *w, int band, int thread)
{
    const HsegFrame *kept = hseg_light_wrap_kept(w->c->wrap);
    HsegBehind light = w->behind;

    if (light.picture)
        light.picture = &w->c->glow;
    hseg_blender_band(w->c->blender, w->out, w->out, kept->plane[0], kept->stride[0], &light, band, thread);
}

static void
blend_band(void *data, int band, int thread)
{
    const Work *w = data;
    const HsegFrame *from = clean_band(w, w->out, band, thread);

    hseg_blender_band(w->c->blender, w->out, from, w->mask->plane[0], w->mask->stride[0], &w->behind, band,
                      thread);
    if (w->wrap && hseg_light_wrap_band(w->c->wrap, w->mask, w->wrap, band, thread))
        light_band(w, band, thread);
}

static void
cut_band(void *data, int band, int thread)
{
    const Work *w = data;
    const HsegFrame *from = clean_band(w, &w->c->cleaned, band, thread);

    hseg_converter_band(w->c->converter, w->out, from, w->mask->plane[0], w->mask->stride[0], band, thread);
}

/* The mask as it is, or the frame where no other background is asked for. */
static void
copy_band(void *data, int band, int thread)
{
    const Work *w = data;
    const HsegFrame *from = w->c->output == HSEG_OUTPUT_MASK ? w->mask : w->frame;
    const HsegFormatInfo *info = hseg_format_info(from->format);

    for (int p = 0; p < info->planes; p++) {
        size_t bytes = hseg_format_row_bytes(from->format, p, from->width);
        int rows = HSEG_BAND_ROWS >> hseg_plane_sub_y(info, p);
        int end = HSEG_MIN((band + 1) * rows, hseg_format_plane_rows(from->format, p, from->height));

        for (int y = band * rows; y < end; y++)
            memmove(hseg_frame_row(w->out, p, y), hseg_frame_row(from, p, y), bytes);
    }
}

/* How much the cleaner is to do, of 256. What it takes for half transparent is all person where the edge was
 * moved inwards by its width: to clean that would be to pull the person's colour away from the background's,
 * a dark rim before a bright room. */
static int
clean_strength(const HsegCompositor *c)
{
    double left = hseg_within(1 + c->params.edge_shift / EDGE_WIDTH, 0, 1);

    return (int)(c->params.decontaminate * left * 256 + 0.5);
}

void
hseg_compositor_run(HsegCompositor *c, const HsegFrame *frame, const HsegFrame *mask, HsegFrame *out)
{
    gint64 start = g_get_monotonic_time();
    int bands = hseg_bands(frame->height);
    Work work = {c, frame, mask, out, .behind = {.blur = c->blur, .color = c->params.color}};

    hseg_parallel_limit(c->params.threads);
    if (c->picture.plane[0])
        work.behind.picture = &c->picture;
    if (c->cleaner)
        work.strength = clean_strength(c);
    work.blur = work.strength ? c->old : c->blur;
    if (work.blur) {
        hseg_parallel(c->threads, bands, gather_band, &work);
        hseg_blur_finish(work.blur);
    }
    if (c->wrap && c->params.light_wrap > 0) {
        work.wrap = (int)(c->params.light_wrap * 256 + 0.5);
        hseg_light_wrap_gather(c->wrap, mask);
    }
    hseg_parallel(c->threads, bands, c->converter ? cut_band : c->blender ? blend_band : copy_band, &work);
    hseg_parallel_limit(0);
    hseg_timer_lap(&c->timer, start);
}

double
hseg_compositor_get_ms(const HsegCompositor *c)
{
    return hseg_timer_mean_ms(&c->timer);
}
