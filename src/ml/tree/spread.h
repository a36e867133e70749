/* spread.h - tasks on all threads, where they are worth waking the threads for. */
#ifndef HN_ML_TREE_SPREAD_H
#define HN_ML_TREE_SPREAD_H

#include "base/parallel.h"

/* Tasks 0 .. n-1 (chunk.index) that touch about cells bytes or numbers together: shared among the
 * threads if that takes well over the some ten microseconds that starting them does, else one after
 * the other here, as worker 0. Tasks must not care which. */
static inline hone_status hn_spread(hone_ctx *ctx, int64_t n, int64_t cells, hn_chunk_fn *fn,
                                    void *arg) {
    enum { WORTH = 1 << 17 };
    if (cells >= WORTH) return hn_parallel(ctx, n, 1, fn, arg);
    for (int64_t i = 0; i < n; i++) {
        HN_SCRATCH(ctx);
        HN_TRY(fn(ctx, arg, (hn_chunk){.index = i, .begin = i, .end = i + 1}));
    }
    return HONE_OK;
}

#endif
