/* On top of vector.h: I is a vector of LANES 32-bit integers, B one of LANES bytes in memory. Included once
 * per vector width, for LANES from 4 on. */
#define I NAME(ints)
#define B NAME(bytes)
#define H NAME(shorts)

typedef int32_t I __attribute__((vector_size(4 * LANES)));
typedef int32_t NAME(ints_at) __attribute__((vector_size(4 * LANES), aligned(1), may_alias));
typedef uint32_t NAME(words) __attribute__((vector_size(4 * LANES)));
typedef uint8_t B __attribute__((vector_size(LANES)));
typedef uint8_t NAME(bytes_at) __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef uint16_t H __attribute__((vector_size(2 * LANES)));

/* LANES bytes, one to a lane. */
INLINE I
NAME(widen)(const uint8_t *p)
{
#if LANES == 16 /* in plain C, GCC 12 takes the bytes one by one */
    return (I)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif LANES == 8 && defined(__AVX2__)
    return (I)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#elif LANES == 4 && defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    int32_t four;

    memcpy(&four, p, sizeof four);
    return (I)_mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), zero), zero);
#else
    return __builtin_convertvector(*(const NAME(bytes_at) *)p, I);
#endif
}

/* The same in lanes of 16 bits, and back. */
INLINE H
NAME(shorten)(const uint8_t *p)
{
#if LANES == 16
    return (H)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif LANES == 8 && defined(__SSE2__)
    const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)p);

    return (H)_mm_unpacklo_epi8(eight, _mm_setzero_si128());
#else
    return __builtin_convertvector(*(const NAME(bytes_at) *)p, H);
#endif
}

INLINE void
NAME(store_short)(uint8_t *p, H v)
{
#if LANES == 16
    const __m256i packed = _mm256_packus_epi16((__m256i)v, (__m256i)v);
    const __m256i together = _mm256_permute4x64_epi64(packed, 8); /* of both halves the lower 64 bits */

    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(together));
#elif LANES == 8 && defined(__SSE2__)
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16((__m128i)v, (__m128i)v));
#else
    *(NAME(bytes_at) *)p = __builtin_convertvector(v, B);
#endif
}

/* LANES groups of four bytes. */
INLINE I
NAME(load_fours)(const void *p)
{
    return *(const NAME(ints_at) *)p;
}

/* The same four bytes in each lane. */
INLINE I
NAME(four)(const uint8_t *p)
{
    int32_t x;

    memcpy(&x, p, sizeof x);
    return x + (I){0};
}

/* sum + the four products of each lane's bytes: a unsigned, b signed, pairs within HSEG_INT8_PAIR. */
INLINE I
NAME(dot4)(I sum, I a, I b)
{
#if LANES == 16 && defined(__AVX512VNNI__)
    return (I)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif LANES == 8 && defined(__AVX512VNNI__)
    return (I)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif LANES == 16
    return sum + (I)_mm512_madd_epi16(_mm512_maddubs_epi16((__m512i)a, (__m512i)b), _mm512_set1_epi16(1));
#elif LANES == 8 && defined(__AVX2__)
    return sum + (I)_mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)a, (__m256i)b), _mm256_set1_epi16(1));
#elif LANES == 4 && defined(__SSE2__)
    const __m128i low = _mm_set1_epi16(0xff), x = (__m128i)a, w = (__m128i)b;

    sum += (I)_mm_madd_epi16(_mm_and_si128(x, low), _mm_srai_epi16(_mm_slli_epi16(w, 8), 8));
    return sum + (I)_mm_madd_epi16(_mm_srli_epi16(x, 8), _mm_srai_epi16(w, 8));
#else
    const NAME(words) x = (NAME(words))a, w = (NAME(words))b;

    sum += (I)(x & 0xff) * ((I)(w << 24) >> 24);
    sum += (I)(x >> 8 & 0xff) * ((I)(w << 16) >> 24);
    sum += (I)(x >> 16 & 0xff) * ((I)(w << 8) >> 24);
    return sum + (I)(x >> 24) * ((I)w >> 24);
#endif
}

/* Stores the lowest byte of each lane. */
INLINE void
NAME(store_low)(uint8_t *p, I v)
{
#if LANES == 16
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8((__m512i)v));
#elif LANES == 8 && defined(__AVX512VL__)
    _mm_storel_epi64((__m128i *)(void *)p, _mm256_cvtepi32_epi8((__m256i)v));
#elif LANES == 8 && defined(__AVX2__)
    const __m256i low = (__m256i)(v & 0xff);
    const __m128i half = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));

    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(half, half));
#elif LANES == 4 && defined(__SSE2__)
    const __m128i half = _mm_packs_epi32((__m128i)(v & 0xff), (__m128i)(v & 0xff));
    const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(half, half));

    memcpy(p, &four, sizeof four);
#else
    *(NAME(bytes_at) *)p = __builtin_convertvector(v, B);
#endif
}

INLINE V
NAME(to_float)(I v)
{
    return __builtin_convertvector(v, V);
}

#define ROUND 12582912.0f /* 1.5 * 2^23: the floats around it are whole numbers, in their lowest bits */

/* HsegRequant's constants in registers. */
typedef struct {
    V low, high;   /* of the act, and where no residual follows of the byte too */
    V bottom, top; /* of the byte: steps from the zero point */
    V round;
    V unit;
} NAME(requant);

INLINE
NAME(requant) NAME(requant_init)(const HsegRequant *r, bool residual)
{
    NAME(requant)
    q = {.low = NAME(all)(r->low),
         .high = NAME(all)(r->high),
         .bottom = NAME(all)((float)-r->zero),
         .top = NAME(all)((float)(255 - r->zero)),
         .round = NAME(all)(ROUND + (float)r->zero),
         .unit = NAME(all)(r->unit)};

    if (!residual) {
        q.low = NAME(max)(q.low, q.bottom);
        q.high = NAME(min)(q.high, q.top);
    }
    return q;
}

INLINE V
NAME(requant_value)(const NAME(requant) * q, I sum, V scale, V bias, const bool hswish)
{
    V v = NAME(to_float)(sum) * scale + bias;

    if (hswish)
        v = NAME(hswish)(v) * q->unit;
    return NAME(clamp)(v, q->low, q->high);
}

/* @v: steps from the zero point, clamped to what the byte holds. */
INLINE void
NAME(store_rounded)(const NAME(requant) * q, uint8_t *p, V v)
{
    NAME(store_low)(p, (I)(v + q->round));
}
