/* embed.c - see embed.h. */
#include "ml/embed/embed.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/svd.h"
#include "table/rows.h"
#include <float.h>
#include <string.h>

hone_status hn_embedding_rows(hone_ctx *ctx, hn_arena *arena, const char *kind, const hn_table *x,
                              int distance, int64_t least, int64_t n_components, hn_embedding *e,
                              double **ret_x) {
    double *matrix;
    int64_t n = x->n_rows, p = x->n_columns;
    if (n < least)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%s: %lld rows are too few to lay out; give it at least %lld", kind,
                       (long long)n, (long long)least);
    HN_TRY(hn_table_matrix(ctx, arena, x, &matrix));
    hn_neighbors_options options = {.distance = (hn_distance_kind)distance};
    HN_TRY(hn_neighbors_build(ctx, arena, matrix, n, p, &options, &e->index));
    e->n_features = p;
    e->n_components = n_components;
    *ret_x = matrix;
    return HN_NEW(ctx, arena, e->places, n * n_components);
}

hone_status hn_embedding_pca(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t k,
                             double scale, double *ret_places) {
    HN_SCRATCH(ctx);
    int64_t found = k < p ? k : p;
    double *centred, *mean, *u, *s, *vt, squares = 0;
    if (found > n) found = n;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, centred, n * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n * found));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, found));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, found * p));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < p; j++) mean[j] += x[i * p + j] / (double)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < p; j++) centred[i * p + j] = x[i * p + j] - mean[j];
    hn_linear_map map = hn_map_of_matrix(centred, n, p);
    HN_TRY((n < p ? n : p) <= 500 ? hn_svd_gram(ctx, &map, found, u, s, vt)
                                  : hn_svd_random(ctx, &map, found, 10, -1, u, s, vt));
    memset(ret_places, 0, (size_t)(n * k) * sizeof *ret_places);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < found; c++) ret_places[i * k + c] = u[i * found + c] * s[c];
        squares += ret_places[i * k] * ret_places[i * k];
    }
    double deviation = sqrt(squares / (double)n);
    for (int64_t i = 0; i < n * k && scale > 0 && deviation > 0; i++)
        ret_places[i] *= scale / deviation;
    return HONE_OK;
}

/* ---- perplexity ------------------------------------------------------------------------------- */

/* ret = exp(-beta (d^2 - least)), normalised; returns the entropy in nats. */
static double weigh(const double *distance, int64_t n, double least, double beta, double *ret) {
    double sum = 0, moment = 0;
    for (int64_t i = 0; i < n; i++) ret[i] = -beta * (distance[i] * distance[i] - least);
    hn_exp_array(ret, ret, n);
    for (int64_t i = 0; i < n; i++) {
        sum += ret[i];
        moment += (distance[i] * distance[i] - least) * ret[i];
    }
    for (int64_t i = 0; i < n; i++) ret[i] /= sum;
    return hn_log(sum) + beta * moment / sum;
}

void hn_perplexity(const double *distance, int64_t n, double perplexity, double *ret) {
    enum { ROUNDS = 100 };
    double least = INFINITY, most = 0, low = 0, high = INFINITY;
    for (int64_t i = 0; i < n; i++) {
        double square = distance[i] * distance[i];
        if (square < least) least = square;
        if (square > most) most = square;
    }
    double wanted = hn_log(perplexity < (double)n ? perplexity : (double)n);
    double beta = most > least ? 1 / (most - least) : 1;
    for (int round = 0; round < ROUNDS; round++) {
        double entropy = weigh(distance, n, least, beta, ret);
        if (fabs(entropy - wanted) <= 1e-5) return;
        if (entropy > wanted) {
            low = beta;
            beta = isinf(high) ? 2 * beta : (beta + high) / 2;
        } else {
            high = beta;
            beta = (beta + low) / 2;
        }
        if (!(beta > 1e-300 && beta < 1e300)) return;
    }
}

/* ---- new rows --------------------------------------------------------------------------------- */

typedef struct place_job {
    const hn_embedding *e;
    const hn_table *x;
    int64_t count;
    hn_embedding_place *place;
    const void *state;
    double **out;
} place_job;

static hone_status place_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const place_job *job = arg;
    const hn_embedding *e = job->e;
    int64_t m = chunk.end - chunk.begin, p = e->n_features, k = e->n_components, count = job->count;
    double *q, *distance, *work, *at;
    int32_t *row;
    HN_TRY(HN_SCRATCH_NEW(ctx, q, m * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, m * count));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, m * count));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, count));
    HN_TRY(HN_SCRATCH_NEW(ctx, at, k));
    hn_table_rows(job->x, chunk.begin, chunk.end, q);
    HN_TRY(hn_neighbors_nearest(ctx, &e->index, q, m, count, row, distance));
    for (int64_t i = 0; i < m; i++) {
        const int32_t *near = row + i * count;
        int64_t equal = 0, found = 0;
        while (found < count && near[found] >= 0) found++;
        memset(at, 0, (size_t)k * sizeof *at);
        for (; equal < found && distance[i * count + equal] == 0; equal++)
            for (int64_t c = 0; c < k; c++) at[c] += e->places[near[equal] * k + c];
        if (equal > 0)
            for (int64_t c = 0; c < k; c++) at[c] /= (double)equal;
        else if (found > 0)
            job->place(job->state, near, distance + i * count, found, work, at);
        for (int64_t c = 0; c < k; c++) job->out[c][chunk.begin + i] = at[c];
    }
    return HONE_OK;
}

hone_status hn_embedding_transform(hone_ctx *ctx, const hn_embedding *e, const char *prefix,
                                   const hn_table *x, int64_t neighbours, hn_embedding_place *place,
                                   const void *state, hn_arena *arena, hn_table *ret_out) {
    HN_SCRATCH(ctx);
    place_job job = {.e = e, .x = x, .place = place, .state = state};
    hn_table out;
    job.count = neighbours < e->index.n ? neighbours : e->index.n;
    HN_TRY(hn_table_numbered(ctx, arena, prefix, x->n_rows, e->n_components, &job.out, &out));
    int64_t grain = 65536 / job.count; /* rows whose neighbours are kept at a time */
    HN_TRY(hn_parallel(ctx, x->n_rows,
                       grain < 1     ? 1
                       : grain < 256 ? grain
                                     : 256,
                       place_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

hone_status hn_embedding_visit(hn_visitor *v, hn_embedding *e) {
    HN_TRY(hn_visit(v, "n_features", &e->n_features));
    HN_TRY(hn_visit(v, "n_components", &e->n_components));
    HN_TRY(hn_visit_check(v,
                          e->n_features >= 1 && e->n_features < INT32_MAX && e->n_components >= 1 &&
                              e->n_components < INT32_MAX,
                          "embedding: number of components"));
    HN_TRY(hn_visit_neighbors(v, &e->index));
    HN_TRY(hn_visit_check(v, e->index.d == e->n_features && e->index.n >= 1,
                          "embedding: columns of the rows kept"));
    return hn_visit(v, "embedding", &e->places, e->index.n, e->n_components);
}

hone_status hn_embedding_prepare(hone_ctx *ctx, hn_arena *arena, const char *kind, hn_embedding *e,
                                 const hn_table *schema) {
    bool ok = schema->n_columns == e->n_features;
    for (int32_t j = 0; ok && j < schema->n_columns; j++)
        ok = hn_type_is_numeric(schema->columns[j].type);
    if (!ok)
        return hn_fail(
            ctx, HONE_ERROR_FORMAT,
            "%s: what was fitted does not fit the columns it is given; the model file is "
            "damaged: fetch or train it again",
            kind);
    return hn_neighbors_prepare(ctx, arena, &e->index);
}
