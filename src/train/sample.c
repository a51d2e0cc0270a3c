#include "train/sample.h"
#include "base/base.h"
#include "train/augment.h"
#include "train/synth.h"
#include "train/view.h"

#include <string.h>

#define CUTOUT_SHARE                                                                                         \
    0.35f /* of the people in composites come from cut-outs, the others from pairs, where there are both */
#define TWO_PEOPLE 0.35f /* of the composites show two */

void
hseg_sampler_init(HsegSampler *sampler, int width, int height)
{
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

HsegSampleKind
hseg_sample_make(HsegSampler *sampler, const HsegSampleSource *source, HsegRng *rng,
                 const HsegTrainItem *real, float *image, float *mask)
{
    const HsegLoaderOptions *o = source->options;
    HsegSampleKind kind = pick_kind(rng, o);
    const HsegAugmentation *a =
        kind == HSEG_SAMPLE_SYNTHETIC ? &hseg_augmentation_synthetic : &hseg_augmentation_real;
    const HsegTrainItem *item = kind == HSEG_SAMPLE_REAL       ? real
                                : kind == HSEG_SAMPLE_NEGATIVE ? pick_negative(rng, source)
                                                               : pick(rng, source->set->backgrounds);
    HsegView view;

    if (!o->augment)
        view = hseg_view_whole(item->rgbm->width, item->rgbm->height, o->width, o->height);
    else if (kind == HSEG_SAMPLE_REAL)
        view = hseg_view_random(rng, item, o->width, o->height, a->max_degrees);
    else
        view = hseg_view_background(rng, item, o->width, o->height, a->max_degrees);
    hseg_canvas_set_size(&sampler->canvas, view.w, view.h);
    hseg_warp(&sampler->canvas, item->rgbm, item->half, &view.map, HSEG_BORDER_REFLECT);
    if (kind == HSEG_SAMPLE_SYNTHETIC)
        add_people(sampler, source, rng);
    if (o->augment)
        hseg_augment(&sampler->canvas, rng, a, (float)o->augmentation);
    write_sample(&sampler->canvas, &view, o->width, o->height, o->hard_masks, image, mask);
    return kind;
}
