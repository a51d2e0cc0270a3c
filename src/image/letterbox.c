#include "image/letterbox.h"

#include <math.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "image/color.h"
#include "image/rows.h"
#include "image/taps.h"

#define COLORS 3

struct HsegLetterboxer {
    HsegFrame like;
    HsegLetterbox box;
    int threads;
    HsegTaps *across[COLORS], *down[COLORS]; /* of each component's own grid */
    float to_net[3][4], to_luma[4];          /* from small samples to network values and to luma */
    float to_bytes[3][4];                    /* and to the values' bytes, with a half to round */
    size_t line;                             /* floats in one plane's row */
    float *scratch;                          /* [threads][line + COLORS * box.w] */
};

HsegLetterbox
hseg_letterbox_fit(int width, int height, int par_n, int par_d, int net_w, int net_h)
{
    double w = (double)width * par_n, h = (double)height * par_d;
    double scale = fmin(net_w / w, net_h / h);
    HsegLetterbox box = {.net_w = net_w, .net_h = net_h};

    box.w = HSEG_CLAMP((int)lrint(w * scale), 1, net_w);
    box.h = HSEG_CLAMP((int)lrint(h * scale), 1, net_h);
    box.x = (net_w - box.w) / 2;
    box.y = (net_h - box.h) / 2;
    return box;
}

static int
colors(const HsegFormatInfo *info)
{
    return HSEG_MIN((int)info->components, COLORS);
}

/* The affine maps that turn averaged samples, as they lie in memory, into what is asked for. */
static void
plan_colors(HsegLetterboxer *l)
{
    const HsegFormatInfo *info = hseg_format_info(l->like.format);
    HsegAffine rgb = hseg_color_to_rgb(&l->like);
    double unit = 1. / (1 << info->shift);
    float scale, offset;
    int weight[3];

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            l->to_net[i][j] = (float)(2 * rgb.m[i][j] * unit);
        l->to_net[i][3] = (float)(2 * rgb.m[i][3] - 1);
        for (int j = 0; j < 4; j++)
            l->to_bytes[i][j] = 127 * l->to_net[i][j];
        l->to_bytes[i][3] += 128.5f;
    }
    hseg_frame_luma_scale(&l->like, &scale, &offset);
    hseg_color_luma_weights(l->like.matrix, weight);
    for (int j = 0; j < 3; j++)
        l->to_luma[j] = info->rgb ? scale * weight[j] / 32768.f : 0;
    if (!info->rgb)
        l->to_luma[0] = scale * (float)unit / (1 << (info->depth - 8));
    l->to_luma[3] = offset;
}

HsegLetterboxer *
hseg_letterboxer_new(const HsegFrame *like, const HsegLetterbox *box, int threads)
{
    const HsegFormatInfo *info = hseg_format_info(like->format);
    HsegLetterboxer *l = hseg_mem_new0(sizeof *l);
    bool ok = true;

    if (!l)
        return NULL;
    l->like = *like;
    l->box = *box;
    l->threads = threads;
    for (int i = 0; i < colors(info); i++) {
        const HsegComponent *c = &info->component[i];

        l->across[i] = hseg_taps_new(like->width, c->sub_x, box->w, HSEG_RESIZE_AREA);
        l->down[i] = hseg_taps_new(like->height, c->sub_y, box->h, HSEG_RESIZE_AREA);
        ok = ok && l->across[i] && l->down[i];
        l->line = HSEG_MAX(l->line, (size_t)hseg_plane_samples(info, c->plane, like->width));
    }
    l->scratch = hseg_mem_new0(threads * (l->line + COLORS * box->w) * sizeof(float));
    if (!ok || !l->scratch) {
        hseg_letterboxer_free(l);
        return NULL;
    }
    plan_colors(l);
    return l;
}

void
hseg_letterboxer_free(HsegLetterboxer *l)
{
    if (!l)
        return;
    for (int i = 0; i < COLORS; i++) {
        hseg_taps_free(l->across[i]);
        hseg_taps_free(l->down[i]);
    }
    hseg_mem_free(l->scratch);
    hseg_mem_free(l);
}

/* Whether each target is the plain mean of whole samples of its own, so few that 16 bits hold their sum.
 * Packed 4:2:2 has two lumas to each chroma and is left to the general way. */
static bool
is_plain(const HsegLetterboxer *l, int color)
{
    const HsegFormatInfo *info = hseg_format_info(l->like.format);
    const HsegTaps *down = l->down[color], *across = l->across[color];

    return info->bytes == 1 && down->even && across->even &&
           !(info->planes == 1 && info->component[1].sub_x) &&
           (int64_t)down->taps * across->taps <= HSEG_ADD_ROWS;
}

/* A plane's rows added up, and neighbours for as long as they pair off. */
typedef struct {
    const uint16_t *sums;
    int taps; /* of them in a target */
} Added;

/* @memory: [2][line] */
static Added
add_plane(const HsegLetterboxer *l, const HsegFrame *frame, int color, int y, uint16_t *memory)
{
    const HsegComponent *c = &hseg_format_info(frame->format)->component[color];
    const HsegTaps *down = l->down[color];
    uint16_t *sums = memory, *other = memory + l->line;
    int taps = l->across[color]->taps;

    hseg_rows()->add_rows(sums, hseg_frame_row(frame, c->plane, down->first[y]), frame->stride[c->plane],
                          down->taps, l->box.w * taps * c->step);
    for (; taps % 2 == 0; taps /= 2) {
        uint16_t *halved = other;

        hseg_rows()->halve_u16(halved, sums, c->step, l->box.w * taps / 2);
        other = sums;
        sums = halved;
    }
    return (Added){sums, taps};
}

/* The same with weights. */
static void
sum_plane(const HsegLetterboxer *l, const HsegFrame *frame, int color, int y, float *line)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int plane = info->component[color].plane, n = hseg_plane_samples(info, plane, frame->width);
    const HsegTaps *down = l->down[color];
    const uint8_t *row = hseg_frame_row(frame, plane, down->first[y]);
    const float *weight = down->weight + (size_t)y * down->taps;
    ptrdiff_t stride = frame->stride[plane];

    if (info->bytes == 1)
        hseg_rows()->sum_u8(line, row, stride, weight, down->taps, n);
    else
        hseg_rows()->sum_u16(line, (const uint16_t *)(const void *)row, stride / 2, weight, down->taps, n);
}

/* Row @y of the small picture: each plane summed down as it lies, then each of its components picked out
 * across. line: of the longest plane; small: [COLORS][box.w] */
static void
shrink_row(const HsegLetterboxer *l, const HsegFrame *frame, int y, float *line, float *small)
{
    const HsegFormatInfo *info = hseg_format_info(frame->format);
    int summed = -1; /* the plane that is in @line */
    Added added = {0};

    for (int i = 0; i < colors(info); i++) {
        const HsegComponent *c = &info->component[i];
        const HsegTaps *across = l->across[i];
        bool plain = is_plain(l, i);

        if (c->plane != summed && plain)
            added = add_plane(l, frame, i, y, (uint16_t *)(void *)line);
        else if (c->plane != summed)
            sum_plane(l, frame, i, y, line);
        summed = c->plane;
        if (plain)
            hseg_rows()->average_u16(small + i * l->box.w, added.sums + c->offset, c->step, added.taps,
                                     1 / (float)(across->taps * l->down[i]->taps), l->box.w);
        else
            hseg_rows()->gather(small + i * l->box.w, 1, line + c->offset, c->step, across->first,
                                across->weight, across->taps, l->box.w);
    }
}

/* The network's picture, one of the two. */
typedef struct {
    float *floats;
    uint8_t *bytes;
} Net;

static Net
net_at(const Net *net, size_t pixel)
{
    return net->bytes ? (Net){.bytes = net->bytes + 4 * pixel} : (Net){.floats = net->floats + 3 * pixel};
}

static void
fill_black(Net net, int pixels)
{
    for (int i = 0; net.bytes && i < 4 * pixels; i++)
        net.bytes[i] = 1;
    for (int i = 0; net.floats && i < 3 * pixels; i++)
        net.floats[i] = -1;
}

static void
fill_content(const HsegLetterboxer *l, Net net, const float *const in[3])
{
    if (net.bytes)
        hseg_rows()->matrix_u8(net.bytes, in, l->to_bytes, 1, 255.5f, l->box.w);
    else
        hseg_rows()->matrix(net.floats, in, l->to_net, -1, 1, l->box.w);
}

/* Rows @y0 .. @y1-1 of the network's picture, bars included. */
static void
fill_rows(HsegLetterboxer *l, const HsegFrame *frame, const Net *net, float *luma, int y0, int y1, int thread)
{
    const HsegLetterbox *b = &l->box;
    float *line = l->scratch + thread * (l->line + COLORS * b->w), *small = line + l->line;
    bool grey = hseg_format_info(l->like.format)->components == 1;
    const float *const in[3] = {small, grey ? small : small + b->w, grey ? small : small + 2 * b->w};

    for (int y = y0; y < y1; y++) {
        const size_t row = (size_t)y * b->net_w;

        if (y < b->y || y >= b->y + b->h) {
            fill_black(net_at(net, row), b->net_w);
            continue;
        }
        shrink_row(l, frame, y - b->y, line, small);
        fill_black(net_at(net, row), b->x);
        fill_content(l, net_at(net, row + b->x), in);
        fill_black(net_at(net, row + b->x + b->w), b->net_w - b->x - b->w);
        if (!luma)
            continue;
        hseg_rows()->weigh_f32(luma + (size_t)(y - b->y) * b->w, in, l->to_luma, b->w);
    }
}

/* The rows are dealt out in pieces of so many. */
#define PIECE 16

typedef struct {
    HsegLetterboxer *l;
    const HsegFrame *frame;
    Net net;
    float *luma;
} Run;

static void
run_piece(void *data, int job, int thread)
{
    const Run *r = data;
    int y = job * PIECE;

    fill_rows(r->l, r->frame, &r->net, r->luma, y, HSEG_MIN(y + PIECE, r->l->box.net_h), thread);
}

static void
run(Run *r)
{
    hseg_parallel(r->l->threads, (r->l->box.net_h + PIECE - 1) / PIECE, run_piece, r);
}

void
hseg_letterboxer_run(HsegLetterboxer *l, const HsegFrame *frame, float *net, float *luma)
{
    run(&(Run){l, frame, {.floats = net}, luma});
}

void
hseg_letterboxer_run_u8(HsegLetterboxer *l, const HsegFrame *frame, uint8_t *net, float *luma)
{
    run(&(Run){l, frame, {.bytes = net}, luma});
}
