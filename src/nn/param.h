/* The numbers that training changes, all in one flat array: the optimiser is one loop, saving is one pass.
 *
 * Each parameter has a PyTorch name and shape, and an engine layout that the kernels read without conversion.
 * Padding between channels is zero in values and gradients and stays so. */
#pragma once

#include "nn/tensor.h"

typedef enum {
    HSEG_PARAM_VECTOR,     /* PyTorch [out]; here [out] */
    HSEG_PARAM_DENSE,      /* PyTorch [out][in][k][k]; here [k][k][in][out]: a GEMM's B */
    HSEG_PARAM_TRANSPOSED, /* PyTorch [in][out][k][k]; here [k][k][out][in] */
    HSEG_PARAM_DEPTHWISE,  /* PyTorch [out][1][k][k]; here [k][k][out] */
} HsegParamKind;

typedef struct {
    char *name; /* as in PyTorch's state_dict */
    HsegParamKind kind;
    HsegLayout in, out;  /* `in` only for dense and transposed weights */
    int kernel;          /* k */
    bool trained;        /* false: batch-norm statistics, and biases that a batch norm cancels */
    bool decays;         /* weight decay applies: weights of convolutions, not biases or norms */
    size_t offset, size; /* place in HsegParams.value, in floats, padding included */
} HsegParam;

typedef struct {
    HsegParam *list;
    int count;
    size_t size;  /* floats in all */
    float *value; /* [size]; NULL before hseg_params_allocate() */
    float *grad;  /* [size] or NULL */
} HsegParams;

void hseg_params_init(HsegParams *params);
void hseg_params_clear(HsegParams *params);

/* Adds a parameter and returns its index; -1 without memory. @name is copied. */
int hseg_params_add(HsegParams *params, const char *name, HsegParamKind kind, HsegLayout in, HsegLayout out,
                    int kernel, bool trained, bool decays);

/* Zeroed values, and gradients where @training. False without memory. */
bool hseg_params_allocate(HsegParams *params, bool training);

/* The index of the parameter called @name, or -1. */
int hseg_params_find(const HsegParams *params, const char *name);

/* PyTorch's shape of a parameter; returns the number of dimensions, 1 or 4. */
int hseg_param_shape(const HsegParam *param, int shape[4]);

/* Logical numbers in a parameter: the product of its shape. */
size_t hseg_param_count(const HsegParam *param);

/* Between PyTorch's order (@plain, contiguous) and the engine's (@engine, param->size floats; padding
 * untouched). */
void hseg_param_import(const HsegParam *param, float *engine, const float *plain);
void hseg_param_export(const HsegParam *param, float *plain, const float *engine);
