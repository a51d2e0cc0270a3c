/* VideoMatte240K as folders of frames and, where ffmpeg is installed, as videos; what becomes of a cut-out.
 */
#include "fixture.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define W 16
#define H 12

/* Alpha: 0 but for a box of @value, 4 x 6 from @x, 3 on. */
static void
put_alpha(Desk *d, const char *path, int x, int value)
{
    g_autofree char *file = g_build_filename(d->in, path, NULL), *parent = g_path_get_dirname(file);
    g_autoptr(HsegPicture) alpha = hseg_picture_new(W, H, 1, NULL);

    for (int v = 3; v < 9; v++)
        memset(alpha->data + v * alpha->stride + x, value, 4);
    g_mkdir_with_parents(parent, 0755);
    g_assert_true(hseg_picture_save_png(alpha, file, NULL));
}

static void
put_frame(Desk *d, const char *dir, const char *video, int frame, int x, int value)
{
    g_autofree char *fgr = g_strdup_printf("%sfgr/%s/%05d.jpg", dir, video, frame);
    g_autofree char *pha = g_strdup_printf("%spha/%s/%05d.png", dir, video, frame);

    desk_put_picture(d, fgr, W, H);
    put_alpha(d, pha, x, value);
}

/* Cropped to the person, colours and alpha as they were. */
static void
test_frames(Desk *d, gconstpointer unused)
{
    g_autoptr(HsegPicture) cutout = NULL;

    put_frame(d, "train/", "0001", 0, 5, 200);
    put_frame(d, "train/", "0001", 1, 5, 0);
    put_frame(d, "test/", "0001", 0, 2, 255);
    g_assert_true(desk_convert(d, "videomatte"));
    g_assert_cmpint(d->counts.written, ==, 2);
    g_assert_cmpint(d->counts.left_out, ==, 1);
    g_assert_true(desk_has(d, "images/test_0001_00000.png"));
    g_assert_false(desk_has(d, "masks"));
    cutout = desk_load(d, "images/train_0001_00000.png", 4);
    g_assert_cmpint(cutout->width, ==, 4);
    g_assert_cmpint(cutout->height, ==, 6);
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 4; x++) {
            const uint8_t *pixel = cutout->data + y * cutout->stride + 4 * (size_t)x;

            g_assert_cmpint(pixel[3], ==, 200);
            g_assert_cmpint(ABS(pixel[0] - 10 * (x + 5)), <, 12);
            g_assert_cmpint(ABS(pixel[1] - 10 * (y + 3)), <, 12);
        }
}

static void
test_every(Desk *d, gconstpointer unused)
{
    for (int i = 0; i < 5; i++)
        put_frame(d, "", "0007", i, 5, 255);
    d->source.every = 2;
    g_assert_true(desk_convert(d, "videomatte"));
    g_assert_cmpint(d->counts.written, ==, 3);
    g_assert_true(desk_has(d, "images/0007_00004.png"));
    g_assert_true(desk_convert(d, "videomatte"));
    g_assert_cmpint(d->counts.there, ==, 3);
}

static void
test_faults(Desk *d, gconstpointer unused)
{
    desk_expect(d, "videomatte", HSEG_ERROR_FILE, "nothing to convert", "fgr/ and pha/", NULL);
    put_frame(d, "train/", "0001", 0, 5, 200);
    desk_put_picture(d, "train/fgr/0001/00001.jpg", W, H);
    desk_expect(d, "videomatte", HSEG_ERROR_FILE, "fgr/0001/00001.jpg", "no partner", NULL);
    put_alpha(d, "train/pha/0001/00001.png", 5, 255);
    desk_put_picture(d, "train/fgr/0001/00001.jpg", W, H + 1);
    desk_expect(d, "videomatte", HSEG_ERROR_SHAPE, "00001.jpg is 16 x 13", "16 x 12", NULL);
    d->source.split = "valid";
    desk_expect(d, "videomatte", HSEG_ERROR_FILE, "nothing to convert", NULL);
}

/* ---- videos ---- */

/* Makes IN/@path of the pictures IN/@frames/%05d.png; FALSE, with the test skipped, where it can't be done.
 */
static gboolean
encode(Desk *d, const char *frames, const char *path)
{
    g_autofree char *from = g_build_filename(d->in, frames, "%05d.png", NULL);
    g_autofree char *to = g_build_filename(d->in, path, NULL), *parent = g_path_get_dirname(to);
    const char *argv[] = {"ffmpeg", "-v",   "error", "-framerate", "30000/1001", "-i", from, "-c:v",
                          "mpeg4",  "-q:v", "2",     "-pix_fmt",   "yuv420p",    to,   NULL};
    g_autofree char *program = g_find_program_in_path("ffmpeg");
    g_autoptr(GSubprocess) process = NULL;

    g_mkdir_with_parents(parent, 0755);
    if (program)
        process = g_subprocess_newv(
            argv, G_SUBPROCESS_FLAGS_STDERR_SILENCE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE, NULL);
    if (process && g_subprocess_wait_check(process, NULL, NULL))
        return TRUE;
    g_test_skip("no ffmpeg that encodes MPEG-4");
    return FALSE;
}

/* A video of 7 frames: in frame i the person stands at column 2 i. */
static gboolean
put_video(Desk *d, const char *name)
{
    g_autofree char *fgr = g_strdup_printf("fgr/%s", name), *pha = g_strdup_printf("pha/%s", name);

    for (int i = 0; i < 7; i++) {
        g_autofree char *colour = g_strdup_printf("frames/fgr/%05d.png", i);
        g_autofree char *alpha = g_strdup_printf("frames/pha/%05d.png", i);

        desk_put_picture(d, colour, W, H);
        put_alpha(d, alpha, 2 * i < 12 ? 2 * i : 12, 255);
    }
    return encode(d, "frames/fgr", fgr) && encode(d, "frames/pha", pha);
}

/* Red of the cut-out's middle says from which column it comes, and so from which frame. */
static void
assert_frame(const Desk *d, int frame)
{
    g_autofree char *path = g_strdup_printf("images/0001_%05d.png", frame);
    g_autoptr(HsegPicture) p = desk_load(d, path, 4);
    const uint8_t *middle = p->data + p->height / 2 * p->stride + 4 * (size_t)(p->width / 2);

    g_assert_cmpint(ABS(p->width - 4), <=, 4); /* the codec's own specks around the box */
    g_assert_cmpint(middle[3], >, 240);
    g_assert_cmpint(ABS(middle[0] - 10 * (2 * frame + 2)), <, 20);
}

static void
test_videos(Desk *d, gconstpointer unused)
{
    g_autofree char *gone = g_build_filename(d->out, "images", "0001_00003.png", NULL);

    if (!put_video(d, "0001.mp4"))
        return;
    d->source.every = 3;
    g_assert_true(desk_convert(d, "videomatte"));
    g_assert_cmpint(d->counts.written, ==, 3);
    assert_frame(d, 0);
    assert_frame(d, 3);
    assert_frame(d, 6);
    /* In the middle of a video again. */
    g_assert_cmpint(g_remove(gone), ==, 0);
    g_assert_true(desk_convert(d, "videomatte"));
    g_assert_cmpint(d->counts.written, ==, 1);
    g_assert_cmpint(d->counts.there, ==, 2);
    assert_frame(d, 3);
}

static void
test_broken_videos(Desk *d, gconstpointer unused)
{
    g_autofree char *file = g_build_filename(d->in, "fgr", "0001.mp4", NULL), *data = NULL;
    gsize n;

    if (!put_video(d, "0001.mp4"))
        return;
    desk_put(d, "fgr/0002.mp4", "no video", -1);
    desk_expect(d, "videomatte", HSEG_ERROR_FILE, "fgr/0002.mp4 has no partner", "pha/0002.mp4", NULL);
    desk_put(d, "pha/0002.mp4", "no video", -1);
    desk_expect(d, "videomatte", HSEG_ERROR_FORMAT, "fgr/0002.mp4 is no video", NULL);
    g_assert_true(g_file_get_contents(file, &data, &n, NULL));
    desk_put(d, "fgr/0002.mp4", data, (gssize)n / 2);
    desk_expect(d, "videomatte", HSEG_ERROR_FORMAT, "0002.mp4", NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/videomatte/frames", test_frames);
    DESK_TEST("/dataset/videomatte/every", test_every);
    DESK_TEST("/dataset/videomatte/faults", test_faults);
    DESK_TEST("/dataset/videomatte/videos", test_videos);
    DESK_TEST("/dataset/videomatte/broken-videos", test_broken_videos);
    return g_test_run();
}
