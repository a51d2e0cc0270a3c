/* What a graph computes, in double and by the definitions of PyTorch's operators: slow, plain loops over
 * logical channels that share nothing with the engine but the list of operators. */
#pragma once

#include "nn/op.h"

typedef struct {
    const HsegGraph *g;
    double **param; /* [parameter][its PyTorch order] */
    double *input;  /* [batch][h][w][channels] */
    double **map;   /* [tensor][batch][h][w][channels.count] */
    double kink;    /* least distance of a number that was activated from a place where its activation has no
                       derivative */
} Reference;

/* Of a planned graph, with its parameters and input as they are now. */
Reference *reference_new(const HsegGraph *g);
void reference_free(Reference *r);

/* Tensor @output's numbers, [batch][h][w][channels.count]; valid until the next call. */
const double *reference_run(Reference *r, int output);

/* The same numbers of a map of the graph itself. */
void reference_export(const HsegGraph *g, int tensor, const float *data, double *out);
