/* humanseg quantize: ranges for 8-bit integers, found on sample pictures, into a model's file. */
#include <humanseg/error.h>
#include <humanseg/humanseg.h>

#include "base/base.h"
#include "base/parallel.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "files/dataset.h"
#include "files/folder.h"
#include "files/save.h"
#include "image/letterbox.h"
#include "model/model.h"
#include "model/quantise.h"

typedef struct {
    char *folder, *out;
    int pictures, threads;
} Options;

typedef struct {
    const HsegModel *model;
    GPtrArray *files; /* of char * */
    int threads;
    HsegProgress *progress;
} Samples;

/* The pictures of a data set, of a folder of data sets, or right in @folder; at most @most, that lie evenly
 * among all. */
static GPtrArray *
list_samples(const char *folder, int most, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(HsegDataset) dataset = hseg_dataset_open(folder, NULL);
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

    if (dataset) {
        all = g_ptr_array_new();
        for (guint i = 0; i < dataset->pairs->len; i++)
            g_ptr_array_add(all, ((HsegPair *)g_ptr_array_index(dataset->pairs, i))->image);
    } else {
        all = hseg_list_pictures(folder, error);
    }
    for (guint i = 0, n = all ? MIN(all->len, (guint)most) : 0; i < n; i++)
        g_ptr_array_add(files, g_strdup(g_ptr_array_index(all, (guint)((guint64)i * all->len / n))));
    if (!all)
        g_clear_pointer(&files, g_ptr_array_unref);
    return files;
}

static gboolean
load_sample(void *data, int i, float *input, GError **error)
{
    const Samples *s = data;
    const char *file = g_ptr_array_index(s->files, (guint)i);
    g_autoptr(HsegPicture) picture = hseg_picture_load_rgb(file, error);
    HsegLetterboxer *letterboxer;
    HsegLetterbox box;
    HsegFrame frame;
    int width, height;

    if (!picture)
        return FALSE;
    hseg_model_get_input_size(s->model, &width, &height);
    frame = (HsegFrame){.format = HSEG_FORMAT_RGB,
                        .range = HSEG_RANGE_FULL,
                        .width = picture->width,
                        .height = picture->height,
                        .plane = {picture->data},
                        .stride = {(int)picture->stride}};
    box = hseg_letterbox_fit(frame.width, frame.height, 1, 1, width, height);
    letterboxer = hseg_letterboxer_new(&frame, &box, s->threads);
    if (!letterboxer) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "%s: no memory to scale it", file);
        return FALSE;
    }
    hseg_letterboxer_run(letterboxer, &frame, input, NULL);
    hseg_letterboxer_free(letterboxer);
    return TRUE;
}

static void
show_progress(void *data, int done, int total)
{
    Samples *s = data;

    if (!s->progress)
        s->progress = hseg_progress_new("quantize", total);
    hseg_progress_set(s->progress, MIN(done, total), NULL);
}

static gboolean
quantise(HsegModel *model, const Options *o, GError **error)
{
    Samples s = {.model = model, .threads = o->threads ? o->threads : HSEG_MIN(hseg_parallel_cpus(), 2)};
    HsegQuantiseReport report;
    gboolean ok;

    s.files = list_samples(o->folder, o->pictures, error);
    if (!s.files)
        return FALSE;
    ok = hseg_model_quantise(model, (int)s.files->len, load_sample, show_progress, &s, s.threads, &report,
                             error) &&
         hseg_model_save(model, o->out, hseg_model_is_half(model), error);
    hseg_progress_free(s.progress);
    if (ok)
        g_print(
            "%s: ranges from %u pictures; %d of %d layers stay in float32; probabilities differ by %.4f\n",
            o->out, s.files->len, report.kept, report.layers, report.error);
    g_ptr_array_unref(s.files);
    return ok;
}

static gboolean
run(int argc, char **argv, const Options *o, GError **error)
{
    g_autoptr(HsegModel) model = NULL;

    if (argc < 2 || !o->folder || !o->out) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "quantize: a model, --calibrate DIR and --out FILE are needed; see --help");
        return FALSE;
    }
    if (!hseg_cli_one_operand(argc, argv, error) ||
        !hseg_cli_range("pictures", o->pictures, 1, 10000, error) ||
        !hseg_cli_range("threads", o->threads, 0, 64, error) || !hseg_save_check(o->out, error))
        return FALSE;
    model = hseg_model_load(argv[1], error);
    return model && quantise(model, o, error);
}

int
hseg_cmd_quantize(int argc, char **argv)
{
    Options o = {.pictures = 96};
    const GOptionEntry entries[] = {
        {"calibrate", 'c', 0, G_OPTION_ARG_FILENAME, &o.folder,
         "Pictures like those to come: a data set, a folder of data sets, or a folder of pictures", "DIR"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "The model to write: M itself, if you like", "FILE"},
        {"pictures", 'n', 0, G_OPTION_ARG_INT, &o.pictures, "How many of them to look at [96]", "N"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads; 0: as many as processors, at most 2 [0]",
         "N"},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok = hseg_cli_parse(&argc, &argv, "M",
                                 "Prepares a model for 8-bit integers: finds the range of each layer's "
                                 "numbers on sample pictures. The file serves both precisions.",
                                 entries, NULL, &error) &&
                  run(argc, argv, &o, &error);

    g_free(o.folder);
    g_free(o.out);
    return ok ? 0 : hseg_cli_fail(error);
}
