/* generate.c - rows in parallel, noise, random order; see generate.h. */
#include "ml/generate/generate.h"

#include "base/parallel.h"

#include <string.h>

hone_status hn_made_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t width, int64_t targets,
                        hn_made *ret_made) {
    hn_made made = {.n = n, .width = width, .targets = targets};
    int64_t cells;
    if (__builtin_mul_overflow(n, width + targets, &cells) || cells > INT64_MAX / 16)
        return hn_fail(ctx, HONE_ERROR_MEMORY,
                       "out of memory: %lld rows of %lld columns are more than can be held",
                       (long long)n, (long long)(width + targets));
    HN_TRY(HN_NEW(ctx, arena, made.x, n * width + 1));
    if (targets > 0) HN_TRY(HN_NEW(ctx, arena, made.y, n * targets + 1));
    *ret_made = made;
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct rows_job {
    const hn_made *made;
    const char *purpose;
    hn_make_row_fn *fn;
    const void *arg;
} rows_job;

static hone_status make_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const rows_job *job = arg;
    const hn_made *made = job->made;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream(job->purpose, (uint64_t)i));
        job->fn(job->arg, &rng, i, made->x + i * made->width,
                made->y ? made->y + i * made->targets : NULL);
    }
    return HONE_OK;
}

hone_status hn_make_rows(hone_ctx *ctx, const hn_made *made, const char *purpose,
                         hn_make_row_fn *fn, const void *arg) {
    rows_job job = {.made = made, .purpose = purpose, .fn = fn, .arg = arg};
    return hn_parallel(ctx, made->n, 1 + 16384 / (made->width + 1), make_chunk, &job);
}

typedef struct noise_job {
    double sd;
    int64_t n;
    bool to_targets;
} noise_job;

static void add_to_row(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const noise_job *job = arg;
    double *to = job->to_targets ? y : x;
    for (int64_t j = 0; j < job->n; j++) to[j] += job->sd * hn_rng_normal(rng);
}

hone_status hn_add_noise(hone_ctx *ctx, const hn_made *made, double sd, bool to_targets) {
    if (sd == 0) return HONE_OK;
    noise_job job = {
        .sd = sd, .n = to_targets ? made->targets : made->width, .to_targets = to_targets};
    return hn_make_rows(ctx, made, to_targets ? "generate.noise" : "generate.jitter", add_to_row,
                        &job);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* values [n, width] with its rows and columns in the orders given (NULL: as they are). */
static hone_status reorder(hone_ctx *ctx, double *values, int64_t n, int64_t width,
                           const int64_t *rows, const int64_t *columns) {
    if (n == 0 || width == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    double *copy;
    HN_TRY(HN_SCRATCH_NEW(ctx, copy, n * width));
    memcpy(copy, values, (size_t)(n * width) * sizeof *copy);
    for (int64_t i = 0; i < n; i++) {
        const double *from = copy + (rows ? rows[i] : i) * width;
        for (int64_t j = 0; j < width; j++) values[i * width + j] = from[columns ? columns[j] : j];
    }
    return HONE_OK;
}

static hone_status make_order(hone_ctx *ctx, const char *purpose, int64_t n, int64_t **ret_order) {
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    for (int64_t i = 0; i < n; i++) order[i] = i;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream(purpose, 0));
    hn_rng_shuffle(&rng, order, n);
    *ret_order = order;
    return HONE_OK;
}

hone_status hn_made_shuffle(hone_ctx *ctx, hn_made *made, bool columns) {
    HN_SCRATCH(ctx);
    int64_t *rows, *places = NULL;
    HN_TRY(make_order(ctx, "generate.rows", made->n, &rows));
    if (columns) HN_TRY(make_order(ctx, "generate.columns", made->width, &places));
    HN_TRY(reorder(ctx, made->x, made->n, made->width, rows, places));
    if (made->y) HN_TRY(reorder(ctx, made->y, made->n, made->targets, rows, NULL));
    return HONE_OK;
}
