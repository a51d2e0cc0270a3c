/* A row of channels by the vectors of one instruction set: of WIDE lanes each, and of HSEG_CHANNELS what is
 * left. */
#pragma once

#define WIDE_NAME(f) VECTOR_CAT(f, WIDE)
#define REST_NAME(f) VECTOR_CAT(f, HSEG_CHANNELS)

/* Calls f(...) for each vector of @c channels; the arguments may use `ch`, its first channel. */
#if WIDE > HSEG_CHANNELS
#define VECTOR_REST(f, c, ...)                                                                               \
    if (ch < (c))                                                                                            \
    REST_NAME(f)(__VA_ARGS__)
#else
#define VECTOR_REST(f, c, ...) (void)0
#endif
#define EACH_VECTOR(f, c, ...)                                                                               \
    do {                                                                                                     \
        int ch = 0;                                                                                          \
        for (; ch + WIDE <= (c); ch += WIDE)                                                                 \
            WIDE_NAME(f)(__VA_ARGS__);                                                                       \
        VECTOR_REST(f, c, __VA_ARGS__);                                                                      \
    } while (0)
