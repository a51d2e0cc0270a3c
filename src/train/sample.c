#include "train/sample.h"
#include "base/base.h"
#include "train/augment.h"
#include "train/synth.h"
#include "train/view.h"

#include <stdlib.h>
#include <string.h>

#define CUTOUT_SHARE                                                                                         \
    0.35f /* of the people in composites come from cut-outs, the others from pairs, where there are both */
#define TWO_PEOPLE 0.35f /* of the composites show two */

/* What a scene has around the frame, for a view that moves. */
static int
margin(const HsegLoaderOptions *options)
{
    return options->pairs ? HSEG_MOTION_MOST : 0;
}

void
hseg_sampler_init(HsegSampler *sampler, const HsegLoaderOptions *options)
{
    int margins = 2 * margin(options), width = options->width + margins, height = options->height + margins;

    hseg_canvas_init(&sampler->canvas, width, height);
    hseg_canvas_init(&sampler->layer, width, height);
}

void
hseg_sampler_clear(HsegSampler *sampler)
{
    hseg_canvas_clear(&sampler->canvas);
    hseg_canvas_clear(&sampler->layer);
}

/* Writes the frame into the sample, everything around it black and nobody. */
static void
write_sample(const HsegCanvas *canvas, const HsegView *view, int width, int height, bool hard, float *image,
             float *mask)
{
    size_t n = (size_t)width * height;

    if (view->w < width || view->h < height) {
        for (size_t i = 0; i < 3 * n; i++)
            image[i] = -1;
        memset(mask, 0, n * sizeof *mask);
    }
    for (int y = 0; y < view->h; y++) {
        size_t from = (size_t)y * view->w, to = (size_t)(view->y + y) * width + view->x;

        for (int x = 0; x < view->w; x++) {
            for (int c = 0; c < 3; c++)
                image[3 * (to + x) + c] = canvas->rgb[c][from + x] * (2 / 255.0f) - 1;
            mask[to + x] = hard ? canvas->mask[from + x] >= 0.5f : canvas->mask[from + x];
        }
    }
}

void
hseg_train_item_letterbox(const HsegTrainItem *item, int width, int height, float *image, float *mask)
{
    HsegView view = hseg_view_whole(item->rgbm->width, item->rgbm->height, width, height);
    g_autofree float *unwanted = mask ? NULL : g_new(float, (gsize)width *height);
    HsegCanvas canvas;

    hseg_canvas_init(&canvas, view.w, view.h);
    hseg_warp(&canvas, item->rgbm, item->half, &view.map, HSEG_BORDER_REFLECT);
    write_sample(&canvas, &view, width, height, false, image, mask ? mask : unwanted);
    hseg_canvas_clear(&canvas);
}

GPtrArray *
hseg_sample_people(const HsegTrainSet *set)
{
    GPtrArray *people = g_ptr_array_new();

    for (guint i = 0; i < set->real->len; i++) {
        HsegTrainItem *item = set->real->pdata[i];

        if (item->whole_person)
            g_ptr_array_add(people, item);
    }
    return people;
}

static const HsegTrainItem *
pick(HsegRng *rng, const GPtrArray *items)
{
    return items->pdata[hseg_rng_int(rng, 0, (int)items->len - 1)];
}

static const HsegTrainItem *
pick_person(HsegRng *rng, const HsegSampleSource *source)
{
    const GPtrArray *cutouts = source->set->cutouts;
    bool cutout = hseg_rng_float(rng) < CUTOUT_SHARE;

    if (source->people->len == 0 || (cutout && cutouts->len > 0))
        return pick(rng, cutouts);
    return pick(rng, source->people);
}

/* One or two people before the background that is on the canvas, the nearer, larger one last. */
static void
add_people(HsegSampler *sampler, const HsegSampleSource *source, HsegRng *rng)
{
    int n = hseg_rng_float(rng) < TWO_PEOPLE ? 2 : 1;
    const HsegTrainItem *people[2];
    float heights[2];

    for (int i = 0; i < n; i++) {
        people[i] = pick_person(rng, source);
        heights[i] = hseg_synth_height(rng, people[i]);
    }
    for (int i = 0; i < n; i++) {
        int far = n == 2 && heights[1] < heights[0] ? 1 - i : i;

        hseg_synth_add(&sampler->canvas, &sampler->layer, rng, people[far], heights[far]);
    }
}

/* A background by its weight: the first whose sum lies above a number drawn below the sum of all. */
static const HsegTrainItem *
pick_hard(HsegRng *rng, const HsegSampleSource *source)
{
    const GPtrArray *items = source->set->backgrounds;
    guint low = 0, high = items->len - 1;
    double u = hseg_rng_float(rng) * source->hard[high];

    while (low < high) {
        guint middle = (low + high) / 2;

        if (source->hard[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return items->pdata[low];
}

static const HsegTrainItem *
pick_negative(HsegRng *rng, const HsegSampleSource *source)
{
    if (source->hard && hseg_rng_float(rng) < source->options->hard_share)
        return pick_hard(rng, source);
    return pick(rng, source->set->backgrounds);
}

static HsegSampleKind
pick_kind(HsegRng *rng, const HsegLoaderOptions *options)
{
    double u = hseg_rng_float(rng);

    if (u < options->synth_share)
        return HSEG_SAMPLE_SYNTHETIC;
    return u < options->synth_share + options->negative_share ? HSEG_SAMPLE_NEGATIVE : HSEG_SAMPLE_REAL;
}

/* A second view moved by up to HSEG_MOTION_MOST pixels, and what of @frame both see. */
static HsegMotion
pick_motion(HsegRng *rng, const HsegView *frame)
{
    HsegMotion m = {.dx = hseg_rng_int(rng, -HSEG_MOTION_MOST, HSEG_MOTION_MOST),
                    .dy = hseg_rng_int(rng, -HSEG_MOTION_MOST, HSEG_MOTION_MOST)};

    m.x = frame->x + HSEG_MAX(-m.dx, 0);
    m.y = frame->y + HSEG_MAX(-m.dy, 0);
    m.w = HSEG_MAX(frame->w - abs(m.dx), 0);
    m.h = HSEG_MAX(frame->h - abs(m.dy), 0);
    return m;
}

/* Makes @canvas the @w x @h pixels of @scene from (@x, @y) on. */
static void
cut_frame(HsegCanvas *canvas, const HsegCanvas *scene, int x, int y, int w, int h)
{
    hseg_canvas_set_size(canvas, w, h);
    for (int row = 0; row < h; row++) {
        size_t from = (size_t)(y + row) * scene->w + x, to = (size_t)row * w;

        for (int c = 0; c < 3; c++)
            memcpy(canvas->rgb[c] + to, scene->rgb[c] + from, w * sizeof(float));
        memcpy(canvas->mask + to, scene->mask + from, w * sizeof(float));
    }
}

/* Two views of the scene that is on the canvas, which has a margin around the frame. */
static HsegMotion
make_pair(HsegSampler *sampler, const HsegLoaderOptions *o, HsegRng *rng, const HsegAugmentation *a,
          const HsegView *view, float *image, float *mask)
{
    HsegMotion m = pick_motion(rng, view);
    size_t pixels = (size_t)o->width * o->height;
    float share = (float)o->augmentation;

    if (o->augment)
        hseg_augment(&sampler->canvas, rng, a, share, HSEG_AUGMENT_SCENE);
    for (int i = 0; i < 2; i++) {
        cut_frame(&sampler->layer, &sampler->canvas, HSEG_MOTION_MOST - i * m.dx, HSEG_MOTION_MOST - i * m.dy,
                  view->w, view->h);
        if (o->augment)
            hseg_augment(&sampler->layer, rng, a, share, HSEG_AUGMENT_SHOT);
        write_sample(&sampler->layer, view, o->width, o->height, o->hard_masks, image + i * 3 * pixels,
                     mask + i * pixels);
    }
    return m;
}

HsegSampleKind
hseg_sample_make(HsegSampler *sampler, const HsegSampleSource *source, HsegRng *rng,
                 const HsegTrainItem *real, float *image, float *mask, HsegMotion *motion)
{
    const HsegLoaderOptions *o = source->options;
    HsegSampleKind kind = pick_kind(rng, o);
    const HsegAugmentation *a =
        kind == HSEG_SAMPLE_SYNTHETIC ? &hseg_augmentation_synthetic : &hseg_augmentation_real;
    const HsegTrainItem *item = kind == HSEG_SAMPLE_REAL       ? real
                                : kind == HSEG_SAMPLE_NEGATIVE ? pick_negative(rng, source)
                                                               : pick(rng, source->set->backgrounds);
    HsegView view;
    int around = margin(o);

    if (!o->augment)
        view = hseg_view_whole(item->rgbm->width, item->rgbm->height, o->width, o->height);
    else if (kind == HSEG_SAMPLE_REAL)
        view = hseg_view_random(rng, item, o->width, o->height, a->max_degrees);
    else
        view = hseg_view_background(rng, item, o->width, o->height, a->max_degrees);
    view.map.x0 -= (float)around * (view.map.xx + view.map.xy);
    view.map.y0 -= (float)around * (view.map.yx + view.map.yy);
    hseg_canvas_set_size(&sampler->canvas, view.w + 2 * around, view.h + 2 * around);
    hseg_warp(&sampler->canvas, item->rgbm, item->half, &view.map, HSEG_BORDER_REFLECT);
    if (kind == HSEG_SAMPLE_SYNTHETIC)
        add_people(sampler, source, rng);
    if (o->pairs) {
        *motion = make_pair(sampler, o, rng, a, &view, image, mask);
        return kind;
    }
    if (o->augment)
        hseg_augment(&sampler->canvas, rng, a, (float)o->augmentation, HSEG_AUGMENT_ALL);
    write_sample(&sampler->canvas, &view, o->width, o->height, o->hard_masks, image, mask);
    return kind;
}
