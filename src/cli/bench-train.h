/* humanseg bench --train: how fast a network trains. */
#pragma once

#include "model/arch.h"

/* Trains @arch on noise and prints the figures; @json (nullable) takes them too. */
gboolean hseg_bench_train(const HsegArch *arch, int batch, int threads, const char *json, GError **error);
