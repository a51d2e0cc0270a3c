/* gsthumansegpace: one thread where frames leave time to spare, all where they press; seen with a clock of
 * our own. */
#include "../../gst/gsthumansegpace.h"

#define FRAMES 200

static gint64 now;

/* Frames @period apart that take two threads @two microseconds, or one @one; the choice after the last. */
static gint
stream(GstHumanSegPace *pace, gint64 period, gint64 two, gint64 one, int frames)
{
    for (int i = 0; i < frames; i++) {
        gint64 begin = now;

        gst_human_seg_pace_begin(pace, begin);
        gst_human_seg_pace_end(pace, begin + (gst_human_seg_pace_threads(pace) ? one : two));
        now = begin + period;
    }
    return gst_human_seg_pace_threads(pace);
}

static void
test_camera(void)
{
    GstHumanSegPace pace = {0};

    g_assert_cmpint(gst_human_seg_pace_threads(&pace), ==, 0);
    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, 8), ==, 0); /* not yet */
    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, 25), ==, 1);
    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, FRAMES), ==, 1);
}

static void
test_slow_machine(void)
{
    GstHumanSegPace pace = {0};

    g_assert_cmpint(stream(&pace, 33333, 20000, 38000, FRAMES), ==, 0);
}

/* As fast as it goes: all the time is spent here. */
static void
test_file(void)
{
    GstHumanSegPace pace = {0};

    g_assert_cmpint(stream(&pace, 3200, 3000, 4500, FRAMES), ==, 0);
}

/* A camera that comes to give twice the frames, in a room where everything takes three times as long. */
static void
test_change(void)
{
    GstHumanSegPace pace = {0};

    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, FRAMES), ==, 1);
    g_assert_cmpint(stream(&pace, 16667, 9000, 13500, FRAMES), ==, 0);
    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, FRAMES), ==, 1);
}

/* Neither choice leads straight to the other, wherever the stream stands. */
static void
test_settles(void)
{
    for (gint64 two = 1000; two < 40000; two += 500) {
        GstHumanSegPace pace = {0};
        int changes = 0;

        for (int i = 0; i < FRAMES; i++) {
            gint before = gst_human_seg_pace_threads(&pace);

            changes += stream(&pace, 33333, two, two * 2, 1) != before;
        }
        g_assert_cmpint(changes, <=, 1);
    }
}

/* One slow frame, as the first or after a pause, decides nothing. */
static void
test_outliers(void)
{
    GstHumanSegPace pace = {0};

    stream(&pace, 33333, 60000, 60000, 1);
    g_assert_cmpint(stream(&pace, 33333, 3000, 4500, 60), ==, 1);
    stream(&pace, 33333, 60000, 60000, 1);
    g_assert_cmpint(gst_human_seg_pace_threads(&pace), ==, 1);

    pace = (GstHumanSegPace){0};
    stream(&pace, 10000, 4000, 7000, FRAMES);
    now += 3600 * (gint64)G_USEC_PER_SEC;
    stream(&pace, 10000, 4000, 7000, 100);
    g_assert_cmpint(gst_human_seg_pace_threads(&pace), ==, 0);
}

int
main(int argc, char **argv)
{
    now = 1000000;
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/element/pace/camera", test_camera);
    g_test_add_func("/element/pace/slow-machine", test_slow_machine);
    g_test_add_func("/element/pace/file", test_file);
    g_test_add_func("/element/pace/change", test_change);
    g_test_add_func("/element/pace/settles", test_settles);
    g_test_add_func("/element/pace/outliers", test_outliers);
    return g_test_run();
}
