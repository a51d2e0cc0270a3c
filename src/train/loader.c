#include "train/loader.h"
#include "base/base.h"
#include "base/mem.h"
#include "train/distance.h"
#include "train/sample.h"
#include "train/sheet.h"

#include <humanseg/error.h>
#include <string.h>

#define SLOTS 4 /* batches: one with the caller, the others being made or waiting */

typedef struct {
    float *images, *masks, *distances;
    HsegMotion *motions; /* [batch / 2] */
    int made;            /* samples */
} Slot;

struct HsegLoader {
    HsegLoaderOptions options;
    HsegSampleSource source;
    GPtrArray *people;
    double *wanted_hard, *hard; /* [backgrounds]: as in HsegSampleSource, from the next start on, and now */
    int samples, batches;       /* in an epoch, of this part; samples = batches * options.batch */

    GMutex lock; /* of all below but @picks' contents and the slots' samples */
    GCond work, ready, idle;
    const HsegTrainItem *
        *picks; /* [samples * parts / views]: the pair that a scene shows, should it be a real one */
    int epoch;
    int next_sample; /* to be begun */
    int given;       /* batches given out and not given back: the one with the caller */
    int taken;       /* the next batch to give out */
    int busy;        /* threads in a sample */
    bool quit;
    bool wants_distances, gives_distances; /* from the next start on, and in this epoch */
    Slot slots[SLOTS];                     /* batch b is in slot b % SLOTS */
    HsegBatch batch;

    GPtrArray *threads; /* of GThread */
};

/* Of all parts. */
static int
epoch_samples(const HsegLoader *loader)
{
    return loader->samples * loader->options.parts;
}

/* Samples that show one scene. */
static int
views(const HsegLoaderOptions *o)
{
    return o->pairs ? 2 : 1;
}

/* The number in the whole epoch of this part's sample @sample: a batch's parts follow each other. */
static int
whole_number(const HsegLoaderOptions *o, int sample)
{
    return (sample / o->batch * o->parts + o->part) * o->batch + sample % o->batch;
}

/* Picks the epoch's pairs: the pairs shuffled anew, pass after pass, so that over the epochs all are shown
 * equally often whatever the number of samples. */
static void
pick_pairs(const HsegLoader *loader, int epoch, int count, const HsegTrainItem **picks)
{
    const GPtrArray *real = loader->source.set->real;
    guint64 n = real->len, first = (guint64)epoch * (epoch_samples(loader) / views(&loader->options)),
            pass = G_MAXUINT64;
    g_autofree guint *order = g_new(guint, n);

    for (int i = 0; n > 0 && i < count; i++) {
        if ((first + i) / n != pass) {
            HsegRng rng;

            pass = (first + i) / n;
            hseg_rng_init(&rng, ~loader->options.seed, pass);
            for (guint k = 0; k < n; k++)
                order[k] = k;
            for (guint k = n - 1; k > 0; k--) {
                guint j = hseg_rng_int(&rng, 0, k), swap = order[k];

                order[k] = order[j];
                order[j] = swap;
            }
        }
        picks[i] = real->pdata[order[(first + i) % n]];
    }
}

static HsegSampleKind
make_scene(const HsegLoader *loader, HsegSampler *sampler, int epoch, int scene, const HsegTrainItem *real,
           float *image, float *mask, HsegMotion *motion)
{
    HsegRng rng;

    hseg_rng_init(&rng, loader->options.seed, (guint64)epoch << 32 | (guint32)scene);
    return hseg_sample_make(sampler, &loader->source, &rng, real, image, mask, motion);
}

/* The work of a thread on the scene that begins with sample @sample, outside the lock. @scratch: for its
 * distances. */
static void
fill_place(const HsegLoader *loader, HsegSampler *sampler, int32_t *scratch, const Slot *slot, int epoch,
           int sample)
{
    const HsegLoaderOptions *o = &loader->options;
    size_t pixels = (size_t)o->width * o->height, at = pixels * (sample % o->batch);
    int scene = whole_number(o, sample) / views(o);

    make_scene(loader, sampler, epoch, scene, loader->picks[scene], slot->images + 3 * at, slot->masks + at,
               &slot->motions[sample % o->batch / 2]);
    for (int i = 0; loader->gives_distances && i < views(o); i++, at += pixels)
        hseg_distance_map(slot->distances + at, slot->masks + at, o->width, o->height, scratch);
}

/* A sample may be begun when its batch's slot is free: that of the batch with the caller is not. */
static bool
may_begin(const HsegLoader *loader)
{
    return loader->next_sample < loader->samples &&
           loader->next_sample / loader->options.batch < loader->taken - loader->given + SLOTS;
}

static gpointer
run_thread(gpointer data)
{
    HsegLoader *loader = data;
    const HsegLoaderOptions *o = &loader->options;
    g_autofree int32_t *scratch = g_new(int32_t, hseg_distance_scratch(o->width, o->height));
    HsegSampler sampler;

    hseg_sampler_init(&sampler, o);
    g_mutex_lock(&loader->lock);
    while (!loader->quit) {
        int sample, epoch = loader->epoch;
        Slot *slot;

        if (!may_begin(loader)) {
            g_cond_wait(&loader->work, &loader->lock);
            continue;
        }
        sample = loader->next_sample;
        loader->next_sample += views(o);
        slot = &loader->slots[sample / o->batch % SLOTS];
        loader->busy++;
        g_mutex_unlock(&loader->lock);
        fill_place(loader, &sampler, scratch, slot, epoch, sample);
        g_mutex_lock(&loader->lock);
        slot->made += views(o);
        if (slot->made == o->batch)
            g_cond_signal(&loader->ready);
        if (--loader->busy == 0)
            g_cond_signal(&loader->idle);
    }
    g_mutex_unlock(&loader->lock);
    hseg_sampler_clear(&sampler);
    return NULL;
}

static bool
check_options(const HsegTrainSet *set, const HsegLoaderOptions *o, const GPtrArray *people, GError **error)
{
    const char *fault = NULL;

    if (o->width < 16 || o->height < 16 || o->width > 4096 || o->height > 4096)
        fault = "the samples' width and height must be 16 to 4096 pixels";
    else if (o->batch < 1 || o->batch > 4096 || o->threads < 1 || o->threads > 256 || o->samples < 0)
        fault = "a loader needs at least one sample in a batch and one thread";
    else if (o->pairs && o->batch % 2)
        fault = "pairs of views, for consistency, need an even number of samples in a batch";
    else if (o->part < 0 || o->part >= o->parts)
        fault = "there is no such part of a batch";
    else if (!(o->synth_share >= 0 && o->negative_share >= 0 && o->synth_share + o->negative_share <= 1))
        fault = "the shares of synthetic and negative samples must be 0 to 1, and so their sum";
    else if (!(o->hard_share >= 0 && o->hard_share <= 1))
        fault = "the share of hard negatives must be 0 to 1";
    else if (o->synth_share + o->negative_share < 1 && set->real->len == 0)
        fault = "there are no pairs to train on";
    else if (o->synth_share + o->negative_share > 0 && set->backgrounds->len == 0)
        fault = "synthetic and negative samples need backgrounds, and there are none";
    else if (o->synth_share > 0 && set->cutouts->len + people->len == 0)
        fault = "synthetic samples need cut-outs, or pairs with one whole person, and there are none";
    if (fault)
        g_set_error_literal(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, fault);
    return !fault;
}

static bool
allocate(HsegLoader *loader, GError **error)
{
    const HsegLoaderOptions *o = &loader->options;
    size_t pixels = (size_t)o->width * o->height * o->batch;

    for (int i = 0; i < SLOTS; i++) {
        Slot *slot = &loader->slots[i];

        slot->images = hseg_mem_new0(3 * pixels * sizeof(float));
        slot->masks = hseg_mem_new0(pixels * sizeof(float));
        slot->distances = hseg_mem_new0(pixels * sizeof(float));
        slot->motions = g_new0(HsegMotion, (o->batch + 1) / 2);
        if (!slot->images || !slot->masks || !slot->distances) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory for batches of %d samples",
                        o->batch);
            return false;
        }
    }
    return true;
}

HsegLoader *
hseg_loader_new(const HsegTrainSet *set, const HsegLoaderOptions *options, GError **error)
{
    g_autoptr(HsegLoader) loader = g_new0(HsegLoader, 1);
    int wanted = options->samples > 0 ? options->samples : (int)set->real->len;

    g_mutex_init(&loader->lock);
    g_cond_init(&loader->work);
    g_cond_init(&loader->ready);
    g_cond_init(&loader->idle);
    loader->threads = g_ptr_array_new();
    loader->people = hseg_sample_people(set);
    loader->options = *options;
    loader->options.parts = HSEG_MAX(options->parts, 1);
    loader->source = (HsegSampleSource){set, &loader->options, loader->people, NULL};
    if (!check_options(set, &loader->options, loader->people, error) || !allocate(loader, error))
        return NULL;
    loader->batches = HSEG_MAX(1, wanted / (options->batch * loader->options.parts));
    loader->samples = loader->batches * options->batch;
    loader->picks = g_new0(const HsegTrainItem *, epoch_samples(loader));
    loader->next_sample = loader->samples; /* nothing to do yet */
    loader->taken = loader->batches;
    for (int i = 0; i < options->threads; i++)
        g_ptr_array_add(loader->threads, g_thread_new("humanseg-loader", run_thread, loader));
    return g_steal_pointer(&loader);
}

int
hseg_loader_batches(const HsegLoader *loader)
{
    return loader->batches;
}

/* Makes the weights that were given those of the epoch that begins. */
static void
take_weights(HsegLoader *loader)
{
    if (!loader->wanted_hard)
        return;
    g_free(loader->hard);
    loader->hard = g_steal_pointer(&loader->wanted_hard);
    loader->source.hard = loader->hard;
}

void
hseg_loader_start(HsegLoader *loader, int epoch, int first_batch)
{
    g_return_if_fail(epoch >= 0 && first_batch >= 0 && first_batch <= loader->batches);
    g_mutex_lock(&loader->lock);
    loader->next_sample = loader->samples; /* no thread begins another sample */
    while (loader->busy > 0)
        g_cond_wait(&loader->idle, &loader->lock);
    pick_pairs(loader, epoch, epoch_samples(loader) / views(&loader->options), loader->picks);
    for (int i = 0; i < SLOTS; i++)
        loader->slots[i].made = 0;
    loader->epoch = epoch;
    loader->gives_distances = loader->wants_distances;
    take_weights(loader);
    loader->given = 0;
    loader->taken = first_batch;
    loader->next_sample = first_batch * loader->options.batch;
    g_cond_broadcast(&loader->work);
    g_mutex_unlock(&loader->lock);
}

void
hseg_loader_give_distances(HsegLoader *loader, gboolean give)
{
    loader->wants_distances = give;
}

void
hseg_loader_weigh_backgrounds(HsegLoader *loader, const float *weights)
{
    guint n = loader->source.set->backgrounds->len;
    double sum = 0;

    g_free(loader->wanted_hard);
    loader->wanted_hard = g_new(double, n);
    for (guint i = 0; i < n; i++)
        loader->wanted_hard[i] = sum += weights[i];
    g_return_if_fail(sum > 0);
}

const HsegBatch *
hseg_loader_next(HsegLoader *loader)
{
    Slot *slot;

    g_mutex_lock(&loader->lock);
    if (loader->given) { /* the caller is done with this one */
        loader->slots[(loader->taken - 1) % SLOTS].made = 0;
        loader->given = 0;
        g_cond_broadcast(&loader->work);
    }
    if (loader->taken >= loader->batches) {
        g_mutex_unlock(&loader->lock);
        return NULL;
    }
    slot = &loader->slots[loader->taken % SLOTS];
    while (slot->made < loader->options.batch)
        g_cond_wait(&loader->ready, &loader->lock);
    loader->taken++;
    loader->given = 1;
    g_mutex_unlock(&loader->lock);
    loader->batch = (HsegBatch){loader->options.batch, slot->images, slot->masks,
                                loader->gives_distances ? slot->distances : NULL,
                                loader->options.pairs ? slot->motions : NULL};
    return &loader->batch;
}

/* Puts those of the first @n scenes that are of @kind on the sheet from place @place on; returns the place
 * behind them. */
static int
preview_kind(const HsegLoader *loader, HsegSampler *sampler, HsegPicture *sheet, HsegSampleKind kind, int n,
             const HsegTrainItem **picks, int place)
{
    int w = loader->options.width, h = loader->options.height;
    int both = views(&loader->options);
    size_t pixels = (size_t)w * h;
    g_autofree float *image = g_new(float, both * 3 * pixels), *mask = g_new(float, both *pixels);
    HsegMotion motion;

    for (int i = 0; i < n; i++)
        if (make_scene(loader, sampler, 0, i, picks[i], image, mask, &motion) == kind)
            for (int v = 0; v < both; v++)
                hseg_sheet_put(sheet, place++, w, h, image + v * 3 * pixels, mask + v * pixels);
    return place;
}

gboolean
hseg_loader_preview(HsegLoader *loader, int n, const char *file, GError **error)
{
    const HsegLoaderOptions *o = &loader->options;
    g_autofree const HsegTrainItem **picks = g_new0(const HsegTrainItem *, n);
    g_autoptr(HsegPicture) sheet = hseg_sheet_new(n, o->width, o->height, error);
    HsegSampler sampler;
    int scenes = n / views(o), place = 0;

    if (!sheet)
        return FALSE;
    hseg_sampler_init(&sampler, o);
    pick_pairs(loader, 0, scenes, picks);
    for (HsegSampleKind kind = HSEG_SAMPLE_REAL; kind <= HSEG_SAMPLE_NEGATIVE; kind++)
        place = preview_kind(loader, &sampler, sheet, kind, scenes, picks, place);
    hseg_sampler_clear(&sampler);
    return hseg_picture_save_png(sheet, file, error);
}

void
hseg_loader_free(HsegLoader *loader)
{
    if (!loader)
        return;
    g_mutex_lock(&loader->lock);
    loader->quit = true;
    g_cond_broadcast(&loader->work);
    g_mutex_unlock(&loader->lock);
    for (guint i = 0; i < loader->threads->len; i++)
        g_thread_join(loader->threads->pdata[i]);
    g_ptr_array_unref(loader->threads);
    g_ptr_array_unref(loader->people);
    for (int i = 0; i < SLOTS; i++) {
        hseg_mem_free(loader->slots[i].images);
        hseg_mem_free(loader->slots[i].masks);
        hseg_mem_free(loader->slots[i].distances);
        g_free(loader->slots[i].motions);
    }
    g_free(loader->picks);
    g_free(loader->hard);
    g_free(loader->wanted_hard);
    g_cond_clear(&loader->work);
    g_cond_clear(&loader->ready);
    g_cond_clear(&loader->idle);
    g_mutex_clear(&loader->lock);
    g_free(loader);
}
