/* The TikTok data set, and what all conversions do alike: sizes, limits, going on. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

/* A mask whose left part is person; @soft: what the decoder of a lossy file made of it. */
static void
put_mask(Desk *d, const char *path, int width, int height, int person, gboolean soft)
{
    g_autofree char *file = g_build_filename(d->in, path, NULL), *parent = g_path_get_dirname(file);
    g_autoptr(HsegPicture) mask = hseg_picture_new(width, height, 1, NULL);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            mask->data[y * mask->stride + x] = x < person ? (soft ? 130 + x : 255) : (soft ? 120 : 0);
    g_mkdir_with_parents(parent, 0755);
    g_assert_true(hseg_picture_save_png(mask, file, NULL));
}

static void
put_frame(Desk *d, const char *dir, int frame, int width, int height, int person)
{
    g_autofree char *image = g_strdup_printf("%s/images/%04d.png", dir, frame);
    g_autofree char *mask = g_strdup_printf("%s/masks/%04d.png", dir, frame);

    desk_put_picture(d, image, width, height);
    put_mask(d, mask, width, height, person, FALSE);
}

static void
test_videos(Desk *d, gconstpointer unused)
{
    put_frame(d, "TikTok_dataset/00001", 1, 4, 2, 1);
    put_frame(d, "TikTok_dataset/00001", 2, 4, 2, 0); /* the mask failed */
    put_frame(d, "TikTok_dataset/00002", 1, 4, 2, 3);
    desk_put(d, "TikTok_dataset/00001/densepose/0001.png", "", 0);
    put_mask(d, "TikTok_dataset/00002/masks/0001.png", 4, 2, 3, TRUE);
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(d->counts.written, ==, 2);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    desk_assert_mask(d, "masks/00001_0001.png", "#...#...", 4, 2);
    desk_assert_mask(d, "masks/00002_0001.png", "###.###.", 4, 2);
}

static void
test_every(Desk *d, gconstpointer unused)
{
    for (int i = 0; i < 7; i++)
        put_frame(d, "00001", 10 + i, 4, 2, 1);
    put_frame(d, "00002", 3, 4, 2, 1);
    d->source.every = 3;
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(d->counts.written, ==, 4);
    g_assert_true(desk_has(d, "images/00001_0010.jpg"));
    g_assert_true(desk_has(d, "images/00001_0013.jpg"));
    g_assert_true(desk_has(d, "images/00001_0016.jpg"));
    g_assert_true(desk_has(d, "images/00002_0003.jpg"));
}

/* Longest side to the size, shape kept, masks hard. */
static void
test_size(Desk *d, gconstpointer unused)
{
    g_autoptr(HsegPicture) image = NULL;

    put_frame(d, "v", 1, 20, 10, 10);
    put_frame(d, "w", 1, 4, 8, 2);
    d->convert.size = 8;
    g_assert_true(desk_convert(d, "tiktok"));
    desk_assert_mask(d, "masks/v_0001.png", "####....####....####....####....", 8, 4);
    desk_assert_mask(d, "masks/w_0001.png", "##..##..##..##..##..##..##..##..", 4, 8);
    image = desk_load(d, "images/v_0001.jpg", 3);
    g_assert_cmpint(image->width, ==, 8);
    g_assert_cmpint(image->height, ==, 4);
    g_assert_cmpint(abs(image->data[3 * 4] - 107), <, 8); /* mean of columns 10 to 12.5: red is ten times x */
}

static void
test_shares(Desk *d, gconstpointer unused)
{
    put_frame(d, "v", 1, 10, 2, 1);
    put_frame(d, "v", 2, 10, 2, 2);
    put_frame(d, "v", 3, 10, 2, 3);
    d->convert.min_share = 0.2;
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(d->counts.written, ==, 2);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    g_assert_false(desk_has(d, "images/v_0001.jpg"));
}

/* A run goes on where another stopped; what is there whole is not touched, what is half there is made. */
static void
test_going_on(Desk *d, gconstpointer unused)
{
    g_autofree char *kept = g_build_filename(d->out, "images", "v_0000.jpg", NULL), *text = NULL;
    g_autofree char *lost = g_build_filename(d->out, "images", "v_0001.jpg", NULL);

    for (int i = 0; i < 5; i++)
        put_frame(d, "v", i, 4, 2, 1);
    d->convert.limit = 2;
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(d->counts.written, ==, 2);
    g_assert_false(desk_has(d, "images/v_0002.jpg"));
    g_assert_true(g_file_set_contents(kept, "mine", -1, NULL));
    g_assert_cmpint(g_remove(lost), ==, 0); /* killed between mask and picture */
    d->convert.limit = 4;
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(d->counts.there, ==, 1);
    g_assert_cmpint(d->counts.written, ==, 3);
    g_assert_true(desk_has(d, "images/v_0001.jpg"));
    g_assert_false(desk_has(d, "images/v_0004.jpg"));
    g_assert_true(g_file_get_contents(kept, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "mine");
}

static void
count_progress(gint64 done, gint64 total, gpointer data)
{
    gint64 *last = data;

    g_assert_cmpint(done, ==, *last + 1);
    g_assert_cmpint(total, ==, 3);
    *last = done;
}

static void
test_progress(Desk *d, gconstpointer unused)
{
    gint64 last = 0;

    for (int i = 0; i < 3; i++)
        put_frame(d, "v", i, 4, 2, i);
    d->convert.progress = count_progress;
    d->convert.data = &last;
    g_assert_true(desk_convert(d, "tiktok"));
    g_assert_cmpint(last, ==, 3);
}

static void
test_faults(Desk *d, gconstpointer unused)
{
    desk_expect(d, "tiktok", HSEG_ERROR_FILE, "nothing to convert", d->in, "images/ and masks/", NULL);
    put_frame(d, "v", 1, 4, 2, 1);
    desk_put_picture(d, "v/images/0002.png", 4, 2);
    desk_expect(d, "tiktok", HSEG_ERROR_FILE, "v/images/0002.png", "no partner", NULL);
    desk_put(d, "v/masks/0002.png", "no picture", -1);
    desk_expect(d, "tiktok", HSEG_ERROR_FORMAT, "v/masks/0002.png", NULL);
    put_mask(d, "v/masks/0002.png", 4, 2, 1, FALSE);
    desk_put(d, "v/images/0002.png", "no picture", -1);
    desk_expect(d, "tiktok", HSEG_ERROR_FORMAT, "v/images/0002.png", NULL);
    g_assert_true(desk_has(d, "images/v_0001.jpg"));
    g_assert_false(desk_has(d, "masks/v_0002.png"));
}

/* Where a result cannot be saved the work ends, even with keep_going. */
static void
test_unwritable(Desk *d, gconstpointer unused)
{
    g_autofree char *file = g_build_filename(d->out, "masks", NULL);

    put_frame(d, "v", 1, 4, 2, 1);
    g_assert_true(g_file_set_contents(file, "in the way", -1, NULL));
    d->convert.keep_going = TRUE;
    desk_expect(d, "tiktok", HSEG_ERROR_FILE, file, NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/tiktok/videos", test_videos);
    DESK_TEST("/dataset/tiktok/every", test_every);
    DESK_TEST("/dataset/tiktok/faults", test_faults);
    DESK_TEST("/dataset/convert/size", test_size);
    DESK_TEST("/dataset/convert/shares", test_shares);
    DESK_TEST("/dataset/convert/going-on", test_going_on);
    DESK_TEST("/dataset/convert/progress", test_progress);
    DESK_TEST("/dataset/convert/unwritable", test_unwritable);
    return g_test_run();
}
