/* What a frame's way costs beside the network: CPU milliseconds of each stage, all threads together, and how
 * many times as long as copying the frame they take together.
 *
 *   bench-frame [THREADS]
 *
 * Frames come from a ring too large for the caches, as they do from a camera or a decoder. A person made of
 * ellipses sways in them, and the network's answer is made up to fit. */
#include <humanseg/humanseg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/rng.h"
#include "image/letterbox.h"
#include "segment/answer.h"
#include "segment/refine.h"
#include "segment/setup.h"

#define NET_W  320
#define NET_H  180
#define RING   12
#define ROUNDS 8

enum { COPY, LETTERBOX, ANSWER, REFINE, COMPOSITE, N_STAGES };

static const char *const stages[N_STAGES] = {"copy", "letterbox", "answer", "refine", "composite"};

typedef struct {
    HsegLetterboxer *letterboxer;
    HsegAnswer *answer;
    HsegRefiner *refiner;
    HsegCompositor *compositor;
    HsegSegmenterParams params;
    HsegFrame frame[RING], out[RING];
    const HsegFrame *mask;
    float *logits[RING];
    float *net, *guide;
    double ms[N_STAGES][RING * ROUNDS];
} Bench;

static double
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* How far (x, y), 0 .. 1 each, lies inside the person of picture @i; below 0: outside. */
static double
inside(double x, double y, int i)
{
    double sway = 0.01 * abs(i - RING / 2);
    double head = 1 - (x - 0.5 - sway) * (x - 0.5 - sway) / 0.0081 - (y - 0.35) * (y - 0.35) / 0.04;
    double body = 1 - (x - 0.5 - sway) * (x - 0.5 - sway) / 0.0625 - (y - 1.05) * (y - 1.05) / 0.25;

    return MAX(head, body);
}

static void
paint(const HsegFrame *frame, int i)
{
    guint8 noise[4096];
    HsegRng rng;

    hseg_rng_init(&rng, 1, (guint64)i);
    for (gsize x = 0; x < sizeof noise; x++)
        noise[x] = (guint8)(hseg_rng_u32(&rng) % 6);
    for (int p = 0; p < hseg_format_planes(frame->format); p++) {
        int rows = hseg_format_plane_rows(frame->format, p, frame->height);
        int bytes = (int)hseg_format_row_bytes(frame->format, p, frame->width);

        for (int y = 0; y < rows; y++)
            for (int x = 0; x < bytes; x++)
                frame->plane[p][y * frame->stride[p] + x] =
                    (guint8)((inside((double)x / bytes, (double)y / rows, i) > 0 ? 60 : 120 + x % 64) +
                             noise[(x * 7 + y * 31) % (int)sizeof noise]);
    }
}

static void
bench_init(Bench *b, HsegFormat format, int width, int height, int threads)
{
    HsegFrame like = {.format = format, .matrix = HSEG_MATRIX_BT709, .width = width, .height = height};
    HsegLetterbox box = hseg_letterbox_fit(width, height, 1, 1, NET_W, NET_H);
    HsegCompositorConfig config = {.frame = like, .made = like, .par_n = 1, .par_d = 1, .threads = threads};

    b->params = hseg_segmenter_default_params();
    b->letterboxer = hseg_letterboxer_new(&like, &box, threads);
    b->answer = hseg_answer_new(&box);
    b->refiner = hseg_refiner_new(&like, &box, threads);
    b->compositor = hseg_compositor_new(&config, NULL);
    b->net = g_new(float, NET_W *NET_H * 3);
    b->guide = g_new(float, box.w *box.h);
    for (int i = 0; i < RING; i++) {
        b->frame[i] = b->out[i] = like;
        hseg_allocate_planes(&b->frame[i]);
        hseg_allocate_planes(&b->out[i]);
        paint(&b->frame[i], i);
        b->logits[i] = g_new(float, NET_W *NET_H);
        for (int y = 0; y < NET_H; y++)
            for (int x = 0; x < NET_W; x++)
                b->logits[i][y * NET_W + x] = (float)(30 * inside((x + 0.5) / NET_W, (y + 0.5) / NET_H, i));
    }
}

static void
copy(const HsegFrame *to, const HsegFrame *from)
{
    for (int p = 0; p < hseg_format_planes(from->format); p++)
        memcpy(to->plane[p], from->plane[p],
               (gsize)from->stride[p] * (gsize)hseg_format_plane_rows(from->format, p, from->height));
}

static void
run_stage(Bench *b, int stage, int i)
{
    HsegCoverage coverage;

    switch (stage) {
    case COPY:
        copy(&b->out[i], &b->frame[i]);
        break;
    case LETTERBOX:
        hseg_letterboxer_run(b->letterboxer, &b->frame[i], b->net, b->guide);
        break;
    case ANSWER:
        hseg_answer_look(b->answer, b->guide);
        hseg_answer_take(b->answer, &b->params, b->logits[i]);
        break;
    case REFINE:
        b->mask = hseg_refiner_run(b->refiner, &b->params, &b->frame[i], b->guide, hseg_answer_map(b->answer),
                                   hseg_answer_moves(b->answer), &coverage);
        break;
    default:
        hseg_compositor_run(b->compositor, &b->frame[i], b->mask, &b->out[i]);
    }
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
measure(Bench *b, double best[N_STAGES])
{
    for (int run = -RING; run < RING * ROUNDS; run++) /* one turn to warm up */
        for (int s = 0; s < N_STAGES; s++) {
            double start = now_ms();

            /* the copy's output is another frame's, so that it leaves nothing warm */
            run_stage(b, s, s == COPY ? (run + RING + RING / 2) % RING : (run + RING) % RING);
            if (run >= 0)
                b->ms[s][run] = now_ms() - start;
        }
    for (int s = 0; s < N_STAGES; s++) {
        qsort(b->ms[s], RING * ROUNDS, sizeof(double), compare);
        best[s] = b->ms[s][0];
    }
}

static void
bench_clear(Bench *b)
{
    for (int i = 0; i < RING; i++) {
        hseg_mem_free(b->frame[i].plane[0]);
        hseg_mem_free(b->out[i].plane[0]);
        g_free(b->logits[i]);
    }
    g_free(b->guide);
    g_free(b->net);
    hseg_compositor_free(b->compositor);
    hseg_refiner_free(b->refiner);
    hseg_answer_free(b->answer);
    hseg_letterboxer_free(b->letterboxer);
}

int
main(int argc, char **argv)
{
    static const HsegFormat formats[] = {HSEG_FORMAT_I420, HSEG_FORMAT_NV12};
    static const int sizes[][2] = {{1280, 720}, {1920, 1080}};
    int threads = argc > 1 ? atoi(argv[1]) : 1;

    g_print("format size     ");
    for (int s = 0; s < N_STAGES; s++)
        g_print(" %9s", stages[s]);
    g_print("  together  / copy\n");
    for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++)
        for (gsize f = 0; f < G_N_ELEMENTS(formats); f++) {
            Bench *b = g_new0(Bench, 1);
            double ms[N_STAGES], all = 0;

            bench_init(b, formats[f], sizes[s][0], sizes[s][1], threads);
            measure(b, ms);
            g_print("%s %4dx%-4d", hseg_format_name(formats[f]), sizes[s][0], sizes[s][1]);
            for (int i = 0; i < N_STAGES; i++) {
                g_print("  %8.3f", ms[i]);
                all += i == COPY ? 0 : ms[i];
            }
            g_print("  %8.3f %7.2f\n", all, all / ms[COPY]);
            bench_clear(b);
            g_free(b);
        }
    return 0;
}
