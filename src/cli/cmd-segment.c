/* humanseg segment: pictures in, masks, cut-outs or composites out. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "files/folder.h"
#include "files/picture.h"
#include <glib/gstdio.h>
#include <humanseg/humanseg.h>
#include <string.h>

/* By the enumerations' values. */
static const char *const outputs[] = {"composite", "mask", "cutout", NULL};
static const char *const backgrounds[] = {"blur", "color", "image", "none", NULL};
static const char *const subjects[] = {"all", "main", NULL};
static const char *const refinements[] = {"none", "guided", NULL};

typedef struct {
    char *out, *output, *background, *color, *image, *model, *precision, *refine, *subject;
    double blur_radius, light_wrap, decontaminate;
    int threads;
    HsegSegmenterParams params;
} Options;

/* One picture and where its result goes. */
typedef struct {
    char *in, *out;
} Task;

/* What turns one picture into its result; kept while the pictures' size stays. */
typedef struct {
    HsegModel *model;
    HsegPrecision precision;
    HsegBackdrop *backdrop;
    HsegSegmenter *segmenter;
    HsegCompositor *compositor;
    HsegSegmenterParams params;
    HsegCompositorParams looks;
    HsegCompositorConfig config;
} Worker;

static void
task_free(gpointer data)
{
    Task *task = data;

    g_free(task->in);
    g_free(task->out);
    g_free(task);
}

static void
options_clear(Options *o)
{
    g_free(o->out);
    g_free(o->output);
    g_free(o->background);
    g_free(o->color);
    g_free(o->image);
    g_free(o->model);
    g_free(o->precision);
    g_free(o->refine);
    g_free(o->subject);
}

static void
worker_clear(Worker *w)
{
    hseg_compositor_free(w->compositor);
    hseg_segmenter_free(w->segmenter);
    hseg_backdrop_free(w->backdrop);
    hseg_model_unref(w->model);
}

/* Every picture among the operands and in the folders among them. */
static GPtrArray *
list_inputs(int argc, char **argv, gboolean *folders, GError **error)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(g_free);

    for (int i = 1; i < argc; i++) {
        if (g_file_test(argv[i], G_FILE_TEST_IS_DIR)) {
            GPtrArray *pictures = hseg_list_pictures(argv[i], error);

            if (!pictures)
                return NULL;
            g_ptr_array_extend_and_steal(inputs, pictures);
            *folders = TRUE;
        } else {
            g_ptr_array_add(inputs, g_strdup(argv[i]));
        }
    }
    if (inputs->len == 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "segment: no pictures given; see --help");
        return NULL;
    }
    return g_steal_pointer(&inputs);
}

static char *
output_name(const char *folder, const char *in)
{
    g_autofree char *base = g_path_get_basename(in), *file = NULL;
    char *dot = strrchr(base, '.');

    if (dot && dot != base)
        *dot = '\0';
    file = g_strconcat(base, ".png", NULL);
    return g_build_filename(folder, file, NULL);
}

/* A result must take no picture's place, and no other result's. */
static gboolean
check_task(const Task *task, GHashTable *taken, GError **error)
{
    const char *other = g_hash_table_lookup(taken, task->out);

    if (other) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "%s and %s would both become %s", other, task->in,
                    task->out);
        return FALSE;
    }
    g_hash_table_insert(taken, task->out, task->in);
    return hseg_cli_spare(task->out, task->in, error);
}

/* Pairs pictures with their results: a file for one picture, files in a folder for several. */
static GPtrArray *
plan_tasks(int argc, char **argv, const char *out, GError **error)
{
    gboolean folders = FALSE;
    g_autoptr(GPtrArray) inputs = list_inputs(argc, argv, &folders, error);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(task_free);
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    gboolean into_folder;

    if (!inputs)
        return NULL;
    into_folder = folders || inputs->len > 1 || g_file_test(out, G_FILE_TEST_IS_DIR);
    if (!into_folder && !g_str_has_suffix(out, ".png")) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "%s: results are PNG files, their names end in .png", out);
        return NULL;
    }
    for (guint i = 0; i < inputs->len; i++) {
        Task *task = g_new(Task, 1);

        task->in = g_strdup(inputs->pdata[i]);
        task->out = into_folder ? output_name(out, task->in) : g_strdup(out);
        g_ptr_array_add(tasks, task);
        if (!check_task(task, taken, error))
            return NULL;
    }
    if (into_folder && g_mkdir_with_parents(out, 0777) != 0) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot make this folder", out);
        return NULL;
    }
    return g_steal_pointer(&tasks);
}

/* "#rrggbb", "rrggbb" or "0xaarrggbb". */
static gboolean
parse_color(const char *text, guint32 *color, GError **error)
{
    const char *digits = text[0] == '#' ? text + 1 : g_str_has_prefix(text, "0x") ? text + 2 : text;
    gsize n = strlen(digits);
    char *end;

    if ((n == 6 || n == 8) && strspn(digits, "0123456789abcdefABCDEF") == n) {
        *color = (guint32)g_ascii_strtoull(digits, &end, 16) | (n == 6 ? 0xff000000 : 0);
        return TRUE;
    }
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--background-color: '%s' is no colour like #00b140",
                text);
    return FALSE;
}

/* The background that was asked for, or that goes with what was given for it. */
static gboolean
set_background(Worker *w, const Options *o, GError **error)
{
    const char *name = o->background ? o->background : o->image ? "image" : o->color ? "color" : "blur";
    int background = hseg_cli_choice("background", name, backgrounds, error);

    if (background < 0 || (o->color && !parse_color(o->color, &w->looks.color, error)))
        return FALSE;
    w->config.background = (HsegBackground)background;
    if (w->config.background != HSEG_BACKGROUND_IMAGE)
        return TRUE;
    if (!o->image) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "--background image needs --background-image FILE");
        return FALSE;
    }
    w->backdrop = hseg_backdrop_load(o->image, error);
    w->config.backdrop = w->backdrop;
    return w->backdrop != NULL;
}

static gboolean
worker_init(Worker *w, const Options *o, GError **error)
{
    int output = hseg_cli_choice("output", o->output ? o->output : "mask", outputs, error);
    int refine = hseg_cli_choice("refine", o->refine ? o->refine : "guided", refinements, error);
    int subject = hseg_cli_choice("subject", o->subject ? o->subject : "all", subjects, error);
    int precision = hseg_cli_precision(o->precision, error);

    if (output < 0 || refine < 0 || subject < 0 || precision < 0 ||
        !hseg_cli_range("threads", o->threads, 0, 64, error) ||
        !hseg_cli_range("blur-radius", o->blur_radius, 0, 0.25, error) ||
        !hseg_cli_range("light-wrap", o->light_wrap, 0, 1, error) ||
        !hseg_cli_range("certainty", o->params.certainty, 0, 1, error) ||
        !hseg_cli_range("edge-shift", o->params.edge_shift, -HSEG_MAX_EDGE_SHIFT, HSEG_MAX_EDGE_SHIFT,
                        error) ||
        !hseg_cli_range("decontaminate", o->decontaminate, 0, 1, error) ||
        !hseg_cli_range("refine-radius", o->params.radius, 1, 32, error) ||
        !hseg_cli_range("refine-epsilon", o->params.epsilon, 1e-9, 1, error) ||
        !hseg_cli_range("threshold", o->params.threshold, 0, 1, error) ||
        !hseg_cli_range("softness", o->params.softness, 0, 1, error))
        return FALSE;
    w->precision = (HsegPrecision)precision;
    w->params = o->params;
    w->params.subject = (HsegSubject)subject;
    w->params.refine = (HsegRefine)refine;
    w->looks = hseg_compositor_default_params();
    w->looks.blur_radius = o->blur_radius;
    w->looks.light_wrap = o->light_wrap;
    w->looks.decontaminate = o->decontaminate;
    w->looks.edge_shift = o->params.edge_shift;
    w->config =
        (HsegCompositorConfig){.output = (HsegOutput)output, .par_n = 1, .par_d = 1, .threads = o->threads};
    if (!set_background(w, o, error))
        return FALSE;
    w->model = hseg_model_load(o->model ? o->model : "default", error);
    return w->model != NULL;
}

static HsegFrame
frame_of(const HsegPicture *picture)
{
    return (HsegFrame){
        .format = picture->channels == 1   ? HSEG_FORMAT_GRAY8
                  : picture->channels == 3 ? HSEG_FORMAT_RGB
                                           : HSEG_FORMAT_RGBA,
        .matrix = HSEG_MATRIX_BT601,
        .range = HSEG_RANGE_FULL,
        .width = picture->width,
        .height = picture->height,
        .plane = {picture->data},
        .stride = {(ptrdiff_t)picture->stride},
    };
}

/* Makes segmenter and compositor for frames like @frame, unless they are there. */
static gboolean
prepare(Worker *w, const HsegFrame *frame, const HsegFrame *made, GError **error)
{
    HsegSegmenterConfig segmenter = {
        .frame = *frame, .par_n = 1, .par_d = 1, .precision = w->precision, .threads = w->config.threads};

    if (w->segmenter && w->config.frame.width == frame->width && w->config.frame.height == frame->height)
        return TRUE;
    g_clear_pointer(&w->segmenter, hseg_segmenter_free);
    g_clear_pointer(&w->compositor, hseg_compositor_free);
    w->config.frame = *frame;
    w->config.made = *made;
    w->segmenter = hseg_segmenter_new(w->model, &segmenter, error);
    w->compositor = w->segmenter ? hseg_compositor_new(&w->config, error) : NULL;
    if (!w->compositor)
        return FALSE;
    hseg_segmenter_set_params(w->segmenter, &w->params);
    hseg_compositor_set_params(w->compositor, &w->looks);
    return TRUE;
}

static gboolean
run_task(Worker *w, const Task *task, GError **error)
{
    static const int channels[] = {
        [HSEG_OUTPUT_COMPOSITE] = 3, [HSEG_OUTPUT_MASK] = 1, [HSEG_OUTPUT_CUTOUT] = 4};
    g_autoptr(HsegPicture) picture = hseg_picture_load_rgb(task->in, error), made = NULL;
    HsegFrame frame, out;

    if (!picture)
        return FALSE;
    made = hseg_picture_new(picture->width, picture->height, channels[w->config.output], error);
    if (!made)
        return FALSE;
    frame = frame_of(picture);
    out = frame_of(made);
    if (!prepare(w, &frame, &out, error)) {
        g_prefix_error(error, "%s: ", task->in);
        return FALSE;
    }
    hseg_segmenter_reset(w->segmenter);
    hseg_compositor_run(w->compositor, &frame, hseg_segmenter_run(w->segmenter, &frame), &out);
    return hseg_picture_save_png(made, task->out, error);
}

static gboolean
segment(const Options *o, int argc, char **argv, GError **error)
{
    g_autoptr(GPtrArray) tasks = NULL;
    g_autoptr(HsegProgress) progress = NULL;
    Worker w = {0};
    gboolean ok;

    if (!o->out) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "segment: no -o OUT given; see --help");
        return FALSE;
    }
    ok = worker_init(&w, o, error) && (tasks = plan_tasks(argc, argv, o->out, error));
    if (ok && tasks->len > 1)
        progress = hseg_progress_new("segment", tasks->len);
    for (guint i = 0; ok && i < tasks->len; i++) {
        ok = run_task(&w, tasks->pdata[i], error);
        if (ok && progress)
            hseg_progress_set(progress, i + 1, NULL);
    }
    worker_clear(&w);
    return ok;
}

int
hseg_cmd_segment(int argc, char **argv)
{
    Options o = {.params = hseg_segmenter_default_params(),
                 .blur_radius = hseg_compositor_default_params().blur_radius,
                 .decontaminate = hseg_compositor_default_params().decontaminate};
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "A PNG file for one picture, a folder for several",
         "OUT"},
        {"output", 0, 0, G_OPTION_ARG_STRING, &o.output, "What to make: mask, cutout or composite [mask]",
         "WHAT"},
        {"background", 0, 0, G_OPTION_ARG_STRING, &o.background,
         "Behind the person in a composite: blur, color, image or none [blur]", "WHAT"},
        {"background-color", 0, 0, G_OPTION_ARG_STRING, &o.color, "Colour behind the person [#00b140]",
         "#RRGGBB"},
        {"background-image", 0, 0, G_OPTION_ARG_FILENAME, &o.image, "Picture behind the person", "FILE"},
        {"blur-radius", 0, 0, G_OPTION_ARG_DOUBLE, &o.blur_radius,
         "Standard deviation of the blur as a part of the height [0.03]", "R"},
        {"light-wrap", 0, 0, G_OPTION_ARG_DOUBLE, &o.light_wrap,
         "How much of the new background's light falls on the person's rim, 0 to 1 [0]", "L"},
        {"decontaminate", 0, 0, G_OPTION_ARG_DOUBLE, &o.decontaminate,
         "How much of the old background to take out of edges, 0 to 1 [1]", "D"},
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model,
         "A built-in model or a .safetensors file [default]", "M"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &o.precision, "auto, float32 or int8 [auto]", "P"},
        {"refine", 0, 0, G_OPTION_ARG_STRING, &o.refine, "How edges are refined: guided or none [guided]",
         "HOW"},
        {"refine-radius", 0, 0, G_OPTION_ARG_INT, &o.params.radius, "Radius of the guided filter", "PIXELS"},
        {"refine-epsilon", 0, 0, G_OPTION_ARG_DOUBLE, &o.params.epsilon, "Epsilon of the guided filter", "E"},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &o.params.threshold, "Probability at the mask's edge [0.5]",
         "P"},
        {"softness", 0, 0, G_OPTION_ARG_DOUBLE, &o.params.softness, "Width of the mask's ramp", "S"},
        {"edge-shift", 0, 0, G_OPTION_ARG_DOUBLE, &o.params.edge_shift,
         "How far to move the mask's edge outwards, as a part of the height [0]", "S"},
        {"certainty", 0, 0, G_OPTION_ARG_DOUBLE, &o.params.certainty,
         "How probable a region must be somewhere to be in the mask, 0 to 1 [0.8]", "P"},
        {"subject", 0, 0, G_OPTION_ARG_STRING, &o.subject, "Who stays in the picture: all or main [all]",
         "WHO"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads; 0: as many as processors, at most 2 [0]",
         "N"},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok =
        hseg_cli_parse(&argc, &argv, "IN...", "Cuts people out of pictures and folders of pictures.", entries,
                       NULL, &error) &&
        segment(&o, argc, argv, &error);

    options_clear(&o);
    return ok ? 0 : hseg_cli_fail(error);
}
