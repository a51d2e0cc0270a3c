#include "image/convert.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/color.h"
#include "image/rows.h"

/* One thread's rows: two of the picture (halved chroma needs both), each as dense samples of each component,
 * the last column repeated once. */
typedef struct {
    int16_t *sample[2][3];
} Lines;

struct HsegConverter {
    HsegFrame dst, src;
    int threads;
    bool same_colors; /* samples need no mixing */
    int16_t m[3][3];  /* the mixing in fixed point, see HsegRows.mix */
    int32_t add[3];
    int shift, top;
    Lines *lines; /* [threads] */
};

/* Whether samples mean the same in both. */
static bool
same_colors(const HsegFrame *a, const HsegFrame *b)
{
    const HsegFormatInfo *i = hseg_format_info(a->format), *j = hseg_format_info(b->format);

    if (i->rgb != j->rgb || i->depth != j->depth || (i->components == 1) != (j->components == 1))
        return false;
    return i->rgb || (a->matrix == b->matrix && a->range == b->range);
}

/* Source samples -> RGB -> target samples as one map with 16-bit factors; half a unit is added to round. */
static void
plan_mix(HsegConverter *c)
{
    HsegAffine to = hseg_color_from_rgb(&c->dst), from = hseg_color_to_rgb(&c->src);
    HsegAffine a = hseg_affine_compose(&to, &from);
    double most = 0;

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            most = fmax(most, fabs(a.m[i][j]));
    for (c->shift = 15; most * (1 << c->shift) > 32767; c->shift--)
        ;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            c->m[i][j] = (int16_t)lrint(a.m[i][j] * (1 << c->shift));
        c->add[i] = (int32_t)lrint((a.m[i][3] + 0.5) * (1 << c->shift));
    }
    c->top = (1 << hseg_format_info(c->dst.format)->depth) - 1;
}

HsegConverter *
hseg_converter_new(const HsegFrame *dst, const HsegFrame *src, int threads)
{
    HsegConverter *c = hseg_mem_new0(sizeof *c);
    size_t row = (size_t)src->width + 1;
    bool ok = true;

    if (!c)
        return NULL;
    *c = (HsegConverter){
        .dst = *dst,
        .src = *src,
        .threads = threads,
        .same_colors = same_colors(dst, src),
        .lines = hseg_mem_new0(threads * sizeof(Lines)),
    };
    for (int i = 0; c->lines && i < threads; i++) {
        int16_t *memory = hseg_mem_new0(6 * row * sizeof(int16_t));

        for (int n = 0; memory && n < 6; n++)
            c->lines[i].sample[n / 3][n % 3] = memory + n * row;
        ok = ok && memory;
    }
    if (!ok || !c->lines) {
        hseg_converter_free(c);
        return NULL;
    }
    plan_mix(c);
    return c;
}

void
hseg_converter_free(HsegConverter *c)
{
    if (!c)
        return;
    for (int i = 0; c->lines && i < c->threads; i++)
        hseg_mem_free(c->lines[i].sample[0][0]);
    hseg_mem_free(c->lines);
    hseg_mem_free(c);
}

/* Row @y of @src as the target's samples. */
static void
read_row(const HsegConverter *c, const HsegFrame *src, int y, int16_t *const out[3])
{
    const HsegFormatInfo *info = hseg_format_info(c->src.format);
    int n = c->src.width;

    for (int i = 0; i < HSEG_MIN((int)info->components, 3); i++) {
        const HsegComponent *k = &info->component[i];
        const uint8_t *row = hseg_frame_row(src, k->plane, y >> k->sub_y);

        if (info->bytes == 1)
            hseg_rows()->unpack_u8(out[i], row + k->offset, k->step, k->sub_x, n);
        else
            hseg_rows()->unpack_u16(out[i], (const uint16_t *)(const void *)row + k->offset, k->step,
                                    k->sub_x, info->shift, n);
    }
    if (!c->same_colors)
        hseg_rows()->mix(out, c->m, c->add, c->shift, c->top, n);
    for (int i = 0; i < 3; i++)
        out[i][n] = out[i][n - 1];
}

/* One component's row @y of @dst from the rows of the picture that lie over it. */
static void
write_row(const HsegConverter *c, const HsegFrame *dst, int component, int y, int16_t *above,
          const int16_t *below)
{
    const HsegFormatInfo *info = hseg_format_info(c->dst.format);
    const HsegComponent *k = &info->component[component];
    uint8_t *row = hseg_frame_row(dst, k->plane, y);
    int n = hseg_component_width(k, c->dst.width);

    if (k->sub_x)
        hseg_rows()->halve(above, above, below, n);
    if (info->bytes == 1)
        hseg_rows()->pack_u8(row + k->offset, k->step, above, n);
    else
        hseg_rows()->pack_u16((uint16_t *)(void *)row + k->offset, k->step, above, info->shift, n);
}

/* Row @y of the alpha: the mask's, else the source's, else opaque. */
static void
write_alpha(const HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask, int y)
{
    const HsegFormatInfo *to = hseg_format_info(c->dst.format), *from = hseg_format_info(c->src.format);
    const HsegComponent *k = &to->component[3], *a = &from->component[3];
    uint8_t *row = hseg_frame_row(dst, k->plane, y) + k->offset;
    int n = c->dst.width;

    if (mask)
        hseg_rows()->spread_u8(row, k->step, mask, n);
    else if (from->components == 4)
        for (int x = 0; x < n; x++)
            row[x * k->step] = hseg_frame_row(src, a->plane, y)[x * a->step + a->offset];
    else
        for (int x = 0; x < n; x++)
            row[x * k->step] = 255;
}

/* The byte beside the colours of RGBx and its like. */
static void
write_padding(const HsegFormatInfo *info, uint8_t *row, int n)
{
    int unused = 6; /* 0 + 1 + 2 + 3, less the places of the colours */

    if (info->components != 3 || info->component[0].step != 4 || !info->rgb)
        return;
    for (int i = 0; i < 3; i++)
        unused -= info->component[i].offset;
    for (int x = 0; x < n; x++)
        row[4 * x + unused] = 255;
}

/* Rows @y and, where there is one, @y + 1; @y is even. */
static void
convert_pair(const HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
             ptrdiff_t mask_stride, int y, const Lines *l)
{
    const HsegFormatInfo *info = hseg_format_info(c->dst.format);
    int rows = HSEG_MIN(c->dst.height - y, 2);

    for (int i = 0; i < rows; i++) {
        read_row(c, src, y + i, l->sample[i]);
        if (info->components == 4)
            write_alpha(c, dst, src, mask ? mask + (y + i) * mask_stride : NULL, y + i);
        write_padding(info, hseg_frame_row(dst, 0, y + i), c->dst.width);
    }
    for (int i = 0; i < HSEG_MIN((int)info->components, 3); i++) {
        int16_t *above = l->sample[0][i], *below = l->sample[rows - 1][i];

        if (info->component[i].sub_y) {
            write_row(c, dst, i, y / 2, above, below);
            continue;
        }
        write_row(c, dst, i, y, above, above);
        if (rows == 2)
            write_row(c, dst, i, y + 1, below, below);
    }
}

void
hseg_converter_band(HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                    ptrdiff_t mask_stride, int band, int thread)
{
    int end = HSEG_MIN((band + 1) * HSEG_BAND_ROWS, c->dst.height);

    for (int y = band * HSEG_BAND_ROWS; y < end; y += 2)
        convert_pair(c, dst, src, mask, mask_stride, y, &c->lines[thread]);
}

typedef struct {
    HsegConverter *c;
    const HsegFrame *dst, *src;
    const uint8_t *mask;
    ptrdiff_t mask_stride;
} Run;

static void
run_band(void *data, int band, int thread)
{
    const Run *r = data;

    hseg_converter_band(r->c, r->dst, r->src, r->mask, r->mask_stride, band, thread);
}

void
hseg_converter_run(HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
                   ptrdiff_t mask_stride)
{
    Run r = {c, dst, src, mask, mask_stride};

    hseg_parallel(c->threads, hseg_bands(c->dst.height), run_band, &r);
}
