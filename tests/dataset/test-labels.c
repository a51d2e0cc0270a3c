/* PNG files whose numbers are labels. */
#include "dataset/labels.h"
#include "fixture.h"

#include <string.h>

#define W 13
#define H 11

static HsegLabels *
load(Desk *d, const char *name)
{
    g_autofree char *file = g_build_filename(d->in, name, NULL);

    g_clear_error(&d->error);
    return hseg_labels_load(file, &d->error);
}

/* Every kind and depth, odd widths, all filters: the numbers come back as they are. */
static void
test_exact(Desk *d, gconstpointer unused)
{
    static const int kinds[][2] = {{3, 1}, {3, 2}, {3, 4}, {3, 8}, {0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}};

    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_autoptr(HsegLabels) labels = NULL;
        guint16 want[W * H];

        for (int i = 0; i < W * H; i++)
            want[i] = (guint16)(g_test_rand_int() & ((1u << kinds[k][1]) - 1));
        desk_put_labels(d, "a.png", want, W, H, kinds[k][0], kinds[k][1]);
        labels = load(d, "a.png");
        g_assert_no_error(d->error);
        g_assert_cmpint(labels->width, ==, W);
        g_assert_cmpint(labels->height, ==, H);
        g_assert_cmpmem(labels->data, sizeof want, want, sizeof want);
    }
}

static void
expect_broken(Desk *d, const GByteArray *png, const char *why)
{
    desk_put(d, "bad.png", png->data, png->len);
    g_assert_null(load(d, "bad.png"));
    g_assert_error(d->error, HSEG_ERROR, HSEG_ERROR_FORMAT);
    g_assert_nonnull(strstr(d->error->message, "bad.png"));
    if (!strstr(d->error->message, why))
        g_error("'%s' does not say '%s'", d->error->message, why);
}

/* Sets a byte of the header: @at from its width on. */
static GByteArray *
with_header(int at, guint8 value)
{
    guint16 zero[W * H] = {0};
    GByteArray *png = desk_make_labels(zero, W, H, 0, 8);

    png->data[16 + at] = value;
    return png;
}

static void
test_broken(Desk *d, gconstpointer unused)
{
    static const struct {
        int at;
        guint8 value;
        const char *why;
    } cases[] = {{0, 0xff, "size"},   {4, 0xff, "size"},        {3, 0, "size"},       {3, W - 1, "more than"},
                 {7, H + 1, "fewer"}, {8, 3, "makes no sense"}, {9, 2, "colours"},    {9, 6, "colours"},
                 {10, 1, "no sense"}, {11, 1, "no sense"},      {12, 1, "interlaced"}};
    guint16 noise[W * H];
    g_autoptr(GByteArray) whole = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) png = with_header(cases[i].at, cases[i].value);

        expect_broken(d, png, cases[i].why);
    }
    for (int i = 0; i < W * H; i++)
        noise[i] = (guint16)g_test_rand_int_range(0, 256);
    whole = desk_make_labels(noise, W, H, 3, 8);
    while (whole->len > 0) { /* cut off anywhere */
        g_byte_array_set_size(whole, whole->len - 1);
        expect_broken(d, whole, "");
    }
    g_assert_null(load(d, "missing.png"));
    g_assert_error(d->error, HSEG_ERROR, HSEG_ERROR_FILE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    DESK_TEST("/dataset/labels/exact", test_exact);
    DESK_TEST("/dataset/labels/broken", test_broken);
    return g_test_run();
}
