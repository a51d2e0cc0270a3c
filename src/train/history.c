#include "train/history.h"

#include <humanseg/error.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "eval/svg.h"
#include "files/save.h"

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
    {"consistency", offsetof(HsegEpoch, consistency), 0},
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

gboolean
hseg_history_save_json(const GArray *history, const char *path, GError **error)
{
    g_autofree char *json = hseg_history_to_json(history);

    return hseg_save_file(path, json, strlen(json), TRUE, error);
}

/* ---- curves ---- */

/* One column over the epochs. (transfer full) */
static char *
draw_curve(const GArray *history, const char *title, size_t offset)
{
    HsegSvgAxes axes = {.title = title, .x_label = "epoch"};
    g_autofree double *x = g_new(double, history->len), *y = g_new(double, history->len);
    HsegSvgLine line = {.x = x, .y = y, .n = (int)history->len};
    Column column = {title, offset, 0};

    for (guint i = 0; i < history->len; i++) {
        const HsegEpoch *e = &g_array_index(history, HsegEpoch, i);

        x[i] = e->epoch;
        y[i] = *cell(e, &column);
    }
    return hseg_svg_lines(&axes, &line, 1);
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
    gboolean validated = is_validated(history);
    g_autofree char *loss = NULL, *iou = NULL, *svg = NULL;

    if (history->len == 0)
        return TRUE;
    loss = draw_curve(history, "Training loss", offsetof(HsegEpoch, loss));
    iou = validated ? draw_curve(history, "IoU of held-out pictures", offsetof(HsegEpoch, val_iou)) : NULL;
    svg = hseg_svg_beside(loss, iou);
    return hseg_save_file(path, svg, strlen(svg), TRUE, error);
}
