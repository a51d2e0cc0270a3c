#include "segment/answer.h"

#include "base/mem.h"
#include "image/rows.h"
#include "segment/hysteresis.h"
#include "segment/smooth.h"
#include "segment/tracker.h"

struct HsegAnswer {
    HsegLetterbox box;
    float *p; /* [box.h][box.w] */
    HsegSmoother *smoother;
    HsegHysteresis *hysteresis;
    HsegTracker *tracker;
};

HsegAnswer *
hseg_answer_new(const HsegLetterbox *box)
{
    HsegAnswer *a = hseg_mem_new0(sizeof *a);

    if (!a)
        return NULL;
    *a = (HsegAnswer){
        .box = *box,
        .p = hseg_mem_new0((size_t)box->w * box->h * sizeof *a->p),
        .smoother = hseg_smoother_new(box->w, box->h),
        .hysteresis = hseg_hysteresis_new(box->w, box->h),
        .tracker = hseg_tracker_new(box->w, box->h),
    };
    if (!a->p || !a->smoother || !a->hysteresis || !a->tracker) {
        hseg_answer_free(a);
        return NULL;
    }
    return a;
}

void
hseg_answer_free(HsegAnswer *a)
{
    if (!a)
        return;
    hseg_tracker_free(a->tracker);
    hseg_hysteresis_free(a->hysteresis);
    hseg_smoother_free(a->smoother);
    hseg_mem_free(a->p);
    hseg_mem_free(a);
}

void
hseg_answer_reset(HsegAnswer *a)
{
    hseg_smoother_reset(a->smoother);
    hseg_tracker_reset(a->tracker);
}

bool
hseg_answer_look(HsegAnswer *a, const float *guide)
{
    return hseg_smoother_look(a->smoother, guide);
}

/* The sigmoid of what lies between the bars. */
static void
take_content(HsegAnswer *a, const float *logits)
{
    for (int y = 0; y < a->box.h; y++) {
        const float *in = logits + (size_t)(a->box.y + y) * a->box.net_w + a->box.x;

        hseg_rows()->sigmoid(a->p + (size_t)y * a->box.w, in, a->box.w);
    }
}

void
hseg_answer_take(HsegAnswer *a, const HsegSegmenterParams *params, const float *logits)
{
    take_content(a, logits);
    if (hseg_smoother_take(a->smoother, a->p, (float)params->smoothing))
        hseg_tracker_reset(a->tracker); /* another scene, other people */
    if (params->certainty > params->threshold)
        hseg_hysteresis_run(a->hysteresis, a->p, (float)params->threshold / 2, (float)params->certainty);
    if (params->subject == HSEG_SUBJECT_MAIN)
        hseg_tracker_run(a->tracker, a->p, (float)params->threshold);
    else
        hseg_tracker_reset(a->tracker);
}

const float *
hseg_answer_map(const HsegAnswer *a)
{
    return a->p;
}

const float *
hseg_answer_moves(const HsegAnswer *a)
{
    return hseg_smoother_moves(a->smoother);
}
