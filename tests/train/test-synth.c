/* Where people are found in masks, and how they come into composites. */
#include "fixture.h"
#include "train/people.h"
#include "train/synth.h"

#include <math.h>
#include <string.h>

/* Mask pixels x0 .. x1 - 1, y0 .. y1 - 1 become person, white. */
static void
fill(HsegPicture *p, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++)
        memset(p->data + y * p->stride + 4 * x0, 255, 4 * (x1 - x0));
}

static void
assert_box(HsegBox b, int x, int y, int w, int h)
{
    g_assert_cmpint(b.x, ==, x);
    g_assert_cmpint(b.y, ==, y);
    g_assert_cmpint(b.w, ==, w);
    g_assert_cmpint(b.h, ==, h);
}

static void
test_boxes(void)
{
    HsegPicture *p = hseg_picture_new(100, 80, 4, NULL);
    HsegTrainItem *item;

    fill(p, 5, 10, 15, 20); /* two that touch at a corner are one */
    fill(p, 15, 20, 25, 30);
    fill(p, 50, 30, 70, 60);
    fill(p, 90, 5, 91, 6); /* a speck */
    item = fixture_item(p);
    g_assert_cmpint(item->n_boxes, ==, 2);
    assert_box(item->boxes[0], 50, 30, 20, 30);
    assert_box(item->boxes[1], 5, 10, 20, 20);
    assert_box(item->bounds, 5, 5, 86, 55);
    g_assert_cmpint(item->cut, ==, 0);
    g_assert_false(item->whole_person); /* two are not one */
    fixture_item_free(item);
}

static void
test_more_parts_than_boxes(void)
{
    HsegPicture *p = hseg_picture_new(200, 40, 4, NULL);
    HsegTrainItem *item;

    for (int i = 0; i < 12; i++)
        fill(p, 16 * i, 2, 16 * i + 3 + i, 20);
    item = fixture_item(p);
    g_assert_cmpint(item->n_boxes, ==, HSEG_TRAIN_BOXES);
    for (int i = 0; i < HSEG_TRAIN_BOXES; i++)
        g_assert_cmpint(item->boxes[i].w, ==, 14 - i);
    fixture_item_free(item);
}

static void
test_whole_person(void)
{
    static const struct {
        int x0, y0, x1, y1;
        bool whole;
        unsigned cut;
    } cases[] = {
        {30, 20, 70, 80, true, 0},
        {30, 20, 70, 100, true, HSEG_CUT_BOTTOM},
        {0, 20, 40, 100, true, HSEG_CUT_BOTTOM | HSEG_CUT_LEFT},
        {60, 20, 100, 80, true, HSEG_CUT_RIGHT},
        {0, 20, 100, 100, false, HSEG_CUT_BOTTOM}, /* cut off by both sides from the top on */
        {30, 0, 70, 80, false, HSEG_CUT_TOP},      /* no head */
        {45, 40, 55, 55, false, 0},                /* too small */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HsegPicture *p = hseg_picture_new(100, 100, 4, NULL);
        HsegTrainItem *item;

        fill(p, cases[i].x0, cases[i].y0, cases[i].x1, cases[i].y1);
        item = fixture_item(p);
        g_assert_cmpint(item->cut, ==, cases[i].cut);
        g_assert_cmpint(item->whole_person, ==, cases[i].whole);
        fixture_item_free(item);
    }
}

/* Shoulders that reach both sides are left out: what is above them is a person cut off by the bottom. */
static void
test_shoulders(void)
{
    HsegPicture *p = hseg_picture_new(100, 100, 4, NULL);
    HsegTrainItem *item;

    fill(p, 30, 10, 70, 60);
    fill(p, 0, 60, 100, 100);
    item = fixture_item(p);
    g_assert_true(item->whole_person);
    g_assert_cmpint(item->cut, ==, HSEG_CUT_BOTTOM);
    assert_box(item->bounds, 0, 10, 100, 50);
    assert_box(item->boxes[0], 0, 10, 100, 90);
    fixture_item_free(item);
}

/* A colour stands two pixels beyond the last solid one, and alpha as it was. */
static void
test_bleed(void)
{
    g_autoptr(HsegPicture) p = hseg_picture_new(9, 1, 4, NULL);

    memcpy(p->data + 4 * 4, "\x0a\x14\x1e\xff", 4);
    hseg_people_bleed(p);
    for (int x = 0; x < 9; x++) {
        g_assert_cmpint(p->data[4 * x + 1], ==, abs(x - 4) <= 2 ? 20 : 0);
        g_assert_cmpint(p->data[4 * x + 3], ==, x == 4 ? 255 : 0);
    }
}

typedef struct {
    HsegCanvas canvas, layer;
    HsegRng rng;
} Stage;

static void
stage_init(Stage *s, guint64 seed)
{
    hseg_canvas_init(&s->canvas, 160, 90);
    hseg_canvas_init(&s->layer, 160, 90);
    hseg_rng_init(&s->rng, seed, 1);
}

static void
stage_clear(Stage *s)
{
    hseg_canvas_clear(&s->canvas);
    hseg_canvas_clear(&s->layer);
}

static void
stage_blacken(Stage *s)
{
    memset(s->canvas.mask, 0, 160 * 90 * sizeof(float));
    for (int c = 0; c < 3; c++)
        memset(s->canvas.rgb[c], 0, 160 * 90 * sizeof(float));
}

/* White stays white in any light: on black, the composite is the mask. */
static void
test_mask_is_alpha(void)
{
    HsegPicture *p = hseg_picture_new(60, 100, 4, NULL);
    HsegTrainItem *item;
    Stage s;

    memset(p->data, 255, p->stride * p->height);
    for (int i = 0; i < 60 * 100; i++)
        p->data[4 * i + 3] = i % 60 >= 15 && i % 60 < 45 && i / 60 >= 10 && i / 60 < 90 ? 255 : 0;
    item = fixture_item(p);
    stage_init(&s, 21);
    for (int i = 0; i < 40; i++) {
        float height = hseg_synth_height(&s.rng, item);
        double sum = 0;
        int soft = 0;

        stage_blacken(&s);
        hseg_synth_add(&s.canvas, &s.layer, &s.rng, item, height);
        for (int at = 0; at < 160 * 90; at++) {
            g_assert_cmpfloat_with_epsilon(s.canvas.rgb[1][at], 255 * s.canvas.mask[at], 0.02);
            g_assert_true(s.canvas.mask[at] >= 0 && s.canvas.mask[at] <= 1.0001f);
            sum += s.canvas.mask[at];
            soft += s.canvas.mask[at] > 0.05f && s.canvas.mask[at] < 0.95f;
        }
        g_assert_cmpfloat(sum, >, 100);
        g_assert_cmpint(soft, >, 20); /* no hard edge */
    }
    stage_clear(&s);
    fixture_item_free(item);
}

/* About the middle, with the client's spread; some hang out of the picture, none leaves it. */
static void
test_place(void)
{
    HsegPicture *p = hseg_picture_new(60, 100, 4, NULL);
    HsegTrainItem *item;
    double sum = 0, squares = 0, whole = 0.4 * 90 * 0.4 * 90 * 30 / 80.0; /* pixels of a person of 30 x 80 */
    int rounds = 1500, hidden = 0;
    Stage s;

    fill(p, 15, 10, 45, 90);
    item = fixture_item(p);
    stage_init(&s, 23);
    for (int i = 0; i < rounds; i++) {
        double x = 0, area = 0;

        stage_blacken(&s);
        hseg_synth_add(&s.canvas, &s.layer, &s.rng, item, 0.4f);
        for (int at = 0; at < 160 * 90; at++) {
            area += s.canvas.mask[at];
            x += s.canvas.mask[at] * (at % 160 + 0.5) / 160;
        }
        g_assert_cmpfloat(area, >, 0.15 * whole);
        g_assert_cmpfloat(area, <, 1.15 * whole);
        hidden += area < 0.7 * whole;
        sum += x / area;
        squares += x / area * (x / area);
    }
    sum /= rounds;
    g_assert_cmpfloat_with_epsilon(sum, 0.5, 4 * 0.235 / sqrt(rounds));
    g_assert_cmpfloat_with_epsilon(sqrt(squares / rounds - sum * sum), 0.225, 0.025);
    g_assert_cmpint(hidden, >, rounds / 100);
    g_assert_cmpint(hidden, <, rounds / 3);
    stage_clear(&s);
    fixture_item_free(item);
}

/* One who was cut off by the picture's lower edge stands on the canvas's; beside a cut side there is no gap
 * either. */
static void
test_cuts_stay_hidden(void)
{
    HsegPicture *bust = hseg_picture_new(80, 100, 4, NULL), *half = hseg_picture_new(80, 100, 4, NULL);
    HsegTrainItem *items[2];
    Stage s;

    fill(bust, 20, 20, 60, 100);
    fill(half, 0, 20, 40, 80);
    items[0] = fixture_item(bust);
    items[1] = fixture_item(half);
    stage_init(&s, 22);
    for (int i = 0; i < 100; i++) {
        float bottom = 0, side = 0;

        stage_blacken(&s);
        hseg_synth_add(&s.canvas, &s.layer, &s.rng, items[i % 2], hseg_synth_height(&s.rng, items[i % 2]));
        for (int x = 0; x < 160; x++)
            bottom = MAX(bottom, s.canvas.mask[89 * 160 + x]);
        for (int y = 0; y < 90; y++)
            side = MAX(side, MAX(s.canvas.mask[y * 160], s.canvas.mask[y * 160 + 159]));
        g_assert_cmpfloat(i % 2 ? side : bottom, >, 0.2);
    }
    stage_clear(&s);
    fixture_item_free(items[0]);
    fixture_item_free(items[1]);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/train/people/boxes", test_boxes);
    g_test_add_func("/train/people/more-parts-than-boxes", test_more_parts_than_boxes);
    g_test_add_func("/train/people/whole-person", test_whole_person);
    g_test_add_func("/train/people/shoulders", test_shoulders);
    g_test_add_func("/train/people/bleed", test_bleed);
    g_test_add_func("/train/synth/mask-is-alpha", test_mask_is_alpha);
    g_test_add_func("/train/synth/place", test_place);
    g_test_add_func("/train/synth/cuts-stay-hidden", test_cuts_stay_hidden);
    return g_test_run();
}
