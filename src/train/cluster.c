#include "train/cluster.h"

#include <string.h>

void
hseg_cluster_share(const HsegCluster *c, float *numbers, size_t n)
{
    if (!hseg_cluster_leads(c))
        memset(numbers, 0, n * sizeof *numbers);
    hseg_cluster_sum_floats(c, numbers, n);
}

void
hseg_cluster_share_doubles(const HsegCluster *c, double *numbers, int n)
{
    if (!hseg_cluster_leads(c))
        memset(numbers, 0, n * sizeof *numbers);
    hseg_cluster_sum(c, numbers, n);
}
