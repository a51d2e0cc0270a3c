#include "fixture.h"
#include "../folder.h"
#include "files/picture.h"
#include <glib/gstdio.h>
#include <string.h>

#define NET_W 64
#define NET_H 36

HsegModel *
fixture_constant_model(float logit)
{
    HsegArch arch = HSEG_ARCH_REFERENCE;
    HsegModel *model;
    HsegParams *params;
    int weight, bias;

    arch.alpha = arch.decoder_alpha = 0.05;
    arch.width = NET_W;
    arch.height = NET_H;
    model = hseg_model_new(&arch, "constant", NULL);
    hseg_model_randomise(model, 1);
    params = &model->blueprint->params;
    weight = hseg_params_find(params, "out.weight");
    bias = hseg_params_find(params, "out.bias");
    g_assert_cmpint(weight, >=, 0);
    memset(params->value + params->list[weight].offset, 0, params->list[weight].size * sizeof(float));
    params->value[params->list[bias].offset] = logit;
    return model;
}

static char *
make_folder(const char *root, const char *set, const char *part)
{
    char *dir = g_build_filename(root, set, part, NULL);

    g_assert_cmpint(g_mkdir_with_parents(dir, 0777), ==, 0);
    return dir;
}

void
fixture_add_pair(const char *root, const char *set, const char *name, int width, int height, int person_rows)
{
    g_autofree char *images = make_folder(root, set, "images"), *masks = make_folder(root, set, "masks");
    g_autofree char *file = g_strconcat(name, ".png", NULL);
    g_autofree char *image_path = g_build_filename(images, file, NULL);
    g_autofree char *mask_path = g_build_filename(masks, file, NULL);
    g_autoptr(HsegPicture) image = hseg_picture_new(width, height, 3, NULL);
    g_autoptr(HsegPicture) mask = hseg_picture_new(width, height, 1, NULL);

    memset(image->data, 100, image->stride * (size_t)height);
    memset(mask->data, 255, mask->stride * (size_t)person_rows);
    g_assert_true(hseg_picture_save_png(image, image_path, NULL));
    g_assert_true(hseg_picture_save_png(mask, mask_path, NULL));
}

void
fixture_set_up(Fixture *f, gconstpointer unused)
{
    f->dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);
    g_assert_nonnull(f->dir);
}

void
fixture_tear_down(Fixture *f, gconstpointer unused)
{
    remove_folder(f->dir);
    g_free(f->dir);
}

void
fixture_add_picture(const char *root, const char *set, const char *name, int width, int height)
{
    g_autofree char *dir = make_folder(root, set, "."), *file = g_build_filename(dir, name, NULL);
    g_autoptr(HsegPicture) image = hseg_picture_new(width, height, 3, NULL);

    g_assert_true(hseg_picture_save_png(image, file, NULL));
}
