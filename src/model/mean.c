#include "model/mean.h"

#include <humanseg/error.h>
#include <string.h>

#include "model/int8.h"

static gboolean
check_same(const HsegModel *a, const HsegModel *b, GError **error)
{
    for (const char *const *field = hseg_arch_fields(); *field; field++) {
        g_autofree char *one = hseg_arch_get(&a->arch, *field), *other = hseg_arch_get(&b->arch, *field);

        if (strcmp(one, other) != 0) {
            g_set_error(error, HSEG_ERROR, HSEG_ERROR_SHAPE, "%s: %s is %s, and that of %s is %s", b->name,
                        *field, other, a->name, one);
            return FALSE;
        }
    }
    return TRUE;
}

static void
take_notes(HsegModel *mean, HsegModel *const *models, int n)
{
    g_autoptr(GString) commands = g_string_new(NULL);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, models[0]->notes);
    while (g_hash_table_iter_next(&iter, &key, &value))
        hseg_model_set_note(mean, key, value);
    for (int i = 0; i < n; i++) {
        const char *command = g_hash_table_lookup(models[i]->notes, "training_command");

        g_string_append_printf(commands, "%s%s", i ? "; " : "mean of: ", command ? command : "unknown");
    }
    hseg_model_set_note(mean, "training_command", commands->str);
    hseg_model_drop_int8(mean);
}

HsegModel *
hseg_model_mean(HsegModel *const *models, int n, GError **error)
{
    g_autoptr(HsegModel) mean = hseg_model_new(&models[0]->arch, models[0]->name, error);
    HsegParams *params = mean ? &mean->blueprint->params : NULL;

    for (int i = 0; mean && i < n; i++)
        if (!check_same(models[0], models[i], error))
            return NULL;
    for (size_t k = 0; mean && k < params->size; k++) {
        double sum = 0;

        for (int i = 0; i < n; i++)
            sum += models[i]->blueprint->params.value[k];
        params->value[k] = (float)(sum / n);
    }
    if (mean)
        take_notes(mean, models, n);
    return g_steal_pointer(&mean);
}
