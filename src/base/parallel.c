/* A small pool of POSIX threads. Not OpenMP, because the promise here is that idle threads sleep: libgomp's
 * spin for 7 ms after each parallel region and LLVM's for 200 ms unless the environment said otherwise before
 * the library was loaded, which a plugin can't arrange. One frame's work at 30 frames a second thus cost 7 ms
 * and 33 ms of processor time (GCC 12, clang 14); with this pool it costs 0.1 ms.
 *
 * The caller works too, and needs no worker to finish: a batch whose workers are busy elsewhere or
 * could not be created is merely slower. Workers live as long as the process and hold nothing while they
 * sleep. */
#define _GNU_SOURCE /* CPU_COUNT */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"

#define MAX_WORKERS 64
/* Layers follow each other within microseconds: a thread looks out for the next one so long, then sleeps. */
#define LINGER_NS 30000

/* One hseg_parallel() call; stands on the caller's stack, in the list while it has jobs left to hand out. */
typedef struct Batch Batch;
struct Batch {
    HsegJob job;
    void *data;
    int count, threads;
    int joined;         /* threads that ever joined, the caller included; guarded by lock */
    atomic_int next;    /* the next job to hand out; may run past count */
    atomic_int working; /* workers inside; written under lock */
    Batch *following;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted = PTHREAD_COND_INITIALIZER; /* a batch was put into the list */
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;   /* a batch lost its last worker */
static Batch *batches;                                   /* guarded by lock */
static int workers, wanted;     /* threads created; needed by the batches in the list */
static atomic_uint posts;       /* batches ever posted, for those who linger */
static _Thread_local int limit; /* of the threads of this thread's batches; 0: none */

static void
relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Waits until *value is no longer @old, or for LINGER_NS. */
static void
linger(atomic_uint *value, unsigned old)
{
    int64_t end = hseg_clock_ns() + LINGER_NS;

    while (atomic_load_explicit(value, memory_order_acquire) == old && hseg_clock_ns() < end)
        relax();
}

static void
run_jobs(Batch *batch, int thread)
{
    int job;

    while ((job = atomic_fetch_add_explicit(&batch->next, 1, memory_order_relaxed)) < batch->count)
        batch->job(batch->data, job, thread);
}

/* A batch that has jobs and room for one more thread; called with the lock held. */
static Batch *
find_batch(void)
{
    Batch *batch = batches;

    while (batch && (batch->joined == batch->threads ||
                     atomic_load_explicit(&batch->next, memory_order_relaxed) >= batch->count))
        batch = batch->following;
    return batch;
}

static void *
work(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        Batch *batch = find_batch();

        if (!batch) {
            unsigned seen = atomic_load_explicit(&posts, memory_order_relaxed);

            pthread_mutex_unlock(&lock);
            linger(&posts, seen);
            pthread_mutex_lock(&lock);
            while (!(batch = find_batch()))
                pthread_cond_wait(&posted, &lock);
        }
        int thread = batch->joined++;
        atomic_fetch_add_explicit(&batch->working, 1, memory_order_relaxed);
        pthread_mutex_unlock(&lock);
        run_jobs(batch, thread);
        pthread_mutex_lock(&lock);
        if (atomic_fetch_sub_explicit(&batch->working, 1, memory_order_release) == 1)
            pthread_cond_broadcast(&left);
    }
    return NULL;
}

/* Creates the workers that the batches in the list lack, deaf to the application's signals; called with the
 * lock held. */
static void
hire(void)
{
    pthread_attr_t attr;
    sigset_t all, old;

    if (workers >= HSEG_MIN(wanted, MAX_WORKERS) || pthread_attr_init(&attr))
        return;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (workers < HSEG_MIN(wanted, MAX_WORKERS)) {
        pthread_t thread;

        if (pthread_create(&thread, &attr, work, NULL))
            break;
        workers++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
}

static void
post(Batch *batch)
{
    pthread_mutex_lock(&lock);
    batch->following = batches;
    batches = batch;
    wanted += batch->threads - 1;
    hire();
    atomic_fetch_add_explicit(&posts, 1, memory_order_release);
    for (int i = 1; i < batch->threads; i++)
        pthread_cond_signal(&posted);
    pthread_mutex_unlock(&lock);
}

/* Takes @batch, whose jobs are all handed out, from the list and waits for the workers that have one. */
static void
finish(Batch *batch)
{
    Batch **link = &batches;
    int64_t end;

    pthread_mutex_lock(&lock);
    while (*link != batch)
        link = &(*link)->following;
    *link = batch->following;
    wanted -= batch->threads - 1;
    pthread_mutex_unlock(&lock);

    end = hseg_clock_ns() + LINGER_NS;
    while (atomic_load_explicit(&batch->working, memory_order_acquire) && hseg_clock_ns() < end)
        relax();

    pthread_mutex_lock(&lock); /* also: the last worker may be about to unlock */
    while (atomic_load_explicit(&batch->working, memory_order_acquire))
        pthread_cond_wait(&left, &lock);
    pthread_mutex_unlock(&lock);
}

void
hseg_parallel_limit(int threads)
{
    limit = threads;
}

void
hseg_parallel(int threads, int count, HsegJob job, void *data)
{
    int most = limit ? HSEG_MIN(threads, limit) : threads;
    Batch batch = {.job = job, .data = data, .count = count, .threads = HSEG_MIN(most, count), .joined = 1};

    if (batch.threads <= 1) {
        for (int i = 0; i < count; i++)
            job(data, i, 0);
        return;
    }
    post(&batch);
    run_jobs(&batch, 0);
    finish(&batch);
}

int
hseg_parallel_cpus(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;

    if (!sched_getaffinity(0, sizeof(set), &set))
        return CPU_COUNT(&set);
#endif
    return (int)HSEG_MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
}
