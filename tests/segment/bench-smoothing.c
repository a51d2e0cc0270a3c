/* What smoothing does to clips with ground truth.
 *
 *   bench-smoothing FOLDER...    each with images/ and masks/, the frames of one clip in the order of their
 * names; make-clips.py makes some to choose settings on
 *
 * For each strength, over all clips: the pooled IoU; the mean of |(m - m') - (t - t')| over pixels, m' and t'
 * being mask and truth of the frame before; and the root of the mean of its square (dtSSD, Erofeev et al.
 * 2015). Then the mean of the mask where nobody is, with ghosts. The last columns are the milliseconds of a
 * frame's stages. */
#include <humanseg/humanseg.h>
#include <math.h>
#include <string.h>

#include "files/dataset.h"
#include "files/picture.h"

typedef struct {
    double both, either;           /* pixels */
    double change, square, pixels; /* of the differences in time */
    double spill, empty;           /* mask where nobody is; pixels */
    double preprocess, inference, refine;
    int clips;
} Score;

static HsegPicture *
load(HsegPicture *(*loader)(const char *, GError **), const char *path)
{
    g_autoptr(GError) error = NULL;
    HsegPicture *picture = loader(path, &error);

    if (!picture)
        g_error("%s", error->message);
    return picture;
}

static HsegSegmenter *
make_segmenter(HsegModel *model, const HsegFrame *frame, double strength)
{
    HsegSegmenterConfig config = {.frame = *frame, .par_n = 1, .par_d = 1};
    HsegSegmenterParams params = hseg_segmenter_default_params();
    g_autoptr(GError) error = NULL;
    HsegSegmenter *s = hseg_segmenter_new(model, &config, &error);

    if (!s)
        g_error("%s", error->message);
    params.smoothing = strength;
    hseg_segmenter_set_params(s, &params);
    return s;
}

/* @before: mask minus truth of the frame before; this frame's afterwards. */
static void
count(Score *score, const HsegFrame *mask, const HsegPicture *truth, short *before, gboolean first)
{
    for (int y = 0; y < truth->height; y++)
        for (int x = 0; x < truth->width; x++) {
            int m = mask->plane[0][y * mask->stride[0] + x], t = truth->data[y * truth->stride + x];
            short *off = &before[y * truth->width + x];
            double change = (m - t - *off) / 255.;

            score->spill += t == 0 ? m / 255. : 0;
            score->empty += t == 0;
            score->both += m >= 128 && t >= 128;
            score->either += m >= 128 || t >= 128;
            *off = (short)(m - t);
            if (first)
                continue;
            score->change += fabs(change);
            score->square += change * change;
            score->pixels++;
        }
}

static void
run_clip(HsegModel *model, const char *folder, double strength, Score *score)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegDataset) clip = hseg_dataset_open(folder, &error);
    g_autoptr(HsegSegmenter) s = NULL;
    g_autofree short *before = NULL;
    HsegSegmenterStats stats;

    if (!clip)
        g_error("%s", error->message);
    for (guint i = 0; i < clip->pairs->len; i++) {
        const HsegPair *pair = clip->pairs->pdata[i];
        g_autoptr(HsegPicture) picture = load(hseg_picture_load_rgb, pair->image);
        g_autoptr(HsegPicture) truth = load(hseg_picture_load_grey, pair->mask);
        HsegFrame frame = {.format = HSEG_FORMAT_RGB,
                           .range = HSEG_RANGE_FULL,
                           .width = picture->width,
                           .height = picture->height,
                           .plane = {picture->data},
                           .stride = {(ptrdiff_t)picture->stride}};

        if (!s) {
            s = make_segmenter(model, &frame, strength);
            before = g_new0(short, (gsize)frame.width *frame.height);
        }
        count(score, hseg_segmenter_run(s, &frame), truth, before, i == 0);
    }
    hseg_segmenter_get_stats(s, &stats);
    score->preprocess += stats.preprocess_ms;
    score->inference += stats.inference_ms;
    score->refine += stats.refine_ms;
    score->clips++;
}

int
main(int argc, char **argv)
{
    static const double strengths[] = {0, 0.5, 0.8, 0.9, 1};
    g_autoptr(GError) error = NULL;
    g_autoptr(HsegModel) model =
        hseg_model_load(g_getenv("HUMANSEG_MODEL") ? g_getenv("HUMANSEG_MODEL") : "default", &error);

    if (!model)
        g_error("%s", error->message);
    g_print("smoothing     iou  |change|   dtSSD    spill   pre  infer  refine\n");
    for (gsize i = 0; i < G_N_ELEMENTS(strengths); i++) {
        Score score = {0};

        for (int a = 1; a < argc; a++)
            run_clip(model, argv[a], strengths[i], &score);
        g_print("%9.2f  %.4f  %.6f  %.5f  %.5f  %5.2f  %5.2f  %5.2f\n", strengths[i],
                score.either ? score.both / score.either : 1, score.change / score.pixels,
                sqrt(score.square / score.pixels), score.spill / score.empty, score.preprocess / score.clips,
                score.inference / score.clips, score.refine / score.clips);
    }
    return 0;
}
