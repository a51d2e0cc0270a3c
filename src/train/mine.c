#include "train/mine.h"

#include "train/validate.h"

gboolean
hseg_mine(HsegModel *model, const GPtrArray *items, int epoch, int threads, float *marked, GError **error)
{
    guint step = epoch > 0 ? HSEG_MINE_PARTS : 1;
    g_autoptr(HsegValidator) v = hseg_validator_new(model, threads, error);

    if (!v)
        return FALSE;
    for (guint i = epoch % step; i < items->len; i += step) {
        const HsegValidated *seen = hseg_validator_run(v, items->pdata[i]);
        gsize pixels = (gsize)seen->width * seen->height;
        double sum = 0;

        for (gsize p = 0; p < pixels; p++)
            sum += seen->probability[p];
        marked[i] = (float)(sum / pixels);
    }
    return TRUE;
}
