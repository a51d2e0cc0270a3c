#include "image/color.h"

#include <math.h>

#include "base/base.h"

/* Weights of red and blue in luma: BT.601-7, BT.709-6, BT.2020-2. Green has the rest. */
static const double luma_red[HSEG_MATRIX_COUNT] = {0.299, 0.2126, 0.2627};
static const double luma_blue[HSEG_MATRIX_COUNT] = {0.114, 0.0722, 0.0593};

/* value = luma * y_scale + y_offset; value = chroma * c_scale + c_offset, luma in 0 .. 1, chroma in -0.5 ..
 * 0.5 */
typedef struct {
    double y_scale, y_offset, c_scale, c_offset;
} Coding;

static Coding
coding(const HsegFrame *like)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    double unit = 1 << (info->depth - 8), top = (1 << info->depth) - 1;

    if (like->range == HSEG_RANGE_LIMITED)
        return (Coding){219 * unit, 16 * unit, 224 * unit, 128 * unit};
    return (Coding){top, 0, top, 128 * unit};
}

static HsegAffine
diagonal(double scale)
{
    return (HsegAffine){{{scale, 0, 0, 0}, {0, scale, 0, 0}, {0, 0, scale, 0}}};
}

HsegAffine
hseg_color_to_rgb(const HsegFrame *like)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    double kr = luma_red[like->matrix], kb = luma_blue[like->matrix], kg = 1 - kr - kb;
    Coding k = coding(like);
    HsegAffine a;

    if (info->rgb)
        return diagonal(1. / ((1 << info->depth) - 1));
    /* R = Y + 2(1-kr) V;  G = Y - 2(1-kb) kb/kg U - 2(1-kr) kr/kg V;  B = Y + 2(1-kb) U */
    double u[3] = {0, -2 * (1 - kb) * kb / kg, 2 * (1 - kb)};
    double v[3] = {2 * (1 - kr), -2 * (1 - kr) * kr / kg, 0};
    bool grey = info->components == 1;

    for (int i = 0; i < 3; i++) {
        a.m[i][0] = 1 / k.y_scale;
        a.m[i][1] = grey ? 0 : u[i] / k.c_scale;
        a.m[i][2] = grey ? 0 : v[i] / k.c_scale;
        a.m[i][3] = -k.y_offset / k.y_scale - (a.m[i][1] + a.m[i][2]) * k.c_offset;
    }
    return a;
}

HsegAffine
hseg_color_from_rgb(const HsegFrame *like)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    double kr = luma_red[like->matrix], kb = luma_blue[like->matrix];
    double luma[3] = {kr, 1 - kr - kb, kb};
    Coding k = coding(like);
    HsegAffine a;

    if (info->rgb)
        return diagonal((1 << info->depth) - 1);
    for (int j = 0; j < 3; j++) {
        a.m[0][j] = k.y_scale * luma[j];
        a.m[1][j] = k.c_scale * ((j == 2) - luma[j]) / (2 * (1 - kb));
        a.m[2][j] = k.c_scale * ((j == 0) - luma[j]) / (2 * (1 - kr));
    }
    a.m[0][3] = k.y_offset;
    a.m[1][3] = a.m[2][3] = k.c_offset;
    return a;
}

HsegAffine
hseg_affine_compose(const HsegAffine *a, const HsegAffine *b)
{
    HsegAffine c;

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            c.m[i][j] = j == 3 ? a->m[i][3] : 0;
            for (int n = 0; n < 3; n++)
                c.m[i][j] += a->m[i][n] * b->m[n][j];
        }
    return c;
}

void
hseg_color_samples(const HsegFrame *like, uint32_t argb, uint16_t samples[3])
{
    HsegAffine a = hseg_color_from_rgb(like);
    double rgb[3] = {(argb >> 16 & 255) / 255., (argb >> 8 & 255) / 255., (argb & 255) / 255.};
    int top = (1 << hseg_format_info(like->format)->depth) - 1;

    for (int i = 0; i < 3; i++) {
        double v = a.m[i][0] * rgb[0] + a.m[i][1] * rgb[1] + a.m[i][2] * rgb[2] + a.m[i][3];

        samples[i] = (uint16_t)HSEG_CLAMP((int)lrint(v), 0, top);
    }
}

void
hseg_color_luma_weights(HsegMatrix matrix, int weight[3])
{
    weight[0] = (int)lrint(32768 * luma_red[matrix]);
    weight[2] = (int)lrint(32768 * luma_blue[matrix]);
    weight[1] = 32768 - weight[0] - weight[2];
}
