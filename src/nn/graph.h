/* A network as a list of operators on maps. Built once, planned once, then run without allocating.
 *
 * In inference a convolution carries its activation and residual with it (batch norms are folded into the
 * weights by the caller); in training a norm operator follows it. One batch is `batch` images of the same
 * size.
 *
 * Builder calls return the new tensor's index, or -1 (sticky: hseg_graph_plan() then fails too). Not
 * thread-safe. */
#pragma once

#include "nn/param.h"

typedef struct HsegOp HsegOp;

/* Where a batch is shared out among several processes, each with a graph for its part: batch norms take their
 * means over all of it. */
typedef struct {
    int part, parts;                                     /* this one, from 0; as many images in each */
    void (*sum)(void *data, double *numbers, int count); /* over the parts, in place: the same in each */
    void *data;
} HsegShare;

typedef struct {
    int batch, threads;
    bool training;
    double
        dropout; /* for builders of networks, in training: a factor on their dropout; 0, the default: none */
    uint64_t draw_seed, draw_pass; /* hseg_graph_draw() */
    bool every_map;  /* the caller's to set before planning: each operator's output can be read behind it */
    HsegShare share; /* the caller's to set before the first pass; zeroed: the batch is whole */

    HsegTensor *tensors;
    int n_tensors;
    HsegOp *ops;
    int n_ops;
    HsegParams params;

    float *arena; /* every tensor's data and gradient */
    size_t arena_bytes;
    float *scratch; /* [threads][scratch_floats] */
    size_t scratch_floats;
    float *partials; /* sums that several jobs leave for one to add up */
    size_t partial_floats;
    bool failed; /* out of memory while building */
    int start;   /* the first operator that runs: hseg_graph_take_bytes() */

    int64_t *op_ns; /* [n_ops], the caller's: takes what each operator took in a forward pass, nanoseconds;
                       NULL, the default: nobody looks at the clock */
} HsegGraph;

/* How one convolution looks; a field left 0 means none or no. */
typedef struct {
    const char *name; /* the weights' prefix: NAME.weight, NAME.bias */
    int out;          /* channels; depthwise: as many as come in */
    int kernel;       /* 1 or 3 */
    int stride;       /* 1 or 2 */
    HsegPad pad;
    HsegAct act;  /* inference only */
    int residual; /* inference: tensor + 1 that is added at the end */
    int h,
        w; /* 3x3 at stride 1: the output is cropped to this size, at the bottom and right; 0: not at all */
    bool frozen_bias; /* to be set where a norm follows: training leaves the bias, which changes nothing */
} HsegConv;

HsegGraph *hseg_graph_new(int batch, int threads, bool training);
void hseg_graph_free(HsegGraph *g);

int hseg_graph_input(HsegGraph *g, int h, int w, int channels);
int hseg_graph_conv(HsegGraph *g, int in,
                    const HsegConv *conv); /* dense; 3x3 at stride 1 or 2, 1x1 at stride 1 */
int hseg_graph_depthwise(HsegGraph *g, int in, const HsegConv *conv); /* 3x3 */

/* Transposed 3x3, stride 2, padding 1, output padding 1, cropped to @h x @w (each 2n or 2n - 1). */
int hseg_graph_transposed(HsegGraph *g, int in, const char *name, int out, int h, int w);

/* Training's batch norm (eps 1e-5, momentum 0.1), then the activation, then + residual (tensor + 1, or 0).
 * @in has no other reader. @name: NAME.weight, .bias, .running_mean, .running_var. */
int hseg_graph_norm(HsegGraph *g, int in, const char *name, HsegAct act, int residual);

/* Squeeze and excitation: mean over the map, 1x1 to @squeezed with ReLU (NAME.1), 1x1 back with hard sigmoid
 * (NAME.3), multiply. @in has no other reader. */
int hseg_graph_squeeze_excite(HsegGraph *g, int in, const char *name, int squeezed);

/* Bilinear x2 with half-pixel centres, cropped to @h x @w. */
int hseg_graph_upsample(HsegGraph *g, int in, int h, int w);

/* Channel-wise dropout: each channel of an image is 0 with probability @p, else it is divided by 1 - @p. @in
 * has no other reader. */
int hseg_graph_dropout(HsegGraph *g, int in, double p);

/* [a, b] side by side, without a copy: both are laid inside the result. Neither may be part of another
 * concatenation. */
int hseg_graph_concat(HsegGraph *g, int a, int b);

/* Allocates the parameters, so that they can be loaded, and all other memory. @output's data stay valid after
 * a forward pass; in training its gradient is the caller's to fill. False without memory. */
bool hseg_graph_plan(HsegGraph *g, int output);

/* Tell the graph that params.value has changed: packed copies are made anew at the next forward pass. */
void hseg_graph_params_changed(HsegGraph *g);

/* Chooses what dropout draws in the forward passes that follow: a function of (seed, pass), of the operator
 * and the image. */
void hseg_graph_draw(HsegGraph *g, uint64_t seed, uint64_t pass);

/* Input: tensors[0].data, [batch][h][w][channels]. */
void hseg_graph_forward(HsegGraph *g);

/* Adds to params.grad (the caller zeroes it), from the output's grad. After a forward pass only. */
void hseg_graph_backward(HsegGraph *g);

/* Folds the batch's statistics of the last forward pass into the running means and variances. */
void hseg_graph_update_statistics(HsegGraph *g);
