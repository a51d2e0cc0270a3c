#include <humanseg/error.h>
#include <humanseg/segmenter.h>
#include <stdbool.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/letterbox.h"
#include "image/turn.h"
#include "model/network.h"
#include "segment/answer.h"
#include "segment/coverage.h"
#include "segment/inside.h"
#include "segment/refine.h"
#include "segment/setup.h"
#include "segment/timer.h"

/* A mask that has not been looked at for so many frames, half a second and more, no longer fits anybody: then
 * the network runs however late the stream is. */
#define MOST_SPARED 20

struct HsegSegmenter {
    HsegSegmenterParams params;
    HsegFrame like; /* the frames' format, size and colours; no planes */
    HsegModel *model;
    HsegLetterboxer *letterboxer;
    HsegTurn turn; /* of the network's picture */
    float *lying;  /* [net_h][net_w][3]: that picture as the frame lies, and then the answer; NULL where it is
                      upright */
    HsegNetwork *network;
    uint8_t *bytes; /* its input, where it begins in bytes and the frame lies upright; else NULL */
    HsegAnswer *answer;
    HsegRefiner *refiner;
    float *guide; /* [h][w] of the letterbox's content */
    int age;      /* frames since the network last ran; 0: it has to */
    bool spare;   /* the next frame does without the network if it can */
    HsegTimer preprocess, inference, refine;
    HsegCoverage coverage;
};

HsegSegmenterParams
hseg_segmenter_default_params(void)
{
    return (HsegSegmenterParams){
        .refine = HSEG_REFINE_GUIDED,
        .radius = 4,
        .epsilon = 1e-3,
        .threshold = 0.5,
        .softness = 0.5,
        .certainty = 0.8,
        .smoothing = 0.9,
        .interval = 1,
    };
}

static gboolean
make_stages(HsegSegmenter *s, const HsegSegmenterConfig *config, int threads, GError **error)
{
    HsegLetterbox box;
    gboolean ok = TRUE;
    int net_w, net_h;

    hseg_model_get_input_size(s->model, &net_w, &net_h);
    s->network = hseg_network_new(s->model, config->precision, net_w, net_h, threads, error);
    if (!s->network)
        return FALSE;

    if (config->orientation != HSEG_ORIENTATION_UPRIGHT) {
        int lying_w = hseg_orientation_swaps(config->orientation) ? net_h : net_w,
            lying_h = net_w + net_h - lying_w;

        s->turn = hseg_turn(config->orientation, lying_w, lying_h);
        s->lying = hseg_mem_new0((size_t)net_w * net_h * 3 * sizeof *s->lying);
        ok = s->lying != NULL;
        net_w = lying_w;
        net_h = lying_h;
    }
    if (!s->lying)
        s->bytes = hseg_network_take_bytes(s->network);
    box = hseg_letterbox_fit(s->like.width, s->like.height, config->par_n, config->par_d, net_w, net_h);
    s->letterboxer = hseg_letterboxer_new(&s->like, &box, threads);
    s->answer = hseg_answer_new(&box);
    s->refiner = hseg_refiner_new(&s->like, &box, threads);
    s->guide = hseg_mem_new0((size_t)box.w * box.h * sizeof *s->guide);
    if (!ok || !s->letterboxer || !s->answer || !s->refiner || !s->guide) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_NO_MEMORY, "no memory to segment frames of %dx%d",
                    s->like.width, s->like.height);
        return FALSE;
    }
    return TRUE;
}

HsegSegmenter *
hseg_segmenter_new(HsegModel *model, const HsegSegmenterConfig *config, GError **error)
{
    g_autoptr(HsegSegmenter) s = NULL;
    int threads;

    g_return_val_if_fail(model && config, NULL);
    threads = hseg_check_threads(config->threads, error);
    if (!threads ||
        !hseg_check_frame(&config->frame, config->par_n, config->par_d, config->orientation, error))
        return NULL;

    s = g_new0(HsegSegmenter, 1);
    s->params = hseg_segmenter_default_params();
    s->like = config->frame;
    s->model = hseg_model_ref(model);
    return make_stages(s, config, threads, error) ? g_steal_pointer(&s) : NULL;
}

void
hseg_segmenter_free(HsegSegmenter *s)
{
    if (!s)
        return;
    hseg_mem_free(s->guide);
    hseg_refiner_free(s->refiner);
    hseg_answer_free(s->answer);
    hseg_mem_free(s->lying);
    hseg_letterboxer_free(s->letterboxer);
    hseg_network_free(s->network);
    hseg_model_unref(s->model);
    g_free(s);
}

void
hseg_segmenter_set_params(HsegSegmenter *s, const HsegSegmenterParams *params)
{
    s->params = *params;
    s->params.radius = CLAMP(params->radius, 1, 32);
    s->params.epsilon = hseg_within(params->epsilon, 1e-9, 1);
    s->params.threshold = hseg_within(params->threshold, 0, 1);
    s->params.softness = hseg_within(params->softness, 0, 1);
    s->params.edge_shift = hseg_within(params->edge_shift, -HSEG_MAX_EDGE_SHIFT, HSEG_MAX_EDGE_SHIFT);
    s->params.certainty = hseg_within(params->certainty, 0, 1);
    s->params.smoothing = hseg_within(params->smoothing, 0, 1);
    s->params.interval = CLAMP(params->interval, 1, 100);
    s->params.threads = MAX(params->threads, 0);
}

void
hseg_segmenter_reset(HsegSegmenter *s)
{
    s->age = 0;
    hseg_answer_reset(s->answer);
}

void
hseg_segmenter_spare(HsegSegmenter *s)
{
    s->spare = true;
}

/* Whether the last answer will do for this frame too. A late stream lets it grow old, but not for ever. */
static bool
answer_lasts(const HsegSegmenter *s)
{
    return s->age > 0 && s->age < (s->spare ? MAX(s->params.interval, MOST_SPARED) : s->params.interval);
}

/* The network's input, upright, and the guide. */
static void
preprocess(HsegSegmenter *s, const HsegFrame *frame)
{
    float *input = hseg_network_input(s->network);

    if (s->bytes) {
        hseg_letterboxer_run_u8(s->letterboxer, frame, s->bytes, s->guide);
        return;
    }
    hseg_letterboxer_run(s->letterboxer, frame, s->lying ? s->lying : input, s->guide);
    if (s->lying)
        hseg_turn_upright(&s->turn, input, s->lying, 3);
}

/* The network's answer, as the frame lies. */
static const float *
infer(HsegSegmenter *s)
{
    const float *logits = hseg_network_run(s->network);

    if (!s->lying)
        return logits;
    hseg_turn_back(&s->turn, s->lying, logits);
    return s->lying;
}

const HsegFrame *
hseg_segmenter_run(HsegSegmenter *s, const HsegFrame *frame)
{
    gint64 time = g_get_monotonic_time();
    const HsegFrame *mask;
    bool cut;

    hseg_parallel_limit(s->params.threads);
    preprocess(s, frame);
    time = hseg_timer_lap(&s->preprocess, time);

    cut = hseg_answer_look(s->answer, s->guide);
    if (cut || !answer_lasts(s)) {
        hseg_answer_take(s->answer, &s->params, infer(s));
        time = hseg_timer_lap(&s->inference, time);
        s->age = 0;
    }
    s->age++;
    s->spare = false;

    mask = hseg_refiner_run(s->refiner, &s->params, frame, s->guide, hseg_answer_map(s->answer),
                            hseg_answer_moves(s->answer), &s->coverage);
    hseg_parallel_limit(0);
    hseg_timer_lap(&s->refine, time);
    return mask;
}

void
hseg_segmenter_get_stats(const HsegSegmenter *s, HsegSegmenterStats *stats)
{
    *stats = (HsegSegmenterStats){
        .frames = s->refine.count,
        .inferred = s->inference.count,
        .preprocess_ms = hseg_timer_mean_ms(&s->preprocess),
        .inference_ms = hseg_timer_mean_ms(&s->inference),
        .refine_ms = hseg_timer_mean_ms(&s->refine),
        .share = s->coverage.share,
        .x = s->coverage.x,
        .y = s->coverage.y,
        .width = s->coverage.width,
        .height = s->coverage.height,
    };
}

HsegNetwork *
hseg_segmenter_get_network(HsegSegmenter *s)
{
    return s->network;
}
