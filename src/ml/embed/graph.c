/* graph.c - see graph.h. */
#include "ml/embed/graph.h"
#include "base/rng.h"
#include "ml/embed/embed.h"
#include "num/blas.h"
#include "num/math.h"
#include <math.h>
#include <string.h>

/* ---- from neighbours to a symmetric matrix ------------------------------------------------------ */

typedef struct near_job {
    int64_t near;
    int32_t *row;     /* [n, near] */
    double *distance; /* [n, near], then weights */
    double perplexity;
    const hn_fuzzy *fuzzy;
    double mean;
} near_job;

/* Columns ascending, weights along: by insertion, as lists are short, or nearly in order. */
static void sort_row(int32_t *column, double *value, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        int32_t c = column[i];
        double v = value[i];
        int64_t j = i;
        for (; j > 0 && column[j - 1] > c; j--) {
            column[j] = column[j - 1];
            value[j] = value[j - 1];
        }
        column[j] = c;
        value[j] = v;
    }
}

static hone_status weigh_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const near_job *job = arg;
    double *weights;
    HN_TRY(HN_SCRATCH_NEW(ctx, weights, job->near));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *distance = job->distance + i * job->near;
        if (job->fuzzy != NULL)
            hn_fuzzy_weights(distance, job->near, job->fuzzy->connectivity, job->mean, weights);
        else
            hn_perplexity(distance, job->near, job->perplexity, weights);
        memcpy(distance, weights, (size_t)job->near * sizeof *weights);
        sort_row(job->row + i * job->near, distance, job->near);
    }
    return HONE_OK;
}

/* Rows of a and of its transpose t merged: f(a_ij, a_ji). */
static hone_status merge(hone_ctx *ctx, hn_arena *arena, const hn_csr *a, const hn_csr *t,
                         double mix, hn_csr *ret_graph) {
    int64_t n = a->rows, most = 2 * hn_csr_entries(a), e = 0, *start;
    int32_t *column;
    double *value;
    HN_TRY(HN_NEW(ctx, arena, start, n + 1));
    HN_TRY(HN_NEW(ctx, arena, column, most + 1));
    HN_TRY(HN_NEW(ctx, arena, value, most + 1));
    for (int64_t i = 0; i < n; i++) {
        int64_t x = a->start[i], y = t->start[i];
        while (x < a->start[i + 1] || y < t->start[i + 1]) {
            int32_t cx = x < a->start[i + 1] ? a->column[x] : INT32_MAX;
            int32_t cy = y < t->start[i + 1] ? t->column[y] : INT32_MAX;
            double vx = cx <= cy ? a->value[x++] : 0, vy = cy <= cx ? t->value[y++] : 0;
            double v = mix < 0 ? vx + vy : mix * (vx + vy - vx * vy) + (1 - mix) * vx * vy;
            if (!(v > 0)) continue;
            column[e] = cx < cy ? cx : cy;
            value[e++] = v;
        }
        start[i + 1] = e;
    }
    *ret_graph = (hn_csr){.rows = n, .cols = n, .start = start, .column = column, .value = value};
    return HONE_OK;
}

static hone_status make_graph(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index,
                              near_job *job, hn_csr *ret_graph) {
    HN_SCRATCH(ctx);
    int64_t n = index->n, near = job->near, *start;
    HN_TRY(HN_SCRATCH_NEW(ctx, job->row, n * near + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, job->distance, n * near + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n + 1));
    HN_TRY(hn_neighbors_nearest_self(ctx, index, near, job->row, job->distance));
    for (int64_t i = 0; i <= n; i++) start[i] = i * near;
    job->mean = hn_sum(job->distance, n * near) / ((double)n * (double)(near + 1));
    HN_TRY(hn_parallel(ctx, n, 64, weigh_rows, job));
    hn_csr one = {.rows = n, .cols = n, .start = start, .column = job->row, .value = job->distance},
           other;
    HN_TRY(hn_csr_transpose(ctx, ctx->scratch, &one, &other));
    return merge(ctx, arena, &one, &other, job->fuzzy != NULL ? job->fuzzy->mix : -1, ret_graph);
}

hone_status hn_graph_perplexity(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index,
                                int64_t near, double perplexity, hn_csr *ret_graph) {
    near_job job = {.near = near, .perplexity = perplexity};
    HN_TRY(make_graph(ctx, arena, index, &job, ret_graph));
    double *value = (double *)(uintptr_t)ret_graph->value;
    int64_t entries = hn_csr_entries(ret_graph);
    double sum = hn_sum(value, entries);
    for (int64_t e = 0; e < entries; e++) value[e] /= sum;
    return HONE_OK;
}

/* ---- fuzzy memberships -------------------------------------------------------------------------- */

void hn_fuzzy_weights(const double *distance, int64_t near, double connectivity,
                      double mean_distance, double *ret_weights) {
    enum { ROUNDS = 64 };
    const double least_share = 1e-3;
    double rho = 0, own_mean = 0, low = 0, high = INFINITY, sigma = 1;
    int64_t first = 0, whole = (int64_t)connectivity;
    while (first < near && !(distance[first] > 0)) first++;
    if (near - first >= connectivity && whole > 0) {
        double part = connectivity - (double)whole;
        rho = distance[first + whole - 1];
        if (part > 1e-5 && first + whole < near) rho += part * (distance[first + whole] - rho);
    } else if (first < near) {
        rho = whole > 0 ? distance[near - 1] : connectivity * distance[first];
    }
    for (int64_t i = 0; i < near; i++) own_mean += distance[i] / (double)(near + 1);
    double wanted = hn_log2((double)(near + 1));
    for (int round = 0; round < ROUNDS; round++) {
        double sum = 0;
        for (int64_t i = 0; i < near; i++)
            sum += distance[i] > rho ? hn_exp(-(distance[i] - rho) / sigma) : 1;
        if (fabs(sum - wanted) < 1e-5) break;
        if (sum > wanted) {
            high = sigma;
            sigma = (low + high) / 2;
        } else {
            low = sigma;
            sigma = isinf(high) ? 2 * sigma : (low + high) / 2;
        }
    }
    double least = least_share * (rho > 0 ? own_mean : mean_distance);
    if (sigma < least) sigma = least;
    for (int64_t i = 0; i < near; i++)
        ret_weights[i] = distance[i] > rho && sigma > 0 ? hn_exp(-(distance[i] - rho) / sigma) : 1;
}

hone_status hn_graph_fuzzy(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index, int64_t near,
                           const hn_fuzzy *fuzzy, hn_csr *ret_graph, double *ret_mean_distance) {
    near_job job = {.near = near, .fuzzy = fuzzy};
    HN_TRY(make_graph(ctx, arena, index, &job, ret_graph));
    *ret_mean_distance = job.mean;
    return HONE_OK;
}

/* ---- spectrum ----------------------------------------------------------------------------------- */

static int32_t root_of(int32_t *parent, int32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

static hone_status count_parts(hone_ctx *ctx, const hn_csr *graph, int64_t *ret_parts) {
    HN_SCRATCH(ctx);
    int32_t *parent;
    int64_t n = graph->rows, parts = n;
    HN_TRY(HN_SCRATCH_NEW(ctx, parent, n + 1));
    for (int64_t i = 0; i < n; i++) parent[i] = (int32_t)i;
    for (int64_t i = 0; i < n; i++)
        for (int64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
            int32_t a = root_of(parent, (int32_t)i), b = root_of(parent, graph->column[e]);
            if (a == b) continue;
            parent[a] = b;
            parts--;
        }
    *ret_parts = parts;
    return HONE_OK;
}

typedef struct product {
    const hn_csr *graph;
    const double *scale, *v;
    double *ret;
} product;

static hone_status multiply_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const product *job = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double sum = 0;
        for (int64_t e = job->graph->start[i]; e < job->graph->start[i + 1]; e++) {
            int32_t j = job->graph->column[e];
            sum += job->graph->value[e] * job->scale[j] * job->v[j];
        }
        job->ret[i] = sum * job->scale[i];
    }
    return HONE_OK;
}

/* Lanczos with full orthogonalisation: what a layout begins at need not be exact. */
hone_status hn_graph_spectral(hone_ctx *ctx, const hn_csr *graph, int64_t k, double *ret_vectors,
                              int64_t *ret_parts) {
    enum { STEPS = 200 };
    HN_TRY(count_parts(ctx, graph, ret_parts));
    if (*ret_parts > 1) return HONE_OK;
    HN_SCRATCH(ctx);
    int64_t n = graph->rows, steps = n < STEPS ? n : STEPS, m = 0;
    double *scale, *basis, *next, *share, *matrix, *values, *vectors;
    HN_TRY(HN_SCRATCH_NEW(ctx, scale, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, basis, (steps + 1) * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, next, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, share, steps + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, matrix, steps * steps));
    for (int64_t i = 0; i < n; i++) {
        double degree = 0;
        for (int64_t e = graph->start[i]; e < graph->start[i + 1]; e++) degree += graph->value[e];
        scale[i] = degree > 0 ? 1 / sqrt(degree) : 0;
        basis[i] = degree > 0 ? sqrt(degree) : 0; /* the first eigenvector is known */
    }
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("graph.spectral", 0));
    double length = sqrt(hn_dot(basis, basis, n));
    for (int64_t i = 0; i < n; i++) {
        basis[i] /= length > 0 ? length : 1;
        next[i] = hn_rng_normal(&rng);
    }
    /* basis[0] is that first one; the Krylov space is built beside it. */
    for (m = 0; m < steps - 1; m++) {
        HN_TRY(hn_check_cancel(ctx));
        for (int twice = 0; twice < 2; twice++) {
            HN_TRY(hn_gemv(ctx, basis, m + 1, n, next, 0, share));
            for (int64_t b = 0; b <= m; b++)
                for (int64_t i = 0; i < n; i++) next[i] -= share[b] * basis[b * n + i];
        }
        length = sqrt(hn_dot(next, next, n));
        if (!(length > 1e-10)) break;
        double *own = basis + (m + 1) * n;
        for (int64_t i = 0; i < n; i++) own[i] = next[i] / length;
        product job = {graph, scale, own, next};
        HN_TRY(hn_parallel(ctx, n, 512, multiply_rows, &job));
        HN_TRY(hn_gemv(ctx, basis + n, m + 1, n, next, 0, share));
        for (int64_t b = 0; b <= m; b++) matrix[b * steps + m] = matrix[m * steps + b] = share[b];
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, values, m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, m * m + 1));
    double *small;
    HN_TRY(HN_SCRATCH_NEW(ctx, small, m * m + 1));
    for (int64_t a = 0; a < m; a++)
        for (int64_t b = 0; b < m; b++) small[a * m + b] = matrix[a * steps + b];
    HN_TRY(hn_eigen_symmetric(ctx, m, small, values, vectors));
    memset(ret_vectors, 0, (size_t)(n * k) * sizeof *ret_vectors);
    for (int64_t c = 0; c < k && c < m; c++) {
        const double *weights = vectors + (m - 1 - c) * m;
        double most = 0;
        for (int64_t b = 0; b < m; b++)
            for (int64_t i = 0; i < n; i++)
                ret_vectors[i * k + c] += weights[b] * basis[(b + 1) * n + i];
        for (int64_t i = 0; i < n; i++)
            if (fabs(ret_vectors[i * k + c]) > fabs(most)) most = ret_vectors[i * k + c];
        for (int64_t i = 0; i < n && most < 0; i++) ret_vectors[i * k + c] *= -1;
    }
    return HONE_OK;
}
