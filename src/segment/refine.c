#include "segment/refine.h"

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/edge-shift.h"
#include "image/fast-guided.h"
#include "image/hold.h"
#include "image/mask.h"
#include "image/spans.h"
#include "segment/smooth.h"

/* What one thread writes to. */
typedef struct {
    uint8_t *row;   /* [width]: of the mask, before it is held */
    uint8_t *kinds; /* [spans] */
    HsegTally tally;
} Lines;

struct HsegRefiner {
    HsegLetterbox box;
    int threads;
    Lines *lines; /* [threads] */
    HsegHolder *holder;
    HsegSegmenterParams last; /* of the mask before */
    HsegEdgeShifter *shifter;
    HsegFastGuided *guided;
};

HsegRefiner *
hseg_refiner_new(const HsegFrame *frame, const HsegLetterbox *box, int threads)
{
    HsegRefiner *r = hseg_mem_new0(sizeof *r);
    bool ok = true;

    if (!r)
        return NULL;
    r->box = *box;
    r->threads = threads;
    r->holder = hseg_holder_new(box->w, box->h, frame->width, frame->height, threads);
    r->shifter = hseg_edge_shifter_new(frame->width, frame->height, threads);
    r->guided = hseg_fast_guided_new(box->w, box->h, frame->width, frame->height, threads);
    r->lines = hseg_mem_new0(threads * sizeof *r->lines);
    for (int i = 0; r->lines && i < threads; i++) {
        r->lines[i].row = hseg_mem_new0((size_t)frame->width + hseg_spans(frame->width));
        r->lines[i].kinds = r->lines[i].row + frame->width;
        ok = ok && r->lines[i].row;
    }
    if (!ok || !r->holder || !r->shifter || !r->guided || !r->lines) {
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
    for (int i = 0; r->lines && i < r->threads; i++)
        hseg_mem_free(r->lines[i].row);
    hseg_mem_free(r->lines);
    hseg_fast_guided_free(r->guided);
    hseg_holder_free(r->holder);
    hseg_edge_shifter_free(r->shifter);
    hseg_mem_free(r);
}

typedef struct {
    HsegRefiner *r;
    const HsegFrame *frame;
    HsegRamp ramp;
} Work;

/* One sweep: while a row is in the cache it is refined, held and counted. */
static void
refine_band(void *data, int band, int thread)
{
    const Work *w = data;
    HsegRefiner *r = w->r;
    Lines *l = &r->lines[thread];
    const HsegFrame *mask = hseg_holder_mask(r->holder);
    int end = HSEG_MIN((band + 1) * HSEG_BAND_ROWS, w->frame->height);

    for (int y = band * HSEG_BAND_ROWS; y < end; y++) {
        hseg_fast_guided_row(r->guided, w->frame, &w->ramp, l->row, l->kinds, y, thread);
        hseg_holder_row(r->holder, l->row, l->kinds, y, thread);
        hseg_tally_row(&l->tally, hseg_frame_row(mask, 0, y), hseg_holder_kinds(r->holder, y), y,
                       mask->width);
    }
}

/* Whether masks by these parameters can be held to each other: what a user changes shows at once. */
static bool
same_shape(const HsegSegmenterParams *a, const HsegSegmenterParams *b)
{
    return a->refine == b->refine && a->radius == b->radius && a->epsilon == b->epsilon &&
           a->threshold == b->threshold && a->softness == b->softness && a->subject == b->subject;
}

/* What the threads have counted. */
static HsegCoverage
count_all(const HsegRefiner *r)
{
    const HsegFrame *mask = hseg_holder_mask(r->holder);
    HsegTally all = {0};

    for (int i = 0; i < r->threads; i++)
        hseg_tally_add(&all, &r->lines[i].tally);
    return hseg_tally_coverage(&all, mask->width, mask->height);
}

const HsegFrame *
hseg_refiner_run(HsegRefiner *r, const HsegSegmenterParams *params, const HsegFrame *frame,
                 const float *guide, const float *p, const float *moves, HsegCoverage *coverage)
{
    Work work = {r, frame, hseg_ramp(params->threshold, params->softness)};
    const HsegFrame *held = hseg_holder_mask(r->holder), *mask;

    if (params->refine == HSEG_REFINE_GUIDED)
        hseg_fast_guided_fit(r->guided, guide, p, r->box.w, params->radius, params->epsilon);
    else
        hseg_fast_guided_plain(r->guided, p, r->box.w);
    if (!same_shape(&r->last, params))
        hseg_holder_forget(r->holder);
    hseg_holder_set(r->holder, params->smoothing > 0 ? moves : NULL,
                    hseg_still_weight((float)params->smoothing));
    r->last = *params;
    for (int i = 0; i < r->threads; i++)
        r->lines[i].tally = (HsegTally){0};
    hseg_parallel(r->threads, hseg_bands(frame->height), refine_band, &work);
    *coverage = count_all(r);
    mask = hseg_edge_shifter_run(r->shifter, held, params->edge_shift * frame->height);
    if (mask != held)
        hseg_coverage_measure(coverage, mask);
    return mask;
}
