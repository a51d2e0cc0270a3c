#include "image/convert.h"

#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/color.h"
#include "image/layout.h"
#include "image/rows.h"

/* One thread's rows; two of the picture, since halved chroma needs both. */
typedef struct {
    int16_t *sample[2][3];   /* [width + 1]: dense samples of each component, the last column repeated */
    const uint8_t *alpha[2]; /* the target's alpha */
    uint8_t *split[2];       /* layouts of the source rows */
    uint8_t *bytes[3];       /* [width + 1]: dense bytes of the target's components */
    uint8_t *merge;          /* layout of the target's row */
} Lines;

struct HsegConverter {
    HsegFrame dst, src;
    int threads;
    bool same_colors; /* samples need no mixing */
    float mix[3][4];  /* see HsegRows.mix */
    int top;
    uint8_t *opaque; /* [width] of 255 */
    Lines *lines;    /* [threads] */
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

/* Source samples -> RGB -> target samples, as one map. */
static void
plan_mix(HsegConverter *c)
{
    HsegAffine to = hseg_color_from_rgb(&c->dst), from = hseg_color_to_rgb(&c->src);
    HsegAffine a = hseg_affine_compose(&to, &from);

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            c->mix[i][j] = (float)a.m[i][j];
    c->top = (1 << hseg_format_info(c->dst.format)->depth) - 1;
}

static bool
init_lines(Lines *l, int width)
{
    size_t row = hseg_layout_line(width), layout = hseg_layout_bytes(width);
    int16_t *samples = hseg_mem_new0(6 * row * sizeof *samples);
    uint8_t *bytes = hseg_mem_new0(3 * row + 3 * layout);

    l->sample[0][0] = samples;
    l->bytes[0] = bytes;
    if (!samples || !bytes)
        return false;
    for (int i = 0; i < 6; i++)
        l->sample[i / 3][i % 3] = samples + i * row;
    for (int i = 0; i < 3; i++)
        l->bytes[i] = bytes + i * row;
    l->split[0] = bytes + 3 * row;
    l->split[1] = l->split[0] + layout;
    l->merge = l->split[1] + layout;
    return true;
}

HsegConverter *
hseg_converter_new(const HsegFrame *dst, const HsegFrame *src, int threads)
{
    HsegConverter *c = hseg_mem_new0(sizeof *c);
    bool ok = true;

    if (!c)
        return NULL;
    *c = (HsegConverter){
        .dst = *dst,
        .src = *src,
        .threads = threads,
        .same_colors = same_colors(dst, src),
        .opaque = hseg_mem_new0(src->width),
        .lines = hseg_mem_new0(threads * sizeof(Lines)),
    };
    for (int i = 0; c->lines && i < threads; i++)
        ok = init_lines(&c->lines[i], src->width) && ok;
    if (!ok || !c->lines || !c->opaque) {
        hseg_converter_free(c);
        return NULL;
    }
    memset(c->opaque, 255, src->width);
    plan_mix(c);
    hseg_layout_prepare();
    return c;
}

void
hseg_converter_free(HsegConverter *c)
{
    if (!c)
        return;
    for (int i = 0; c->lines && i < c->threads; i++) {
        hseg_mem_free(c->lines[i].sample[0][0]);
        hseg_mem_free(c->lines[i].bytes[0]);
    }
    hseg_mem_free(c->lines);
    hseg_mem_free(c->opaque);
    hseg_mem_free(c);
}

/* Row @y of @src, the @i-th of a pair, as the target's samples; its own alpha, where it has one, too. */
static void
read_row(const HsegConverter *c, const HsegFrame *src, int y, Lines *l, int i)
{
    const HsegFormatInfo *info = hseg_format_info(c->src.format);
    const uint8_t *dense[4] = {NULL, NULL, NULL, NULL};
    int n = c->src.width;

    for (int p = 0; info->bytes == 1 && p < info->planes; p++)
        hseg_layout_split(info, p, n, hseg_frame_row(src, p, y >> hseg_plane_sub_y(info, p)), dense,
                          l->split[i]);
    for (int j = 0; j < HSEG_MIN((int)info->components, 3); j++) {
        const HsegComponent *k = &info->component[j];
        const void *row = hseg_frame_row(src, k->plane, y >> k->sub_y);

        if (info->bytes == 1)
            hseg_rows()->unpack_u8(l->sample[i][j], dense[j], k->sub_x, n);
        else
            hseg_rows()->unpack_u16(l->sample[i][j], (const uint16_t *)row + k->offset, k->step, k->sub_x,
                                    info->shift, n);
    }
    if (!c->same_colors)
        hseg_rows()->mix(l->sample[i], c->mix, c->top, n);
    for (int j = 0; j < 3; j++)
        l->sample[i][j][n] = l->sample[i][j][n - 1];
    l->alpha[i] = dense[3] ? dense[3] : c->opaque;
}

/* Row @y of one plane of @dst, from row @i of the pair or, where chroma is halved down, from both. */
static void
write_row(const HsegConverter *c, const HsegFrame *dst, int plane, int y, Lines *l, int i, int other)
{
    const HsegFormatInfo *info = hseg_format_info(c->dst.format);
    const uint8_t *dense[4] = {l->bytes[0], l->bytes[1], l->bytes[2], l->alpha[i]};
    uint8_t *row = hseg_frame_row(dst, plane, y);

    for (int j = 0; j < HSEG_MIN((int)info->components, 3); j++) {
        const HsegComponent *k = &info->component[j];
        int n = hseg_component_width(k, c->dst.width);

        if (k->plane != plane)
            continue;
        if (k->sub_x)
            hseg_rows()->halve(l->sample[i][j], l->sample[i][j], l->sample[other][j], n);
        if (info->bytes == 2)
            hseg_rows()->pack_u16((uint16_t *)(void *)row + k->offset, k->step, l->sample[i][j], info->shift,
                                  n);
        else
            hseg_rows()->pack_u8(k->step == 1 ? row : l->bytes[j], l->sample[i][j], n);
        if (k->step == 1)
            return;
    }
    if (info->bytes == 1)
        hseg_layout_merge(info, plane, c->dst.width, row, dense, 255, l->merge);
}

/* Rows @y and, where there is one, @y + 1; @y is even. */
static void
convert_pair(const HsegConverter *c, const HsegFrame *dst, const HsegFrame *src, const uint8_t *mask,
             ptrdiff_t mask_stride, int y, Lines *l)
{
    const HsegFormatInfo *info = hseg_format_info(c->dst.format);
    int rows = HSEG_MIN(c->dst.height - y, 2);

    for (int i = 0; i < rows; i++) {
        read_row(c, src, y + i, l, i);
        if (mask)
            l->alpha[i] = mask + (y + i) * mask_stride;
    }
    for (int p = 0; p < info->planes; p++) {
        if (hseg_plane_sub_y(info, p)) {
            write_row(c, dst, p, y / 2, l, 0, rows - 1);
            continue;
        }
        for (int i = 0; i < rows; i++)
            write_row(c, dst, p, y + i, l, i, i);
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
