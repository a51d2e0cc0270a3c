/* What this processor can do. HSEG_CPU=c|avx2|avxvnni|avx512|avx512vnni|neon in the environment lowers it,
 * for tests and bug reports. */
#pragma once

enum {
    HSEG_CPU_AVX2 = 1 << 0,   /* AVX2 and FMA */
    HSEG_CPU_AVX512 = 1 << 1, /* F, BW, DQ, VL */
    HSEG_CPU_VNNI = 1 << 2,   /* AVX-512 VNNI */
    HSEG_CPU_NEON = 1 << 3,
    HSEG_CPU_AVXVNNI = 1 << 4, /* VNNI in vectors of 256 bits, without AVX-512 */
};

/* HSEG_CPU_* flags; the same on every call. */
unsigned hseg_cpu_flags(void);

/* For tests, which change HSEG_CPU while nothing else runs: the next call looks again. */
void hseg_cpu_look_again(void);
