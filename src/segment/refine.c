#include "segment/refine.h"

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/edge-shift.h"
#include "image/fast-guided.h"
#include "image/hold.h"
#include "image/mask.h"

struct HsegRefiner {
    HsegLetterbox box;
    int threads;
    HsegHolder *holder;
    HsegSegmenterParams last; /* of the mask before */
    HsegEdgeShifter *shifter;
    HsegFastGuided *guided;
};

HsegRefiner *
hseg_refiner_new(const HsegFrame *frame, const HsegLetterbox *box, int threads)
{
    HsegRefiner *r = hseg_mem_new0(sizeof *r);

    if (!r)
        return NULL;
    r->box = *box;
    r->threads = threads;
    r->holder = hseg_holder_new(box->w, box->h, frame->width, frame->height, threads);
    r->shifter = hseg_edge_shifter_new(frame->width, frame->height, threads);
    r->guided = hseg_fast_guided_new(box->w, box->h, frame->width, frame->height, threads);
    if (!r->holder || !r->shifter || !r->guided) {
        hseg_refiner_free(r);
        return NULL;
    }
    return r;
}

void
hseg_refiner_free(HsegRefiner *r)
{
    if (!r)
        return;
    hseg_fast_guided_free(r->guided);
    hseg_holder_free(r->holder);
    hseg_edge_shifter_free(r->shifter);
    hseg_mem_free(r);
}

typedef struct {
    HsegRefiner *r;
    const HsegFrame *frame, *mask;
    HsegRamp ramp;
    bool hold;
} Work;

static void
refine_band(void *data, int band, int thread)
{
    const Work *w = data;
    int y0 = band * HSEG_BAND_ROWS;
    int y1 = HSEG_MIN(y0 + HSEG_BAND_ROWS, w->frame->height);

    hseg_fast_guided_rows(w->r->guided, w->frame, &w->ramp, w->mask->plane[0], w->mask->stride[0], y0, y1,
                          thread);
    if (w->hold)
        hseg_holder_rows(w->r->holder, w->mask, y0, y1, thread);
}

/* Whether masks by these parameters can be held to each other: what a user changes shows at once. */
static bool
same_shape(const HsegSegmenterParams *a, const HsegSegmenterParams *b)
{
    return a->refine == b->refine && a->radius == b->radius && a->epsilon == b->epsilon &&
           a->threshold == b->threshold && a->softness == b->softness && a->subject == b->subject;
}

void
hseg_refiner_run(HsegRefiner *r, const HsegSegmenterParams *params, const HsegFrame *frame,
                 const float *guide, const float *p, const float *weights, const HsegFrame *mask)
{
    Work work = {r, frame, mask, hseg_ramp(params->threshold, params->softness), params->smoothing > 0};

    if (params->refine == HSEG_REFINE_GUIDED)
        hseg_fast_guided_fit(r->guided, guide, p, r->box.w, params->radius, params->epsilon);
    else
        hseg_fast_guided_plain(r->guided, p, r->box.w);
    if (!work.hold || !same_shape(&r->last, params))
        hseg_holder_forget(r->holder);
    if (work.hold)
        hseg_holder_set(r->holder, weights);
    r->last = *params;
    hseg_parallel(r->threads, hseg_bands(frame->height), refine_band, &work);
    hseg_edge_shifter_run(r->shifter, mask, params->edge_shift * frame->height);
}
