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
#undef SHORTS
#define SHORTS (LANES == 16 ? 32 : LANES)
typedef uint16_t H __attribute__((vector_size(2 * SHORTS)));

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

/* SHORTS bytes in lanes of 16 bits, and back; with the masks of AVX-512 the first @c of them. */
INLINE H
NAME(shorten)(const uint8_t *p, int c)
{
#if LANES == 16
    return (H)_mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8((__mmask32)(((uint64_t)1 << c) - 1), p));
#elif LANES == 8 && defined(__SSE2__)
    const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)p);

    return (H)_mm_unpacklo_epi8(eight, _mm_setzero_si128());
#else
    return __builtin_convertvector(*(const NAME(bytes_at) *)p, H);
#endif
}

INLINE void
NAME(store_short)(uint8_t *p, H v, int c)
{
#if LANES == 16
    _mm512_mask_cvtepi16_storeu_epi8(p, (__mmask32)(((uint64_t)1 << c) - 1), (__m512i)v);
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

INLINE void
NAME(store_fours)(void *p, I v)
{
    *(NAME(ints_at) *)p = v;
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
#elif LANES == 4 && defined(__AVX512VNNI__)
    return (I)_mm_dpbusd_epi32((__m128i)sum, (__m128i)a, (__m128i)b);
#elif LANES == 8 && defined(__AVXVNNI__)
    return (I)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif LANES == 4 && defined(__AVXVNNI__)
    return (I)_mm_dpbusd_avx_epi32((__m128i)sum, (__m128i)a, (__m128i)b);
#elif LANES == 16
    return sum + (I)_mm512_madd_epi16(_mm512_maddubs_epi16((__m512i)a, (__m512i)b), _mm512_set1_epi16(1));
#elif LANES == 8 && defined(__AVX2__)
    return sum + (I)_mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)a, (__m256i)b), _mm256_set1_epi16(1));
#elif LANES == 4 && defined(__AVX2__)
    return sum + (I)_mm_madd_epi16(_mm_maddubs_epi16((__m128i)a, (__m128i)b), _mm_set1_epi16(1));
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

/* Many bytes, and how they become fours and fours become them: part k of four has of every 16 bytes those
 * from 4 * k on. */
#define LOT NAME(lot)
typedef uint8_t LOT __attribute__((vector_size(4 * LANES)));
typedef uint8_t NAME(lot_at) __attribute__((vector_size(4 * LANES), aligned(1), may_alias));

/* part[k] has of the rows a, b, c and d one byte each to a lane. */
INLINE void
NAME(interleave)(I part[4], LOT a, LOT b, LOT c, LOT d)
{
#if LANES == 16
#define ZIP(how, x, y) _mm512_unpack##how((__m512i)(x), (__m512i)(y))
#elif LANES == 8 && defined(__AVX2__)
#define ZIP(how, x, y) _mm256_unpack##how((__m256i)(x), (__m256i)(y))
#elif LANES == 4 && defined(__SSE2__)
#define ZIP(how, x, y) _mm_unpack##how((__m128i)(x), (__m128i)(y))
#elif LANES == 4 && defined(__ARM_NEON)
#define lo_epi8(x, y)  vzip1q_u8((uint8x16_t)(x), (uint8x16_t)(y))
#define hi_epi8(x, y)  vzip2q_u8((uint8x16_t)(x), (uint8x16_t)(y))
#define lo_epi16(x, y) vzip1q_u16((uint16x8_t)(x), (uint16x8_t)(y))
#define hi_epi16(x, y) vzip2q_u16((uint16x8_t)(x), (uint16x8_t)(y))
#define ZIP(how, x, y) how(x, y)
#endif
#ifdef ZIP
    part[0] = (I)ZIP(lo_epi16, ZIP(lo_epi8, a, b), ZIP(lo_epi8, c, d));
    part[1] = (I)ZIP(hi_epi16, ZIP(lo_epi8, a, b), ZIP(lo_epi8, c, d));
    part[2] = (I)ZIP(lo_epi16, ZIP(hi_epi8, a, b), ZIP(hi_epi8, c, d));
    part[3] = (I)ZIP(hi_epi16, ZIP(hi_epi8, a, b), ZIP(hi_epi8, c, d));
#undef ZIP
#undef lo_epi8
#undef hi_epi8
#undef lo_epi16
#undef hi_epi16
#else
    for (int i = 0; i < 4 * LANES; i++)
        part[i / 4 % 4][i / 16 * 4 + i % 4] = a[i] | b[i] << 8 | c[i] << 16 | (int32_t)((uint32_t)d[i] << 24);
#endif
}

/* Signed numbers of 16 bits, twice LANES. */
#define S NAME(signed_shorts)
typedef int16_t S __attribute__((vector_size(4 * LANES)));
typedef uint16_t NAME(unsigned_shorts) __attribute__((vector_size(4 * LANES)));

/* Of each 8 lanes four from @a, then four from @b; what 16 bits don't hold becomes their bound. */
INLINE S
NAME(narrow)(I a, I b)
{
#if LANES == 16
    return (S)_mm512_packs_epi32((__m512i)a, (__m512i)b);
#elif LANES == 8 && defined(__AVX2__)
    return (S)_mm256_packs_epi32((__m256i)a, (__m256i)b);
#elif LANES == 4 && defined(__SSE2__)
    return (S)_mm_packs_epi32((__m128i)a, (__m128i)b);
#elif LANES == 4 && defined(__ARM_NEON)
    return (S)vcombine_s16(vqmovn_s32((int32x4_t)a), vqmovn_s32((int32x4_t)b));
#else
    S v;

    for (int i = 0; i < 2 * LANES; i++)
        v[i] = (int16_t)HSEG_CLAMP((i & 4 ? b : a)[i / 8 * 4 + i % 4], INT16_MIN, INT16_MAX);
    return v;
#endif
}

/* a * b / 2^15, rounded, halves up; not both are the lowest number. */
INLINE S
NAME(multiply)(S a, S b)
{
#if LANES == 16
    return (S)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
#elif LANES == 8 && defined(__AVX2__)
    return (S)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
#elif LANES == 4 && defined(__SSSE3__)
    return (S)_mm_mulhrs_epi16((__m128i)a, (__m128i)b);
#elif LANES == 4 && defined(__SSE2__)
    const NAME(unsigned_shorts) low = (NAME(unsigned_shorts))_mm_mullo_epi16((__m128i)a, (__m128i)b),
                                high = (NAME(unsigned_shorts))_mm_mulhi_epi16((__m128i)a, (__m128i)b);

    return (S)((high << 1 | low >> 15) + (low >> 14 & 1));
#elif LANES == 4 && defined(__ARM_NEON)
    return (S)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
#else
    S v;

    for (int i = 0; i < 2 * LANES; i++)
        v[i] = (int16_t)((a[i] * b[i] + (1 << 14)) >> 15);
    return v;
#endif
}

INLINE S
NAME(within)(S x, S low, S high)
{
#if LANES == 16
    return (S)_mm512_min_epi16(_mm512_max_epi16((__m512i)x, (__m512i)low), (__m512i)high);
#elif LANES == 8 && defined(__AVX2__)
    return (S)_mm256_min_epi16(_mm256_max_epi16((__m256i)x, (__m256i)low), (__m256i)high);
#elif LANES == 4 && defined(__SSE2__)
    return (S)_mm_min_epi16(_mm_max_epi16((__m128i)x, (__m128i)low), (__m128i)high);
#else
    x = (x & (x > low)) | (low & ~(x > low));
    return (x & (x < high)) | (high & ~(x < high));
#endif
}

/* The bytes of shorts that were narrowed from parts as above: @low from the first two, @high from the others.
 * What is below 0 or above 255 becomes that. */
INLINE LOT
NAME(join)(S low, S high)
{
#if LANES == 16
    return (LOT)_mm512_packus_epi16((__m512i)low, (__m512i)high);
#elif LANES == 8 && defined(__AVX2__)
    return (LOT)_mm256_packus_epi16((__m256i)low, (__m256i)high);
#elif LANES == 4 && defined(__SSE2__)
    return (LOT)_mm_packus_epi16((__m128i)low, (__m128i)high);
#elif LANES == 4 && defined(__ARM_NEON)
    return (LOT)vcombine_u8(vqmovun_s16((int16x8_t)low), vqmovun_s16((int16x8_t)high));
#else
    LOT lot;

    for (int i = 0; i < 4 * LANES; i++)
        lot[i] = (uint8_t)HSEG_CLAMP((i & 8 ? high : low)[i / 16 * 8 + i % 8], 0, 255);
    return lot;
#endif
}

/* 16 bytes each. */
INLINE I
NAME(load_quarters)(const uint8_t *const p[LANES / 4])
{
#if LANES == 16
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)p[0]));

    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)p[1]), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)p[2]), 2);
    return (I)_mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(const void *)p[3]), 3);
#elif LANES == 8 && defined(__AVX2__)
    return (I)_mm256_loadu2_m128i((const __m128i *)(const void *)p[1], (const __m128i *)(const void *)p[0]);
#else
    I v;

    for (int i = 0; i < LANES / 4; i++)
        memcpy((uint8_t *)&v + 16 * i, p[i], 16);
    return v;
#endif
}

/* Stores the bytes of four vectors, the first two @low, the others @high, each where @p has it; @vecs of
 * them, 1 or 2, lie side by side. */
INLINE void
NAME(store_bytes)(uint8_t *const p[4], S low, S high, const int vecs)
{
    LOT lot = NAME(join)(low, high);

#if LANES == 16
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

    lot = (LOT)_mm512_permutexvar_epi32(order, (__m512i)lot);
#elif LANES == 8 && defined(__AVX2__)
    lot = (LOT)_mm256_permutevar8x32_epi32((__m256i)lot, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
#elif LANES == 8
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < LANES; k++)
            lot[i * LANES + k] =
                (uint8_t)HSEG_CLAMP((i < 2 ? low : high)[k / 4 * 8 + i % 2 * 4 + k % 4], 0, 255);
#endif
    UNROLL
    for (int i = 0; i < 4; i += vecs)
        memcpy(p[i], (const uint8_t *)&lot + i * LANES, vecs * LANES);
}

INLINE V
NAME(to_float)(I v)
{
    return __builtin_convertvector(v, V);
}

/* Rounded to whole numbers, ties to even; @v is far from where 32 bits end. */
INLINE I
NAME(to_int)(V v)
{
#if LANES == 16
    return (I)_mm512_cvtps_epi32(v);
#elif LANES == 8 && defined(__AVX2__)
    return (I)_mm256_cvtps_epi32(v);
#elif LANES == 4 && defined(__SSE2__)
    return (I)_mm_cvtps_epi32(v);
#elif LANES == 4 && defined(__ARM_NEON)
    return (I)vcvtnq_s32_f32((float32x4_t)v);
#else
    const float round =
        12582912; /* 1.5 * 2^23: the floats around it are whole numbers, in their lowest bits */

    return (I)(NAME(clamp)(v, NAME(all)(-4e6f), NAME(all)(4e6f)) + round) - 0x4b400000;
#endif
}

/* What of HsegRequant is the same for all channels, in registers. */
typedef struct {
    S low, high, part, three, zero;
} NAME(requant);

INLINE
NAME(requant) NAME(requant_init)(const HsegRequant *r)
{
    const S none = {0};

    return (NAME(requant)){none + (int16_t)r->low, none + (int16_t)r->high, none + (int16_t)r->part,
                           none + (int16_t)r->three, none + (int16_t)r->zero};
}

/* Of two vectors of sums, their bias in them. */
INLINE S
NAME(requant_sums)(const NAME(requant) * q, I a, I b, I shift_a, I shift_b, S factor, const int kind)
{
    const S y = NAME(multiply)(NAME(narrow)(a >> shift_a, b >> shift_b), factor);

    if (kind == HSWISH)
        return NAME(multiply)(y, NAME(within)(NAME(multiply)(y, q->part), -q->three, q->three) + q->three) +
               q->zero;
    return kind == CLAMPED ? NAME(within)(y, q->low, q->high) : y;
}
