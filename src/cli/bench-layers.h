/* What each layer of a network takes, for the bench. */
#pragma once

#include "cli/peak.h"
#include "model/network.h"
#include <json-glib/json-glib.h>

typedef struct HsegBenchLayers HsegBenchLayers;

/* Has @network, which must live as long, timed from now on. @most: runs to be noted. */
HsegBenchLayers *hseg_bench_layers_new(HsegNetwork *network, int most);

/* Accepts NULL. */
void hseg_bench_layers_free(HsegBenchLayers *layers);

/* Keeps what each layer took in the network's last run, as run number @run. */
void hseg_bench_layers_note(HsegBenchLayers *layers, int run);

/* Milliseconds of all layers at @peak: each at that of its own numbers, bytes or floats. */
double hseg_bench_layers_ideal_ms(const HsegBenchLayers *layers, const HsegPeak *peak);

/* A line for each layer, medians of the first @runs, one for all, and what is left of the stage, which takes
 * @stage_ms, for what stands behind them. */
void hseg_bench_layers_print(const HsegBenchLayers *layers, int runs, const HsegPeak *peak, double stage_ms);

/* The same as an array. */
void hseg_bench_layers_add_json(const HsegBenchLayers *layers, int runs, const HsegPeak *peak,
                                JsonBuilder *json);
