#include "image/layout.h"

#include <string.h>

#include "image/image-orc.h"
#include "image/rows.h"

/* How the components of a plane lie beside each other. */
typedef enum {
    DENSE,     /* one component alone */
    PAIRS,     /* U V */
    PAIRS_422, /* Y U Y V, in some order */
    TRIPLES,   /* R G B */
    QUADS,     /* and alpha or padding */
} Kind;

static Kind
layout_kind(const HsegFormatInfo *info, int plane)
{
    const HsegComponent *c = info->component;

    while (c->plane != plane)
        c++;
    switch (c->step) {
    case 1:
        return DENSE;
    case 2:
        return c->sub_x ? PAIRS : PAIRS_422;
    case 3:
        return TRIPLES;
    default:
        return QUADS;
    }
}

/* The component whose first sample stands at @offset of the plane's row; -1: none. */
static int
component_at(const HsegFormatInfo *info, int plane, int offset)
{
    for (int c = 0; c < info->components; c++)
        if (info->component[c].plane == plane && info->component[c].offset == offset)
            return c;
    return -1;
}

/* ORC takes it that pairs and quads are aligned; rows that are not, by an odd stride, are left to plain C. */

static void
split_pairs(uint8_t *a, uint8_t *b, const uint8_t *row, int n)
{
    if ((uintptr_t)row % 2 == 0) {
        hseg_orc_split_ab(a, b, row, n);
        return;
    }
    hseg_rows()->pick_u8(a, row, 2, n);
    hseg_rows()->pick_u8(b, row + 1, 2, n);
}

static void
split_quads(uint8_t *const part[4], const uint8_t *row, int n)
{
    if ((uintptr_t)row % 4 == 0) {
        hseg_orc_split_abcd(part[0], part[1], part[2], part[3], row, n);
        return;
    }
    for (int i = 0; i < 4; i++)
        hseg_rows()->pick_u8(part[i], row + i, 4, n);
}

static void
merge_pairs(uint8_t *row, const uint8_t *a, const uint8_t *b, int n)
{
    if ((uintptr_t)row % 2 == 0) {
        hseg_orc_merge_ab(row, a, b, n);
        return;
    }
    hseg_rows()->spread_u8(row, 2, a, n);
    hseg_rows()->spread_u8(row + 1, 2, b, n);
}

static void
merge_quads(uint8_t *row, const uint8_t *const part[4], int n)
{
    if ((uintptr_t)row % 4 == 0) {
        hseg_orc_merge_abcd(row, part[0], part[1], part[2], part[3], n);
        return;
    }
    for (int i = 0; i < 4; i++)
        hseg_rows()->spread_u8(row + i, 4, part[i], n);
}

/* Packed 4:2:2: luma every second byte, U and V taking turns between. */
static void
split_422(const HsegFormatInfo *info, int width, const uint8_t *row, const uint8_t *dense[4], uint8_t *memory)
{
    int pairs = (width + 1) / 2, u_first = info->component[1].offset < info->component[2].offset;
    size_t line = hseg_layout_line(width);
    uint8_t *y = memory, *u = y + line, *v = u + line, *uv = v + line;

    if (info->component[0].offset == 0)
        split_pairs(y, uv, row, 2 * pairs);
    else
        split_pairs(uv, y, row, 2 * pairs);
    split_pairs(u_first ? u : v, u_first ? v : u, uv, pairs);
    dense[0] = y;
    dense[1] = u;
    dense[2] = v;
}

void
hseg_layout_split(const HsegFormatInfo *info, int plane, int width, const uint8_t *row,
                  const uint8_t *dense[4], uint8_t *memory)
{
    uint8_t *part[4]; /* in the order that they have in memory */

    for (int i = 0; i < 4; i++) {
        int c = component_at(info, plane, i);

        part[i] = memory + i * hseg_layout_line(width);
        if (c >= 0)
            dense[c] = part[i];
    }
    switch (layout_kind(info, plane)) {
    case DENSE:
        dense[component_at(info, plane, 0)] = row;
        break;
    case PAIRS:
        split_pairs(part[0], part[1], row, (width + 1) / 2);
        break;
    case PAIRS_422:
        split_422(info, width, row, dense, memory);
        break;
    case TRIPLES:
        for (int i = 0; i < 3; i++)
            hseg_rows()->pick_u8(part[i], row + i, 3, width);
        break;
    case QUADS:
        split_quads(part, row, width);
        break;
    }
}

static void
merge_422(const HsegFormatInfo *info, int width, uint8_t *row, const uint8_t *const dense[4], uint8_t *uv)
{
    int pairs = (width + 1) / 2, u_first = info->component[1].offset < info->component[2].offset;
    const uint8_t *y = dense[0], *u = dense[u_first ? 1 : 2], *v = dense[u_first ? 2 : 1];
    bool y_first = info->component[0].offset == 0;

    merge_pairs(uv, u, v, pairs);
    merge_pairs(row, y_first ? y : uv, y_first ? uv : y, width);
    if (width & 1) { /* the last pair's second pixel is outside: its luma is the first one's */
        row[2 * width] = y_first ? y[width - 1] : uv[width];
        row[2 * width + 1] = y_first ? uv[width] : y[width - 1];
    }
}

void
hseg_layout_merge(const HsegFormatInfo *info, int plane, int width, uint8_t *row,
                  const uint8_t *const dense[4], uint8_t other, uint8_t *memory)
{
    const uint8_t *part[4];

    memset(memory, other, width);
    for (int i = 0; i < 4; i++) {
        int c = component_at(info, plane, i);

        part[i] = c >= 0 && dense[c] ? dense[c] : memory;
    }
    switch (layout_kind(info, plane)) {
    case DENSE:
        memcpy(row, part[0], hseg_plane_samples(info, plane, width));
        break;
    case PAIRS:
        merge_pairs(row, part[0], part[1], (width + 1) / 2);
        break;
    case PAIRS_422:
        merge_422(info, width, row, dense, memory);
        break;
    case TRIPLES:
        for (int i = 0; i < 3; i++)
            hseg_rows()->spread_u8(row + i, 3, part[i], width);
        break;
    case QUADS:
        merge_quads(row, part, width);
        break;
    }
}

void
hseg_layout_prepare(void)
{
    uint8_t none[4] = {0}, out[4];

    hseg_orc_merge_ab(out, none, none, 0);
    hseg_orc_split_ab(out, out + 1, none, 0);
    hseg_orc_merge_abcd(out, none, none, none, none, 0);
    hseg_orc_split_abcd(out, out + 1, out + 2, out + 3, none, 0);
}
