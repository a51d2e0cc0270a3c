/* The loader's batches: the same for a seed whatever the threads, and whole again after a resumption. */
#include "fixture.h"
#include "train/distance.h"
#include "train/loader.h"

#include <humanseg/error.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define W 64
#define H 36

static char *dir;

static HsegLoaderOptions
options(guint64 seed, int threads)
{
    return (HsegLoaderOptions){.width = W,
                               .height = H,
                               .batch = 3,
                               .seed = seed,
                               .threads = threads,
                               .synth_share = 0.4,
                               .negative_share = 0.2,
                               .augment = TRUE,
                               .augmentation = 1,
                               .samples = 35};
}

/* The same with pairs of views, where asked for by a test's data. */
static HsegLoaderOptions
options_with_pairs(guint64 seed, int threads, gconstpointer pairs)
{
    HsegLoaderOptions o = options(seed, threads);

    if (pairs) {
        o.pairs = TRUE;
        o.batch = 4;
        o.samples = 46;
    }
    return o;
}

/* Checksums of an epoch's batches from @first on. */
static GPtrArray *
run_epoch(HsegLoader *loader, int epoch, int first)
{
    GPtrArray *sums = g_ptr_array_new_with_free_func(g_free);
    const HsegBatch *batch;

    hseg_loader_start(loader, epoch, first);
    while ((batch = hseg_loader_next(loader))) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);

        g_assert_cmpint(batch->count, ==, batch->motions ? 4 : 3);
        g_checksum_update(sum, (const guchar *)batch->images, batch->count * W * H * 3 * sizeof(float));
        g_checksum_update(sum, (const guchar *)batch->masks, batch->count * W * H * sizeof(float));
        if (batch->motions)
            g_checksum_update(sum, (const guchar *)batch->motions, 2 * sizeof(HsegMotion));
        g_ptr_array_add(sums, g_strdup(g_checksum_get_string(sum)));
    }
    return sums;
}

/* @b's batches are @a's from number @from on. */
static void
assert_same(const GPtrArray *a, guint from, const GPtrArray *b)
{
    g_assert_cmpint(a->len, ==, from + b->len);
    for (guint i = 0; i < b->len; i++)
        g_assert_cmpstr(a->pdata[from + i], ==, b->pdata[i]);
}

static void
test_reproducible(gconstpointer pairs)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions one = options_with_pairs(7, 1, pairs), many = options_with_pairs(7, 5, pairs),
                      other = options_with_pairs(8, 1, pairs);
    g_autoptr(HsegLoader) a = hseg_loader_new(set, &one, NULL);
    g_autoptr(HsegLoader) b = hseg_loader_new(set, &many, NULL);
    g_autoptr(HsegLoader) c = hseg_loader_new(set, &other, NULL);
    g_autoptr(GPtrArray) a0 = run_epoch(a, 0, 0), a1 = run_epoch(a, 1, 0), b1 = run_epoch(b, 1, 0);
    g_autoptr(GPtrArray) b0 = run_epoch(b, 0, 0), c0 = run_epoch(c, 0, 0);

    g_assert_cmpint(hseg_loader_batches(a), ==, 11); /* 35 samples of 3, or 46 of 4: two are left out */
    g_assert_cmpint(a0->len, ==, 11);
    assert_same(a0, 0, b0);
    assert_same(a1, 0, b1);
    for (guint i = 0; i < a0->len; i++) {
        g_assert_cmpstr(a0->pdata[i], !=, a1->pdata[i]);
        g_assert_cmpstr(a0->pdata[i], !=, c0->pdata[i]);
    }
}

/* The floats of the next batch, for the caller to free. */
static float *
take_images(HsegLoader *loader, gsize floats)
{
    const HsegBatch *batch = hseg_loader_next(loader);

    g_assert_nonnull(batch);
    return g_memdup2(batch->images, floats * sizeof(float));
}

/* Three parts of a batch, one after the other, are the batch of one loader three times as large. */
static void
test_parts(gconstpointer pairs)
{
    enum { PARTS = 3 };
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options_with_pairs(7, 2, pairs);
    gsize floats = 3 * W * H * o.batch;
    HsegLoader *parts[PARTS], *whole;

    for (int p = 0; p < PARTS; p++) {
        o.part = p;
        o.parts = PARTS;
        parts[p] = hseg_loader_new(set, &o, NULL);
        hseg_loader_start(parts[p], 2, 1);
    }
    o = options_with_pairs(7, 2, pairs);
    o.batch *= PARTS;
    whole = hseg_loader_new(set, &o, NULL);
    hseg_loader_start(whole, 2, 1);
    for (int b = 1; b < hseg_loader_batches(whole); b++) {
        g_autofree float *want = take_images(whole, floats * PARTS);

        for (int p = 0; p < PARTS; p++) {
            g_autofree float *got = take_images(parts[p], floats);

            g_assert_cmpmem(got, floats * sizeof(float), want + p * floats, floats * sizeof(float));
        }
    }
    for (int p = 0; p < PARTS; p++) {
        g_assert_cmpint(hseg_loader_batches(parts[p]), ==, hseg_loader_batches(whole));
        g_assert_null(hseg_loader_next(parts[p]));
        hseg_loader_free(parts[p]);
    }
    hseg_loader_free(whole);
}

static void
test_resumption(gconstpointer pairs)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options_with_pairs(7, 2, pairs);
    g_autoptr(HsegLoader) loader = hseg_loader_new(set, &o, NULL);
    g_autoptr(GPtrArray) whole = run_epoch(loader, 3, 0), rest = NULL, again = NULL, none = NULL;

    hseg_loader_start(loader, 9, 0); /* left in the middle */
    hseg_loader_next(loader);
    rest = run_epoch(loader, 3, 6);
    none = run_epoch(loader, 3, 11);
    again = run_epoch(loader, 3, 0);
    assert_same(whole, 6, rest);
    assert_same(whole, 0, again);
    g_assert_cmpint(none->len, ==, 0);
}

/* Distance maps come when asked for, from the next epoch on, and are those of the masks. */
static void
test_distances(gconstpointer pairs)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options_with_pairs(7, 3, pairs);
    g_autoptr(HsegLoader) loader = hseg_loader_new(set, &o, NULL);
    g_autofree int32_t *scratch = g_new(int32_t, hseg_distance_scratch(W, H));
    const HsegBatch *batch;
    float phi[W * H];
    int edges = 0;

    for (int give = 0; give <= 1; give++) {
        hseg_loader_give_distances(loader, give);
        hseg_loader_start(loader, give, 0);
        hseg_loader_give_distances(loader, !give);
        while ((batch = hseg_loader_next(loader))) {
            if (!give)
                g_assert_null(batch->distances);
            for (int i = 0; give && i < batch->count; i++) {
                hseg_distance_map(phi, batch->masks + i * W * H, W, H, scratch);
                g_assert_cmpmem(batch->distances + i * W * H, sizeof phi, phi, sizeof phi);
                edges += phi[0] != 0;
            }
        }
    }
    g_assert_cmpint(edges, >, 10);
}

/* ---- pairs of views ---- */

/* Whether the second view's mask, or image of @channels, is the first one's moved, where both see it. */
static gboolean
is_moved(const HsegMotion *m, const float *first, const float *second, int channels)
{
    for (int y = m->y; y < m->y + m->h; y++) {
        const float *a = first + (y * W + m->x) * channels;
        const float *b = second + ((y + m->dy) * W + m->x + m->dx) * channels;

        if (memcmp(a, b, m->w * channels * sizeof(float)) != 0)
            return FALSE;
    }
    return TRUE;
}

/* Both see what lies inside both samples, and it is all but the motion's margin of a frame. */
static void
check_motion(const HsegMotion *m)
{
    int left = MIN(m->x, m->x + m->dx), top = MIN(m->y, m->y + m->dy);

    g_assert_cmpint(abs(m->dx), <=, HSEG_MOTION_MOST);
    g_assert_cmpint(abs(m->dy), <=, HSEG_MOTION_MOST);
    g_assert_cmpint(left, >=, 0);
    g_assert_cmpint(top, >=, 0);
    g_assert_cmpint(left + m->w + abs(m->dx), <=, W);
    g_assert_cmpint(top + m->h + abs(m->dy), <=, H);
    g_assert_cmpint(m->w, >, 2);
    g_assert_cmpint(m->h, >, 2);
}

typedef struct {
    int all, same, seen[2][2 * HSEG_MOTION_MOST + 1]; /* pairs; those with the same image; motions, by axis */
} Pairs;

static Pairs
look_at_pairs(const HsegLoaderOptions *o)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    g_autoptr(HsegLoader) loader = hseg_loader_new(set, o, NULL);
    const HsegBatch *batch;
    Pairs p = {0};

    hseg_loader_start(loader, 0, 0);
    while ((batch = hseg_loader_next(loader)))
        for (int i = 0; i < batch->count / 2; i++, p.all++) {
            const HsegMotion *m = &batch->motions[i];
            const float *image = batch->images + 2 * i * 3 * W * H, *mask = batch->masks + 2 * i * W * H;

            check_motion(m);
            g_assert_true(is_moved(m, mask, mask + W * H, 1));
            p.same += is_moved(m, image, image + 3 * W * H, 3);
            p.seen[0][m->dx + HSEG_MOTION_MOST]++;
            p.seen[1][m->dy + HSEG_MOTION_MOST]++;
        }
    return p;
}

/* Masks are moved alike, whatever the kind of sample; plain images too; augmented ones are drawn anew. */
static void
test_pairs(void)
{
    HsegLoaderOptions o = options_with_pairs(5, 2, &o);
    Pairs plain, augmented;

    o.samples = 1200;
    augmented = look_at_pairs(&o);
    o.augment = FALSE;
    plain = look_at_pairs(&o);
    g_assert_cmpint(plain.all, ==, 600);
    g_assert_cmpint(plain.same, ==, 600);
    g_assert_cmpint(augmented.same, <, 30);
    for (int i = 0; i < 2 * HSEG_MOTION_MOST + 1; i++)
        for (int axis = 0; axis < 2; axis++) /* of 600 draws 67, and four standard deviations */
            g_assert_cmpint(abs(plain.seen[axis][i] - 67), <=, 31);
}

/* A plain first view is the picture as it is shown without pairs, but for what positions are rounded by; each
 * pair of the set is shown to two samples in turn. */
static void
test_first_view(void)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options_with_pairs(5, 2, &o);
    g_autoptr(HsegLoader) loader = NULL;
    const HsegBatch *batch;
    g_autofree float *image = g_new(float, W *H * 3);
    int found = 0;

    o.synth_share = o.negative_share = 0;
    o.augment = FALSE;
    o.samples = 2 * (int)set->real->len;
    loader = hseg_loader_new(set, &o, NULL);
    hseg_loader_start(loader, 0, 0);
    while ((batch = hseg_loader_next(loader)))
        for (guint i = 0; i < set->real->len; i++) {
            hseg_train_item_letterbox(set->real->pdata[i], W, H, image, NULL);
            for (int n = 0; n < batch->count; n += 2) {
                const float *first = batch->images + n * W * H * 3;
                gboolean same = TRUE;

                for (int k = 0; k < W * H * 3; k++)
                    same &= fabsf(first[k] - image[k]) < 0.03f;
                found += same;
            }
        }
    g_assert_cmpint(found, ==, set->real->len);
}

/* Loaded by other threads the set is the same set, in the same order. */
static void
test_decoding_threads(void)
{
    g_autoptr(HsegTrainSet) one = fixture_load(dir, 0.3, 1, NULL), four = fixture_load(dir, 0.3, 4, NULL);

    g_assert_cmpint(one->real->len, ==, four->real->len);
    for (guint i = 0; i < one->real->len; i++)
        g_assert_cmpstr(((HsegTrainItem *)one->real->pdata[i])->name, ==,
                        ((HsegTrainItem *)four->real->pdata[i])->name);
}

typedef struct {
    int empty, samples;
} Count;

static Count
count_empty(double synth, double negative, int samples)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options(3, 2);
    g_autoptr(HsegLoader) loader = NULL;
    const HsegBatch *batch;
    Count count = {0};

    o.synth_share = synth;
    o.negative_share = negative;
    o.samples = samples;
    loader = hseg_loader_new(set, &o, NULL);
    hseg_loader_start(loader, 0, 0);
    while ((batch = hseg_loader_next(loader)))
        for (int n = 0; n < batch->count; n++) {
            const float *image = batch->images + n * W * H * 3, *mask = batch->masks + n * W * H;
            float most = 0;

            for (int i = 0; i < W * H; i++) {
                g_assert_true(mask[i] >= 0 && mask[i] <= 1.0001f);
                most = MAX(most, mask[i]);
            }
            for (int i = 0; i < 3 * W * H; i++)
                g_assert_true(image[i] >= -1 && image[i] <= 1.0001f);
            count.empty += most == 0;
            count.samples++;
        }
    return count;
}

static void
test_negatives_are_empty(void)
{
    Count all = count_empty(0, 1, 60), none = count_empty(1, 0, 60), some = count_empty(0, 0.25, 600);

    g_assert_cmpint(all.empty, ==, 60);
    g_assert_cmpint(none.empty, <=, 3); /* holes or the frame's edge may take a small one */
    g_assert_cmpint(abs(some.empty - 150), <, 4 * 11 + 12);
}

/* How often each of the set's backgrounds is among the negatives of epoch 0, shown as they are. */
static void
count_backgrounds(HsegLoader *loader, const HsegTrainSet *set, int *seen)
{
    gsize floats = 3 * W * H;
    g_autofree float *image = g_new(float, floats);
    const HsegBatch *batch;

    memset(seen, 0, set->backgrounds->len * sizeof *seen);
    hseg_loader_start(loader, 0, 0);
    while ((batch = hseg_loader_next(loader)))
        for (guint i = 0; i < set->backgrounds->len; i++) {
            hseg_train_item_letterbox(set->backgrounds->pdata[i], W, H, image, NULL);
            for (int n = 0; n < batch->count; n++)
                seen[i] += memcmp(image, batch->images + n * floats, floats * sizeof(float)) == 0;
        }
}

/* Half of the negatives are drawn by weight, none of weight 0 among those; before there are weights all are
 * drawn evenly, and weights count from the next start on. */
static void
test_hard_negatives(void)
{
    const float weights[] = {3, 0, 1}; /* of 900 draws: 150 + 338, 150 + 0, 150 + 112 */
    const int wanted[] = {488, 150, 262};
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options(3, 2);
    g_autoptr(HsegLoader) loader = NULL;
    int seen[3];

    o.synth_share = 0;
    o.negative_share = 1;
    o.hard_share = 0.5;
    o.augment = FALSE;
    o.samples = 900;
    loader = hseg_loader_new(set, &o, NULL);
    count_backgrounds(loader, set, seen);
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(abs(seen[i] - 300), <, 57); /* four standard deviations */
    hseg_loader_weigh_backgrounds(loader, weights);
    count_backgrounds(loader, set, seen);
    for (int i = 0; i < 3; i++)
        g_assert_cmpint(abs(seen[i] - wanted[i]), <, 60);
}

/* Whatever the number of samples, pairs take turns: plain samples of 20 pairs, 5 an epoch, show each once in
 * 4 epochs. */
static void
test_pairs_take_turns(void)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options(3, 1);
    g_autoptr(HsegLoader) loader = NULL;
    g_autofree int *seen = g_new0(int, set->real->len);
    g_autofree float *image = g_new(float, W *H * 3);

    o.synth_share = o.negative_share = 0;
    o.augment = FALSE;
    o.batch = 5;
    o.samples = 5;
    loader = hseg_loader_new(set, &o, NULL);
    for (int epoch = 0; epoch < 4; epoch++) {
        const HsegBatch *batch;

        hseg_loader_start(loader, epoch, 0);
        batch = hseg_loader_next(loader);
        for (int n = 0; n < 5; n++)
            for (guint i = 0; i < set->real->len; i++) {
                hseg_train_item_letterbox(set->real->pdata[i], W, H, image, NULL);
                seen[i] += memcmp(image, batch->images + n * W * H * 3, W * H * 3 * sizeof(float)) == 0;
            }
    }
    for (guint i = 0; i < set->real->len; i++) /* 35 sizes differ, so no two letterboxes are the same */
        g_assert_cmpint(seen[i], ==, 1);
}

static void
test_hard_masks(void)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options(3, 1);
    g_autoptr(HsegLoader) loader = NULL;
    const HsegBatch *batch;

    o.hard_masks = TRUE;
    loader = hseg_loader_new(set, &o, NULL);
    hseg_loader_start(loader, 0, 0);
    batch = hseg_loader_next(loader);
    for (int i = 0; i < 3 * W * H; i++)
        g_assert_true(batch->masks[i] == 0 || batch->masks[i] == 1);
}

static void
expect_bad_options(const HsegTrainSet *set, HsegLoaderOptions o)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(hseg_loader_new(set, &o, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT);
}

static void
test_bad_options(void)
{
    g_autofree char *pairs = g_build_filename(dir, "set", NULL);
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL),
                            no_backgrounds = fixture_load(pairs, 0, 1, NULL);
    HsegLoaderOptions o = options(1, 1);

    expect_bad_options(no_backgrounds, o);
    o.threads = 0;
    expect_bad_options(set, o);
    o = options(1, 1);
    o.synth_share = 0.9;
    expect_bad_options(set, o);
    o = options(1, 1);
    o.width = 0;
    expect_bad_options(set, o);
    o = options(1, 1);
    o.hard_share = 1.5;
    expect_bad_options(set, o);
    o = options(1, 1);
    o.pairs = TRUE;
    expect_bad_options(set, o);
}

static void
test_preview(gconstpointer pairs)
{
    g_autoptr(HsegTrainSet) set = fixture_load(dir, 0, 1, NULL);
    HsegLoaderOptions o = options_with_pairs(1, 1, pairs);
    g_autoptr(HsegLoader) loader = hseg_loader_new(set, &o, NULL);
    g_autofree char *file = g_build_filename(dir, "sheet.png", NULL);
    g_autoptr(HsegPicture) sheet = NULL;

    g_assert_true(hseg_loader_preview(loader, 6, file, NULL));
    sheet = hseg_picture_load(file, NULL);
    g_assert_cmpint(sheet->width, ==, 4 * W + 3 * 4);
    g_assert_cmpint(sheet->height, ==, 2 * H + 4);
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = fixture_folder(20);
#define ADD(name, function)                                                                                  \
    g_test_add_data_func("/train/loader/" name, NULL, function);                                             \
    g_test_add_data_func("/train/loader/pairs/" name, &dir, function)
    ADD("reproducible", test_reproducible);
    ADD("distances", test_distances);
    ADD("parts", test_parts);
    g_test_add_func("/train/loader/pairs/aligned", test_pairs);
    g_test_add_func("/train/loader/pairs/first-view", test_first_view);
    g_test_add_func("/train/loader/hard-negatives", test_hard_negatives);
    ADD("resumption", test_resumption);
    g_test_add_func("/train/loader/decoding-threads", test_decoding_threads);
    g_test_add_func("/train/loader/negatives-are-empty", test_negatives_are_empty);
    g_test_add_func("/train/loader/pairs-take-turns", test_pairs_take_turns);
    g_test_add_func("/train/loader/hard-masks", test_hard_masks);
    g_test_add_func("/train/loader/bad-options", test_bad_options);
    ADD("preview", test_preview);
    status = g_test_run();
    fixture_folder_free(dir);
    return status;
}
