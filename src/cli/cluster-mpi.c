#include "cli/cluster-mpi.h"

#include <humanseg/error.h>

/* What the launchers of Open MPI, MPICH and its kin, and Slurm tell their processes. */
static gboolean
launched(void)
{
    return g_getenv("OMPI_COMM_WORLD_SIZE") || g_getenv("PMI_SIZE") || g_getenv("PMIX_RANK");
}

#ifdef HSEG_HAVE_MPI

#include <mpi.h>

#define AT_ONCE (1 << 20) /* numbers in a message: MPI counts them in an int */

static gboolean joined;

/* MPI's own answer to a lost process is to end all others, so that no result needs to be looked at. */
static void
sum(void *data, double *numbers, int n)
{
    MPI_Allreduce(MPI_IN_PLACE, numbers, n, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void
sum_floats(void *data, float *numbers, size_t n)
{
    for (size_t done = 0; done < n; done += AT_ONCE)
        MPI_Allreduce(MPI_IN_PLACE, numbers + done, (int)MIN(n - done, AT_ONCE), MPI_FLOAT, MPI_SUM,
                      MPI_COMM_WORLD);
}

gboolean
hseg_mpi_join(HsegCluster *cluster, GError **error)
{
    int provided;

    *cluster = HSEG_CLUSTER_ALONE;
    if (!launched())
        return TRUE;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED) {
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT, "this MPI cannot serve a program with threads");
        return FALSE;
    }
    joined = TRUE;
    MPI_Comm_rank(MPI_COMM_WORLD, &cluster->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &cluster->size);
    cluster->sum = sum;
    cluster->sum_floats = sum_floats;
    return TRUE;
}

void
hseg_mpi_leave(gboolean well)
{
    if (joined && well)
        MPI_Finalize();
    else if (joined)
        MPI_Abort(MPI_COMM_WORLD, 1);
    joined = FALSE;
}

#else

gboolean
hseg_mpi_join(HsegCluster *cluster, GError **error)
{
    *cluster = HSEG_CLUSTER_ALONE;
    if (launched())
        g_set_error(error, HSEG_ERROR, HSEG_ERROR_ARGUMENT,
                    "started by mpirun, but built without MPI: install its development files and build anew");
    return !launched();
}

void
hseg_mpi_leave(gboolean well)
{
}

#endif
