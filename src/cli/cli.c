#include "cli/cli.h"

#include "files/save.h"
#include <glib/gstdio.h>
#include <humanseg/error.h>
#include <string.h>
#include <sys/stat.h>

gboolean
hseg_cli_parse(int *argc, char ***argv, const char *operands, const char *summary,
               const GOptionEntry *entries, GOptionGroup *group, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(operands);

    g_set_prgname((*argv)[0]);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (group)
        g_option_context_add_group(context, group);
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;
    if (!operands && *argc > 1) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "what is '%s' for? see %s --help", (*argv)[1],
                    (*argv)[0]);
        return FALSE;
    }
    return TRUE;
}

gboolean
hseg_cli_one_operand(int argc, char **argv, GError **error)
{
    if (argc <= 2)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "one is enough: what is '%s' for?", argv[2]);
    return FALSE;
}

int
hseg_cli_fail(GError *error)
{
    g_strdelimit(error->message, "\r\n", ' ');
    g_printerr("humanseg: %s\n", error->message);
    g_error_free(error);
    return 1;
}

int
hseg_cli_choice(const char *option, const char *text, const char *const *choices, GError **error)
{
    g_autofree char *all = g_strjoinv(", ", (char **)choices);

    for (int i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0)
            return i;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--%s: '%s' is none of %s", option, text, all);
    return -1;
}

int
hseg_cli_precision(const char *text, GError **error)
{
    static const char *const precisions[] = {"auto", "float32", "int8", NULL};

    return hseg_cli_choice("precision", text ? text : "auto", precisions, error);
}

gboolean
hseg_cli_range(const char *option, double value, double min, double max, GError **error)
{
    if (value >= min && value <= max)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "--%s: %g is not in %g to %g", option, value, min,
                max);
    return FALSE;
}

gboolean
hseg_cli_spare(const char *out, const char *in, GError **error)
{
    GStatBuf x, y;

    if (!in || g_stat(out, &x) != 0 || g_stat(in, &y) != 0 || x.st_dev != y.st_dev || x.st_ino != y.st_ino)
        return TRUE;
    g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "%s: would be overwritten by %s", in,
                strcmp(in, out) == 0 ? "its own result" : out);
    return FALSE;
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double
hseg_cli_median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 2];
}

void
hseg_cli_add_number(JsonBuilder *builder, const char *name, double value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_double_value(builder, value);
}

void
hseg_cli_add_int(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

gboolean
hseg_cli_save_json(JsonBuilder *builder, const char *file, GError **error)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE), *line = g_strconcat(text, "\n", NULL);

    return hseg_save_file(file, line, strlen(line), TRUE, error);
}
