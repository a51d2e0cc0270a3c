#include "segment/refine.h"

#include <math.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/fast-guided.h"
#include "image/mask.h"

struct HsegRefiner {
    HsegLetterbox box;
    int threads;
    float *p; /* [box.h][box.w]: probabilities, without the letterbox's bars */
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
    r->p = hseg_mem_new0((size_t)box->w * box->h * sizeof *r->p);
    r->guided = hseg_fast_guided_new(box->w, box->h, frame->width, frame->height, threads);
    if (!r->p || !r->guided) {
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
    hseg_mem_free(r->p);
    hseg_mem_free(r);
}

/* The sigmoid of what lies between the bars. */
void
hseg_refiner_take(HsegRefiner *r, const float *logits)
{
    for (int y = 0; y < r->box.h; y++) {
        const float *in = logits + (size_t)(r->box.y + y) * r->box.net_w + r->box.x;
        float *out = r->p + (size_t)y * r->box.w;

        for (int x = 0; x < r->box.w; x++)
            out[x] = 1 / (1 + expf(-in[x]));
    }
}

typedef struct {
    HsegRefiner *r;
    const HsegFrame *frame, *mask;
    HsegRamp ramp;
} Work;

static void
refine_band(void *data, int band, int thread)
{
    const Work *w = data;
    int y0 = band * HSEG_BAND_ROWS;
    int y1 = HSEG_MIN(y0 + HSEG_BAND_ROWS, w->frame->height);

    hseg_fast_guided_rows(w->r->guided, w->frame, &w->ramp, w->mask->plane[0], w->mask->stride[0], y0, y1,
                          thread);
}

void
hseg_refiner_run(HsegRefiner *r, const HsegSegmenterParams *params, const HsegFrame *frame,
                 const float *guide, const HsegFrame *mask)
{
    Work work = {r, frame, mask, hseg_ramp(params->threshold, params->softness)};

    if (params->refine == HSEG_REFINE_GUIDED)
        hseg_fast_guided_fit(r->guided, guide, r->p, r->box.w, params->radius, params->epsilon);
    else
        hseg_fast_guided_plain(r->guided, r->p, r->box.w);
    hseg_parallel(r->threads, hseg_bands(frame->height), refine_band, &work);
}
