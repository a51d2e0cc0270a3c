/* What transposed convolutions in floats and in bytes share: see op-transposed.c. */
#pragma once

enum { HSEG_PHASES = 4 };

/* The taps of each phase, ky * 3 + kx, in the order in which the matrix product meets them; how many other
 * phases' taps are packed before them. */
extern const struct HsegPhase {
    int taps, before, tap[4];
} hseg_phases[HSEG_PHASES];
