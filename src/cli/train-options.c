#include "cli/train-options.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "cli/arch-options.h"
#include "cli/cli.h"

/* --synth takes two folders: GOption has no such option, so the second is cut out of the command line here.
 */
static gboolean
take_synth(int *argc, char **argv, char ***synth, GError **error)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--synth") != 0)
            continue;
        if (i + 2 >= *argc) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                        "train: --synth takes two folders: FG_DIR BG_DIR");
            return FALSE;
        }
        *synth = g_new0(char *, 3);
        (*synth)[0] = g_strdup(argv[i + 1]);
        (*synth)[1] = g_strdup(argv[i + 2]);
        for (int k = i; k + 3 <= *argc; k++)
            argv[k] = argv[k + 3];
        *argc -= 3;
        return TRUE;
    }
    return TRUE;
}

static HsegTrainOptions
defaults(void)
{
    return (HsegTrainOptions){
        .trainer = {.arch = HSEG_ARCH_REFERENCE,
                    .loader = {.batch = 12, .synth_share = NAN, .negative_share = NAN, .augmentation = 1},
                    .loss = HSEG_LOSS_REFERENCE,
                    .optimiser = HSEG_OPTIMISER_REFERENCE,
                    .epochs = 150,
                    .accumulate = 8,
                    .schedule = HSEG_SCHEDULE_REFERENCE,
                    .checkpoint_minutes = 5},
        .val_share = 0.04,
        .seed = 1,
        .loader_threads = 2,
    };
}

/* *@is_second: whether @word is the second of two; not given, it is the first. */
static gboolean
choose(const char *option, const char *word, const char *first, const char *second, gboolean *is_second,
       GError **error)
{
    *is_second = g_strcmp0(word, second) == 0;
    if (word && !*is_second && strcmp(word, first) != 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--%s %s: must be %s or %s", option, word, first,
                    second);
        return FALSE;
    }
    return TRUE;
}

static gboolean
choose_words(HsegTrainOptions *o, GError **error)
{
    gboolean gdl, plateau;

    if (!choose("region", o->region, "tversky", "gdl", &gdl, error) ||
        !choose("schedule", o->schedule, "cosine", "plateau", &plateau, error))
        return FALSE;
    o->trainer.loss.kind = gdl ? HSEG_REGION_GDL : HSEG_REGION_TVERSKY;
    o->trainer.schedule.kind = plateau ? HSEG_SCHEDULE_PLATEAU : HSEG_SCHEDULE_COSINE;
    return TRUE;
}

/* A path as the training record has it: its last two parts, for weights travel, and where somebody's files
 * lie is nobody's business. */
static char *
short_path(const char *path)
{
    g_autofree char *name = g_path_get_basename(path), *folder = g_path_get_dirname(path);
    g_autofree char *parent = g_path_get_basename(folder);

    return g_path_is_absolute(path) ? g_build_filename(parent, name, NULL) : g_strdup(path);
}

static char *
join_short(char **words, const char *separator)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; words && words[i]; i++)
        g_ptr_array_add(parts, short_path(words[i]));
    g_ptr_array_add(parts, NULL);
    return g_strjoinv(separator, (char **)parts->pdata);
}

static gboolean
check_teacher(const HsegTrainOptions *o, GError **error)
{
    gboolean work = o->unlabelled || o->teacher_share > 0;

    if (work && !o->teacher)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "train: --unlabelled and --teacher-share need --teacher MODEL");
    else if (!work && o->teacher)
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "train: --teacher needs --unlabelled DIR or --teacher-share X");
    return work == (o->teacher != NULL);
}

/* What a run starts from is not for it to overwrite. */
static gboolean
check_out(const HsegTrainOptions *o, GError **error)
{
    const char *const inputs[] = {o->init, o->teacher, o->resume, o->leave_out};

    for (gsize i = 0; o->out && i < G_N_ELEMENTS(inputs); i++)
        if (!hseg_cli_spare(o->out, inputs[i], error))
            return FALSE;
    return TRUE;
}

/* What is trained on, for the record. */
static char *
describe_data(const HsegTrainOptions *o)
{
    g_autofree char *data = join_short(o->data, ", "), *unlabelled = join_short(o->unlabelled, ", ");
    g_autofree char *teacher = o->teacher ? short_path(o->teacher) : NULL;
    GString *s = g_string_new(data);

    if (o->unlabelled)
        g_string_append_printf(s, "; %s with masks by %s", unlabelled, teacher);
    if (o->teacher_share > 0)
        g_string_append_printf(s, "; labels mixed with %g of %s", o->teacher_share, teacher);
    return g_string_free(s, FALSE);
}

static gboolean
finish_options(HsegTrainOptions *o, GError **error)
{
    HsegTrainerOptions *t = &o->trainer;

    if (!o->out && !o->preview) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "train: no --out FILE given; see --help");
        return FALSE;
    }
    if (!hseg_cli_range("threads", o->threads, 0, 64, error) ||
        !hseg_cli_range("loader-threads", o->loader_threads, 1, 64, error) ||
        !hseg_cli_range("batch", t->loader.batch, 1, 1024, error) ||
        !hseg_cli_range("samples", t->loader.samples, 0, G_MAXINT, error) ||
        !hseg_cli_range("checkpoint-minutes", t->checkpoint_minutes, 0, 1e6, error) ||
        !hseg_cli_range("val-share", o->val_share, 0, 0.9, error) ||
        !hseg_cli_range("tversky-alpha", t->loss.alpha, 0, 10, error) ||
        !hseg_cli_range("tversky-beta", t->loss.beta, 0, 10, error) ||
        !hseg_cli_range("teacher-share", o->teacher_share, 0, 1, error) ||
        !hseg_cli_range("hard-negatives", t->loader.hard_share, 0, 1, error) ||
        !hseg_cli_range("consistency", t->consistency, 0, 1000, error) ||
        !hseg_cli_range("augmentation", t->loader.augmentation, 0, 2, error) ||
        !hseg_arch_check(&t->arch, error) || !choose_words(o, error) || !check_teacher(o, error) ||
        !check_out(o, error))
        return FALSE;
    t->threads = o->threads ? o->threads : hseg_parallel_cpus();
    t->loader.threads = o->loader_threads;
    t->loader.seed = (guint64)o->seed;
    t->loader.augment = !o->no_augment;
    t->out = o->out;
    t->init = o->init;
    t->resume = o->resume;
    t->command = o->command;
    t->report = o->report;
    t->data = describe_data(o);
    return TRUE;
}

static void
add_data(GArray *all, HsegTrainOptions *o)
{
    const GOptionEntry entries[] = {
        {"data", 'd', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->data,
         "A data set (images/ and masks/) or a folder of data sets; its subfolders cutouts and backgrounds "
         "serve for synthesis; may be given again",
         "DIR"},
        {"val", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->validation,
         "Pairs for validation alone; may be given again", "DIR"},
        {"val-share", 0, 0, G_OPTION_ARG_DOUBLE, &o->val_share,
         "Share of --data held out for validation [0.04]", "X"},
        {"leave-out", 0, 0, G_OPTION_ARG_FILENAME, &o->leave_out,
         "A list of pictures not to train on, SET/NAME in each line: those known to be labelled wrongly",
         "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &o->out,
         "The model to write; FILE.ckpt holds the state, FILE.json and FILE.svg the curves", "FILE"},
        {"init", 0, 0, G_OPTION_ARG_FILENAME, &o->init, "Start from the tensors of this file that fit",
         "FILE"},
        {"resume", 0, 0, G_OPTION_ARG_FILENAME, &o->resume,
         "Go on from a checkpoint; other options as they were", "CKPT"},
        {"preview", 0, 0, G_OPTION_ARG_FILENAME, &o->preview,
         "Only draw what the network would see, as a PNG", "FILE"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &o->report,
         "Write DIR/index.html after each epoch: curves, and at the end the ROC and the worst held-out "
         "pictures",
         "DIR"},
        {"teacher", 0, 0, G_OPTION_ARG_FILENAME, &o->teacher,
         "A model, by file or name, whose answers are the masks of --unlabelled pictures", "MODEL"},
        {"unlabelled", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->unlabelled,
         "Pictures without masks, to train on with those of the teacher; may be given again", "DIR"},
        {"teacher-share", 0, 0, G_OPTION_ARG_DOUBLE, &o->teacher_share,
         "The teacher's share in the masks of labelled pictures [0]", "X"},
    };

    g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
}

static void
add_schedule(GArray *all, HsegTrainOptions *o)
{
    HsegTrainerOptions *t = &o->trainer;
    const GOptionEntry entries[] = {
        {"epochs", 0, 0, G_OPTION_ARG_INT, &t->epochs, "Epochs [150]", "N"},
        {"samples", 0, 0, G_OPTION_ARG_INT, &t->loader.samples,
         "Pictures in an epoch; 0: as many as pairs [0]", "N"},
        {"batch", 0, 0, G_OPTION_ARG_INT, &t->loader.batch, "Pictures in a batch [12]", "N"},
        {"accumulate", 0, 0, G_OPTION_ARG_INT, &t->accumulate, "Batches whose gradients make one step [8]",
         "N"},
        {"rate", 0, 0, G_OPTION_ARG_DOUBLE, &t->schedule.learning_rate,
         "Learning rate after the warm-up [0.001]", "X"},
        {"encoder-rate", 0, 0, G_OPTION_ARG_DOUBLE, &t->optimiser.encoder_rate,
         "The encoder's share of the learning rate: below 1 it keeps more of what --init gave it [1]", "X"},
        {"warmup", 0, 0, G_OPTION_ARG_INT, &t->schedule.warmup, "Steps of linear warm-up [50]", "N"},
        {"schedule", 0, 0, G_OPTION_ARG_STRING, &o->schedule,
         "How the learning rate goes on: cosine, down to a hundredth, or plateau: it stays, falls with the "
         "boundary phase, and to 0.3 of it after each further --patience epochs without a rise [cosine]",
         "KIND"},
        {"patience", 0, 0, G_OPTION_ARG_INT, &t->schedule.patience,
         "Epochs in which the held-out pictures' mIoU has not risen by 0.001, after which the boundary phase "
         "begins: the boundary loss's share grows; 0: never [0]",
         "N"},
        {"boundary-step", 0, 0, G_OPTION_ARG_DOUBLE, &t->schedule.boundary_step,
         "What that share grows by in an epoch, up to 0.9 [0.01]", "X"},
        {"boundary-rate", 0, 0, G_OPTION_ARG_DOUBLE, &t->schedule.boundary_rate,
         "What the learning rate falls to in the boundary phase, if it is higher [0.0003]", "X"},
        {"early-stop", 0, 0, G_OPTION_ARG_INT, &t->schedule.early_stop,
         "End after so many epochs without a rise of the mIoU, in the boundary phase if there is one; 0: "
         "never [0]",
         "N"},
        {"keep-best", 0, 0, G_OPTION_ARG_NONE, &t->keep_best,
         "Write the weights of the epoch with the highest mIoU, not those of the last", NULL},
    };

    g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
}

static void
add_losses(GArray *all, HsegTrainOptions *o)
{
    HsegTrainerOptions *t = &o->trainer;
    const GOptionEntry entries[] = {
        {"bce", 0, 0, G_OPTION_ARG_DOUBLE, &t->loss.bce, "Weight of binary cross-entropy [0.6]", "X"},
        {"region", 0, 0, G_OPTION_ARG_STRING, &o->region,
         "The loss over regions: tversky, or gdl, generalised Dice [tversky]", "LOSS"},
        {"tversky", 0, 0, G_OPTION_ARG_DOUBLE, &t->loss.region, "Weight of the loss over regions [0.4]", "X"},
        {"tversky-alpha", 0, 0, G_OPTION_ARG_DOUBLE, &t->loss.alpha,
         "Tversky's weight of false positives [0.3]", "X"},
        {"tversky-beta", 0, 0, G_OPTION_ARG_DOUBLE, &t->loss.beta,
         "Tversky's weight of false negatives [0.7]", "X"},
        {"empty", 0, 0, G_OPTION_ARG_DOUBLE, &t->loss.empty,
         "Weight, within that of Tversky, of the cubic mean of a picture's cross-entropy where nobody is in "
         "it: against specks in empty rooms [0]",
         "X"},
        {"consistency", 0, 0, G_OPTION_ARG_DOUBLE, &t->consistency,
         "Against flicker in video: pictures come in pairs of views, the second moved by a few pixels, with "
         "light, blur and noise of its own; what their answers differ by, squared, counts so much [0]",
         "X"},
        {"dropout", 0, 0, G_OPTION_ARG_DOUBLE, &t->dropout,
         "Channel-wise dropout behind each step of the decoder: factor on 0.5, 0.4, 0.3, 0.2; 0: none [0]",
         "X"},
        {"decay", 0, 0, G_OPTION_ARG_DOUBLE, &t->optimiser.weight_decay, "Weight decay of AdamW [0.01]", "X"},
        {"average", 0, 0, G_OPTION_ARG_DOUBLE, &t->optimiser.average_decay,
         "Decay of the running average of the weights, which is what gets saved [0.999]", "X"},
    };

    g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
}

static void
add_pictures(GArray *all, HsegTrainOptions *o)
{
    HsegTrainerOptions *t = &o->trainer;
    const GOptionEntry entries[] = {
        {"augmentation", 0, 0, G_OPTION_ARG_DOUBLE, &t->loader.augmentation,
         "Factor on the probabilities of changes of colour, noise, blur and holes [1]", "X"},
        {"no-augment", 0, 0, G_OPTION_ARG_NONE, &o->no_augment, "Show pictures as they are", NULL},
        {"synth-share", 0, 0, G_OPTION_ARG_DOUBLE, &t->loader.synth_share,
         "Share of composites of cut-outs on backgrounds [0.25, or 0 where there are none]; --synth FG_DIR "
         "BG_DIR adds folders of both",
         "X"},
        {"negatives", 0, 0, G_OPTION_ARG_DOUBLE, &t->loader.negative_share,
         "Share of pictures without people [0.1, or 0 where there are no backgrounds]", "X"},
        {"hard-negatives", 0, 0, G_OPTION_ARG_DOUBLE, &t->loader.hard_share,
         "Share of those that are drawn the more often the more the network marks of them [0]", "X"},
    };

    g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
}

static void
add_machine(GArray *all, HsegTrainOptions *o)
{
    HsegTrainerOptions *t = &o->trainer;
    const GOptionEntry entries[] = {
        {"half", 0, 0, G_OPTION_ARG_NONE, &t->half, "Store float16 weights", NULL},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "Of everything random [1]", "N"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o->threads, "0: as many as processors [0]", "N"},
        {"loader-threads", 0, 0, G_OPTION_ARG_INT, &o->loader_threads, "Threads that make samples [2]", "N"},
        {"checkpoint-minutes", 0, 0, G_OPTION_ARG_DOUBLE, &t->checkpoint_minutes,
         "Minutes between checkpoints within an epoch [5]", "X"},
    };

    g_array_append_vals(all, entries, G_N_ELEMENTS(entries));
}

static gboolean
parse(HsegTrainOptions *o, int *argc, char ***argv, GError **error)
{
    g_autoptr(GArray) all = g_array_new(TRUE, FALSE, sizeof(GOptionEntry));

    add_data(all, o);
    add_schedule(all, o);
    add_losses(all, o);
    add_pictures(all, o);
    add_machine(all, o);
    return hseg_cli_parse(argc, argv, NULL, "Trains a network.", (const GOptionEntry *)all->data,
                          hseg_arch_option_group(&o->trainer.arch), error);
}

gboolean
hseg_train_options_parse(HsegTrainOptions *o, int argc, char **argv, GError **error)
{
    *o = defaults();
    o->command = join_short(argv, " ");
    return take_synth(&argc, argv, &o->synth, error) && parse(o, &argc, &argv, error) &&
           finish_options(o, error);
}

void
hseg_train_options_clear(HsegTrainOptions *o)
{
    g_strfreev(o->data);
    g_strfreev(o->validation);
    g_strfreev(o->synth);
    g_strfreev(o->unlabelled);
    g_free(o->out);
    g_free(o->init);
    g_free(o->resume);
    g_free(o->preview);
    g_free(o->region);
    g_free(o->teacher);
    g_free(o->report);
    g_free(o->leave_out);
    g_free(o->command);
    g_free(o->schedule);
    g_free((char *)o->trainer.data);
}
