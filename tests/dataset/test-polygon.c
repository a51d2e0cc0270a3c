/* Outlines on small pictures, pixel by pixel. */
#include "dataset/polygon.h"

#include <string.h>

#define W 8
#define H 5

static void
assert_drawn(const HsegPicture *mask, const char *rows)
{
    char got[W * H + 1] = "";

    for (int i = 0; i < W * H; i++)
        got[i] = mask->data[i] ? '#' : '.';
    g_assert_cmpstr(got, ==, rows);
}

static void
fill(HsegPicture *mask, const double *xy, gsize n)
{
    hseg_polygon_fill(mask, (const HsegPoint *)xy, n, 255);
}

static HsegPicture *
empty(void)
{
    return hseg_picture_new(W, H, 1, NULL);
}

/* Corners on the pixels' own: exactly the pixels between. */
static void
test_box(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const double box[] = {1, 1, 4, 1, 4, 3, 1, 3};

    fill(mask, box, 4);
    assert_drawn(mask, "........"
                       ".###...."
                       ".###...."
                       "........"
                       "........");
}

/* Centres on an edge belong to the polygon right of or below it. */
static void
test_edges_through_centres(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const double box[] = {1.5, 1.5, 4.5, 1.5, 4.5, 3.5, 1.5, 3.5};

    fill(mask, box, 4);
    assert_drawn(mask, "........"
                       ".###...."
                       ".###...."
                       "........"
                       "........");
}

/* Two triangles that make a box share no pixel and leave none out. */
static void
test_neighbours(void)
{
    g_autoptr(HsegPicture) a = empty(), b = empty();
    const double upper[] = {0, 0, 8, 0, 0, 5}, lower[] = {8, 0, 8, 5, 0, 5};

    fill(a, upper, 3);
    fill(b, lower, 3);
    for (int i = 0; i < W * H; i++)
        g_assert_cmpint(a->data[i] + b->data[i], ==, 255);
}

static void
test_triangle(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const double triangle[] = {0, 0, 5, 0, 0, 5};

    fill(mask, triangle, 3);
    assert_drawn(mask, "####...."
                       "###....."
                       "##......"
                       "#......."
                       "........");
}

/* An outline that runs around a part twice leaves it out: even and odd. */
static void
test_crossing_itself(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const double twice[] = {0, 0, 8, 0, 8, 5, 0, 5, 0, 0, 2, 1, 6, 1, 6, 4, 2, 4, 2, 1};

    fill(mask, twice, 10);
    assert_drawn(mask, "########"
                       "##....##"
                       "##....##"
                       "##....##"
                       "########");
}

static void
test_outside(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const double over[] = {-100, 2, 3, 2, 3, 1000, -100, 1000}, beside[] = {50, 0, 60, 0, 60, 5};
    const double above[] = {0, -9, 8, -9, 8, -1, 0, -1}, line[] = {0, 0, 8, 5};
    const double huge[] = {-1e6, -1e6, 1e6, -1e6, 1e6, 1, -1e6, 1};

    fill(mask, beside, 3);
    fill(mask, above, 4);
    fill(mask, line, 2);
    fill(mask, line, 0);
    assert_drawn(mask, "........"
                       "........"
                       "........"
                       "........"
                       "........");
    fill(mask, over, 4);
    fill(mask, huge, 4);
    assert_drawn(mask, "########"
                       "........"
                       "###....."
                       "###....."
                       "###.....");
}

/* The line goes through the points' own pixels, and nowhere out of the picture. */
static void
test_trace(void)
{
    g_autoptr(HsegPicture) mask = empty();
    const HsegPoint triangle[] = {{1.5, 0.5}, {5.5, 0.5}, {1.5, 4.5}}, far[] = {{6.5, 3.5}, {900.5, 3.5}};

    hseg_polygon_trace(mask, triangle, 3, 255);
    hseg_polygon_trace(mask, far, 2, 255);
    assert_drawn(mask, ".#####.."
                       ".#..#..."
                       ".#.#...."
                       ".##...##"
                       ".#......");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dataset/polygon/box", test_box);
    g_test_add_func("/dataset/polygon/edges-through-centres", test_edges_through_centres);
    g_test_add_func("/dataset/polygon/neighbours", test_neighbours);
    g_test_add_func("/dataset/polygon/triangle", test_triangle);
    g_test_add_func("/dataset/polygon/crossing-itself", test_crossing_itself);
    g_test_add_func("/dataset/polygon/outside", test_outside);
    g_test_add_func("/dataset/polygon/trace", test_trace);
    return g_test_run();
}
