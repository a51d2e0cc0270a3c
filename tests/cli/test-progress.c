#include "cli/progress.h"
#include <glib.h>

static void
assert_line(gint64 done, gint64 total, double seconds, const char *note, int columns, const char *expected)
{
    g_autofree char *line = hseg_progress_line("train", done, total, seconds, note, columns);

    g_assert_cmpstr(line, ==, expected);
}

static void
test_line(void)
{
    assert_line(0, 40, 3, NULL, 99, "train [........................]   0 % 0/40");
    assert_line(10, 40, 30, NULL, 99, "train [######..................]  25 % 10/40 1:30 left");
    assert_line(10, 40, 4000, "loss 0.5", 99,
                "train [######..................]  25 % 10/40 3:20:00 left  loss 0.5");
    assert_line(40, 40, 65, NULL, 99, "train [########################] 100 % 40/40 1:05");
    assert_line(0, 0, 0, NULL, 99, "train [########################] 100 % 0/0");
}

static void
test_narrow(void)
{
    assert_line(10, 40, 30, "größer", 9, "train [##");
    assert_line(10, 40, 30, "größer", 58, "train [######..................]  25 % 10/40 1:30 left  gr");
    assert_line(10, 40, 30, "größer", 59, "train [######..................]  25 % 10/40 1:30 left  grö");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/line", test_line);
    g_test_add_func("/progress/narrow", test_narrow);
    return g_test_run();
}
