/* parallel.c - the parallel loop; see parallel.h. */
#include "base/parallel.h"
#include "base/team.h"
#include <assert.h>
#include <string.h>

int64_t hn_chunks(int64_t n, int64_t grain) {
    assert(n >= 0 && grain >= 1);
    return n / grain + (n % grain > 0);
}

int hn_workers(const hone_ctx *ctx) {
    assert(ctx && ctx->threads >= 1);
    return ctx->threads;
}

static hn_chunk chunk_at(int64_t index, int64_t n, int64_t grain, int worker) {
    int64_t begin = index * grain;
    return (hn_chunk){
        .index = index,
        .begin = begin,
        .end = n - begin < grain ? n : begin + grain,
        .worker = worker,
    };
}

/* ---- workers -------------------------------------------------------------------------------- */

static void forward_log(void *user, hone_log_level level, const char *message) {
    hone_ctx *parent = user;
    pthread_mutex_lock(&parent->forward);
    parent->log(parent->log_user, level, message);
    pthread_mutex_unlock(&parent->forward);
}

static void forward_progress(void *user, const char *what, int64_t done, int64_t total,
                             const char *unit) {
    hone_ctx *parent = user;
    pthread_mutex_lock(&parent->forward);
    parent->progress(parent->progress_user, what, done, total, unit);
    pthread_mutex_unlock(&parent->forward);
}

/* Worker contexts for n threads; made once, kept for the next loop. */
static hone_status need_workers(hone_ctx *ctx, int n) {
    if (!ctx->workers) {
        hone_ctx **workers = hn_alloc(ctx, (size_t)ctx->threads, sizeof *workers);
        if (!workers) return HONE_ERROR_MEMORY;
        ctx->workers = workers;
    }
    hone_ctx_options options = {.threads = 1, .allocator = &ctx->allocator};
    for (; ctx->n_workers < n; ctx->n_workers++) {
        hone_ctx *worker = hn_alloc(ctx, 1, sizeof *worker);
        if (!worker) return HONE_ERROR_MEMORY;
        hn_ctx_init(worker, &options);
        ctx->workers[ctx->n_workers] = worker;
    }
    return HONE_OK;
}

void hn_workers_done(hone_ctx *ctx) {
    assert(ctx);
    hn_team_free(ctx, ctx->team);
    ctx->team = NULL;
    for (int i = 0; i < ctx->n_workers; i++) {
        hn_ctx_done(ctx->workers[i]);
        hn_free(ctx, ctx->workers[i]);
    }
    hn_free(ctx, ctx->workers);
    ctx->workers = NULL;
    ctx->n_workers = 0;
}

/* What may have changed in ctx since the last loop. */
static void update_worker(hone_ctx *worker, hone_ctx *parent) {
    worker->seed = parent->seed;
    worker->cancel = parent->cancel;
    worker->log = parent->log ? forward_log : NULL;
    worker->log_user = parent;
    worker->progress = parent->progress ? forward_progress : NULL;
    worker->progress_user = parent;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static hone_status run_chunk(hone_ctx *ctx, hn_chunk_fn *fn, void *arg, hn_chunk chunk) {
    HN_TRY(hn_check_cancel(ctx));
    HN_SCRATCH(ctx);
    return fn(ctx, arg, chunk);
}

static hone_status run_inline(hone_ctx *ctx, int64_t n, int64_t grain, hn_chunk_fn *fn, void *arg) {
    int64_t chunks = hn_chunks(n, grain);
    for (int64_t i = 0; i < chunks; i++) HN_TRY(run_chunk(ctx, fn, arg, chunk_at(i, n, grain, 0)));
    return HONE_OK;
}

/* What the threads of one loop share. */
typedef struct loop {
    hone_ctx *ctx;
    int64_t n, grain, chunks;
    hn_chunk_fn *fn;
    void *arg;
    atomic_llong next;   /* chunk to be handed out */
    atomic_llong failed; /* lowest failed chunk so far; chunks if none */
    hone_error error;    /* of that chunk; guarded by ctx->forward */
} loop;

static void note_failure(loop *shared, hone_ctx *worker, int64_t chunk, hone_status status) {
    if (worker->error.code != status)
        hn_fail(worker, status, "a part of a parallel loop failed without saying why (%s)",
                hone_status_name(status));
    pthread_mutex_lock(&shared->ctx->forward);
    if (chunk < shared->failed) {
        shared->failed = chunk;
        shared->error = worker->error;
    }
    pthread_mutex_unlock(&shared->ctx->forward);
}

/* Chunks are handed out in ascending order, and none below the lowest failed one is left out: so the
 * failure that is reported is the one that a single thread would have met. */
static void work(void *arg, int index) {
    loop *shared = arg;
    hone_ctx *worker = shared->ctx->workers[index];
    for (;;) {
        int64_t i = atomic_fetch_add(&shared->next, 1);
        if (i >= shared->chunks || i > shared->failed) return;
        worker->error.code = HONE_OK;
        hone_status status = run_chunk(worker, shared->fn, shared->arg,
                                       chunk_at(i, shared->n, shared->grain, index));
        if (status != HONE_OK) note_failure(shared, worker, i, status);
    }
}

hone_status hn_parallel(hone_ctx *ctx, int64_t n, int64_t grain, hn_chunk_fn *fn, void *arg) {
    assert(ctx && fn);
    int64_t chunks = hn_chunks(n, grain);
    int threads = chunks < ctx->threads ? (int)chunks : ctx->threads;
    if (threads <= 1) return run_inline(ctx, n, grain, fn, arg);
    HN_TRY(need_workers(ctx, threads));
    loop shared = {.ctx = ctx, .n = n, .grain = grain, .chunks = chunks, .fn = fn, .arg = arg};
    atomic_init(&shared.failed, chunks);
    for (int i = 0; i < threads; i++) update_worker(ctx->workers[i], ctx);
    HN_TRY(hn_team_run(ctx, &ctx->team, threads, work, &shared));
    for (int i = 0; i < threads; i++) {
        ctx->json_failed |= ctx->workers[i]->json_failed;
        ctx->workers[i]->json_failed = false;
    }
    if (shared.failed == chunks) return HONE_OK;
    ctx->error = shared.error;
    return ctx->error.code;
}

/* ---- sum ------------------------------------------------------------------------------------ */

enum { SUM_BLOCK = 1024, LANES = 8 };

/* Two lanes. Four of these are named one by one below because compilers keep an array of them, or a
 * vector that is wider than the machine's, in memory, which is three times slower. */
typedef double pair __attribute__((vector_size(2 * sizeof(double))));

static inline pair load_pair(const double *at) {
    pair loaded;
    memcpy(&loaded, at, sizeof loaded);
    return loaded;
}

/* At most SUM_BLOCK values: value i goes to lane i % 8. */
static double sum_block(const double *values, int64_t n) {
    pair sum01 = {0}, sum23 = {0}, sum45 = {0}, sum67 = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        sum01 += load_pair(values + i);
        sum23 += load_pair(values + i + 2);
        sum45 += load_pair(values + i + 4);
        sum67 += load_pair(values + i + 6);
    }
    double lane[LANES] = {sum01[0], sum01[1], sum23[0], sum23[1],
                          sum45[0], sum45[1], sum67[0], sum67[1]};
    for (int64_t rest = 0; i < n; i++, rest++) lane[rest] += values[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double hn_sum(const double *values, int64_t n) {
    assert(n >= 0 && (values || n == 0));
    double sum = 0;
    for (int64_t i = 0; i < n; i += SUM_BLOCK)
        sum += sum_block(values + i, n - i < SUM_BLOCK ? n - i : SUM_BLOCK);
    return sum;
}
