/* Training on several processors or machines under mpirun: MPI (Message Passing Interface 3) as what carries
 * a cluster's numbers. */
#pragma once

#include "train/cluster.h"

/* Joins the other processes that mpirun has started; alone without it. HSEG_ERROR_ARGUMENT where this program
 * was built without MPI: each process would take itself for the only one. To be called once. */
gboolean hseg_mpi_join(HsegCluster *cluster, GError **error);

/* The end of it. Unless all is @well the other processes are ended too: they would wait for this one for
 * ever. */
void hseg_mpi_leave(gboolean well);
