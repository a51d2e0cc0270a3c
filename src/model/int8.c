#include "model/int8.h"

#include <humanseg/error.h>
#include <math.h>
#include <string.h>

#include "nn/op.h"

#define NOTE_RANGES "int8_ranges"
#define NOTE_KEPT   "int8_float32"

gboolean
hseg_model_has_int8(const HsegModel *model)
{
    return g_hash_table_contains(model->notes, NOTE_RANGES);
}

void
hseg_model_drop_int8(HsegModel *model)
{
    g_hash_table_remove(model->notes, NOTE_RANGES);
    g_hash_table_remove(model->notes, NOTE_KEPT);
}

/* (transfer full): name -> the text behind it. */
static GHashTable *
parse_note(const HsegModel *model, const char *note)
{
    const char *text = g_hash_table_lookup(model->notes, note);
    g_auto(GStrv) items = g_strsplit(text ? text : "", ";", -1);
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (char **item = items; *item; item++) {
        char *name = g_strstrip(*item), *rest = strchr(name, ' ');

        if (rest)
            *rest++ = '\0';
        g_hash_table_insert(table, g_strdup(name), g_strdup(rest ? rest : ""));
    }
    return table;
}

static gboolean
parse_range(const char *text, HsegValueRange *range)
{
    char *end;
    double low = g_ascii_strtod(text, &end), high;
    const char *second = end;

    high = g_ascii_strtod(second, &end);
    if (second == text || end == second || *end || !(fabs(low) < 1e30 && fabs(high) < 1e30) || low > high)
        return FALSE;
    *range = (HsegValueRange){(float)low, (float)high};
    return TRUE;
}

gboolean
hseg_model_read_int8(const HsegModel *model, const HsegGraph *g, HsegValueRange *ranges, bool *keep,
                     GError **error)
{
    g_autoptr(GHashTable) found = parse_note(model, NOTE_RANGES), kept = parse_note(model, NOTE_KEPT);

    if (!hseg_model_has_int8(model)) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "%s: the model has no ranges for int8; humanseg quantize adds them", model->name);
        return FALSE;
    }
    for (int t = 0; t < g->n_tensors; t++)
        ranges[t] = (HsegValueRange){1, -1};
    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        const char *text = g_hash_table_lookup(found, op->name);

        keep[i] = g_hash_table_contains(kept, op->name);
        if (op->weight >= 0 && !(text && parse_range(text, &ranges[op->out]))) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_FORMAT, "%s: the range for int8 of layer %s is %s",
                        model->name, op->name, text ? "no range" : "missing");
            return FALSE;
        }
    }
    return TRUE;
}

void
hseg_model_write_int8(HsegModel *model, const HsegGraph *g, const HsegValueRange *ranges, const bool *keep)
{
    g_autoptr(GString) found = g_string_new(NULL), kept = g_string_new(NULL);

    for (int i = 0; i < g->n_ops; i++) {
        const HsegOp *op = &g->ops[i];
        char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];

        if (op->weight >= 0)
            g_string_append_printf(found, "%s%s %s %s", found->len ? "; " : "", op->name,
                                   g_ascii_formatd(low, sizeof low, "%.6g", (double)ranges[op->out].low),
                                   g_ascii_formatd(high, sizeof high, "%.6g", (double)ranges[op->out].high));
        if (keep[i])
            g_string_append_printf(kept, "%s%s", kept->len ? "; " : "", op->name);
    }
    hseg_model_drop_int8(model);
    hseg_model_set_note(model, NOTE_RANGES, found->str);
    if (kept->len)
        hseg_model_set_note(model, NOTE_KEPT, kept->str);
}

gboolean
hseg_model_layer_is_int8(const HsegModel *model, const char *name)
{
    g_autoptr(GHashTable) found = parse_note(model, NOTE_RANGES), kept = parse_note(model, NOTE_KEPT);

    return g_hash_table_contains(found, name) && !g_hash_table_contains(kept, name);
}
