/* humanseg bench: how long each stage of a frame's way takes, and each layer of the network. */
#include "base/base.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "cli/arch-options.h"
#include "cli/bench-layers.h"
#include "cli/bench-train.h"
#include "cli/cli.h"
#include "cli/peak.h"
#include "model/count.h"
#include "model/model.h"
#include "model/network.h"
#include "model/quantise.h"
#include "segment/inside.h"
#include <humanseg/humanseg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP    3
#define MIN_FRAMES 15
#define MAX_FRAMES 1000
#define SECONDS    3 /* as many frames as fit */

enum { PREPROCESS, INFERENCE, REFINE, COMPOSITE, WHOLE, N_STAGES };

static const char *const stage_names[N_STAGES] = {"preprocess", "inference", "refine", "composite",
                                                  "whole frame"};

typedef struct {
    char *model, *precision, *json, *size;
    int threads, frames, batch, width, height;
    gboolean train, layers;
} Options;

/* What is measured: the whole way of an I420 frame, its background blurred. */
typedef struct {
    HsegModel *model;
    HsegPrecision precision;
    HsegSegmenter *segmenter;
    HsegCompositor *compositor;
    HsegFrame frame, out;
    guint8 *pixels, *out_pixels;
    double *ms[N_STAGES]; /* [frames] */
    HsegBenchLayers *layers;
    int frames;
} Bench;

typedef struct {
    double ms[N_STAGES]; /* medians */
    double macs, gflops; /* of the network; as fast as its stage */
    double percent;      /* of what the processor could do at best with these layers, each in its precision */
    HsegPeak peak;
    gint64 memory, maps; /* bytes: of the process at most, and of the network's maps */
} Report;

static gboolean
parse_size(Options *o, GError **error)
{
    int used = 0;

    o->width = 1280;
    o->height = 720;
    if (!o->size || (sscanf(o->size, "%5dx%5d%n", &o->width, &o->height, &used) == 2 && !o->size[used]))
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--size: '%s' is not like 1280x720", o->size);
    return FALSE;
}

static HsegFrame
frame_in(guint8 *pixels, int width, int height)
{
    int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
    guint8 *u = pixels + (gsize)width * (gsize)height;

    return (HsegFrame){.format = HSEG_FORMAT_I420,
                       .matrix = HSEG_MATRIX_BT709,
                       .range = HSEG_RANGE_LIMITED,
                       .width = width,
                       .height = height,
                       .plane = {pixels, u, u + (gsize)chroma_width * (gsize)chroma_height},
                       .stride = {width, chroma_width, chroma_width}};
}

/* Smooth shades with noise: neither the network nor the filters look at what is in it, only at how much. */
static void
paint(guint8 *pixels, gsize bytes, int width)
{
    HsegRng rng;

    hseg_rng_init(&rng, 1, 1);
    for (gsize i = 0; i < bytes; i++)
        pixels[i] = (guint8)(64 + (i % (gsize)width) * 96 / (gsize)width + hseg_rng_u32(&rng) % 16);
}

static gboolean
make_buffers(Bench *b, const Options *o, GError **error)
{
    gsize bytes = 2 * (gsize)(o->width + 1) * (gsize)(o->height + 1);

    b->pixels = g_try_malloc(bytes);
    b->out_pixels = g_try_malloc(bytes);
    if (!b->pixels || !b->out_pixels) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "--size: no memory for frames of %dx%d",
                    o->width, o->height);
        return FALSE;
    }
    paint(b->pixels, bytes, o->width);
    b->frame = frame_in(b->pixels, o->width, o->height);
    b->out = frame_in(b->out_pixels, o->width, o->height);
    for (int i = 0; i < N_STAGES; i++)
        b->ms[i] = g_new(double, MAX_FRAMES);
    return TRUE;
}

/* Noise, for a network that knows nothing else. */
static gboolean
make_noise(void *data, int i, float *input, GError **error)
{
    const HsegModel *model = data;
    HsegRng rng;

    hseg_rng_init(&rng, 1, (guint64)i);
    for (int k = 0; k < 3 * model->arch.width * model->arch.height; k++)
        input[k] = hseg_rng_uniform(&rng, -1, 1);
    return TRUE;
}

/* What went before is not in peak_memory(), where the system can forget it (proc(5), clear_refs). */
static void
forget_peak_memory(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

static gboolean
calibrate(HsegModel *model, int threads, GError **error)
{
    HsegQuantiseReport report;
    gboolean done = hseg_model_quantise(model, 2, make_noise, NULL, model, threads, &report, error);

    forget_peak_memory();
    return done;
}

static const char *
precision_name(const Bench *b)
{
    return b->precision == HSEG_PRECISION_INT8 ? "int8" : "float32";
}

static gboolean
bench_init(Bench *b, const Options *o, const HsegArch *arch, HsegPrecision precision, GError **error)
{
    HsegSegmenterConfig segmenter = {.par_n = 1, .par_d = 1, .precision = precision, .threads = o->threads};
    HsegCompositorConfig compositor = {.output = HSEG_OUTPUT_COMPOSITE,
                                       .background = HSEG_BACKGROUND_BLUR,
                                       .par_n = 1,
                                       .par_d = 1,
                                       .threads = o->threads};

    b->model = hseg_arch_options_model(arch, o->model, error);
    if (!b->model || !hseg_cli_range("size", o->width, 16, 8192, error) ||
        !hseg_cli_range("size", o->height, 16, 8192, error) || !make_buffers(b, o, error))
        return FALSE;
    if (arch && precision == HSEG_PRECISION_INT8 && !calibrate(b->model, o->threads, error))
        return FALSE;
    b->precision = hseg_network_precision(b->model, precision);
    segmenter.frame = compositor.frame = compositor.made = b->frame;
    b->segmenter = hseg_segmenter_new(b->model, &segmenter, error);
    b->compositor = b->segmenter ? hseg_compositor_new(&compositor, error) : NULL;
    if (!b->compositor)
        return FALSE;
    b->layers = hseg_bench_layers_new(hseg_segmenter_get_network(b->segmenter), MAX_FRAMES);
    return TRUE;
}

static void
bench_clear(Bench *b)
{
    for (int i = 0; i < N_STAGES; i++)
        g_free(b->ms[i]);
    g_free(b->pixels);
    g_free(b->out_pixels);
    hseg_bench_layers_free(b->layers);
    hseg_compositor_free(b->compositor);
    hseg_segmenter_free(b->segmenter);
    hseg_model_unref(b->model);
}

/* Milliseconds of each of the segmenter's stages so far: the statistics are means over all frames. */
static void
get_totals(const Bench *b, double total[COMPOSITE])
{
    HsegSegmenterStats stats;

    hseg_segmenter_get_stats(b->segmenter, &stats);
    total[PREPROCESS] = stats.preprocess_ms * (double)stats.frames;
    total[INFERENCE] = stats.inference_ms * (double)stats.inferred;
    total[REFINE] = stats.refine_ms * (double)stats.frames;
}

static void
run_frame(Bench *b, int i)
{
    double before[COMPOSITE], after[COMPOSITE];
    const HsegFrame *mask;
    gint64 start, masked, end;

    get_totals(b, before);
    hseg_segmenter_reset(b->segmenter);
    start = g_get_monotonic_time();
    mask = hseg_segmenter_run(b->segmenter, &b->frame);
    masked = g_get_monotonic_time();
    hseg_compositor_run(b->compositor, &b->frame, mask, &b->out);
    end = g_get_monotonic_time();
    get_totals(b, after);
    for (int stage = 0; stage < COMPOSITE; stage++)
        b->ms[stage][i] = after[stage] - before[stage];
    b->ms[COMPOSITE][i] = (double)(end - masked) / 1e3;
    b->ms[WHOLE][i] = (double)(end - start) / 1e3;
    hseg_bench_layers_note(b->layers, i);
}

/* Runs @frames or, where that is 0, as many as fit in SECONDS. */
static void
run_frames(Bench *b, int frames)
{
    gint64 end;

    for (int i = 0; i < WARM_UP; i++)
        run_frame(b, 0);
    end = g_get_monotonic_time() + SECONDS * G_TIME_SPAN_SECOND;
    for (b->frames = 0; b->frames < MAX_FRAMES; b->frames++) {
        if (frames ? b->frames == frames : b->frames >= MIN_FRAMES && g_get_monotonic_time() > end)
            break;
        run_frame(b, b->frames);
    }
}

/* The most memory that this process had so far, in bytes; 0 where the system doesn't say. Of getrusage() the
 * process that started this one would be a part. */
static gint64
peak_memory(void)
{
    g_autofree char *status = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    line = strstr(status, "VmHWM:");
    return line ? 1024 * g_ascii_strtoll(line + strlen("VmHWM:"), NULL, 10) : 0;
}

static Report
measure(Bench *b, const Options *o)
{
    Report r = {.macs = (double)hseg_count(b->model).macs};

    run_frames(b, o->frames);
    r.memory = peak_memory();
    r.maps = (gint64)hseg_network_graph(hseg_segmenter_get_network(b->segmenter))->arena_bytes;
    r.peak = hseg_peak(o->threads);
    for (int i = 0; i < N_STAGES; i++)
        r.ms[i] = hseg_cli_median(b->ms[i], b->frames);
    r.gflops = 2 * r.macs / (r.ms[INFERENCE] * 1e6);
    r.percent = 100 * hseg_bench_layers_ideal_ms(b->layers, &r.peak) / r.ms[INFERENCE];
    return r;
}

static void
print_report(const Bench *b, const Options *o, const Report *r)
{
    gboolean int8 = b->precision == HSEG_PRECISION_INT8;

    g_print("%s, %s, %d %s, frames of %dx%d, median of %d\n", hseg_model_get_name(b->model),
            precision_name(b), o->threads, o->threads == 1 ? "thread" : "threads", o->width, o->height,
            b->frames);
    for (int i = 0; i < N_STAGES; i++)
        g_print("  %-12s %8.2f ms\n", stage_names[i], r->ms[i]);
    g_print(
        "  %.1f frames/s; inference at %.1f G%s/s, %.0f %% of the processor's peak, %.1f as measured in %s\n",
        1e3 / r->ms[WHOLE], r->gflops, int8 ? "OP" : "FLOP", r->percent,
        int8 ? r->peak.int8 : r->peak.float32, precision_name(b));
    g_print("  peak memory %.1f MiB, of it %.1f of the network's maps\n", (double)r->memory / (1 << 20),
            (double)r->maps / (1 << 20));
    if (o->layers)
        hseg_bench_layers_print(b->layers, b->frames, &r->peak, r->ms[INFERENCE]);
}

static gboolean
save_report(const Bench *b, const Options *o, const Report *r, GError **error)
{
    g_autoptr(JsonBuilder) j = json_builder_new();
    g_autofree char *name = g_filename_display_name(hseg_model_get_name(b->model));

    json_builder_begin_object(j);
    json_builder_set_member_name(j, "model");
    json_builder_add_string_value(j, name);
    json_builder_set_member_name(j, "precision");
    json_builder_add_string_value(j, precision_name(b));
    hseg_cli_add_int(j, "threads", o->threads);
    hseg_cli_add_number(j, "median_ms", r->ms[WHOLE]);
    hseg_cli_add_number(j, "fps", 1e3 / r->ms[WHOLE]);
    hseg_cli_add_int(j, "multiply_adds", (gint64)r->macs);
    hseg_cli_add_number(j, "gflops", r->gflops);
    hseg_cli_add_number(j, "percent_of_peak", r->percent);
    hseg_cli_add_number(j, "peak_gflops", r->peak.float32);
    hseg_cli_add_number(j, "peak_int8_gops", r->peak.int8);
    hseg_cli_add_int(j, "peak_memory_bytes", r->memory);
    hseg_cli_add_int(j, "maps_bytes", r->maps);
    json_builder_set_member_name(j, "stages");
    json_builder_begin_object(j);
    for (int i = 0; i < WHOLE; i++)
        hseg_cli_add_number(j, stage_names[i], r->ms[i]);
    json_builder_end_object(j);
    json_builder_set_member_name(j, "layers");
    hseg_bench_layers_add_json(b->layers, b->frames, &r->peak, j);
    json_builder_end_object(j);
    return hseg_cli_save_json(j, o->json, error);
}

/* A frame's way through the network and the filters. */
static gboolean
bench_frames(const Options *o, const HsegArch *arch, HsegPrecision precision, GError **error)
{
    Bench b = {0};
    gboolean ok = bench_init(&b, o, arch, precision, error);

    if (ok) {
        const Report r = measure(&b, o);

        print_report(&b, o, &r);
        ok = !o->json || save_report(&b, o, &r, error);
    }
    bench_clear(&b);
    return ok;
}

static gboolean
bench_training(const Options *o, const HsegArch *arch, GError **error)
{
    g_autoptr(HsegModel) model = hseg_arch_options_model(arch, o->model, error);

    return model && hseg_bench_train(&model->arch, o->batch, o->threads, o->json, error);
}

static gboolean
bench(Options *o, const HsegArch *arch, GError **error)
{
    int precision = hseg_cli_precision(o->precision, error);

    if (precision < 0 || !parse_size(o, error) || !hseg_cli_range("threads", o->threads, 0, 64, error) ||
        !hseg_cli_range("frames", o->frames, 0, MAX_FRAMES, error) ||
        !hseg_cli_range("batch", o->batch, 1, 1024, error))
        return FALSE;
    if (o->train && o->layers) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--layers: not of --train");
        return FALSE;
    }
    if (o->threads == 0)
        o->threads = HSEG_MIN(hseg_parallel_cpus(), 2);
    return o->train ? bench_training(o, arch, error) : bench_frames(o, arch, (HsegPrecision)precision, error);
}

int
hseg_cmd_bench(int argc, char **argv)
{
    Options o = {.batch = 12};
    HsegArch arch = HSEG_ARCH_REFERENCE;
    gboolean given = hseg_arch_options_given(argc, argv);
    const GOptionEntry entries[] = {
        {"model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model,
         "A built-in model or a .safetensors file [default]", "M"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &o.precision, "auto, float32 or int8 [auto]", "P"},
        {"size", 0, 0, G_OPTION_ARG_STRING, &o.size, "Size of the frames [1280x720]", "WxH"},
        {"frames", 'n', 0, G_OPTION_ARG_INT, &o.frames,
         "Frames to measure; 0: as many as fit in 3 seconds [0]", "N"},
        {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "Threads; 0: as many as processors, at most 2 [0]",
         "N"},
        {"layers", 0, 0, G_OPTION_ARG_NONE, &o.layers, "Show each layer of the network too", NULL},
        {"train", 0, 0, G_OPTION_ARG_NONE, &o.train, "Measure training, not a frame's way", NULL},
        {"batch", 0, 0, G_OPTION_ARG_INT, &o.batch, "Pictures in a batch of --train [12]", "N"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &o.json, "Write the figures to a file too", "FILE"},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok = hseg_cli_parse(&argc, &argv, NULL,
                                 "Measures how fast a model runs, or a network with random weights.", entries,
                                 hseg_arch_option_group(&arch), &error) &&
                  bench(&o, given ? &arch : NULL, &error);

    g_free(o.model);
    g_free(o.precision);
    g_free(o.json);
    g_free(o.size);
    return ok ? 0 : hseg_cli_fail(error);
}
