/* Our part in tests/bench/compare: work done in turns. Each line on standard input is one turn, of as many
 * runs as it says; the answer is a line with the milliseconds of each, as a clock on the wall sees them and
 * as processor time.
 *
 *   bench-ours network THREADS PRECISION MODEL|FIELD=VALUE...
 *       a network: a model's, or one of random weights; in the processor time are letterbox and mask too.
 *       In int8 a model without ranges is given some: how fast it is doesn't depend on them
 *
 *   bench-ours frame THREADS blur|color WIDTH HEIGHT
 *       a frame's way on to a new background where the network is left out: it runs on one of a hundred
 *
 *   bench-ours guided THREADS WIDTH HEIGHT RADIUS EPSILON DIR
 *       the exact guided filter of DIR/guide and DIR/p, float32; leaves DIR/ours */
#include <humanseg/humanseg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "image/guided.h"
#include "model/int8.h"
#include "model/network.h"
#include "nn/op.h"

#define FRAMES 4 /* pictures of a stream, over and over: no two neighbours are the same */

typedef struct {
    HsegSegmenter *segmenter;
    HsegCompositor *compositor;
    HsegFrame in[FRAMES], out;
    int next;
    HsegGuided *guided;
    float *guide, *p, *q;
    int width, height, radius;
    float epsilon;
} Work;

static void G_GNUC_NORETURN
fail(const char *why)
{
    fprintf(stderr, "bench-ours: %s\n", why);
    exit(1);
}

/* ---- frames ---- */

static HsegFrame
new_frame(int w, int h, guint32 seed)
{
    int cw = (w + 1) / 2, ch = (h + 1) / 2;
    guint8 *y = g_malloc((gsize)w * h + 2 * (gsize)cw * ch), *u = y + (gsize)w * h;
    GRand *rand = g_rand_new_with_seed(seed);

    for (int i = 0; i < w * h + 2 * cw * ch;
         i++) /* a slope with some noise: a network finds something in it */
        y[i] = (guint8)(64 + (gint64)(i % w) * 96 / w + g_rand_int_range(rand, 0, 16));
    g_rand_free(rand);
    return (HsegFrame){.format = HSEG_FORMAT_I420,
                       .matrix = HSEG_MATRIX_BT709,
                       .range = HSEG_RANGE_LIMITED,
                       .width = w,
                       .height = h,
                       .plane = {y, u, u + (gsize)cw * ch},
                       .stride = {w, cw, cw}};
}

/* Milliseconds in the network so far. */
static double
network_ms(const HsegSegmenter *segmenter)
{
    HsegSegmenterStats s;

    hseg_segmenter_get_stats(segmenter, &s);
    return s.inference_ms * (double)s.inferred;
}

static double
run_network(Work *w)
{
    double before = network_ms(w->segmenter);

    hseg_segmenter_run(w->segmenter, &w->in[0]);
    return network_ms(w->segmenter) - before;
}

static double
run_frame(Work *w)
{
    gint64 start = g_get_monotonic_time();
    const HsegFrame *in = &w->in[w->next++ % FRAMES];

    hseg_compositor_run(w->compositor, in, hseg_segmenter_run(w->segmenter, in), &w->out);
    return (double)(g_get_monotonic_time() - start) / 1e3;
}

static HsegModel *
random_model(char **fields, GError **error)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    HsegModel *model;

    for (; *fields; fields++) {
        g_auto(GStrv) pair = g_strsplit(*fields, "=", 2);

        if (!hseg_arch_set(&arch, pair[0], pair[1], error))
            return NULL;
    }
    model = hseg_model_new(&arch, "random", error);
    if (model)
        hseg_model_randomise(model, 1);
    return model;
}

static void
give_ranges(HsegModel *model)
{
    g_autoptr(HsegNetwork) network =
        hseg_network_new(model, HSEG_PRECISION_FLOAT32, model->arch.width, model->arch.height, 1, NULL);
    const HsegGraph *g = network ? hseg_network_graph(network) : NULL;
    g_autofree HsegValueRange *ranges = g ? g_new(HsegValueRange, g->n_tensors) : NULL;
    g_autofree bool *keep = g ? g_new0(bool, g->n_ops) : NULL;

    if (!g)
        fail("no memory");
    for (int t = 0; t < g->n_tensors; t++)
        ranges[t] = (HsegValueRange){-4, 4};
    for (int i = 0; i < g->n_ops; i++)
        if (g->ops[i].act == HSEG_ACT_RELU6)
            ranges[g->ops[i].out] = (HsegValueRange){0, 6};
    hseg_model_write_int8(model, g, ranges, keep);
}

static void
set_up_network(Work *w, char **args)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model =
        strchr(args[2], '=') ? random_model(args + 2, &error) : hseg_model_load(args[2], &error);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    HsegSegmenterConfig config = {.par_n = 1,
                                  .par_d = 1,
                                  .threads = atoi(args[0]),
                                  .precision = strcmp(args[1], "int8") == 0 ? HSEG_PRECISION_INT8
                                                                            : HSEG_PRECISION_FLOAT32};

    if (!model)
        fail(error->message);
    if (config.precision == HSEG_PRECISION_INT8 && !hseg_model_has_int8(model))
        give_ranges(model);
    w->in[0] = config.frame = new_frame(model->arch.width, model->arch.height, 1);
    w->segmenter = hseg_segmenter_new(model, &config, &error);
    if (!w->segmenter)
        fail(error->message);
    params.refine = HSEG_REFINE_NONE;
    params.smoothing = 0;
    hseg_segmenter_set_params(w->segmenter, &params);
}

static void
set_up_frame(Work *w, char **args)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model = hseg_model_load("default", &error);
    HsegSegmenterParams params = hseg_segmenter_default_params();
    HsegSegmenterConfig config = {.par_n = 1, .par_d = 1, .threads = atoi(args[0])};
    HsegCompositorConfig looks = {.output = HSEG_OUTPUT_COMPOSITE,
                                  .background = strcmp(args[1], "blur") == 0 ? HSEG_BACKGROUND_BLUR
                                                                             : HSEG_BACKGROUND_COLOR,
                                  .par_n = 1,
                                  .par_d = 1,
                                  .threads = atoi(args[0])};

    if (!model)
        fail(error->message);
    for (int i = 0; i < FRAMES; i++)
        w->in[i] = new_frame(atoi(args[2]), atoi(args[3]), (guint32)i);
    w->out = new_frame(atoi(args[2]), atoi(args[3]), 0);
    config.frame = looks.frame = looks.made = w->in[0];
    w->segmenter = hseg_segmenter_new(model, &config, &error);
    w->compositor = w->segmenter ? hseg_compositor_new(&looks, &error) : NULL;
    if (!w->compositor)
        fail(error->message);
    params.interval = 100;
    hseg_segmenter_set_params(w->segmenter, &params);
}

/* ---- the guided filter ---- */

static float *
read_plane(const char *dir, const char *name, gsize bytes)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *data;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, NULL) || size != bytes)
        fail(path);
    return (float *)data;
}

static double
run_guided(Work *w)
{
    gint64 start = g_get_monotonic_time();

    hseg_guided_run(w->guided, w->q, w->guide, w->p, w->width, w->radius, w->epsilon);
    return (double)(g_get_monotonic_time() - start) / 1e3;
}

static void
set_up_guided(Work *w, char **args)
{
    g_autofree char *out = g_build_filename(args[5], "ours", NULL);
    gsize bytes;

    w->width = atoi(args[1]);
    w->height = atoi(args[2]);
    w->radius = atoi(args[3]);
    w->epsilon = (float)g_ascii_strtod(args[4], NULL);
    bytes = (gsize)w->width * w->height * sizeof(float);
    w->guide = read_plane(args[5], "guide", bytes);
    w->p = read_plane(args[5], "p", bytes);
    w->q = g_malloc0(bytes);
    w->guided = hseg_guided_new(w->width, w->height, 1, atoi(args[0]));
    if (!w->guided)
        fail("no memory");
    run_guided(w);
    if (!g_file_set_contents(out, (char *)w->q, (gssize)bytes, NULL))
        fail(out);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int arguments; /* at least */
        void (*set_up)(Work *w, char **args);
        double (*run)(Work *w);
    } kinds[] = {
        {"network", 3, set_up_network, run_network},
        {"frame", 4, set_up_frame, run_frame},
        {"guided", 6, set_up_guided, run_guided},
    };
    Work w = {0};
    int runs;

    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        if (argc < 2 + kinds[k].arguments || strcmp(argv[1], kinds[k].name) != 0)
            continue;
        kinds[k].set_up(&w, argv + 2);
        printf("ready\n");
        fflush(stdout);
        while (scanf("%d", &runs) == 1) {
            for (int i = 0; i < runs; i++) {
                clock_t start = clock();
                double ms = kinds[k].run(&w);

                printf("%.4f/%.4f ", ms, 1e3 * (double)(clock() - start) / CLOCKS_PER_SEC);
            }
            printf("\n");
            fflush(stdout);
        }
        return 0;
    }
    fail("network, frame or guided? see the head of ours.c");
}
