/* What `humanseg eval` found, as tables on standard output and as JSON. */
#pragma once

#include "eval/evaluate.h"

void hseg_eval_print(const HsegEvaluation *e);

/* Writes @file whole or not at all. Top level: the pool's scores and their mean over images; "sets", and
 * where they were asked for "video" (with "clips") and "negatives". null stands for a score that there is
 * not. */
gboolean hseg_eval_save_json(const HsegEvaluation *e, const char *file, GError **error);
