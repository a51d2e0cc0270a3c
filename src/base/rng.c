#include "base/rng.h"

#include <math.h>

#define PCG_MULTIPLIER 6364136223846793005u

void
hseg_rng_init(HsegRng *rng, uint64_t seed, uint64_t stream)
{
    rng->state = 0;
    rng->stream = stream << 1 | 1;
    hseg_rng_u32(rng);
    rng->state += seed;
    hseg_rng_u32(rng);
}

uint32_t
hseg_rng_u32(HsegRng *rng)
{
    uint64_t old = rng->state;
    uint32_t shifted = (uint32_t)((old >> 18 ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);

    rng->state = old * PCG_MULTIPLIER + rng->stream;
    return shifted >> turn | shifted << (-turn & 31);
}

float
hseg_rng_float(HsegRng *rng)
{
    return (float)(hseg_rng_u32(rng) >> 8) * 0x1p-24f;
}

float
hseg_rng_uniform(HsegRng *rng, float lo, float hi)
{
    float v = lo + (hi - lo) * hseg_rng_float(rng);

    return v < hi ? v : lo; /* the sum may have been rounded up to hi */
}

int
hseg_rng_int(HsegRng *rng, int lo, int hi)
{
    uint32_t range = (uint32_t)hi - (uint32_t)lo + 1;
    uint32_t reject, v;

    if (range == 0)
        return (int)hseg_rng_u32(rng);
    reject = -range % range; /* 2^32 mod range: throwing these away leaves every remainder equally likely */
    do
        v = hseg_rng_u32(rng);
    while (v < reject);
    return (int)((uint32_t)lo + v % range);
}

float
hseg_rng_normal(HsegRng *rng)
{
    double u = 1.0 - hseg_rng_float(rng); /* (0, 1] */
    double angle = 6.283185307179586 * hseg_rng_float(rng);

    return (float)(sqrt(-2.0 * log(u)) * cos(angle));
}
