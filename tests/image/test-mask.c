/* The ramp, and the mask as each plane sees it. */
#include <math.h>

#include "frames.h"
#include "image/mask.h"

static guint8
ramp_of(float threshold, float softness, float q)
{
    HsegRamp ramp = hseg_ramp(threshold, softness);
    guint8 m;

    hseg_ramp_row(&ramp, &m, &q, 1);
    return m;
}

static void
test_ramp(void)
{
    for (int i = 0; i <= 255; i++) /* threshold 0.5, softness 1: as it is */
        g_assert_cmpint(ramp_of(0.5f, 1, (float)i / 255), ==, i);
    for (int i = -50; i <= 150; i++)
        for (int k = 1; k <= 10; k++) {
            double want = CLAMP((CLAMP(i / 100., 0, 1) - 0.3) / MIN(k * 0.1, 0.6) + 0.5, 0, 1) * 255;

            g_assert_cmpfloat_with_epsilon(ramp_of(0.3f, (float)k * 0.1f, (float)i / 100), want, 0.501);
        }
}

static void
test_hard(void)
{
    static const float thresholds[] = {0, 0.01f, 0.3f, 0.5f, 0.999f};

    for (gsize i = 0; i < G_N_ELEMENTS(thresholds); i++) {
        float t = thresholds[i];

        g_assert_cmpint(ramp_of(t, 0, t), ==, 0);
        g_assert_cmpint(ramp_of(t, 0, t > 0 ? nextafterf(t, 2) : 1e-20f), ==, 255);
        g_assert_cmpint(ramp_of(t, 0, nextafterf(t, -2)), ==, 0);
        g_assert_cmpint(ramp_of(t, 0, 1), ==, 255);
        g_assert_cmpint(ramp_of(t, 0, 0), ==, 0);
    }
    g_assert_cmpint(ramp_of(1, 0, 1), ==, 0);
}

/* Nothing of a room shows that is surely one, and nobody is seen through, wherever the threshold is. */
static void
test_sure(void)
{
    for (int i = 1; i < 100; i++)
        for (int k = 0; k <= 10; k++) {
            g_assert_cmpint(ramp_of((float)i / 100, (float)k / 10, 0), ==, 0);
            g_assert_cmpint(ramp_of((float)i / 100, (float)k / 10, 1), ==, 255);
        }
}

/* The mean of the mask over the pixels that a sample lies over. */
static int
footprint(const guint8 *mask, int stride, int w, int h, int x, int y, int across, int down)
{
    int sum = 0, n = 0;

    for (int j = y / down * down; j < MIN(y / down * down + down, h); j++)
        for (int i = x / across * across; i < MIN(x / across * across + across, w); i++, n++)
            sum += mask[j * stride + i];
    return (int)floor((double)sum / n + 0.5);
}

/* Lays the mask over a frame plane by plane, then asks what came to lie under each pixel. */
static void
test_planes(void)
{
    static const int sizes[][2] = {{16, 16}, {17, 19}, {32, 17}, {45, 16}};

    for (int format = 0; format < HSEG_FORMAT_COUNT; format++)
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            int w = sizes[i][0], h = sizes[i][1], stride, across, down;
            const HsegFormatInfo *info = hseg_format_info(format);
            g_autofree guint8 *mask = test_mask_new(w, h, &stride), *scratch = g_malloc(hseg_mask_scratch(w));
            int seen = 0;

            for (int p = 0; p < info->planes; p++)
                for (int y = 0; y < hseg_format_plane_rows(format, p, h); y++) {
                    int samples = hseg_plane_samples(info, p, w), other = 0;
                    const guint8 *row = hseg_mask_plane_row(info, p, y, w, h, mask, stride, scratch);

                    for (int c = 0; c < MIN(info->components, 3); c++) {
                        const HsegComponent *k = &info->component[c];

                        test_chroma(format, &across, &down);
                        for (int x = 0; k->plane == p && x < hseg_component_width(k, w); x++, seen++)
                            g_assert_cmpint(row[x * k->step + k->offset], ==,
                                            footprint(mask, stride, w, h, x << k->sub_x, y << k->sub_y,
                                                      c ? across : 1, c ? down : 1));
                    }
                    for (int x = 0; x < samples; x++)
                        other += row[x] == 255;
                    if (info->components == 4 && info->component[3].plane == p)
                        g_assert_cmpint(other, >=, w); /* alpha stays what it is */
                }
            g_assert_cmpint(seen, >=, w * h);
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/mask/ramp", test_ramp);
    g_test_add_func("/image/mask/hard", test_hard);
    g_test_add_func("/image/mask/sure", test_sure);
    g_test_add_func("/image/mask/planes", test_planes);
    return g_test_run();
}
