/* What the processor could do at best, as a measure for what the kernels do. */
#pragma once

typedef struct {
    double float32, int8; /* 10^9 operations a second */
} HsegPeak;

/* Measured, of @threads threads that do nothing but multiply-adds in registers, each counted as two: those of
 * floats, and those of bytes by the instructions of the kernels that this processor takes. Takes about a
 * third of a second. */
HsegPeak hseg_peak(int threads);
