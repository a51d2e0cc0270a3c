/* The one file that knows threads. Idle ones sleep: a video pipeline pays for every spinning core. */
#pragma once

/* One of @count jobs; jobs run in any order, each exactly once. @thread is 0 .. threads-1, for scratch
 * memory. */
typedef void (*HsegJob)(void *data, int job, int thread);

/* Runs jobs 0 .. count-1 of @job on at most @threads threads and returns when all are done. What a job
 * computes must not depend on which thread runs it: then results do not depend on @threads. Not to be nested.
 */
void hseg_parallel(int threads, int count, HsegJob job, void *data);

/* The most threads that calls of hseg_parallel() from this thread take from now on; 0: as many as they say. */
void hseg_parallel_limit(int threads);

/* Processors that this process may use. */
int hseg_parallel_cpus(void);
