/* COCO's run lengths. */
#include "dataset/rle.h"

#include <humanseg/error.h>
#include <string.h>

static void
assert_runs(const char *text, const gint64 *want, guint n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) runs = hseg_rle_decode(text, &error);

    g_assert_no_error(error);
    g_assert_cmpuint(runs->len, ==, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint(g_array_index(runs, gint64, i), ==, want[i]);
}

/* Strings as COCO's own tools write them. */
static void
test_decode(void)
{
    assert_runs("", NULL, 0);
    assert_runs("061M", (const gint64[]){0, 6, 1, 3}, 4);
    assert_runs("061K", (const gint64[]){0, 6, 1, 1}, 4);
    assert_runs("0610", (const gint64[]){0, 6, 1, 6}, 4);
    assert_runs("011101010", (const gint64[]){0, 1, 1, 2, 1, 3, 1, 4, 1}, 9);
    assert_runs("0PP1", (const gint64[]){0, 1024}, 2);
}

/* Written by the rule and read back: runs of all sizes. */
static char *
encode(const gint64 *runs, guint n)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < n; i++) {
        gint64 v = i > 2 ? runs[i] - runs[i - 2] : runs[i];
        gboolean more = TRUE;

        while (more) {
            int c = (int)(v & 0x1f);

            v >>= 5;
            more = c & 0x10 ? v != -1 : v != 0;
            g_string_append_c(text, (char)('0' + (c | (more ? 0x20 : 0))));
        }
    }
    return g_string_free(text, FALSE);
}

static void
test_round_trip(void)
{
    const gint64 runs[] = {0, 1, 15, 16, 17, 31, 32, 33, 1000000, 1, 5, 268435456, 0, 0};
    g_autofree char *text = encode(runs, G_N_ELEMENTS(runs));

    assert_runs(text, runs, G_N_ELEMENTS(runs));
}

static void
test_broken_strings(void)
{
    static const char *const broken[] = {"0 1", "/", "p", "P", "06PPP", "PPPPPPPPPPPPPP0", "0\n", "\xff"};

    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(hseg_rle_decode(broken[i], &error));
        g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    }
}

/* Columns from the top, background first. */
static void
test_fill(void)
{
    const gint64 values[] = {1, 3, 3, 1, 4};
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(HsegPicture) mask = hseg_picture_new(4, 3, 1, NULL);
    g_autoptr(GError) error = NULL;
    static const char rows[] = ".#.."
                               "#.#."
                               "#...";
    char got[13] = "";

    g_array_append_vals(runs, values, 5);
    g_assert_true(hseg_rle_fill(mask, runs, &error));
    for (int i = 0; i < 12; i++)
        got[i] = mask->data[i] == 255 ? '#' : '.';
    g_assert_cmpstr(got, ==, rows);
}

static void
test_wrong_lengths(void)
{
    const gint64 wrong[][3] = {
        {4, 4, 5}, {4, 4, 3}, {4, -1, 9}, {0, G_MAXINT64, 0}, {G_MAXINT64, G_MAXINT64, 14}};

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_autoptr(HsegPicture) mask = hseg_picture_new(4, 3, 1, NULL);
        g_autoptr(GError) error = NULL;

        g_array_append_vals(runs, wrong[i], 3);
        g_assert_false(hseg_rle_fill(mask, runs, &error));
        g_assert_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT);
        for (int p = 0; p < 12; p++)
            g_assert_cmpint(mask->data[p], ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dataset/rle/decode", test_decode);
    g_test_add_func("/dataset/rle/round-trip", test_round_trip);
    g_test_add_func("/dataset/rle/broken-strings", test_broken_strings);
    g_test_add_func("/dataset/rle/fill", test_fill);
    g_test_add_func("/dataset/rle/wrong-lengths", test_wrong_lengths);
    return g_test_run();
}
