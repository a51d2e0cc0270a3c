#include "dataset/rle.h"

#include <humanseg/error.h>

#define MORE      0x20
#define SIGN      0x10
#define MAX_CHARS 7 /* of a run: 35 bits, more than any picture has pixels */

static GArray *
broken(GArray *runs, GError **error, const char *what)
{
    g_array_unref(runs);
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "run lengths: %s", what);
    return NULL;
}

GArray *
hseg_rle_decode(const char *text, GError **error)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(gint64));

    while (*text) {
        gint64 run = 0;
        int c = MORE, chars = 0;

        while (c & MORE) {
            if (*text < '0' || *text > 'o')
                return broken(runs, error, *text ? "a character that means nothing" : "they end early");
            if (chars == MAX_CHARS)
                return broken(runs, error, "a run is too long");
            c = *text++ - '0';
            run |= (gint64)(c & 0x1f) << (5 * chars++);
        }
        if (c & SIGN)
            run -= (gint64)1 << (5 * chars);
        if (runs->len > 2)
            run += g_array_index(runs, gint64, runs->len - 2);
        g_array_append_val(runs, run);
    }
    return runs;
}

/* Runs are from 0 to the picture's pixels, and these in all. */
static gboolean
check(const HsegPicture *mask, const GArray *runs, GError **error)
{
    gint64 all = (gint64)mask->width * mask->height, sum = 0;

    for (guint i = 0; i < runs->len; i++) {
        gint64 run = g_array_index(runs, gint64, i);

        if (run < 0 || run > all - sum) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                        "run lengths: run %u, %" G_GINT64_FORMAT ", after %" G_GINT64_FORMAT
                        " of the picture's %" G_GINT64_FORMAT " pixels",
                        i, run, sum, all);
            return FALSE;
        }
        sum += run;
    }
    if (sum == all)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT,
                "run lengths: they end after %" G_GINT64_FORMAT " of the picture's %" G_GINT64_FORMAT
                " pixels",
                sum, all);
    return FALSE;
}

gboolean
hseg_rle_fill(HsegPicture *mask, const GArray *runs, GError **error)
{
    gint64 at = 0;

    if (!check(mask, runs, error))
        return FALSE;
    for (guint i = 0; i < runs->len; i++) {
        gint64 end = at + g_array_index(runs, gint64, i);

        for (; i % 2 && at < end; at++)
            mask->data[(size_t)(at % mask->height) * mask->stride + (size_t)(at / mask->height)] = 255;
        at = end;
    }
    return TRUE;
}
