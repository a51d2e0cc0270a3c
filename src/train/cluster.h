/* Several processes that train one network together: each computes its part of every batch, and all take the
 * same step. What carries the numbers between them is the caller's affair, and so is what happens when one is
 * lost.
 *
 * Each call is made by all processes, in the same order, with as many numbers. */
#pragma once

#include <glib.h>

typedef struct {
    int rank, size;                                  /* which of them this is, from 0; how many there are */
    void (*sum)(void *data, double *numbers, int n); /* over all processes, in place: the same in each */
    void (*sum_floats)(void *data, float *numbers, size_t n);
    void *data;
} HsegCluster;

/* A process on its own. */
#define HSEG_CLUSTER_ALONE ((HsegCluster){.rank = 0, .size = 1})

/* One of them writes files, validates and talks. */
static inline gboolean
hseg_cluster_leads(const HsegCluster *c)
{
    return c->rank == 0;
}

static inline void
hseg_cluster_sum(const HsegCluster *c, double *numbers, int n)
{
    if (c->size > 1)
        c->sum(c->data, numbers, n);
}

static inline void
hseg_cluster_sum_floats(const HsegCluster *c, float *numbers, size_t n)
{
    if (c->size > 1)
        c->sum_floats(c->data, numbers, n);
}

/* Leaves everywhere what the leader has in @numbers. */
void hseg_cluster_share(const HsegCluster *c, float *numbers, size_t n);
void hseg_cluster_share_doubles(const HsegCluster *c, double *numbers, int n);
