/* The network's hot loops. One portable source (kernels-body.h) is compiled once per instruction set;
 * hseg_kernels() is the table for this processor. All functions are single-threaded, allocate nothing and
 * cannot fail.
 *
 * Layout: NHWC, float32. A map's pixel p, channel c stands at data[p * pixel + c], where `pixel` is the
 * distance between pixels in floats (larger than the channel count where several maps lie side by side, as
 * after a concatenation). Channel counts `c` and GEMM widths `n` are multiples of HSEG_CHANNELS unless a
 * function says else; callers pad with channels whose weights are zero. Nothing needs to be aligned. Pointers
 * never overlap unless said. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HSEG_CHANNELS 8 /* channel counts are padded to a multiple of this */

typedef enum {
    HSEG_ACT_NONE,
    HSEG_ACT_RELU,
    HSEG_ACT_RELU6,  /* min(max(x, 0), 6) */
    HSEG_ACT_HSWISH, /* x * relu6(x + 3) / 6 */
} HsegAct;

typedef enum {
    HSEG_PAD_ZERO,
    HSEG_PAD_REFLECT, /* index -1 is 1, index n is n - 2; only at stride 1, from 2 rows and columns on */
} HsegPad;

/* Memory that is read next: a kernel asks for it while it computes, so that it is in the second-level cache
 * by then. Changes no result. */
typedef struct {
    const float *at;
    size_t floats; /* 0: none */
} HsegAhead;

#define HSEG_AHEAD 2 /* such places for one product */

/* C[m][n] = act(bias[n] + sum over s < segs, d < depth of A[m][s][d] * B[s * depth + d][n]) + residual[m][n]
 *
 * The segments let a 3x3 convolution read its three rows in place: within a row, three taps of NHWC pixels
 * are contiguous. */
typedef struct {
    int m, n, segs, depth;
    const float *a; /* A[r][s][d] at a[r * a_row + s * a_seg + d * a_depth]; a_depth == 1 or a_row == 1 */
    size_t a_row, a_seg, a_depth;
    const float *b; /* B[d][j] at b[(j / nr) * b_panel + d * b_depth + j % nr], nr = HsegKernels.nr */
    size_t b_depth, b_panel; /* packed: nr and nr * segs * depth. Plain row-major: its row length and nr */
    float *c;
    size_t c_row;
    const float *bias;     /* [n] or NULL */
    const float *residual; /* or NULL */
    size_t residual_row;
    HsegAct act;
    bool accumulate; /* C += the sum; bias, act and residual must be off */
    bool far;        /* A is in no near cache, and is asked for ahead of time */
    HsegAhead ahead[HSEG_AHEAD];
} HsegGemm;

/* A depthwise 3x3 convolution of one image: padding 1, stride 1 or 2, out size ceil(in / stride). */
typedef struct {
    int in_h, in_w, c, stride;
    HsegPad pad;
    size_t in_pixel, out_pixel;
    int in_rows; /* 0, or a power of 2: so many rows of the input are kept, row y where row y % in_rows was */
} HsegDepthwise;

/* Bilinear x2 of one image with half-pixel centres and edges repeated, cropped to out_h x out_w, each 2n or
 * 2n - 1. */
typedef struct {
    int in_h, in_w, out_h, out_w, c; /* c: any, 1 too */
    size_t in_pixel, out_pixel;
} HsegUpsample;

typedef struct {
    const char *name; /* "c", "avx2", "avx512", ...: for logs, tests, benches */
    unsigned needs;   /* HSEG_CPU_* flags, all required */
    int mr, nr;       /* rows and columns of a GEMM tile; nr is the panel width */

    void (*gemm)(const HsegGemm *g);

    /* B row-major [depth][n], rows b_row apart -> panels as HsegGemm.b wants them: depth * round_up(n, nr)
     * floats. */
    void (*gemm_pack)(float *packed, const float *b, size_t b_row, int depth, int n);
    /* The same of B's transpose: the packed matrix is B[d][j] = t[j * t_row + d]. */
    void (*gemm_pack_transposed)(float *packed, const float *t, size_t t_row, int depth, int n);
    /* Packed B with row d times scale[d]. */
    void (*gemm_scale)(float *scaled, const float *packed, const float *scale, int depth, int n);

    /* Output rows y0 .. y1-1: out = act(bias + w * in). w: [9][c], bias: [c] or NULL. in, out: the whole
     * image's origin. */
    void (*depthwise)(const HsegDepthwise *d, float *out, const float *in, const float *w, const float *bias,
                      HsegAct act, int y0, int y1);
    /* dL/din of input rows y0 .. y1-1 from dL/dout: written, or added where @accumulate. */
    void (*depthwise_grad_input)(const HsegDepthwise *d, float *din, const float *dout, const float *w,
                                 bool accumulate, int y0, int y1);
    /* dw: [9][c], written: the sum over output rows y0 .. y1-1. */
    void (*depthwise_grad_weight)(const HsegDepthwise *d, float *dw, const float *in, const float *dout,
                                  int y0, int y1);

    /* sum[c] += sum of x, sum2[c] += sum of x * x, over @pixels; float partial sums of at most 256 pixels. */
    void (*channel_sums)(double *sum, double *sum2, const float *x, size_t x_pixel, size_t pixels, int c);
    /* y = act(x * scale[c] + shift[c]) + residual (may be NULL); y may be x. */
    void (*scale_shift)(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *scale,
                        const float *shift, HsegAct act, const float *residual, size_t residual_pixel,
                        size_t pixels, int c);
    /* With g = dy * act'(x * scale + shift): sum_g[c] += sum of g, sum_gx[c] += sum of g * x. */
    void (*norm_grad_sums)(double *sum_g, double *sum_gx, const float *dy, size_t dy_pixel, const float *x,
                           size_t x_pixel, const float *scale, const float *shift, HsegAct act, size_t pixels,
                           int c);
    /* dx = ka[c] * g + kx[c] * x + k1[c], g as above: batch norm's gradient, its three terms folded by the
     * caller; dx may be dy. */
    void (*norm_grad)(float *dx, size_t dx_pixel, const float *dy, size_t dy_pixel, const float *x,
                      size_t x_pixel, const float *scale, const float *shift, HsegAct act, const float *ka,
                      const float *kx, const float *k1, size_t pixels, int c);

    /* The same for a norm whose output y = act(x * scale + shift) is multiplied by a gate, of which @dy is
     * what comes behind: sums[5][c] += sum of dy * y, dy * a, dy * a * x, a and a * x, with a = act'(.). */
    void (*gate_grad_sums)(double *sums, const float *dy, size_t dy_pixel, const float *x, size_t x_pixel,
                           const float *scale, const float *shift, HsegAct act, size_t pixels, int c);

    /* y = x * s[c]; y may be x. */
    void (*channel_scale)(float *y, size_t y_pixel, const float *x, size_t x_pixel, const float *s,
                          size_t pixels, int c);
    /* sum[c] += sum over @pixels of a * b. */
    void (*channel_dot)(double *sum, const float *a, size_t a_pixel, const float *b, size_t b_pixel,
                        size_t pixels, int c);
    /* y = x for @n numbers, any n, past the caches where the processor can: for what is not read again while
     * a cache could hold it. Saves reading what is overwritten, and leaves the caches to others. */
    void (*stream)(float *y, const float *x, size_t n);
    /* y += x. */
    void (*add)(float *y, size_t y_pixel, const float *x, size_t x_pixel, size_t pixels, int c);

    /* Output rows y0 .. y1-1. */
    void (*upsample)(const HsegUpsample *u, float *out, const float *in, int y0, int y1);
    /* dL/din of input rows y0 .. y1-1 from dL/dout: written, or added where @accumulate. */
    void (*upsample_grad)(const HsegUpsample *u, float *din, const float *dout, bool accumulate, int y0,
                          int y1);

    /* One step of AdamW (Loshchilov and Hutter 2019) on @n numbers, any n, in PyTorch's order of operations:
     * p -= lr * decay * p; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g g;
     * p -= step * m / (sqrt(v) * vscale + eps) with step = lr / (1 - b1^t), vscale = 1 / sqrt(1 - b2^t). */
    void (*adamw)(float *p, float *m, float *v, const float *g, size_t n, float lr_decay, float step,
                  float beta1, float beta2, float vscale, float eps);
} HsegKernels;

/* The best table for this processor (base/cpu.h); the same on every call. */
const HsegKernels *hseg_kernels(void);

/* Every table that was built and that this processor can run, best first, the plain C one last, then NULL. */
const HsegKernels *const *hseg_kernels_all(void);
