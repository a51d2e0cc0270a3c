#include "eval/evaluate.h"
#include "files/picture.h"
#include "fixture.h"
#include "model/model.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <math.h>
#include <string.h>

static gboolean
count_calls(int done, int total, void *user)
{
    int *calls = user;

    ++*calls;
    g_assert_cmpint(done, ==, *calls);
    g_assert_cmpint(total, ==, 3);
    return TRUE;
}

/* A network that sees people everywhere: IoU is the share that is person. The upright picture fills 9 of the
 * network's 64 columns; were its bars counted, the share would be another. */
static void
test_sets(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autoptr(GError) error = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list};
    int calls = 0;
    HsegEvaluateParams params = {.predict.threads = 1, .progress = count_calls, .user = &calls};
    HsegEvaluatedSet *a, *b;

    fixture_add_pair(f->dir, "a", "wide", 128, 72, 18);    /* content 64 x 36, a quarter person */
    fixture_add_pair(f->dir, "a", "upright", 36, 144, 72); /* content 9 x 36, half person */
    fixture_add_pair(f->dir, "b", "nobody", 64, 36, 0);
    e = hseg_evaluate(model, &dirs, &params, &error);
    g_assert_no_error(error);
    g_assert_cmpint(calls, ==, 3);
    g_assert_cmpint(e->sets->len, ==, 2);
    a = e->sets->pdata[0];
    b = e->sets->pdata[1];
    g_assert_cmpstr(a->name, ==, "a");
    g_assert_cmpstr(b->name, ==, "b");
    g_assert_cmpint(hseg_metrics_images(a->metrics), ==, 2);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(a->metrics).iou, (0.25 + 0.5) / 2, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(a->metrics).iou,
                                   (64 * 9 + 9 * 18) / (double)(64 * 36 + 9 * 36), 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(b->metrics).iou, 0, 1e-9);
    g_assert_cmpint(hseg_metrics_images(e->pool), ==, 3);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(e->pool).iou, (0.25 + 0.5 + 0) / 3, 1e-9);
}

/* At the pictures' own size the same network has the same share, in exact pixels of the picture. */
static void
test_guided(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list};
    HsegEvaluateParams params = {
        .predict = {.threads = 1, .mode = HSEG_PREDICT_GUIDED, .radius = 2, .epsilon = 1e-3}};

    fixture_add_pair(f->dir, "a", "odd", 77, 91, 13);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(e->pool).iou, 13.0 / 91, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(e->pool).recall, 1, 1e-9);
}

/* A network that sees nobody is right where nobody is. */
static void
test_nobody(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(-5);
    g_autoptr(HsegEvaluation) e = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list};
    HsegEvaluateParams params = {.predict.threads = 2};

    fixture_add_pair(f->dir, "room", "empty", 64, 36, 0);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(e->pool).iou, 1, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(e->pool).accuracy, 1, 1e-9);
}

/* Folders of pictures with and without images/; a network that sees people everywhere marks all of them. */
static void
test_negatives(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autofree char *plain = g_build_filename(f->dir, "plain", NULL),
                    *deep = g_build_filename(f->dir, "deep", NULL);
    const char *list[] = {plain, deep, NULL};
    const HsegEvaluateDirs dirs = {.negatives = list};
    HsegEvaluateParams params = {.predict.threads = 1};
    const HsegEvaluatedSet *set;

    fixture_add_picture(f->dir, "plain", "a.png", 40, 30);
    fixture_add_picture(f->dir, "plain", "b.png", 30, 40);
    fixture_add_picture(f->dir, "deep/images", "c.png", 64, 36);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_cmpint(e->negatives->len, ==, 2);
    set = e->negatives->pdata[0];
    g_assert_cmpstr(set->name, ==, "plain");
    g_assert_cmpint(hseg_metrics_images(set->metrics), ==, 2);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(set->metrics).marked, 1, 1e-9);
    set = e->negatives->pdata[1];
    g_assert_cmpstr(set->name, ==, "deep");
    g_assert_cmpint(hseg_metrics_images(set->metrics), ==, 1);
    g_assert_cmpint(hseg_metrics_images(e->pool), ==, 0);
}

/* Frames in the order of their numbers; the truth moves, the constant network does not. */
static void
test_video(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autofree char *clip = g_build_filename(f->dir, "clip", NULL),
                    *val = g_build_filename(f->dir, "val", NULL);
    const char *video[] = {clip, NULL}, *data[] = {val, NULL};
    const HsegEvaluateDirs dirs = {.data = data, .video = video};
    HsegEvaluateParams params = {.predict.threads = 1};
    const HsegEvaluatedSet *set;
    HsegTemporalScores s;

    fixture_add_pair(clip, ".", "f8", 64, 36, 9);
    fixture_add_pair(clip, ".", "f9", 64, 36, 18);
    fixture_add_pair(clip, ".", "f10", 64, 36, 36);
    fixture_add_pair(f->dir, "val", "x", 64, 36, 36);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_cmpint(e->sets->len, ==, 1);
    g_assert_cmpint(e->clips->len, ==, 1);
    set = e->clips->pdata[0];
    g_assert_cmpstr(set->name, ==, "clip");
    g_assert_cmpint(hseg_temporal_pairs(set->temporal), ==, 2);
    s = hseg_temporal_scores(set->temporal);
    g_assert_cmpfloat_with_epsilon(s.truth_change, 0.5, 1e-9); /* 9 of 18, 18 of 36; f10 first: 0.625 */
    g_assert_cmpfloat_with_epsilon(s.predicted_change, 0, 1e-9);
    g_assert_cmpfloat_with_epsilon(s.flicker, 0, 1e-9);
    g_assert_cmpfloat_with_epsilon(s.dtssd, (sqrt(0.25) + sqrt(0.5)) / 2, 1e-6);
    g_assert_cmpint(hseg_metrics_images(e->pool), ==, 1); /* clips are not of the pool of pictures */
    g_assert_cmpfloat_with_epsilon(hseg_metrics_pooled(e->pool).iou, 1, 1e-9);
    g_assert_cmpint(hseg_metrics_images(e->clip_pool), ==, 3);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(e->clip_pool).iou, (0.25 + 0.5 + 1) / 3, 1e-9);
    g_assert_cmpfloat_with_epsilon(((const HsegEvaluatedImage *)set->images->pdata[2])->scores.iou, 1, 1e-9);
}

/* Without --video, numbers one by one and one size make a clip; a gap, or another size, does not. */
static void
test_found_clips(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list}, forced = {.video = list};
    HsegEvaluateParams params = {.predict.threads = 1};
    g_autoptr(GError) error = NULL;

    fixture_add_pair(f->dir, "clip", "00009", 64, 36, 9);
    fixture_add_pair(f->dir, "clip", "00010", 64, 36, 9);
    fixture_add_pair(f->dir, "gap", "00001", 64, 36, 9);
    fixture_add_pair(f->dir, "gap", "00003", 64, 36, 9);
    fixture_add_pair(f->dir, "sizes", "00001", 64, 36, 9);
    fixture_add_pair(f->dir, "sizes", "00002", 36, 64, 9);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    g_assert_nonnull(e);
    g_assert_nonnull(((const HsegEvaluatedSet *)e->sets->pdata[0])->temporal);
    g_assert_null(((const HsegEvaluatedSet *)e->sets->pdata[1])->temporal);
    g_assert_null(((const HsegEvaluatedSet *)e->sets->pdata[2])->temporal);
    g_assert_cmpint(hseg_temporal_pairs(e->temporal), ==, 1);
    g_assert_cmpint(hseg_metrics_images(e->pool), ==, 6);

    g_assert_null(hseg_evaluate(model, &forced, &params, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "sizes/images/00002.png"));
}

/* The masks of a stream: of the pictures' own size, for one picture after another of any size. */
static void
test_stream(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *val = g_build_filename(f->dir, "val", NULL),
                    *tiny = g_build_filename(f->dir, "tiny", NULL);
    const char *data[] = {val, NULL}, *too_small[] = {tiny, NULL};
    const HsegEvaluateDirs dirs = {.data = data}, refused = {.data = too_small};
    HsegEvaluateParams params = {.predict = {.threads = 1, .mode = HSEG_PREDICT_STREAM}};

    fixture_add_pair(val, "clip", "1", 77, 91, 13);
    fixture_add_pair(val, "clip", "2", 77, 91, 26);
    fixture_add_pair(val, "other", "x", 64, 36, 18);
    e = hseg_evaluate(model, &dirs, &params, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat_with_epsilon(hseg_metrics_mean(e->pool).iou, (13 / 91.0 + 26 / 91.0 + 0.5) / 3, 1e-9);
    g_assert_cmpfloat_with_epsilon(hseg_temporal_scores(e->temporal).truth_change, 0.5, 1e-9);

    fixture_add_pair(tiny, "a", "x", 8, 8, 4);
    g_assert_null(hseg_evaluate(model, &refused, &params, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE);
    g_assert_nonnull(strstr(error->message, "tiny/a/images/x.png"));
}

static void
test_extremes(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(5);
    g_autoptr(HsegEvaluation) e = NULL;
    g_autoptr(GPtrArray) worst = NULL, best = NULL, empty = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list};
    HsegEvaluateParams params = {.predict.threads = 1, .predict.mode = HSEG_PREDICT_ENLARGED};

    fixture_add_pair(f->dir, "a", "half", 64, 36, 18);
    fixture_add_pair(f->dir, "a", "quarter", 64, 36, 9);
    fixture_add_pair(f->dir, "b", "none", 64, 36, 0);
    fixture_add_pair(f->dir, "b", "whole", 64, 36, 36);
    e = hseg_evaluate(model, &dirs, &params, NULL);
    worst = hseg_evaluated_extremes(e->sets, hseg_score_find("iou"), FALSE, 2);
    best = hseg_evaluated_extremes(e->sets, hseg_score_find("iou"), TRUE, 1);
    empty = hseg_evaluated_extremes(e->sets, hseg_score_find("marked"), TRUE, 9);
    g_assert_cmpint(worst->len, ==, 2);
    g_assert_true(g_str_has_suffix(((const HsegEvaluatedImage *)worst->pdata[0])->image, "none.png"));
    g_assert_true(g_str_has_suffix(((const HsegEvaluatedImage *)worst->pdata[1])->image, "quarter.png"));
    g_assert_true(g_str_has_suffix(((const HsegEvaluatedImage *)best->pdata[0])->image, "whole.png"));
    g_assert_cmpint(empty->len, ==, 1);
}

static gboolean
stop(int done, int total, void *user)
{
    return FALSE;
}

static void
test_refusals(Fixture *f, gconstpointer unused)
{
    g_autoptr(HsegModel) model = fixture_constant_model(0);
    g_autofree char *bad = g_build_filename(f->dir, "a", "masks", "x.png", NULL);
    g_autoptr(GError) error = NULL;
    const char *list[] = {f->dir, NULL};
    const HsegEvaluateDirs dirs = {.data = list};
    HsegEvaluateParams params = {.predict.threads = 1, .progress = stop};

    g_assert_null(hseg_evaluate(model, &dirs, &params, &error)); /* nothing in the folder */
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, f->dir));
    g_clear_error(&error);

    fixture_add_pair(f->dir, "a", "x", 64, 36, 1);
    g_assert_null(hseg_evaluate(model, &dirs, &params, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED);
    g_clear_error(&error);

    g_assert_true(g_file_set_contents(bad, "no picture", -1, NULL));
    g_assert_null(hseg_evaluate(model, &dirs, &params, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(error->message, bad));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                                  \
    g_test_add("/evaluate/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
    ADD("sets", test_sets);
    ADD("guided", test_guided);
    ADD("nobody", test_nobody);
    ADD("negatives", test_negatives);
    ADD("video", test_video);
    ADD("found-clips", test_found_clips);
    ADD("stream", test_stream);
    ADD("extremes", test_extremes);
    ADD("refusals", test_refusals);
    return g_test_run();
}
