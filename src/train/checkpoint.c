#include "train/checkpoint.h"

#include <humanseg/error.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "model/safetensors.h"

#define FORMAT "humanseg-checkpoint"

static void
add_number(HsegSafetensorsWriter *w, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    hseg_safetensors_writer_add_metadata(w, key, g_ascii_dtostr(text, sizeof text, value));
}

static double
get_number(const HsegSafetensors *file, const char *key)
{
    const char *text = hseg_safetensors_metadata(file, key);

    return text ? g_ascii_strtod(text, NULL) : 0;
}

static void
add_schedule(HsegSafetensorsWriter *w, const HsegScheduleState *s)
{
    add_number(w, "best", s->best);
    add_number(w, "mark", s->mark);
    add_number(w, "waited", s->waited);
    add_number(w, "stale", s->stale);
    add_number(w, "boundary_epochs", s->boundary_epochs);
    add_number(w, "cuts", s->cuts);
}

gboolean
hseg_checkpoint_save(const char *path, const HsegRunName *run, const HsegRunState *state,
                     const HsegParams *params, const HsegOptimiser *optimiser, const char *history,
                     GError **error)
{
    g_autoptr(HsegSafetensorsWriter) w = hseg_safetensors_writer_new();
    int64_t shape = (int64_t)params->size;

    hseg_safetensors_writer_add_metadata(w, "format", FORMAT);
    hseg_safetensors_writer_add_metadata(w, "settings", run->settings);
    hseg_safetensors_writer_add_metadata(w, "pictures", run->pictures);
    hseg_safetensors_writer_add_metadata(w, "data", run->data);
    hseg_safetensors_writer_add_metadata(w, "history", history);
    add_number(w, "epoch", state->epoch);
    add_number(w, "batch", state->batch);
    add_number(w, "loss", state->loss);
    add_number(w, "bce", state->bce);
    add_number(w, "region", state->region);
    add_number(w, "boundary", state->boundary);
    add_number(w, "consistency", state->consistency);
    add_number(w, "seconds", state->seconds);
    add_schedule(w, &state->schedule);
    add_number(w, "step", (double)optimiser->step);
    hseg_safetensors_writer_add_f32(w, "value", &shape, 1, params->value);
    hseg_safetensors_writer_add_f32(w, "m", &shape, 1, optimiser->m);
    hseg_safetensors_writer_add_f32(w, "v", &shape, 1, optimiser->v);
    hseg_safetensors_writer_add_f32(w, "average", &shape, 1, optimiser->average);
    if (state->marked)
        hseg_safetensors_writer_add_f32(w, "marked", &(int64_t){(int64_t)state->n_marked}, 1, state->marked);
    return hseg_safetensors_writer_save(w, path, error);
}

/* Those of the words of @settings that @other lacks, a space before each; " nothing of that" where it has
 * all. (transfer full) */
static char *
list_others(const char *settings, const char *other)
{
    g_auto(GStrv) words = g_strsplit(settings, " ", -1), others = g_strsplit(other, " ", -1);
    GString *list = g_string_new(NULL);

    for (int i = 0; words[i]; i++)
        if (!g_strv_contains((const char *const *)others, words[i]))
            g_string_append_printf(list, " %s", words[i]);
    if (list->len == 0)
        g_string_append(list, " nothing of that");
    return g_string_free(list, FALSE);
}

/* Files from before pictures were noted may go on with any. */
static gboolean
check_pictures(const HsegSafetensors *file, const HsegRunName *run, GError **error)
{
    const char *was = hseg_safetensors_metadata(file, "pictures"),
               *data = hseg_safetensors_metadata(file, "data");

    if (!was || strcmp(was, run->pictures) == 0)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                "%s: belongs to another run: it has %s (%s); this run has %s (%s)",
                hseg_safetensors_name(file), data ? data : "other data", was, run->data, run->pictures);
    return FALSE;
}

static gboolean
check(const HsegSafetensors *file, const char *path, const HsegRunName *run, GError **error)
{
    const char *format = hseg_safetensors_metadata(file, "format"),
               *was = hseg_safetensors_metadata(file, "settings");

    if (g_strcmp0(format, FORMAT) != 0 || !was || !hseg_safetensors_metadata(file, "history")) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: not a checkpoint of humanseg", path);
        return FALSE;
    }
    if (strcmp(was, run->settings) != 0) {
        g_autofree char *theirs = list_others(was, run->settings), *ours = list_others(run->settings, was);

        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "%s: belongs to another run: it has%s; this run has%s", path, theirs, ours);
        return FALSE;
    }
    return check_pictures(file, run, error);
}

/* A whole number from 0 to @most. */
static gboolean
get_count(const HsegSafetensors *file, const char *key, double most, gint64 *count, GError **error)
{
    double number = get_number(file, key);

    if (!(number >= 0 && number <= most && number == floor(number))) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: %s is '%s'", hseg_safetensors_name(file), key,
                    hseg_safetensors_metadata(file, key));
        return FALSE;
    }
    *count = (gint64)number;
    return TRUE;
}

/* Files from before there was a schedule stand at its beginning. */
static gboolean
get_schedule(const HsegSafetensors *file, HsegScheduleState *s, GError **error)
{
    gint64 waited, stale, boundary_epochs, cuts;

    if (!get_count(file, "waited", INT_MAX, &waited, error) ||
        !get_count(file, "stale", INT_MAX, &stale, error) ||
        !get_count(file, "boundary_epochs", INT_MAX, &boundary_epochs, error) ||
        !get_count(file, "cuts", INT_MAX, &cuts, error))
        return FALSE;
    *s = (HsegScheduleState){.best = get_number(file, "best"),
                             .mark = get_number(file, "mark"),
                             .waited = (int)waited,
                             .stale = (int)stale,
                             .boundary_epochs = (int)boundary_epochs,
                             .cuts = (int)cuts};
    return TRUE;
}

gboolean
hseg_checkpoint_load(const char *path, const HsegRunName *run, HsegRunState *state, HsegParams *params,
                     HsegOptimiser *optimiser, char **history, GError **error)
{
    g_autoptr(HsegSafetensors) file = hseg_safetensors_open(path, error);
    int64_t shape = (int64_t)params->size;
    const char *region = file && hseg_safetensors_metadata(file, "region") ? "region" : "tversky";
    HsegScheduleState schedule;
    gint64 epoch, batch;

    if (!file || !check(file, path, run, error) || !get_count(file, "epoch", INT_MAX, &epoch, error) ||
        !get_count(file, "batch", INT_MAX, &batch, error) ||
        !get_count(file, "step", 0x1p53, &optimiser->step, error) || !get_schedule(file, &schedule, error) ||
        !hseg_safetensors_read_f32(file, "value", &shape, 1, params->value, error) ||
        !hseg_safetensors_read_f32(file, "m", &shape, 1, optimiser->m, error) ||
        !hseg_safetensors_read_f32(file, "v", &shape, 1, optimiser->v, error) ||
        !hseg_safetensors_read_f32(file, "average", &shape, 1, optimiser->average, error) ||
        (state->marked && !hseg_safetensors_read_f32(file, "marked", &(int64_t){(int64_t)state->n_marked}, 1,
                                                     state->marked, error)))
        return FALSE;
    *state = (HsegRunState){.epoch = (int)epoch,
                            .batch = (int)batch,
                            .loss = get_number(file, "loss"),
                            .bce = get_number(file, "bce"),
                            .region = get_number(file, region),
                            .boundary = get_number(file, "boundary"),
                            .consistency = get_number(file, "consistency"),
                            .seconds = get_number(file, "seconds"),
                            .schedule = schedule,
                            .marked = state->marked,
                            .n_marked = state->n_marked};
    *history = g_strdup(hseg_safetensors_metadata(file, "history"));
    return TRUE;
}
