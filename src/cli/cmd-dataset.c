/* humanseg dataset: a public data set in its own layout to one in ours. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "dataset/convert.h"
#include "dataset/layouts.h"

#include <humanseg/error.h>
#include <string.h>

/* Twice the network's width: enough for the crops that training takes. */
#define DEFAULT_SIZE 640

/* By the enumeration's values. */
static const char *const crowds[] = {"exclude", "person", "ignore", NULL};

typedef struct {
    HsegConvertOptions convert;
    HsegSourceOptions source;
    char *out, *split, *backgrounds, *crowd;
} Options;

static const HsegLayout *
find_layout(const char *name, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);

    for (const HsegLayout *l = hseg_layouts; l->name; l++) {
        if (strcmp(l->name, name) == 0)
            return l;
        g_string_append_printf(all, "%s%s", all->len ? ", " : "", l->name);
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "dataset: '%s' is none of %s", name, all->str);
    return NULL;
}

/* FALSE with an error where the option was given and means nothing to the layout. */
static gboolean
check_taken(const HsegLayout *layout, const char *option, gboolean given, unsigned takes, GError **error)
{
    if (!given || layout->takes & takes)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--%s means nothing to %s", option, layout->name);
    return FALSE;
}

static gboolean
check_options(const HsegLayout *layout, Options *o, GError **error)
{
    int crowd = hseg_cli_choice("crowd", o->crowd ? o->crowd : crowds[0], crowds, error);

    if (crowd < 0)
        return FALSE;
    o->source.crowd = (HsegCrowd)crowd;
    o->source.split = o->split;
    o->convert.backgrounds = o->backgrounds;
    if (!o->out) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "dataset: no --out DIR given; see --help");
        return FALSE;
    }
    return hseg_cli_range("size", o->convert.size, 0, 16384, error) &&
           hseg_cli_range("limit", (double)o->convert.limit, 0, 1e15, error) &&
           hseg_cli_range("min-share", o->convert.min_share, 0, 1, error) &&
           hseg_cli_range("every", o->source.every, 1, 1e6, error) &&
           check_taken(layout, "split", o->split != NULL, HSEG_TAKES_SPLIT, error) &&
           check_taken(layout, "crowd", o->crowd != NULL, HSEG_TAKES_CROWD, error) &&
           check_taken(layout, "every", o->source.every > 1, HSEG_TAKES_EVERY, error) &&
           check_taken(layout, "backgrounds", o->backgrounds != NULL, HSEG_TAKES_BACKGROUNDS, error);
}

static void
show_progress(gint64 done, gint64 total, gpointer data)
{
    HsegProgress **bar = data;

    if (!*bar)
        *bar = hseg_progress_new("dataset", total);
    hseg_progress_set(*bar, done, NULL);
}

static void
complain(const char *message, gpointer data)
{
    g_printerr("humanseg: left out: %s\n", message);
}

static void
print_counts(const HsegConvertCounts *c, const char *out)
{
    g_print("%s: %" G_GINT64_FORMAT " written, %" G_GINT64_FORMAT " there before, %" G_GINT64_FORMAT
            " backgrounds, %" G_GINT64_FORMAT " left out, %" G_GINT64_FORMAT " faulty\n",
            out, c->written, c->there, c->backgrounds, c->left_out, c->faulty);
}

static gboolean
convert(Options *o, int argc, char **argv, GError **error)
{
    g_autoptr(HsegSource) source = NULL;
    g_autoptr(HsegProgress) bar = NULL;
    const HsegLayout *layout;
    HsegConvertCounts counts;

    if (argc != 3) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "dataset: a layout and a folder are needed, and no more; see --help");
        return FALSE;
    }
    layout = find_layout(argv[1], error);
    if (!layout || !check_options(layout, o, error))
        return FALSE;
    source = layout->open(argv[2], &o->source, error);
    o->convert.progress = show_progress;
    o->convert.complain = complain;
    o->convert.data = &bar;
    if (!source || !hseg_convert(source, o->out, &o->convert, &counts, error))
        return FALSE;
    g_clear_pointer(&bar, hseg_progress_free);
    print_counts(&counts, o->out);
    return TRUE;
}

/* (transfer full): what --help says above the options. */
static char *
summary(void)
{
    GString *text = g_string_new(
        "Writes a public data set as one to train on: DIR/images and DIR/masks, or pictures with "
        "alpha.\nPairs that are there are left as they are, so that a run goes on where one "
        "was stopped.\n\nLayouts:");

    for (const HsegLayout *l = hseg_layouts; l->name; l++)
        g_string_append_printf(text, "\n  %-12s %s", l->name, l->summary);
    return g_string_free(text, FALSE);
}

int
hseg_cmd_dataset(int argc, char **argv)
{
    Options o = {.convert = {.size = DEFAULT_SIZE}, .source = {.every = 1}};
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "The data set to write", "DIR"},
        {"size", 0, 0, G_OPTION_ARG_INT, &o.convert.size,
         "Pixels of the longest side; nothing is enlarged; 0: leave as it is [640]", "N"},
        {"limit", 0, 0, G_OPTION_ARG_INT64, &o.convert.limit, "Stop with N pairs; 0: convert all [0]", "N"},
        {"min-share", 0, 0, G_OPTION_ARG_DOUBLE, &o.convert.min_share,
         "Leave out pictures of which people fill less than this part, 0 to 1 [0]", "X"},
        {"backgrounds", 0, 0, G_OPTION_ARG_FILENAME, &o.backgrounds,
         "Write pictures with nobody to DIR/images, instead of leaving them out (coco, mapillary, voc)",
         "DIR"},
        {"split", 0, 0, G_OPTION_ARG_STRING, &o.split,
         "A part of the data set: train2017, training, trainval, ... (coco, mapillary, videomatte, voc) "
         "[all]",
         "NAME"},
        {"crowd", 0, 0, G_OPTION_ARG_STRING, &o.crowd,
         "Pictures with a crowd that nobody outlined singly: exclude them, take it for person, or ignore it "
         "(coco) "
         "[exclude]",
         "WHAT"},
        {"every", 0, 0, G_OPTION_ARG_INT, &o.source.every,
         "Every N-th frame of a video (tiktok, videomatte) [1]", "N"},
        {"keep-going", 0, 0, G_OPTION_ARG_NONE, &o.convert.keep_going,
         "Leave out what is faulty, saying so, instead of stopping", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autofree char *about = summary();
    GError *error = NULL;
    gboolean ok = hseg_cli_parse(&argc, &argv, "LAYOUT IN", about, entries, NULL, &error) &&
                  convert(&o, argc, argv, &error);

    g_free(o.out);
    g_free(o.split);
    g_free(o.backgrounds);
    g_free(o.crowd);
    return ok ? 0 : hseg_cli_fail(error);
}
