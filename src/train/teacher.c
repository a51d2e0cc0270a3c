#include "train/teacher.h"

#include <humanseg/error.h>
#include <math.h>

#include "train/people.h"
#include "train/validate.h"
#include "train/view.h"

/* The teacher's answer on @item, its bars cut off: [h][w][4], the probability in the fourth channel. */
static HsegPicture *
answer(HsegValidator *v, const HsegTrainItem *item, GError **error)
{
    const HsegValidated *seen = hseg_validator_run(v, item);
    HsegView view = hseg_view_whole(item->rgbm->width, item->rgbm->height, seen->width, seen->height);
    HsegPicture *picture = hseg_picture_new(view.w, view.h, 4, error);

    for (int y = 0; picture && y < view.h; y++)
        for (int x = 0; x < view.w; x++)
            picture->data[y * picture->stride + 4 * (size_t)x + 3] =
                (uint8_t)lrintf(255 * seen->probability[(size_t)(view.y + y) * seen->width + view.x + x]);
    return picture;
}

/* mask = (1 - share) mask + share teacher, at @item's size. */
static gboolean
mix(HsegTrainItem *item, const HsegPicture *taught, double share, GError **error)
{
    HsegPicture *p = item->rgbm, *half;
    HsegAffine map = {.xx = (float)taught->width / p->width, .yy = (float)taught->height / p->height};
    HsegCanvas canvas;

    hseg_canvas_init(&canvas, p->width, p->height);
    hseg_warp(&canvas, taught, NULL, &map, HSEG_BORDER_REFLECT);
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            uint8_t *mask = p->data + y * p->stride + 4 * (size_t)x + 3;

            *mask = (uint8_t)lrint((1 - share) * *mask + share * 255 * canvas.mask[(size_t)y * p->width + x]);
        }
    hseg_canvas_clear(&canvas);
    half = hseg_warp_half(p, error);
    if (!half)
        return FALSE;
    hseg_picture_free(item->half);
    item->half = half;
    return TRUE;
}

static gboolean
teach_item(HsegValidator *v, HsegTrainItem *item, double share, GError **error)
{
    g_autoptr(HsegPicture) taught = answer(v, item, error);

    return taught && mix(item, taught, share, error);
}

static gboolean
teach_items(HsegValidator *v, const GPtrArray *items, double share, const HsegTeaching *t, int *done,
            int total, GError **error)
{
    for (guint i = 0; i < items->len; i++) {
        if (!teach_item(v, items->pdata[i], share, error))
            return FALSE;
        if (t->progress && !t->progress(++*done, total, t->data)) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED,
                        "train: stopped while the teacher was at work");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
hseg_teach(HsegTrainSet *set, HsegModel *teacher, const HsegTeaching *teaching, GError **error)
{
    g_autoptr(HsegValidator) v = hseg_validator_new(teacher, teaching->threads, error);
    gboolean mixes = teaching->share > 0;
    int done = 0, total = (int)(set->unlabelled->len + (mixes ? set->real->len : 0));

    if (!v || !teach_items(v, set->unlabelled, 1, teaching, &done, total, error) ||
        (mixes && !teach_items(v, set->real, teaching->share, teaching, &done, total, error)))
        return FALSE;
    while (set->unlabelled->len > 0) {
        HsegTrainItem *item = g_ptr_array_steal_index(set->unlabelled, 0);

        hseg_people_find(item, false);
        item->whole_person = false;
        g_ptr_array_add(set->real, item);
    }
    return TRUE;
}
