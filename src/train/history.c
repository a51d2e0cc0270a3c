#include "train/history.h"

#include <humanseg/error.h>
#include <json-glib/json-glib.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t offset;
    double absent; /* its value where an older file does not have it */
} Column;

static const Column columns[] = {
    {"loss", offsetof(HsegEpoch, loss), 0},
    {"bce", offsetof(HsegEpoch, bce), 0},
    {"region", offsetof(HsegEpoch, region), 0},
    {"boundary", offsetof(HsegEpoch, boundary), 0},
    {"boundary_weight", offsetof(HsegEpoch, boundary_weight), 0},
    {"learning_rate", offsetof(HsegEpoch, learning_rate), 0},
    {"val_iou", offsetof(HsegEpoch, val_iou), -1},
    {"val_mean_iou", offsetof(HsegEpoch, val_mean_iou), -1},
    {"val_miou", offsetof(HsegEpoch, val_miou), -1},
    {"seconds", offsetof(HsegEpoch, seconds), 0},
    {"images_per_second", offsetof(HsegEpoch, images_per_second), 0},
};

static double *
cell(const HsegEpoch *e, const Column *c)
{
    return (double *)((char *)e + c->offset);
}

char *
hseg_history_to_json(const GArray *history)
{
    GString *json = g_string_new("[");
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    for (guint i = 0; i < history->len; i++) {
        const HsegEpoch *e = &g_array_index(history, HsegEpoch, i);

        g_string_append_printf(json, "%s{\"epoch\": %d", i ? ",\n " : "", e->epoch);
        for (size_t c = 0; c < G_N_ELEMENTS(columns); c++)
            g_string_append_printf(json, ", \"%s\": %s", columns[c].name,
                                   g_ascii_formatd(number, sizeof number, "%.6g", *cell(e, &columns[c])));
        g_string_append(json, "}");
    }
    g_string_append(json, "]");
    return g_string_free(json, FALSE);
}

static HsegEpoch
read_epoch(JsonObject *o)
{
    HsegEpoch e = {.epoch = (int)json_object_get_int_member_with_default(o, "epoch", 0)};

    for (size_t c = 0; c < G_N_ELEMENTS(columns); c++)
        *cell(&e, &columns[c]) =
            json_object_get_double_member_with_default(o, columns[c].name, columns[c].absent);
    /* Its name from when there was no other region loss. */
    e.region = json_object_get_double_member_with_default(o, "tversky", e.region);
    return e;
}

static gboolean
is_list_of_objects(JsonNode *root)
{
    JsonArray *list = root && JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;

    for (guint i = 0; list && i < json_array_get_length(list); i++)
        if (!JSON_NODE_HOLDS_OBJECT(json_array_get_element(list, i)))
            return FALSE;
    return list != NULL;
}

GArray *
hseg_history_from_json(const char *json, GError **error)
{
    g_autoptr(JsonNode) root = json_from_string(json, NULL);
    GArray *history;

    if (!is_list_of_objects(root)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "the training history is not a list of epochs");
        return NULL;
    }
    history = g_array_new(FALSE, FALSE, sizeof(HsegEpoch));
    for (guint i = 0; i < json_array_get_length(json_node_get_array(root)); i++) {
        HsegEpoch e = read_epoch(json_array_get_object_element(json_node_get_array(root), i));

        g_array_append_val(history, e);
    }
    return history;
}

static gboolean
save_text(const char *text, const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!g_file_set_contents(path, text, -1, &why)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_FILE, "%s: cannot save: %s", path, why->message);
        return FALSE;
    }
    return TRUE;
}

gboolean
hseg_history_save_json(const GArray *history, const char *path, GError **error)
{
    g_autofree char *json = hseg_history_to_json(history);

    return save_text(json, path, error);
}

/* ---- curves ---- */

enum { WIDTH = 640, HEIGHT = 240, LEFT = 48, TOP = 24, STEP = 300 };

/* One curve in its own frame, scaled to its range. */
static void
draw_curve(GString *svg, const GArray *history, const char *title, size_t offset, int top, const char *colour)
{
    double lo = G_MAXDOUBLE, hi = -G_MAXDOUBLE;
    Column column = {title, offset, 0};

    for (guint i = 0; i < history->len; i++) {
        double v = *cell(&g_array_index(history, HsegEpoch, i), &column);

        lo = MIN(lo, v);
        hi = MAX(hi, v);
    }
    if (hi - lo < 1e-9)
        hi = lo + 1e-9;
    g_string_append_printf(svg,
                           "<rect x='%d' y='%d' width='%d' height='%d' fill='none' stroke='#bbb'/>\n"
                           "<text x='%d' y='%d'>%s, epochs 1 to %u: last %.4f</text>\n"
                           "<text x='2' y='%d'>%.3f</text><text x='2' y='%d'>%.3f</text>\n"
                           "<polyline fill='none' stroke='%s' stroke-width='1.5' points='",
                           LEFT, top, WIDTH, HEIGHT, LEFT, top - 6, title, history->len,
                           *cell(&g_array_index(history, HsegEpoch, history->len - 1), &column), top + 10, hi,
                           top + HEIGHT, lo, colour);
    for (guint i = 0; i < history->len; i++)
        g_string_append_printf(svg, "%.1f,%.1f ", LEFT + (i + 0.5) * WIDTH / history->len,
                               top + HEIGHT * (hi - *cell(&g_array_index(history, HsegEpoch, i), &column)) /
                                         (hi - lo));
    g_string_append(svg, "'/>\n");
}

static gboolean
is_validated(const GArray *history)
{
    for (guint i = 0; i < history->len; i++)
        if (g_array_index(history, HsegEpoch, i).val_iou < 0)
            return FALSE;
    return TRUE;
}

gboolean
hseg_history_save_svg(const GArray *history, const char *path, GError **error)
{
    g_autoptr(GString) svg = g_string_new(NULL);
    gboolean validated = is_validated(history);

    if (history->len == 0)
        return TRUE;
    g_string_append_printf(
        svg,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' "
        "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        WIDTH + LEFT + 12, validated ? 2 * STEP : STEP);
    draw_curve(svg, history, "training loss", offsetof(HsegEpoch, loss), TOP, "#c33");
    if (validated)
        draw_curve(svg, history, "IoU on held-out pictures", offsetof(HsegEpoch, val_iou), TOP + STEP,
                   "#36c");
    g_string_append(svg, "</svg>\n");
    return save_text(svg->str, path, error);
}
