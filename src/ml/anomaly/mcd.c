/* mcd.c - FAST-MCD; see mcd.h. */
#include "ml/anomaly/mcd.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/sort.h"
#include <string.h>

hone_status hn_mcd_whiten(hone_ctx *ctx, const double *covariance, int64_t p, double *ret,
                          double *ret_log_det) {
    HN_SCRATCH(ctx);
    double *a, *values, *vectors;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, p * p));
    memcpy(a, covariance, (size_t)(p * p) * sizeof *a);
    HN_TRY(hn_eigen_symmetric(ctx, p, a, values, vectors));
    double least = 1e-14 * (double)p * fmax(values[p - 1], 0), sum = 0;
    int64_t rank = 0;
    for (int64_t d = p; d-- > 0;) {
        if (!(values[d] > least)) {
            sum = -INFINITY;
            continue;
        }
        sum += hn_log(values[d]);
        for (int64_t j = 0; j < p; j++) ret[rank * p + j] = vectors[d * p + j] / sqrt(values[d]);
        rank++;
    }
    memset(ret + rank * p, 0, (size_t)((p - rank) * p) * sizeof *ret);
    *ret_log_det = sum;
    return HONE_OK;
}

double hn_mcd_distance(const double *row, const double *location, const double *white, int64_t p,
                       double *work) {
    double sum = 0;
    for (int64_t j = 0; j < p; j++) work[j] = row[j] - location[j];
    for (int64_t d = 0; d < p; d++) {
        double along = hn_dot(work, white + d * p, p);
        sum += along * along;
    }
    return sum;
}

hone_status hn_mcd_moments(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                           const uint8_t *keep, double *ret_location, double *ret_covariance) {
    HN_SCRATCH(ctx);
    double *rows;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) m += keep[i];
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, m * p + 1));
    memset(ret_location, 0, (size_t)p * sizeof *ret_location);
    for (int64_t i = 0, at = 0; i < n; i++) {
        if (!keep[i]) continue;
        memcpy(rows + at++ * p, x + i * p, (size_t)p * sizeof *rows);
        for (int64_t j = 0; j < p; j++) ret_location[j] += x[i * p + j];
    }
    for (int64_t j = 0; j < p; j++) ret_location[j] /= (double)m;
    for (int64_t i = 0; i < m * p; i++) rows[i] -= ret_location[i % p];
    HN_TRY(hn_gram(ctx, rows, m, p, NULL, ret_covariance));
    for (int64_t i = 0; i < p * p; i++) ret_covariance[i] /= (double)m;
    return HONE_OK;
}

/* ---- concentration -------------------------------------------------------------------------- */

/* keep: the h rows nearest to the estimate. */
static hone_status nearest(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t h,
                           const double *location, const double *white, uint8_t *keep) {
    HN_SCRATCH(ctx);
    double *distance, *work;
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, p));
    for (int64_t i = 0; i < n; i++)
        distance[i] = hn_mcd_distance(x + i * p, location, white, p, work);
    HN_TRY(hn_argsort_f64(ctx, distance, n, order));
    memset(keep, 0, (size_t)n);
    for (int64_t i = 0; i < h; i++) keep[order[i]] = 1;
    return HONE_OK;
}

/* Steps from keep's rows: the determinant never grows. mcd is the result. */
static hone_status concentrate(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t h,
                               int steps, uint8_t *keep, hn_mcd *mcd) {
    HN_SCRATCH(ctx);
    double *white, *location, *covariance, log_det;
    HN_TRY(HN_SCRATCH_NEW(ctx, white, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, location, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, covariance, p * p));
    mcd->log_det = INFINITY;
    for (int step = 0;; step++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_mcd_moments(ctx, x, n, p, keep, location, covariance));
        HN_TRY(hn_mcd_whiten(ctx, covariance, p, white, &log_det));
        if (!(log_det < mcd->log_det)) return HONE_OK;
        memcpy(mcd->location, location, (size_t)p * sizeof *location);
        memcpy(mcd->covariance, covariance, (size_t)(p * p) * sizeof *covariance);
        mcd->log_det = log_det;
        if (step == steps || isinf(log_det)) return HONE_OK;
        HN_TRY(nearest(ctx, x, n, p, h, location, white, keep));
    }
}

/* ---- many starts ---------------------------------------------------------------------------- */

typedef struct starts_job {
    const double *x;
    int64_t n, p, h;
    int steps;
    uint64_t stream;     /* of random starts */
    const hn_mcd *given; /* [starts], or NULL: random rows */
    hn_mcd *found;       /* [starts] */
} starts_job;

static hone_status run_start(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const starts_job *job = arg;
    int64_t n = job->n, p = job->p;
    uint8_t *keep;
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, n));
    if (job->given) {
        double *white, log_det;
        const hn_mcd *from = &job->given[chunk.index];
        HN_TRY(HN_SCRATCH_NEW(ctx, white, p * p));
        HN_TRY(hn_mcd_whiten(ctx, from->covariance, p, white, &log_det));
        HN_TRY(nearest(ctx, job->x, n, p, job->h, from->location, white, keep));
    } else {
        int64_t *rows;
        hn_rng rng = hn_rng_make(ctx->seed, job->stream + (uint64_t)chunk.index);
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, job->h));
        hn_rng_choose(&rng, n, job->h, rows);
        for (int64_t i = 0; i < job->h; i++) keep[rows[i]] = 1;
    }
    return concentrate(ctx, job->x, n, p, job->h, job->steps, keep, &job->found[chunk.index]);
}

static hone_status allocate(hone_ctx *ctx, int64_t n, int64_t p, hn_mcd **ret) {
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret, n));
    for (int64_t i = 0; i < n; i++) {
        HN_TRY(HN_SCRATCH_NEW(ctx, (*ret)[i].location, p));
        HN_TRY(HN_SCRATCH_NEW(ctx, (*ret)[i].covariance, p * p));
    }
    return HONE_OK;
}

/* The best of them, by determinant, copied to best[0..most-1]. */
static hone_status run_starts(hone_ctx *ctx, starts_job job, int64_t starts, int64_t most,
                              hn_mcd *best) {
    HN_SCRATCH(ctx);
    double *key;
    int64_t *order;
    HN_TRY(allocate(ctx, starts, job.p, &job.found));
    HN_TRY(HN_SCRATCH_NEW(ctx, key, starts));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, starts));
    HN_TRY(hn_parallel(ctx, starts, 1, run_start, &job));
    for (int64_t i = 0; i < starts; i++) key[i] = job.found[i].log_det;
    HN_TRY(hn_argsort_f64(ctx, key, starts, order));
    for (int64_t i = 0; i < most; i++) {
        const hn_mcd *from = &job.found[order[i]];
        memcpy(best[i].location, from->location, (size_t)job.p * sizeof(double));
        memcpy(best[i].covariance, from->covariance, (size_t)(job.p * job.p) * sizeof(double));
        best[i].log_det = from->log_det;
    }
    return HONE_OK;
}

enum { ALL_STEPS = 30, FIRST_STEPS = 2, BEST = 10 };

/* Many rows: starts on disjoint parts, the best go on with a sample, the best of those with all. */
static hone_status find_nested(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t h,
                               hn_mcd *mcd) {
    enum { PART = 300, MERGED = 1500, STARTS = 500 };
    HN_SCRATCH(ctx);
    /* More than so many parts would only repeat each other. */
    int64_t parts = n / PART < 50 ? n / PART : 50, rows = n / PART < 50 ? n / parts : PART;
    int64_t merged = n < MERGED ? n : MERGED, *order,
            starts = STARTS / parts > BEST ? STARTS / parts : BEST;
    int64_t fits = (1 << 25) / (p * p); /* doubles in covariances at a time */
    starts = starts < fits ? starts : fits > BEST ? fits : BEST;
    hn_mcd *candidates, *best;
    double *shuffled;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, shuffled, n * p));
    for (int64_t i = 0; i < n; i++) order[i] = i;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("mcd.rows", 0));
    hn_rng_shuffle(&rng, order, n);
    for (int64_t i = 0; i < n; i++)
        memcpy(shuffled + i * p, x + order[i] * p, (size_t)p * sizeof *x);
    HN_TRY(allocate(ctx, parts * BEST, p, &candidates));
    HN_TRY(allocate(ctx, BEST, p, &best));
    for (int64_t part = 0; part < parts; part++) {
        starts_job job = {.x = shuffled + part * rows * p,
                          .n = rows,
                          .p = p,
                          .steps = FIRST_STEPS,
                          .h = (h * rows + n - 1) / n,
                          .stream = hn_stream("mcd.part", (uint64_t)part)};
        HN_TRY(run_starts(ctx, job, starts, BEST, candidates + part * BEST));
        hn_progress(ctx, "seeking", part + 1, parts, "parts");
    }
    starts_job middle = {.x = shuffled,
                         .n = merged,
                         .p = p,
                         .h = (h * merged + n - 1) / n,
                         .steps = ALL_STEPS,
                         .given = candidates};
    HN_TRY(run_starts(ctx, middle, parts * BEST, merged < n ? BEST : 1, best));
    starts_job last = {.x = x, .n = n, .p = p, .h = h, .steps = ALL_STEPS, .given = best};
    return run_starts(ctx, last, merged < n ? BEST : 1, 1, mcd);
}

/* One column: the shortest interval of h values, the middle of them if there are several. */
static hone_status find_in_line(hone_ctx *ctx, const double *x, int64_t n, int64_t h, hn_mcd *mcd) {
    HN_SCRATCH(ctx);
    double *sorted, least = INFINITY, sum = 0, count = 0, one = 1;
    uint8_t *keep;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, n));
    memcpy(sorted, x, (size_t)n * sizeof *x);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    for (int64_t i = 0; i + h < n; i++) least = fmin(least, sorted[i + h] - sorted[i]);
    for (int64_t i = 0; i + h < n; i++) {
        if (sorted[i + h] - sorted[i] != least) continue;
        sum += 0.5 * (sorted[i + h] + sorted[i]);
        count++;
    }
    double location = count > 0 ? sum / count : hn_sum(x, n) / (double)n, mean;
    HN_TRY(nearest(ctx, x, n, 1, h, &location, &one, keep));
    HN_TRY(hn_mcd_moments(ctx, x, n, 1, keep, &mean, mcd->covariance));
    mcd->location[0] = location;
    mcd->log_det = hn_log(mcd->covariance[0]);
    return HONE_OK;
}

hone_status hn_mcd_find(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t h,
                        hn_mcd *mcd) {
    enum { MANY = 500, STARTS = 30 };
    if (p == 1) return find_in_line(ctx, x, n, h, mcd);
    if (n > MANY) return find_nested(ctx, x, n, p, h, mcd);
    HN_SCRATCH(ctx);
    hn_mcd *best;
    HN_TRY(allocate(ctx, BEST, p, &best));
    starts_job first = {
        .x = x, .n = n, .p = p, .h = h, .steps = FIRST_STEPS, .stream = hn_stream("mcd.start", 0)};
    HN_TRY(run_starts(ctx, first, STARTS, BEST, best));
    starts_job last = {.x = x, .n = n, .p = p, .h = h, .steps = ALL_STEPS, .given = best};
    return run_starts(ctx, last, BEST, 1, mcd);
}
