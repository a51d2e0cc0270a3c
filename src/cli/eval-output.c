#include "cli/eval-output.h"

#include "cli/cli.h"
#include <math.h>

#define N_WORST 10 /* files that are named for each folder of negatives */

/* ---- tables ---- */

static void
print_value(double value)
{
    if (isnan(value))
        g_print(" %10s", "-");
    else
        g_print(" %10.4f", value);
}

static void
print_row(const char *name, int images, const HsegScores *scores)
{
    g_print("%-22s %6d", name, images);
    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        print_value(hseg_score_get(scores, i));
    g_print("\n");
}

static void
print_table(const GPtrArray *sets, const HsegMetrics *pool, const char *title,
            HsegScores (*scores)(const HsegMetrics *m))
{
    HsegScores all = scores(pool);

    g_print("%-22s %6s", title, "images");
    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        g_print(" %10s", hseg_score_name(i));
    g_print("\n");
    for (guint i = 0; i < sets->len; i++) {
        const HsegEvaluatedSet *set = sets->pdata[i];
        HsegScores s = scores(set->metrics);

        print_row(set->name, hseg_metrics_images(set->metrics), &s);
    }
    if (sets->len != 1)
        print_row("all", hseg_metrics_images(pool), &all);
    g_print("\n");
}

static void
print_both(const GPtrArray *sets, const HsegMetrics *pool)
{
    if (sets->len == 0)
        return;
    print_table(sets, pool, "pooled over pixels", hseg_metrics_pooled);
    print_table(sets, pool, "mean over images", hseg_metrics_mean);
}

static void
print_temporal_row(const char *name, const HsegTemporal *t)
{
    HsegTemporalScores s = hseg_temporal_scores(t);

    g_print("%-22s %6d", name, hseg_temporal_pairs(t));
    print_value(s.flicker);
    print_value(s.predicted_change);
    print_value(s.truth_change);
    print_value(s.dtssd);
    g_print("\n");
}

static void
print_temporal(const HsegEvaluation *e)
{
    const GPtrArray *both[] = {e->sets, e->clips};

    if (hseg_temporal_pairs(e->temporal) == 0)
        return;
    g_print("%-22s %6s %10s %10s %10s %10s\n", "from frame to frame", "pairs", "flicker", "change",
            "of truth", "dtssd");
    for (gsize k = 0; k < G_N_ELEMENTS(both); k++) {
        for (guint i = 0; i < both[k]->len; i++) {
            const HsegEvaluatedSet *set = both[k]->pdata[i];

            if (set->temporal)
                print_temporal_row(set->name, set->temporal);
        }
    }
    print_temporal_row("all", e->temporal);
    g_print("\n");
}

/* (transfer container): the pictures of one folder of negatives of which most is marked. */
static GPtrArray *
most_marked(HsegEvaluatedSet *set)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();

    g_ptr_array_add(one, set);
    return hseg_evaluated_extremes(one, hseg_score_find("marked"), TRUE, N_WORST);
}

static void
print_negatives(const GPtrArray *negatives)
{
    for (guint i = 0; i < negatives->len; i++) {
        HsegEvaluatedSet *set = negatives->pdata[i];
        g_autoptr(GPtrArray) worst = most_marked(set);

        g_print("%-22s %6d  %.4f %% of pixels marked in the mean; most in\n", set->name,
                hseg_metrics_images(set->metrics), 100 * hseg_metrics_mean(set->metrics).marked);
        for (guint k = 0; k < worst->len; k++) {
            const HsegEvaluatedImage *item = worst->pdata[k];

            g_print("    %8.4f %%  %s\n", 100 * item->scores.marked, item->image);
        }
        g_print("\n");
    }
}

void
hseg_eval_print(const HsegEvaluation *e)
{
    print_both(e->sets, e->pool);
    print_both(e->clips, e->clip_pool);
    print_temporal(e);
    print_negatives(e->negatives);
}

/* ---- JSON ---- */

static void
add_value(JsonBuilder *b, const char *name, double value)
{
    json_builder_set_member_name(b, name);
    if (isnan(value))
        json_builder_add_null_value(b);
    else
        json_builder_add_double_value(b, value);
}

static void
add_count(JsonBuilder *b, const char *name, int count)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, count);
}

static void
add_text(JsonBuilder *b, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1); /* a file's name may be anything */

    json_builder_set_member_name(b, name);
    json_builder_add_string_value(b, valid);
}

static void
begin_member(JsonBuilder *b, const char *name)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
}

static void
add_scores(JsonBuilder *b, const HsegScores *scores)
{
    for (int i = 0; i < HSEG_SCORE_COUNT; i++)
        add_value(b, hseg_score_name(i), hseg_score_get(scores, i));
}

static void
add_metrics(JsonBuilder *b, const HsegMetrics *m)
{
    HsegScores pooled = hseg_metrics_pooled(m), mean = hseg_metrics_mean(m);

    add_count(b, "images", hseg_metrics_images(m));
    add_scores(b, &pooled);
    begin_member(b, "mean");
    add_scores(b, &mean);
    json_builder_end_object(b);
}

static void
add_temporal(JsonBuilder *b, const HsegTemporal *t)
{
    HsegTemporalScores s = hseg_temporal_scores(t);

    begin_member(b, "temporal");
    add_count(b, "pairs", hseg_temporal_pairs(t));
    add_value(b, "flicker", s.flicker);
    add_value(b, "change", s.predicted_change);
    add_value(b, "truth_change", s.truth_change);
    add_value(b, "dtssd", s.dtssd);
    json_builder_end_object(b);
}

static void
add_sets(JsonBuilder *b, const char *name, const GPtrArray *sets)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; i < sets->len; i++) {
        const HsegEvaluatedSet *set = sets->pdata[i];

        json_builder_begin_object(b);
        add_text(b, "name", set->name);
        add_metrics(b, set->metrics);
        if (set->temporal)
            add_temporal(b, set->temporal);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void
add_negatives(JsonBuilder *b, HsegEvaluatedSet *set)
{
    g_autoptr(GPtrArray) worst = most_marked(set);

    json_builder_begin_object(b);
    add_text(b, "name", set->name);
    add_count(b, "images", hseg_metrics_images(set->metrics));
    add_value(b, "marked", hseg_metrics_mean(set->metrics).marked);
    add_value(b, "worst", ((const HsegEvaluatedImage *)worst->pdata[0])->scores.marked);
    json_builder_set_member_name(b, "files");
    json_builder_begin_array(b);
    for (guint i = 0; i < worst->len; i++) {
        const HsegEvaluatedImage *item = worst->pdata[i];

        json_builder_begin_object(b);
        add_text(b, "file", item->image);
        add_value(b, "marked", item->scores.marked);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

gboolean
hseg_eval_save_json(const HsegEvaluation *e, const char *file, GError **error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();

    json_builder_begin_object(b);
    if (hseg_metrics_images(e->pool) > 0)
        add_metrics(b, e->pool);
    if (hseg_temporal_pairs(e->temporal) > 0)
        add_temporal(b, e->temporal);
    add_sets(b, "sets", e->sets);
    if (e->clips->len) {
        begin_member(b, "video");
        add_metrics(b, e->clip_pool);
        add_sets(b, "clips", e->clips);
        json_builder_end_object(b);
    }
    if (e->negatives->len) {
        json_builder_set_member_name(b, "negatives");
        json_builder_begin_array(b);
        for (guint i = 0; i < e->negatives->len; i++)
            add_negatives(b, e->negatives->pdata[i]);
        json_builder_end_array(b);
    }
    json_builder_end_object(b);
    return hseg_cli_save_json(b, file, error);
}
