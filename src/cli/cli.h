/* What the subcommands share. A subcommand takes its own part of the command line (argv[0] is "humanseg
 * segment") and returns the exit status. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

int hseg_cmd_segment(int argc, char **argv);
int hseg_cmd_train(int argc, char **argv);
int hseg_cmd_eval(int argc, char **argv);
int hseg_cmd_bench(int argc, char **argv);
int hseg_cmd_info(int argc, char **argv);
int hseg_cmd_dataset(int argc, char **argv);
int hseg_cmd_average(int argc, char **argv);
int hseg_cmd_export(int argc, char **argv);
int hseg_cmd_quantize(int argc, char **argv);

/**
 * hseg_cli_parse:
 * @operands: what follows the options, for --help ("IN..."), or NULL where nothing may
 * @summary: one line on what the subcommand does, for --help
 * @entries: the options, ended by an empty one
 * @group: (nullable) (transfer full): more options
 *
 * Parses the options out of @argc and @argv; what is left is the operands. --help prints and exits.
 */
gboolean hseg_cli_parse(int *argc, char ***argv, const char *operands, const char *summary,
                        const GOptionEntry *entries, GOptionGroup *group, GError **error);

/* The HsegPrecision that @text, NULL for "auto", names; -1 with an error. */
int hseg_cli_precision(const char *text, GError **error);

/* FALSE with an error where there is more than one operand. */
gboolean hseg_cli_one_operand(int argc, char **argv, GError **error);

/* Says "humanseg: what" on one line of standard error and returns the exit status 1. Frees @error. */
int hseg_cli_fail(GError *error);

/* The place of @text in the NULL-terminated @choices; -1 with an error that names @option where it has none.
 */
int hseg_cli_choice(const char *option, const char *text, const char *const *choices, GError **error);

/* FALSE with an error that names @option where @value is not in @min .. @max. */
gboolean hseg_cli_range(const char *option, double value, double min, double max, GError **error);

/* FALSE with an error where writing @out would overwrite @in, by whatever name. @in: (nullable); a file that
 * is not there is in no danger. */
gboolean hseg_cli_spare(const char *out, const char *in, GError **error);

/* The middle of @values, which come out sorted. */
double hseg_cli_median(double *values, int count);

/* A member of the object that @builder is in. */
void hseg_cli_add_number(JsonBuilder *builder, const char *name, double value);
void hseg_cli_add_int(JsonBuilder *builder, const char *name, gint64 value);

/* Writes what @builder holds to @file, whole or not at all. */
gboolean hseg_cli_save_json(JsonBuilder *builder, const char *file, GError **error);
