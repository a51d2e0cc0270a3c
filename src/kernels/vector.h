/* Vectors of LANES floats by the compiler's vector extensions, so that one source serves every instruction
 * set. A file of the body is included once per vector width, with LANES defined: NAME(f) is f_16, f_8, f_4; V
 * is the vector. LANES may be 1: then V is float. */
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define VECTOR_CAT2(a, b) a##_##b
#define VECTOR_CAT(a, b)  VECTOR_CAT2(a, b)
#define NAME(f)           VECTOR_CAT(f, LANES)
#define V                 NAME(vec)
#define M                 NAME(mask)
#define INLINE            static inline __attribute__((always_inline, unused))

/* Before a loop with a small constant count whose index selects registers. The build may turn it off. */
#if defined(UNROLL)
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

/* Hides what the compiler knows of an address or a vector: lest it replaces the one by its own idea of a
 * cheaper address, and loads the other anew for each use. IN_ORDER also keeps clang from moving the making of
 * @v behind that of other vectors, where they together need more registers than there are. */
#define KEEP(p) __asm__("" : "+r"(p))
#if defined(__x86_64__)
#define KEEP_VECTOR(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define KEEP_VECTOR(v) __asm__("" : "+w"(v))
#else
#define KEEP_VECTOR(v) (void)0
#endif
#if defined(__clang__) && defined(__x86_64__)
#define IN_ORDER(v) __asm__ volatile("" : "+v"(v))
#elif defined(__clang__) && defined(__aarch64__)
#define IN_ORDER(v) __asm__ volatile("" : "+w"(v))
#else
#define IN_ORDER(v) (void)0
#endif

#if LANES > 1
typedef float V __attribute__((vector_size(4 * LANES)));
/* All ones or all zeros, as comparisons give them. */
typedef int32_t M __attribute__((vector_size(4 * LANES)));
/* A vector in memory, unaligned. */
typedef float NAME(vec_at) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
#else
typedef float V;
typedef float NAME(vec_at);
#endif

INLINE V
NAME(load)(const float *p)
{
    return *(const NAME(vec_at) *)p;
}

INLINE void
NAME(store)(float *p, V v)
{
    *(NAME(vec_at) *)p = v;
}

/* Stores to an address that is a multiple of V's size, past the caches; STORED_PAST() before other threads
 * may look. */
#if LANES == 16
#define STORE_PAST(p, v) _mm512_stream_ps(p, v)
#elif LANES == 8 && defined(__AVX__)
#define STORE_PAST(p, v) _mm256_stream_ps(p, v)
#elif LANES == 4 && defined(__SSE__)
#define STORE_PAST(p, v) _mm_stream_ps(p, v)
#else
#define STORE_PAST(p, v) NAME(store)(p, v)
#endif
#undef STORED_PAST
#if defined(__SSE__)
#define STORED_PAST() _mm_sfence()
#else
#define STORED_PAST() (void)0
#endif

INLINE void
NAME(store_past)(float *p, V v)
{
    STORE_PAST(p, v);
}

#undef STORE_PAST

#if LANES > 1
INLINE V
NAME(all)(float x)
{
    return x - (V){0};
}

/* v where @mask is set, else 0. */
INLINE V
NAME(only)(M mask, V v)
{
    return (V)(mask & (M)v);
}

/* The larger and the smaller; @b where one is not a number, so that NAN in @b passes. The one thing that the
 * vector extensions lack: written as comparison and selection, GCC 12 makes five instructions of it. */
#if LANES == 16
#define VECTOR_MAX(a, b) _mm512_max_ps(a, b)
#define VECTOR_MIN(a, b) _mm512_min_ps(a, b)
#elif LANES == 8 && defined(__AVX__)
#define VECTOR_MAX(a, b) _mm256_max_ps(a, b)
#define VECTOR_MIN(a, b) _mm256_min_ps(a, b)
#elif LANES == 4 && defined(__SSE__)
#define VECTOR_MAX(a, b) _mm_max_ps(a, b)
#define VECTOR_MIN(a, b) _mm_min_ps(a, b)
#elif LANES == 4 && defined(__ARM_NEON)
#define VECTOR_MAX(a, b) (V) vmaxq_f32((float32x4_t)(a), (float32x4_t)(b))
#define VECTOR_MIN(a, b) (V) vminq_f32((float32x4_t)(a), (float32x4_t)(b))
#else
#define VECTOR_MAX(a, b) (V)(((a) > (b) & (M)(a)) | (~((a) > (b)) & (M)(b)))
#define VECTOR_MIN(a, b) (V)(((a) < (b) & (M)(a)) | (~((a) < (b)) & (M)(b)))
#endif

INLINE V
NAME(max)(V a, V b)
{
    return VECTOR_MAX(a, b);
}

INLINE V
NAME(min)(V a, V b)
{
    return VECTOR_MIN(a, b);
}

#undef VECTOR_MAX
#undef VECTOR_MIN

INLINE V
NAME(hswish)(V x)
{
    return x * (NAME(min)(NAME(all)(6), NAME(max)(NAME(all)(0), x + 3.0f)) * (1 / 6.0f));
}

/* The bounds that an activation other than h-swish clamps to. */
INLINE V
NAME(act_low)(HsegAct act)
{
    return NAME(all)(act == HSEG_ACT_RELU || act == HSEG_ACT_RELU6 ? 0 : -__builtin_inff());
}

INLINE V
NAME(act_high)(HsegAct act)
{
    return NAME(all)(act == HSEG_ACT_RELU6 ? 6 : __builtin_inff());
}

INLINE V
NAME(clamp)(V x, V low, V high)
{
    return NAME(min)(high, NAME(max)(low, x));
}

/* act(x); for a constant @act. */
INLINE V
NAME(activate)(V x, HsegAct act)
{
    return act == HSEG_ACT_HSWISH ? NAME(hswish)(x)
           : act == HSEG_ACT_NONE ? x
                                  : NAME(clamp)(x, NAME(act_low)(act), NAME(act_high)(act));
}

/* g * act'(z); at a kink the derivative is that of the constant side, as PyTorch's relu and relu6 have it. */
INLINE V
NAME(activate_grad)(V g, V z, HsegAct act)
{
    const V zero = NAME(all)(0), six = NAME(all)(6);
    V t;

    switch (act) {
    case HSEG_ACT_RELU:
        return NAME(only)(z > zero, g);
    case HSEG_ACT_RELU6:
        return NAME(only)((z > zero) & (z < six), g);
    case HSEG_ACT_HSWISH: /* (z t)' = t + z t' with t = relu6(z + 3) / 6 */
        t = z + 3.0f;
        return g * (NAME(min)(six, NAME(max)(zero, t)) + NAME(only)((t > zero) & (t < six), z)) * (1 / 6.0f);
    default:
        return g;
    }
}
#endif
