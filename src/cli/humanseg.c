/* The humanseg command: finds the subcommand. */
#include "cli/cli.h"

#include <humanseg/error.h>
#include <humanseg/version.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"segment", hseg_cmd_segment, "cut people out of pictures"},
    {"train", hseg_cmd_train, "make a new model from pictures and masks"},
    {"eval", hseg_cmd_eval, "score a model on pictures with known masks"},
    {"bench", hseg_cmd_bench, "measure how fast a model runs"},
    {"info", hseg_cmd_info, "show a network's layers, parameters and cost"},
    {"quantize", hseg_cmd_quantize, "prepare a model for 8-bit integers"},
    {"average", hseg_cmd_average, "average the weights of models"},
    {"export", hseg_cmd_export, "write a model as an ONNX file, for other runtimes"},
    {"dataset", hseg_cmd_dataset, "make a data set to train on from a public one"},
};

static int
help(void)
{
    g_print("Usage: humanseg COMMAND [OPTION...]\n\nCuts people out of pictures, and trains and measures the "
            "networks "
            "that do it.\n\nCommands:\n");
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        g_print("  %-10s %s\n", commands[i].name, commands[i].summary);
    g_print("\nhumanseg COMMAND --help shows a command's options; humanseg --version the version.\n");
    return 0;
}

/* What was printed may not have arrived: a full disk is no success. */
static int
finish(int status)
{
    if (status != 0 || (fflush(stdout) == 0 && !ferror(stdout)))
        return status;
    return hseg_cli_fail(g_error_new(HSEG_ERROR, HSEG_ERROR_FILE, "cannot write to standard output"));
}

int
main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    setlocale(LC_CTYPE, ""); /* for names of files; numbers keep their decimal point */
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return help();
    if (strcmp(name, "--version") == 0) {
        g_print("humanseg %d.%d.%d\n", HSEG_VERSION_MAJOR, HSEG_VERSION_MINOR, HSEG_VERSION_MICRO);
        return 0;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            g_autofree char *full = g_strconcat("humanseg ", name, NULL);

            argv[1] = full;
            return finish(commands[i].run(argc - 1, argv + 1));
        }
    }
    return hseg_cli_fail(
        g_error_new(HSEG_ERROR, HSEG_ERROR_ARGUMENT, "no command '%s'; see humanseg --help", name));
}
