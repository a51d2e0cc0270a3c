/* Seeded random numbers (PCG32, O'Neill 2014): small state, the same numbers on every machine. */
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t state;
    uint64_t stream; /* odd */
} HsegRng;

/* Different (seed, stream) pairs give independent sequences: one stream per sample makes a sample
 * reproducible alone. */
void hseg_rng_init(HsegRng *rng, uint64_t seed, uint64_t stream);

uint32_t hseg_rng_u32(HsegRng *rng);
float hseg_rng_float(HsegRng *rng);                       /* uniform in [0, 1) */
float hseg_rng_uniform(HsegRng *rng, float lo, float hi); /* uniform in [lo, hi) */
int hseg_rng_int(HsegRng *rng, int lo, int hi);           /* uniform in [lo, hi], both included */
float hseg_rng_normal(HsegRng *rng);                      /* mean 0, standard deviation 1 (Box and Muller) */
