/* humanseg average: several models' weights to their mean. */
#include <humanseg/error.h>

#include "cli/cli.h"
#include "model/mean.h"

static gboolean
average(char **names, const char *out, gboolean half, GError **error)
{
    g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func((GDestroyNotify)hseg_model_unref);
    g_autoptr(HsegModel) mean = NULL;

    for (char **name = names; *name; name++) {
        HsegModel *model = hseg_model_load(*name, error);

        if (!model)
            return FALSE;
        g_ptr_array_add(models, model);
    }
    if (models->len < 2 || !out) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "average: at least two models and --out FILE are needed; see --help");
        return FALSE;
    }
    mean = hseg_model_mean((HsegModel *const *)models->pdata, (int)models->len, error);
    return mean && hseg_model_save(mean, out, half, error);
}

int
hseg_cmd_average(int argc, char **argv)
{
    g_autofree char *out = NULL;
    gboolean half = FALSE;
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "The model to write", "FILE"},
        {"half", 0, 0, G_OPTION_ARG_NONE, &half, "Store float16 weights", NULL},
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    gboolean ok =
        hseg_cli_parse(&argc, &argv, "M M...",
                       "Averages the weights of models that were trained on from the same ones: the mean "
                       "is often better than each.",
                       entries, NULL, &error) &&
        average(argv + 1, out, half, &error);

    return ok ? 0 : hseg_cli_fail(error);
}
