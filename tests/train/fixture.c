#include "fixture.h"
#include "../folder.h"
#include "train/people.h"
#include "train/warp.h"

#include <glib/gstdio.h>
#include <math.h>

HsegPicture *
fixture_picture(int w, int h)
{
    HsegPicture *p = hseg_picture_new(w, h, 4, NULL);

    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            uint8_t *v = p->data + y * p->stride + 4 * x;
            double dx = (x + 0.5 - w * 0.5) / (w * 0.3), dy = (y + 0.5 - h * 0.55) / (h * 0.4);
            double r = 1 - sqrt(dx * dx + dy * dy);

            v[0] = v[3] = (uint8_t)(CLAMP(r * 8 + 0.5, 0, 1) * 255);
            v[1] = x * 5 + y;
            v[2] = (x / 8 + y / 8) % 2 * 200;
        }
    return p;
}

HsegTrainItem *
fixture_item(HsegPicture *rgbm)
{
    HsegTrainItem *item = g_new0(HsegTrainItem, 1);

    item->rgbm = rgbm;
    item->half = hseg_warp_half(rgbm, NULL);
    hseg_people_find(item, false);
    return item;
}

void
fixture_item_free(HsegTrainItem *item)
{
    hseg_picture_free(item->rgbm);
    hseg_picture_free(item->half);
    g_free(item);
}

/* Channels @first .. @first + @n - 1 of the picture. */
static void
save(const char *dir, const char *path, int w, int h, int first, int n)
{
    g_autofree char *file = g_build_filename(dir, path, NULL), *parent = g_path_get_dirname(file);
    g_autoptr(HsegPicture) p = fixture_picture(w, h), out = hseg_picture_new(w, h, n, NULL);

    for (int i = 0; i < w * h; i++)
        for (int c = 0; c < n; c++)
            out->data[i * n + c] = p->data[i * 4 + first + c];
    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    g_assert_true(hseg_picture_save_png(out, file, NULL));
}

void
fixture_save_image(const char *dir, const char *path, int w, int h)
{
    save(dir, path, w, h, 0, 3);
}

void
fixture_save_mask(const char *dir, const char *path, int w, int h)
{
    save(dir, path, w, h, 3, 1);
}

void
fixture_save_cutout(const char *dir, const char *path, int w, int h)
{
    save(dir, path, w, h, 0, 4);
}

char *
fixture_folder(int pairs)
{
    char *dir = g_dir_make_tmp("humanseg-XXXXXX", NULL);

    for (int i = 0; i < pairs; i++) {
        g_autofree char *image = g_strdup_printf("set/images/%03d.png", i);
        g_autofree char *mask = g_strdup_printf("set/masks/%03d.png", i);

        fixture_save_image(dir, image, 40 + i % 7, 50 - i % 5);
        fixture_save_mask(dir, mask, 40 + i % 7, 50 - i % 5);
    }
    for (int i = 0; i < 3; i++) {
        g_autofree char *background = g_strdup_printf("backgrounds/images/%d.png", i);

        fixture_save_image(dir, background, 60 + i, 40);
    }
    fixture_save_cutout(dir, "cutouts/images/1.png", 30, 60);
    fixture_save_cutout(dir, "cutouts/images/2.png", 50, 50);
    return dir;
}

void
fixture_folder_free(char *dir)
{
    remove_folder(dir);
    g_free(dir);
}

HsegTrainSet *
fixture_load(const char *dir, double val_share, int threads, GError **error)
{
    const char *data[] = {dir, NULL};
    HsegTrainSetOptions options = {.data = data, .val_share = val_share, .threads = threads};

    return hseg_train_set_load(&options, error);
}
