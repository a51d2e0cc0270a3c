#include "train/settings.h"

#include <humanseg/error.h>

static void
add_schedule(GString *s, const HsegScheduleOptions *o)
{
    if (o->kind == HSEG_SCHEDULE_PLATEAU)
        g_string_append(s, " schedule=plateau");
    if (o->patience > 0)
        g_string_append_printf(s, " patience=%d boundary-step=%g boundary-most=%g boundary-rate=%g",
                               o->patience, o->boundary_step, o->boundary_most, o->boundary_rate);
    if (o->early_stop > 0)
        g_string_append_printf(s, " early-stop=%d", o->early_stop);
}

char *
hseg_settings_describe(const HsegTrainerOptions *o)
{
    GString *s = g_string_new(NULL);

    for (int i = 0; hseg_arch_fields()[i]; i++) {
        g_autofree char *value = hseg_arch_get(&o->arch, hseg_arch_fields()[i]);

        g_string_append_printf(s, "%s=%s ", hseg_arch_fields()[i], value);
    }
    g_string_append_printf(
        s,
        "seed=%" G_GUINT64_FORMAT " batch=%d accumulate=%d samples=%d synth=%g negatives=%g "
        "augment=%d augmentation=%g rate=%g warmup=%d decay=%g average=%g encoder-rate=%g bce=%g tversky=%g "
        "alpha=%g beta=%g",
        o->loader.seed, o->loader.batch * o->cluster.size, o->accumulate, o->loader.samples,
        o->loader.synth_share, o->loader.negative_share, o->loader.augment, o->loader.augmentation,
        o->schedule.learning_rate, o->schedule.warmup, o->optimiser.weight_decay, o->optimiser.average_decay,
        o->optimiser.encoder_rate, o->loss.bce, o->loss.region, o->loss.alpha, o->loss.beta);
    if (o->loss.kind == HSEG_REGION_GDL)
        g_string_append(s, " region=gdl");
    if (o->loss.empty > 0)
        g_string_append_printf(s, " empty=%g", o->loss.empty);
    if (o->consistency > 0)
        g_string_append_printf(s, " consistency=%g", o->consistency);
    if (o->loader.hard_share > 0)
        g_string_append_printf(s, " hard-negatives=%g", o->loader.hard_share);
    add_schedule(s, &o->schedule);
    if (o->dropout > 0)
        g_string_append_printf(s, " dropout=%g", o->dropout);
    return g_string_free(s, FALSE);
}

/* What needs scores of held-out pictures. */
static const char *
option_on_scores(const HsegTrainerOptions *o)
{
    return o->schedule.patience > 0     ? "patience"
           : o->schedule.early_stop > 0 ? "early-stop"
           : o->keep_best               ? "keep-best"
                                        : NULL;
}

static const char *
find_fault(const HsegTrainerOptions *o)
{
    return o->epochs < 1                       ? "epochs must be at least 1"
           : o->accumulate < 1                 ? "accumulate must be at least 1"
           : o->threads < 1                    ? "threads must be at least 1"
           : !(o->optimiser.weight_decay >= 0) ? "weight decay must not be negative"
           : !(o->optimiser.average_decay >= 0 && o->optimiser.average_decay < 1)
               ? "the average's decay must lie in 0 .. 1"
           : !(o->optimiser.encoder_rate >= 0 && o->optimiser.encoder_rate <= 10)
               ? "the encoder's share of the rate must lie in 0 .. 10"
           : !(o->loss.bce >= 0 && o->loss.region >= 0 && o->loss.bce + o->loss.region > 0)
               ? "the weights of bce and the region loss (tversky) must not be negative, nor both 0"
           : !(o->loss.empty >= 0) ? "the weight of empty pictures must not be negative"
           : !(o->consistency >= 0 && o->consistency <= 1e3)
               ? "the weight of consistency must lie in 0 .. 1000"
           : !(o->dropout >= 0 && o->dropout <= 1.5) ? "the factor on dropout must lie in 0 .. 1.5"
                                                     : hseg_schedule_check(&o->schedule);
}

gboolean
hseg_settings_check(const HsegTrainerOptions *o, guint validation, GError **error)
{
    const char *fault = find_fault(o), *on_scores = option_on_scores(o);

    if (fault)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "train: %s", fault);
    else if (on_scores && validation == 0)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "train: %s goes by held-out pictures, and there are none", on_scores);
    return !fault && (!on_scores || validation > 0);
}
