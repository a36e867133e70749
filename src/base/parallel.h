/* parallel.h - the one parallel loop. Chunks depend on n and grain alone, never on the threads.
 *
 * fn is called once per chunk with a worker's ctx (its own scratch and error; threads == 1, so loops
 * inside run inline). It writes only to places that belong to its chunk; partial sums go to slot
 * chunk.index and are added up in order by the caller. Different chunks run in any order.
 *
 * With one thread or a single chunk the loop runs inline with the caller's own ctx, and no thread is
 * touched; loops inside a single chunk may then use all threads. Log and progress of workers reach
 * the caller's callbacks, one at a time. What fn takes from its scratch is given back after each
 * chunk. */
#ifndef HN_BASE_PARALLEL_H
#define HN_BASE_PARALLEL_H

#include "base/ctx.h"

typedef struct hn_chunk {
    int64_t index; /* 0 .. hn_chunks(n, grain) - 1 */
    int64_t begin; /* first item */
    int64_t end;   /* one past the last */
    int worker;    /* 0 .. hn_workers(ctx) - 1: for per-worker buffers whose use leaves no trace */
} hn_chunk;

typedef hone_status hn_chunk_fn(hone_ctx *ctx, void *arg, hn_chunk chunk);

/* Runs fn over 0..n-1 cut into pieces of grain items. If chunks fail, the error of the lowest failed
 * chunk index becomes ctx's error and is returned; cancelling is checked before each chunk. */
hone_status hn_parallel(hone_ctx *ctx, int64_t n, int64_t grain, hn_chunk_fn *fn,
                        void *arg) HONE_MUST_CHECK;

/* n >= 0, grain >= 1. */
int64_t hn_chunks(int64_t n, int64_t grain);
/* How many values hn_chunk.worker can take. */
int hn_workers(const hone_ctx *ctx);

/* For hn_ctx_done: frees the workers. */
void hn_workers_done(hone_ctx *ctx);

/* Sum of n doubles in a written order: blocks of 1024, each added in eight lanes, then block sums in
 * order (from 0.0). Lanes are added as ((0+1)+(2+3))+((4+5)+(6+7)). The same for every caller, thread
 * count and vector width. */
double hn_sum(const double *values, int64_t n);

#endif
