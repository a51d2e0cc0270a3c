/* End to end: a real clip through gst-launch-1.0 and the default model; the masks' coarse values are those of
 * the stored expectation.
 *
 *   test-element-clip --write    stores what comes out today: for a new default model, after looking at the
 * masks
 *
 * Needs a folder with clips/vc_cap12.mp4 in HUMANSEG_DATA. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define CLIP   "vc_cap12.mp4"
#define WIDTH  400
#define HEIGHT 300
#define FRAMES 250
#define CELL   10 /* pixels */
#define ACROSS (WIDTH / CELL)
#define DOWN   (HEIGHT / CELL)
#define PIXELS (WIDTH * HEIGHT)

/* Of 255. Instruction sets differ in the last bits of a logit, by less than one step of a cell's mean; a mask
 * that is shifted by one cell differs by more than this. */
#define MEAN_TOLERANCE 1.0
#define CELL_TOLERANCE 24

static gboolean write_down;

/* GRAY8 masks of all frames, or NULL: no such clip. */
static char *
run_clip(void)
{
    const char *data = g_getenv("HUMANSEG_DATA");
    g_autofree char *clip = data ? g_build_filename(data, "clips", CLIP, NULL) : NULL;
    g_autofree char *path = NULL, *line = NULL, *log = NULL;
    g_autoptr(GError) error = NULL;
    char *masks;
    gsize size;
    int status, fd;

    if (!clip || !g_file_test(clip, G_FILE_TEST_EXISTS))
        return NULL;
    fd = g_file_open_tmp("humanseg-XXXXXX.gray", &path, &error);
    g_assert_no_error(error);
    g_close(fd, NULL);
    line = g_strdup_printf("gst-launch-1.0 -q filesrc location='%s' ! decodebin ! videoconvert ! "
                           "humanseg output=mask precision=float32 ! filesink location='%s'",
                           clip, path);
    g_test_message("%s", line);
    g_assert_true(g_spawn_command_line_sync(line, NULL, &log, &status, &error));
    g_test_message("%s", log);
    g_assert_true(g_spawn_check_wait_status(status, &error));
    g_assert_true(g_file_get_contents(path, &masks, &size, &error));
    g_unlink(path);
    g_assert_cmpuint(size, ==, FRAMES * PIXELS);
    return masks;
}

static int
cell_mean(const guint8 *mask, int across, int down)
{
    int sum = 0;

    for (int y = 0; y < CELL; y++)
        for (int x = 0; x < CELL; x++)
            sum += mask[(down * CELL + y) * WIDTH + across * CELL + x];
    return (sum + CELL * CELL / 2) / (CELL * CELL);
}

/* One line of text for each row of cells, two hexadecimal digits a cell. */
static void
store(const char *path, const guint8 *mask)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int j = 0; j < DOWN; j++) {
        for (int i = 0; i < ACROSS; i++)
            g_string_append_printf(text, "%02x", cell_mean(mask, i, j));
        g_string_append_c(text, '\n');
    }
    g_assert_true(g_file_set_contents(path, text->str, text->len, NULL));
}

static void
compare(const char *path, const guint8 *mask)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    int sum = 0, worst = 0;
    gsize size;

    g_file_get_contents(path, &text, &size, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(size, ==, DOWN * (2 * ACROSS + 1));
    for (int j = 0; j < DOWN; j++) {
        for (int i = 0; i < ACROSS; i++) {
            const char *digits = text + j * (2 * ACROSS + 1) + 2 * i;
            int want = g_ascii_xdigit_value(digits[0]) * 16 + g_ascii_xdigit_value(digits[1]);
            int off = ABS(want - cell_mean(mask, i, j));

            sum += off;
            worst = MAX(worst, off);
        }
    }
    g_test_message("%s: cells are off by %.2f on average, at most %d", path, (double)sum / (ACROSS * DOWN),
                   worst);
    if (worst > CELL_TOLERANCE)
        g_test_message("where the default model is a new one: look at its masks, then run this with --write");
    g_assert_cmpfloat((double)sum / (ACROSS * DOWN), <=, MEAN_TOLERANCE);
    g_assert_cmpint(worst, <=, CELL_TOLERANCE);
}

static void
test_clip(void)
{
    const int frames[] = {0, 120, FRAMES - 1};
    g_autofree char *masks = run_clip();

    if (!masks) {
        g_test_skip("no " CLIP " in HUMANSEG_DATA/clips");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(frames); i++) {
        g_autofree char *name = g_strdup_printf("clip-frame-%d.txt", frames[i]);
        g_autofree char *path = g_test_build_filename(G_TEST_DIST, name, NULL);
        const guint8 *mask = (const guint8 *)masks + (gsize)frames[i] * PIXELS;

        if (write_down)
            store(path, mask);
        else
            compare(path, mask);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    write_down = argc > 1 && g_str_equal(argv[1], "--write");
    g_test_add_func("/element/clip", test_clip);
    return g_test_run();
}
