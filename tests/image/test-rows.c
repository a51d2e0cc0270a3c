/* Every variant of the row functions against the plain C one, at lengths that reach each loop's tail,
 * unaligned, with a guard behind what is written. Integer functions must agree bit by bit, floating-point
 * ones up to rounding. */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "image/rows.h"
#include "image/spans.h"

#define MOST 300 /* elements of the longest row */
#define ROOM (4 * MOST + 16)

static const int lengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 257};

/* Two sets of buffers, random and alike: one for the variant, one for the reference. One element off
 * alignment. */
typedef struct {
    guint8 u8[6][ROOM];
    guint16 u16[4][ROOM];
    gint16 i16[4][ROOM];
    guint32 u32[2][ROOM];
    float f32[8][ROOM];
    double f64[8][ROOM];
    int index[ROOM];
} Set;

static Set filled, got, want;

/* New random numbers for the checks to come. */
static void
fill(void)
{
    int spread = g_test_rand_int_range(2, 5);

    for (int i = 0; i < ROOM; i++) {
        for (int n = 0; n < 6; n++)
            filled.u8[n][i] = (guint8)g_test_rand_int_range(0, 256);
        for (int n = 0; n < 4; n++) {
            filled.u16[n][i] = (guint16)g_test_rand_int_range(0, 1024);
            filled.i16[n][i] = (gint16)g_test_rand_int_range(0, 1024);
        }
        for (int n = 0; n < 2; n++)
            filled.u32[n][i] = (guint32)g_test_rand_int_range(0, 1000);
        for (int n = 0; n < 8; n++) {
            filled.f32[n][i] = (float)g_test_rand_double();
            filled.f64[n][i] = g_test_rand_double();
        }
        filled.index[i] = i ? MIN(filled.index[i - 1] + g_test_rand_int_range(0, spread), MOST) : 0;
    }
}

static void
restore(void)
{
    got = want = filled;
}

static void
close_f32(const float *a, const float *b, double tolerance)
{
    for (int i = 0; i < ROOM; i++)
        g_assert_cmpfloat_with_epsilon(a[i], b[i], tolerance);
}

static void
close_f64(const double *a, const double *b, double tolerance)
{
    for (int i = 0; i < ROOM; i++)
        g_assert_cmpfloat_with_epsilon(a[i], b[i], tolerance);
}

/* Masks come from floats: one step apart where a value falls between two. */
static void
close_u8(const guint8 *a, const guint8 *b)
{
    for (int i = 0; i < ROOM; i++)
        g_assert_cmpint(ABS(a[i] - b[i]), <=, 1);
}

/* Runs @call for the variant on `s` = &got and for the reference on `s` = &want, both as they were filled. */
#define BOTH(call)                                                                                           \
    do {                                                                                                     \
        const HsegRows *r = variant;                                                                         \
        Set *s = &got;                                                                                       \
                                                                                                             \
        restore();                                                                                           \
        r->call;                                                                                             \
        r = reference;                                                                                       \
        s = &want;                                                                                           \
        r->call;                                                                                             \
    } while (0)
#define SAME(field) g_assert_cmpmem(got.field, sizeof got.field, want.field, sizeof want.field)

static void
check_resampling(const HsegRows *variant, const HsegRows *reference, int n)
{
    for (int taps = 1; taps <= 10; taps++) {
        BOTH(sum_u8(s->f32[0] + 1, s->u8[0] + 1, 80, s->f32[1], taps, n));
        close_f32(got.f32[0], want.f32[0], 255 * 2e-6);
        BOTH(sum_u16(s->f32[0] + 1, s->u16[0] + 1, 80, s->f32[1], taps, n));
        close_f32(got.f32[0], want.f32[0], 1023 * 2e-6);
        BOTH(sum_f32(s->f32[0] + 1, s->f32[2] + 1, 80, s->f32[1], taps, n));
        close_f32(got.f32[0], want.f32[0], 2e-6);
        for (int step = 1; step <= 3; step++) {
            BOTH(gather(s->f32[0] + 1, step, s->f32[1], step, s->index, s->f32[2], MIN(taps, 4), n));
            close_f32(got.f32[0], want.f32[0], 2e-6);
        }
    }
    for (int rows = 1; rows <= 12; rows++) {
        BOTH(add_rows(s->u16[0] + 1, s->u8[0] + 1, 77, rows, n));
        SAME(u16);
    }
    for (int period = 1; period <= 4; period++) {
        BOTH(halve_u16(s->u16[0] + 1, s->u16[1] + 1, period, (n + period - 1) / period));
        SAME(u16);
        for (int taps = 1; taps <= MIN(8, 4 * MOST / n / period); taps++) {
            BOTH(average_u16(s->f32[0] + 1, s->u16[1] + 1, period, taps, 0.01f, n));
            close_f32(got.f32[0], want.f32[0], 1e-4);
        }
    }
    restore();
    for (int i = 0; i < ROOM; i++)
        got.f32[0][i] = want.f32[0][i] = got.f32[0][i] * 300 - 20;
    variant->round_u8(got.u8[0] + 1, got.f32[0] + 1, n);
    reference->round_u8(want.u8[0] + 1, want.f32[0] + 1, n);
    SAME(u8);

    const float m[3][4] = {{1.2f, -0.3f, 0.7f, -0.1f}, {0.5f, 0.5f, -0.9f, 0.2f}, {-1.1f, 2, 0.3f, 0}};

    const float bytes[3][4] = {{120, -30, 70, 8}, {50, 50, -90, 128}, {-110, 200, 30, 0}};

    BOTH(matrix(s->f32[0] + 1, (const float *const[3]){s->f32[1] + 1, s->f32[2], s->f32[3] + 3}, m, -0.8f,
                0.9f, n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    BOTH(matrix_u8(s->u8[0] + 1, (const float *const[3]){s->f32[1] + 1, s->f32[2], s->f32[3] + 3}, bytes, 1,
                   255, n / 4));
    for (int i = 0; i < ROOM; i++)
        g_assert_cmpint(ABS(got.u8[0][i] - want.u8[0][i]), <=, 1);
    for (int i = 0; i < n / 4; i++)
        g_assert_cmpint(got.u8[0][4 * i + 4], ==, 0);
    BOTH(weigh_f32(s->f32[0] + 1, (const float *const[3]){s->f32[1] + 1, s->f32[2], s->f32[3] + 3}, m[0], n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    g_assert_cmpfloat_with_epsilon(
        got.f32[0][n],
        1.2f * filled.f32[1][n] - 0.3f * filled.f32[2][n - 1] + 0.7f * filled.f32[3][n + 2] - 0.1f, 1e-6);
}

static void
check_luma(const HsegRows *variant, const HsegRows *reference, int n)
{
    const int weight[3] = {9798, 19235, 3735};

    for (int step = 1; step <= 4; step++) {
        BOTH(pick_u8(s->u8[0] + 1, s->u8[1] + 1, step, n));
        SAME(u8);
        BOTH(spread_u8(s->u8[0] + 1, step, s->u8[1] + 1, n));
        SAME(u8);
        BOTH(spread_u16(s->u16[0] + 1, step, s->u16[1] + 1, n));
        SAME(u16);
    }
    BOTH(luma_rgb(s->u8[0] + 1, (const guint8 *const[3]){s->u8[1] + 1, s->u8[2], s->u8[3] + 3}, weight, n));
    SAME(u8);
    BOTH(narrow(s->u8[0] + 1, s->u16[0] + 1, 2, n));
    SAME(u8);
    BOTH(mean_pairs(s->u8[0] + 1, s->u8[1] + 1, n));
    SAME(u8);
    BOTH(mean_quads(s->u8[0] + 1, s->u8[1] + 1, s->u8[2], n));
    SAME(u8);
    BOTH(most_u8(s->u8[0] + 1, s->u8[1], s->u8[2] + 3, n));
    SAME(u8);
    BOTH(rim_u8(s->u8[0] + 1, s->u8[1], s->u8[2] + 3, 200, n));
    SAME(u8);
    BOTH(least_u8(s->u8[0] + 1, s->u8[1], s->u8[2] + 3, n));
    SAME(u8);
}

/* Off by one at most: the variants round their products differently. */
static void
check_hold(const HsegRows *variant, const HsegRows *reference, int n)
{
    const float *const moves[2] = {got.f32[1] + 1, got.f32[2]};

    restore();
    variant->hold_u8(got.u8[0] + 1, got.u8[1], moves, 0.3f, 0.2f, n);
    reference->hold_u8(want.u8[0] + 1, want.u8[1], moves, 0.3f, 0.2f, n);
    close_u8(got.u8[0], want.u8[0]);
    for (int value = 0; value <= 255; value += 51) {
        memset(got.u8[0], value, ROOM);
        g_assert_cmpint(variant->span_kind(got.u8[0] + 1, MIN(n, HSEG_SPAN)), ==,
                        value == 0     ? HSEG_NOBODY
                        : value == 255 ? HSEG_PERSON
                                       : HSEG_EDGE);
        got.u8[0][1 + n / 2 % HSEG_SPAN] ^= 1; /* a single pixel off */
        g_assert_cmpint(variant->span_kind(got.u8[0] + 1, MIN(n, HSEG_SPAN)), ==, HSEG_EDGE);
    }
}

static void
check_guided(const HsegRows *variant, const HsegRows *reference, int n)
{
    BOTH(box_add(s->f64[0] + 1, s->f32[0] + 1, -1, n));
    close_f64(got.f64[0], want.f64[0], 1e-15);
    BOTH(box_slide(s->f64[0] + 1, s->f32[0] + 1, s->f32[1], n));
    close_f64(got.f64[0], want.f64[0], 1e-15);
    for (int planes = 1; planes <= 13; planes++) {
        BOTH(box_means(s->f64[0] + 1, s->f64[4], 150, planes, MIN(n, 150), 5, 0.25));
        close_f64(got.f64[0], want.f64[0], 1e-12);
        close_f64(got.f64[1], want.f64[1], 1e-12);
    }
    BOTH(guided_add(s->f64[0] + 1, ROOM, s->f32[0] + 1, s->f32[1], -1, n));
    for (int i = 0; i < 4; i++)
        close_f64(got.f64[i], want.f64[i], 1e-14);
    restore();
    variant->guided_slide(got.f64[0] + 1, ROOM, (const float *const[2]){got.f32[0] + 1, got.f32[1]},
                          (const float *const[2]){got.f32[2], got.f32[3] + 1}, n);
    reference->guided_add(want.f64[0] + 1, ROOM, want.f32[0] + 1, want.f32[1], 1, n);
    reference->guided_add(want.f64[0] + 1, ROOM, want.f32[2], want.f32[3] + 1, -1, n);
    for (int i = 0; i < 4; i++)
        close_f64(got.f64[i], want.f64[i], 1e-14);
    BOTH(guided_solve(s->f32[0] + 1, s->f32[1], s->f64[0] + 1, ROOM, 2, n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    close_f32(got.f32[1], want.f32[1], 1e-6);
    for (int channels = 1; channels <= 3; channels++) {
        BOTH(guided_apply(s->f32[0] + 1, s->f32[1], ROOM, s->f64[0] + 1, ROOM, channels, n));
        close_f32(got.f32[0], want.f32[0], 1e-6);
    }
    BOTH(guided_kinds(s->u8[0] + 1, s->f32[2] + 1, s->f32[3], (const float[2]){-0.1f, 1.1f}, 0.5f, 0.6f, n));
    SAME(u8);
    BOTH(narrow_f64(s->f32[0] + 1, s->f64[0], n));
    SAME(f32);
    BOTH(enlarge(s->f32[0] + 1, s->f32[1], s->index, s->f32[2] + 1, 1, n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
}

static void
check_masks(const HsegRows *variant, const HsegRows *reference, int n)
{
    const float shape[3] = {0.4f, 700, 128}, unit[2] = {1 / 200.f, -0.1f};

    /* make the slopes small enough to stay off the clamps */
    for (int i = 0; i < 2; i++) {
        restore();
        for (int j = 0; j < ROOM; j++)
            for (int k = 0; k < 2; k++)
                got.f32[k][j] = want.f32[k][j] = got.f32[k][j] - 0.5f;
        for (int j = 0; j < 2; j++) {
            const HsegRows *r = j ? reference : variant;
            Set *s = j ? &want : &got;
            const float *const a[2] = {s->f32[0] + 1, s->f32[1]}, *const b[2] = {s->f32[2] + 1, s->f32[3]};

            if (i)
                r->guided_q(s->f32[4] + 1, s->u8[0] + 1, unit, a, b, 0.3f, n);
            else
                r->guided_mask(s->u8[1] + 1, s->u8[0] + 1, unit, a, b, 0.3f, shape, n);
        }
        close_f32(got.f32[4], want.f32[4], 1e-6);
        close_u8(got.u8[1], want.u8[1]);
    }
    BOTH(ramp(s->u8[0] + 1, s->f32[0] + 1, shape, n));
    close_u8(got.u8[0], want.u8[0]);
}

/* Masks as they are: some spans all background, some all person, some of both. */
static void
draw_spans(void)
{
    for (int i = 0; i < ROOM; i++)
        for (int n = 2; n < 6; n++) {
            int kind = (i / 70 + n / 4) % 3;

            filled.u8[n][i] = kind == 2 ? filled.u8[n][i] : kind ? 255 : 0;
        }
}

static void
check_weigh(const HsegRows *variant, const HsegRows *reference, int n)
{
    for (int rows = 1; rows <= 3; rows++) {
        const guint8 *const mask[3] = {filled.u8[2] + 1, filled.u8[3] + 1, filled.u8[2 + rows] + 1};

        BOTH(weigh_u8(s->u32[0] + 1, s->u32[1] + 1, s->u16[0], s->u8[0] + 1, 77, mask, rows, n));
        SAME(u32);
        for (int x = 0; x < n; x++) { /* and by the definition */
            guint32 value = 0, weight = 0;

            for (int y = 0; y < rows; y++) {
                value += (256u - mask[y][x]) * filled.u8[0][1 + y * 77 + x];
                weight += 256u - mask[y][x];
            }
            g_assert_cmpuint(got.u32[0][1 + x], ==, value);
            g_assert_cmpuint(got.u32[1][1 + x], ==, weight);
        }
        BOTH(weigh_u16(s->u32[0] + 1, s->u32[1] + 1, s->u16[0] + 1, 77, mask, rows, 2, n));
        SAME(u32);
    }
}

static void
check_cells(const HsegRows *variant, const HsegRows *reference, int n)
{
    for (int period = 1; period <= 4; period++) {
        BOTH(halve_u32(s->u32[0] + 1, s->u32[1] + 1, period, (n + period - 1) / period / 2));
        SAME(u32);
        restore();
        for (int i = 0; i < ROOM; i++)
            got.u32[1][i] = want.u32[1][i] = got.u32[1][i] + 1;
        variant->cell_means(got.f32[0] + 1, got.u32[0] + 1, got.u32[1] + 1, got.f32[1], period, n / period);
        reference->cell_means(want.f32[0] + 1, want.u32[0] + 1, want.u32[1] + 1, want.f32[1], period,
                              n / period);
        for (int i = 0; i < ROOM; i++)
            g_assert_cmpfloat_with_epsilon(got.f32[0][i], want.f32[0][i], 1e-6 * (1 + want.f32[0][i]));
    }
    for (int cell = 1; cell <= 16; cell *= 2) {
        restore();
        for (int i = 0; i < ROOM; i++)
            got.f32[0][i] = want.f32[0][i] = got.f32[0][i] * 16320;
        variant->cells_u16(got.u16[0] + 1, got.f32[0] + 1, cell, (n + cell - 1) / cell);
        reference->cells_u16(want.u16[0] + 1, want.f32[0] + 1, cell, (n + cell - 1) / cell);
        for (int i = 0; i < ROOM; i++)
            g_assert_cmpint(ABS(got.u16[0][i] - want.u16[0][i]), <=, 1);
    }
}

/* Between two rows of the whole range. */
static void
check_between(const HsegRows *variant, const HsegRows *reference, int n)
{
    for (int i = 0; i < ROOM; i++)
        for (int k = 0; k < 2; k++)
            filled.u16[k][i] = (guint16)g_test_rand_int_range(0, (255 << HSEG_FRACTION_U8) + 1);
    for (int part = 0; part < 32768; part += 4681) {
        BOTH(between_u8(s->u8[0] + 1, s->u16[0] + 1, s->u16[1], part, n));
        SAME(u8);
        for (int x = 0; x < n; x++) {
            int a = filled.u16[0][1 + x], b = filled.u16[1][x];
            double v = (a + (b - a) * (part / 32768.)) / (1 << HSEG_FRACTION_U8);

            g_assert_cmpfloat(fabs(got.u8[0][1 + x] - v), <=, 0.52);
        }
        BOTH(between_u16(s->u16[2] + 1, s->u16[0] + 1, s->u16[1], part, 6, n));
        SAME(u16);
    }
}

static void
check_blur(const HsegRows *variant, const HsegRows *reference, int n)
{
    draw_spans();
    check_weigh(variant, reference, n);
    check_cells(variant, reference, n);
    check_between(variant, reference, n);
    BOTH(blend_u8(s->u8[0] + 1, s->u8[1], s->u8[5], s->u8[2] + 1, n));
    SAME(u8);
    for (int x = 0; x < n; x++)
        g_assert_cmpint(
            got.u8[0][1 + x], ==,
            (filled.u8[2][1 + x] * filled.u8[1][x] + (255 - filled.u8[2][1 + x]) * filled.u8[5][x] + 127) /
                255);
    BOTH(blend_u8(s->u8[1] + 1, s->u8[1] + 1, s->u8[5], s->u8[2] + 1, n)); /* in place */
    SAME(u8);
    BOTH(blend_u16(s->u16[0] + 1, s->u16[2], s->u16[1], s->u8[2] + 1, 0, n));
    SAME(u16);
    BOTH(blend_u16(s->u16[0] + 1, s->u16[2], s->u16[1], s->u8[2] + 1, 6, n));
    SAME(u16);
}

static void
check_conversion(const HsegRows *variant, const HsegRows *reference, int n)
{
    const float m[3][4] = {
        {1.164f, 0, 1.596f, -222.9f}, {1.164f, -0.392f, -0.813f, 135.6f}, {1.164f, 2.017f, 0, -276.8f}};

    for (int step = 1; step <= 4; step++)
        for (int sub = 0; sub < 2; sub++) {
            BOTH(unpack_u8(s->i16[0] + 1, s->u8[0] + 1, sub, n));
            SAME(i16);
            BOTH(unpack_u16(s->i16[0] + 1, s->u16[0] + 1, step, sub, 2, n));
            SAME(i16);
            BOTH(pack_u8(s->u8[0] + 1, s->i16[0] + 1, n));
            SAME(u8);
            BOTH(pack_u16(s->u16[0] + 1, step, s->i16[0] + 1, 2, n));
            SAME(u16);
        }
    BOTH(mix((gint16 *const[3]){s->i16[0] + 1, s->i16[1], s->i16[2] + 3}, m, 255, n));
    for (int i = 0; i < 3; i++)
        for (int x = 0; x < ROOM; x++)
            g_assert_cmpint(ABS(got.i16[i][x] - want.i16[i][x]), <=, 1);
    BOTH(halve(s->i16[0] + 1, s->i16[0] + 1, s->i16[1], n));
    SAME(i16);
}

/* As the window is defined: five rows, and as many columns as there are. */
static void
check_ranges(const float *least, const float *most, const float *const rows[5], int n)
{
    for (int x = 0; x < n; x++) {
        float low = rows[0][x], high = low;

        for (int row = 0; row < 5; row++)
            for (int i = MAX(x - 2, 0); i <= MIN(x + 2, n - 1); i++) {
                low = MIN(low, rows[row][i]);
                high = MAX(high, rows[row][i]);
            }
        g_assert_cmpfloat(least[x], ==, low);
        g_assert_cmpfloat(most[x], ==, high);
    }
}

static void
check_steady(const HsegRows *variant, const HsegRows *reference, int n)
{
    const float *const rows[5] = {filled.f32[3], filled.f32[4] + 1, filled.f32[5], filled.f32[6] + 1,
                                  filled.f32[7]};

    restore();
    for (int i = 0; i < ROOM; i++)
        got.f32[1][i] = want.f32[1][i] = (got.f32[1][i] - 0.5f) * (i % 7 ? 20 : 400);
    variant->sigmoid(got.f32[0] + 1, got.f32[1], n);
    for (int x = 0; x < n; x++)
        g_assert_cmpfloat_with_epsilon(got.f32[0][1 + x], 1 / (1 + exp(-got.f32[1][x])), 3e-7);

    restore();
    g_assert_cmpfloat_with_epsilon(variant->change(got.f32[0] + 1, got.f32[1], got.f32[2] + 1, n),
                                   reference->change(want.f32[0] + 1, want.f32[1], want.f32[2] + 1, n), 1e-4);
    SAME(f32);
    g_assert_cmpfloat(got.f32[0][n], ==, fabsf(filled.f32[1][n - 1] - filled.f32[2][n]));
    g_assert_cmpfloat(got.f32[1][n - 1], ==, filled.f32[2][n]);
    BOTH(minus(s->f32[0] + 1, s->f32[1], s->f32[2] + 1, n));
    SAME(f32);
    g_assert_cmpfloat(got.f32[0][n], ==, filled.f32[1][n - 1] - filled.f32[2][n]);
    BOTH(window_means(s->f32[0] + 1, rows, s->f32[1], n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    BOTH(window_ranges(s->f32[0] + 1, s->f32[1] + 1, rows, s->f32[2], n));
    SAME(f32);
    check_ranges(got.f32[0] + 1, got.f32[1] + 1, rows, n);
    BOTH(stray(s->f32[0] + 1, s->f32[1], s->f32[2] + 1, s->f32[3], 0.15f, 0.4f, n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    BOTH(rise(s->f32[0] + 1, s->f32[1] + 1, s->f32[2], 0.3f, 0.7f, n));
    close_f32(got.f32[0], want.f32[0], 1e-6);
    close_f32(got.f32[1], want.f32[1], 1e-6);
    BOTH(settle(s->f32[0] + 1, s->f32[1] + 1, s->f32[2], s->f32[3], s->f32[4], 0.3f, 0.7f, 0.2f, n));
    for (int i = 0; i < 4; i++)
        close_f32(got.f32[i], want.f32[i], 1e-6);
    g_assert_cmpfloat(got.f32[2][n - 1], ==, got.f32[0][n]);
    g_assert_cmpfloat(got.f32[3][n - 1], ==, 0);
}

typedef void (*Check)(const HsegRows *variant, const HsegRows *reference, int n);

static void
test_variants(gconstpointer check)
{
    const HsegRows *const *all = hseg_rows_all();
    const HsegRows *reference = NULL;

    for (const HsegRows *const *r = all; *r; r++)
        reference = *r;
    g_assert_cmpstr(reference->name, ==, "c");
    for (const HsegRows *const *r = all; *r; r++)
        for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
            fill();
            (*(const Check *)check)(*r, reference, lengths[i]);
        }
}

int
main(int argc, char **argv)
{
    static const Check resampling = check_resampling, luma = check_luma, guided = check_guided,
                       hold = check_hold, masks = check_masks, blur = check_blur,
                       conversion = check_conversion, steady = check_steady;

    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/image/rows/resampling", &resampling, test_variants);
    g_test_add_data_func("/image/rows/luma", &luma, test_variants);
    g_test_add_data_func("/image/rows/guided", &guided, test_variants);
    g_test_add_data_func("/image/rows/hold", &hold, test_variants);
    g_test_add_data_func("/image/rows/masks", &masks, test_variants);
    g_test_add_data_func("/image/rows/blur", &blur, test_variants);
    g_test_add_data_func("/image/rows/conversion", &conversion, test_variants);
    g_test_add_data_func("/image/rows/steady", &steady, test_variants);
    return g_test_run();
}
