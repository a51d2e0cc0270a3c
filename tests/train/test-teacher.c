/* Masks from a teacher: its own answers, at the pictures' sizes, and mixed into labels. */
#include "train/teacher.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "train/validate.h"
#include "train/view.h"

enum { W = 64, H = 48, PAIRS = 3 };

typedef struct {
    char *dir;
    HsegTrainSet *set;
    HsegModel *teacher;
} Fixture;

/* The mean of the logits that @model gives for @item. */
static double
mean_logit(HsegModel *model, const HsegTrainItem *item)
{
    g_autoptr(HsegValidator) v = hseg_validator_new(model, 1, NULL);
    const HsegValidated *seen = hseg_validator_run(v, item);
    double sum = 0;

    for (int i = 0; i < W * H; i++)
        sum += log(seen->probability[i] / (1 - seen->probability[i]));
    return sum / (W * H);
}

/* A model of random weights that has opinions on @item: its logits are spread far, and about 0. */
static HsegModel *
make_teacher(const HsegTrainItem *item)
{
    const double spread = 2000;
    HsegArch arch = HSEG_ARCH_REFERENCE;
    HsegModel *teacher;
    HsegParams *params;
    double mean;

    hseg_arch_set(&arch, "alpha", "0.1", NULL);
    hseg_arch_set(&arch, "padding", "zero", NULL);
    hseg_arch_set(&arch, "input", "64x48", NULL);
    teacher = hseg_model_new(&arch, "teacher", NULL);
    hseg_model_randomise(teacher, 1);
    mean = mean_logit(teacher, item);
    params = &teacher->blueprint->params;
    for (int i = 0; i < params->count; i++) {
        const HsegParam *p = &params->list[i];

        for (size_t k = 0; g_str_has_prefix(p->name, "out.") && k < p->size; k++)
            params->value[p->offset + k] *= spread;
        if (strcmp(p->name, "out.bias") == 0)
            params->value[p->offset] -= spread * mean;
    }
    return teacher;
}

static HsegTrainSet *
load(const char *dir)
{
    g_autofree char *pairs = g_build_filename(dir, "set", NULL),
                    *images = g_build_filename(pairs, "images", NULL);
    const char *data[] = {pairs, NULL}, *unlabelled[] = {images, NULL};
    HsegTrainSetOptions options = {.data = data, .unlabelled = unlabelled, .threads = 1};
    g_autoptr(GError) error = NULL;
    HsegTrainSet *set = hseg_train_set_load(&options, &error);

    g_assert_no_error(error);
    return set;
}

/* Pairs with labels, and the same pictures as unlabelled ones. */
static void
set_up(Fixture *f, gconstpointer data)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    for (int i = 0; i < PAIRS; i++) {
        g_autofree char *image = g_strdup_printf("set/images/%d.png", i),
                        *mask = g_strdup_printf("set/masks/%d.png", i);

        fixture_save_image(f->dir, image, W + 36 * i, H + 40 * i);
        fixture_save_mask(f->dir, mask, W + 36 * i, H + 40 * i);
    }
    f->set = load(f->dir);
    f->teacher = make_teacher(f->set->real->pdata[0]);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    hseg_model_unref(f->teacher);
    hseg_train_set_free(f->set);
    fixture_folder_free(f->dir);
}

static uint8_t
mask_at(const HsegPicture *p, int x, int y)
{
    return p->data[y * p->stride + 4 * x + 3];
}

/* The answer at @item's pixel (x, y), between the four nearest of the network's; all of them inside. */
static double
answer_at(const HsegValidated *seen, const HsegTrainItem *item, int x, int y)
{
    HsegView view = hseg_view_whole(item->rgbm->width, item->rgbm->height, seen->width, seen->height);
    double u = (x + 0.5) * view.w / item->rgbm->width - 0.5,
           v = (y + 0.5) * view.h / item->rgbm->height - 0.5;
    const float *p = seen->probability + (view.y + (int)v) * seen->width + view.x + (int)u;

    u -= (int)u;
    v -= (int)v;
    return (1 - v) * ((1 - u) * p[0] + u * p[1]) + v * ((1 - u) * p[seen->width] + u * p[seen->width + 1]);
}

/* The first picture is as large as the network's input, its mask the answer to the rounding; in the larger
 * ones it is enlarged. */
static void
test_unlabelled(Fixture *f, gconstpointer data)
{
    HsegTeaching teaching = {.threads = 1};
    g_autoptr(HsegValidator) v = hseg_validator_new(f->teacher, 1, NULL);

    g_assert_cmpuint(f->set->unlabelled->len, ==, PAIRS);
    g_assert_true(hseg_teach(f->set, f->teacher, &teaching, NULL));
    g_assert_cmpuint(f->set->unlabelled->len, ==, 0);
    g_assert_cmpuint(f->set->real->len, ==, 2 * PAIRS);
    for (int k = 0; k < PAIRS; k++) {
        const HsegTrainItem *item = f->set->real->pdata[PAIRS + k];
        const HsegValidated *seen = hseg_validator_run(v, item);
        double low = 1, high = 0, sum = 0;

        for (int y = 3; y < item->rgbm->height - 3; y++)
            for (int x = 3; x < item->rgbm->width - 3; x++) {
                double want = answer_at(seen, item, x, y);

                g_assert_cmpfloat_with_epsilon(mask_at(item->rgbm, x, y), 255 * want, k == 0 ? 0.51 : 2);
                low = MIN(low, want);
                high = MAX(high, want);
            }
        g_assert_cmpfloat(high - low, >, 0.3); /* it did have something to say */
        g_assert_false(item->whole_person);
        for (int i = 0; i < 4; i++)
            sum += mask_at(item->rgbm, 10 + i % 2, 10 + i / 2);
        g_assert_cmpfloat_with_epsilon(mask_at(item->half, 5, 5), sum / 4, 1);
    }
}

/* A quarter of the teacher's answer in the labels' place; pictures to validate with keep their labels. */
static void
test_share(Fixture *f, gconstpointer data)
{
    HsegTeaching teaching = {.share = 0.25, .threads = 1};
    HsegTrainItem *item = f->set->real->pdata[0];
    g_autofree uint8_t *labels = g_new(uint8_t, W * H);
    g_autoptr(HsegValidator) v = hseg_validator_new(f->teacher, 1, NULL);
    const HsegValidated *seen = hseg_validator_run(v, item);

    for (int i = 0; i < W * H; i++)
        labels[i] = mask_at(item->rgbm, i % W, i / W);
    g_assert_true(hseg_teach(f->set, f->teacher, &teaching, NULL));
    for (int i = 0; i < W * H; i++)
        g_assert_cmpfloat_with_epsilon(mask_at(item->rgbm, i % W, i / W),
                                       0.75 * labels[i] + 0.25 * 255 * seen->probability[i], 1.01);
}

static gboolean
stop_at_two(int done, int total, void *data)
{
    g_assert_cmpint(total, ==, PAIRS);
    return done < 2;
}

static void
test_stopped(Fixture *f, gconstpointer data)
{
    HsegTeaching teaching = {.threads = 1, .progress = stop_at_two};
    g_autoptr(GError) error = NULL;

    g_assert_false(hseg_teach(f->set, f->teacher, &teaching, &error));
    g_assert_error(error, HSEG_ERROR, HSEG_ERROR_CANCELLED);
    g_assert_cmpuint(f->set->unlabelled->len, ==, PAIRS);
    g_assert_cmpuint(f->set->real->len, ==, PAIRS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/train/teacher/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("unlabelled", test_unlabelled);
    ADD("share", test_share);
    ADD("stopped", test_stopped);
    return g_test_run();
}
