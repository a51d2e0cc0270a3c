/* What the processor could do at best, as a measure for what the kernels do. */
#pragma once

/* Measured: 10^9 float operations a second of @threads threads that do nothing but multiply-adds in
 * registers, each counted as two. Takes about a third of a second. */
double hseg_peak_gflops(int threads);
