/* Pictures turned upright: each of the eight ways, on a picture of three by two. */
#include <glib.h>
#include <string.h>

#include "image/turn.h"

/* As it is stored:  a b c
 *                   d e f */
static const struct {
    HsegOrientation orientation;
    int width;
    const char *upright;
} cases[] = {
    {HSEG_ORIENTATION_UPRIGHT, 3, "abcdef"},   {HSEG_ORIENTATION_CLOCKWISE, 2, "daebfc"},
    {HSEG_ORIENTATION_HALF, 3, "fedcba"},      {HSEG_ORIENTATION_COUNTERCLOCKWISE, 2, "cfbead"},
    {HSEG_ORIENTATION_MIRROR, 3, "cbafed"},    {HSEG_ORIENTATION_FLIP, 3, "defabc"},
    {HSEG_ORIENTATION_TRANSPOSE, 2, "adbecf"}, {HSEG_ORIENTATION_TRANSVERSE, 2, "fcebda"},
};

static void
test_turn(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegTurn t = hseg_turn(cases[i].orientation, 3, 2);
        float stored[2 * 6], upright[2 * 6], back[6];
        guint8 bytes[2 * 6], turned[2 * 6];

        for (int p = 0; p < 6; p++) {
            stored[2 * p] = stored[2 * p + 1] = 'a' + p;
            turned[2 * p] = turned[2 * p + 1] = cases[i].upright[p];
        }
        g_assert_cmpint(t.width, ==, cases[i].width);
        g_assert_cmpint(t.height, ==, 6 / cases[i].width);
        g_assert_cmpint(hseg_orientation_swaps(cases[i].orientation), ==, cases[i].width == 2);
        hseg_turn_upright(&t, upright, stored, 2);
        hseg_turn_back_u8(&t, bytes, turned, 2);
        for (int p = 0; p < 2 * 6; p++) {
            g_assert_cmpfloat(upright[p], ==, cases[i].upright[p / 2]);
            g_assert_cmpint(bytes[p], ==, 'a' + p / 2);
        }
        for (int p = 0; p < 6; p++)
            upright[p] = cases[i].upright[p];
        hseg_turn_back(&t, back, upright);
        for (int p = 0; p < 6; p++)
            g_assert_cmpfloat(back[p], ==, 'a' + p);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/turn", test_turn);
    return g_test_run();
}
