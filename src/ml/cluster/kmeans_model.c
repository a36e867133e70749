/* kmeans_model.c - see kmeans_model.h. */
#include "ml/cluster/kmeans_model.h"
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_rows.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

/* ---- centring ------------------------------------------------------------------------------- */

/* The mean is taken away before distances are made of products, so that none of their digits is lost
 * where the data lie far from zero. */
typedef struct center_job {
    double *x;
    const double *weight;
    int64_t d;
    const double *mean;
    double *sums; /* [chunks][d] */
} center_job;

static hone_status sum_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const center_job *c = arg;
    double *sums = c->sums + chunk.index * c->d;
    memset(sums, 0, (size_t)c->d * sizeof(double));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = c->weight ? c->weight[i] : 1.0;
        for (int64_t j = 0; j < c->d; j++) sums[j] += w * c->x[i * c->d + j];
    }
    return HONE_OK;
}

/* Takes the mean away and sums up squares of what is left. */
static hone_status center_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const center_job *c = arg;
    double *sums = c->sums + chunk.index * c->d;
    memset(sums, 0, (size_t)c->d * sizeof(double));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = c->weight ? c->weight[i] : 1.0;
        for (int64_t j = 0; j < c->d; j++) {
            double *v = &c->x[i * c->d + j];
            *v -= c->mean[j];
            sums[j] += w * (*v * *v);
        }
    }
    return HONE_OK;
}

static void reduce(const center_job *c, int64_t chunks, double total, double *ret) {
    for (int64_t j = 0; j < c->d; j++) {
        double sum = 0;
        for (int64_t k = 0; k < chunks; k++) sum += c->sums[k * c->d + j];
        ret[j] = sum / total;
    }
}

/* Centres x [n, d]; ret_mean [d]; *ret_variance is the mean variance of a column. */
hone_status hn_kmeans_center(hone_ctx *ctx, double *x, const double *weight, int64_t n, int64_t d,
                             double *ret_mean, double *ret_variance) {
    HN_SCRATCH(ctx);
    int64_t grain = hn_kmeans_grain(n, 1, d), chunks = hn_chunks(n, grain);
    double total = weight ? hn_sum(weight, n) : (double)n, *variance;
    center_job job = {x, weight, d, ret_mean, NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.sums, chunks * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, variance, d));
    HN_TRY(hn_parallel(ctx, n, grain, sum_chunk, &job));
    reduce(&job, chunks, total, ret_mean);
    HN_TRY(hn_parallel(ctx, n, grain, center_chunk, &job));
    reduce(&job, chunks, total, variance);
    *ret_variance = hn_sum(variance, d) / (double)d;
    return HONE_OK;
}

hone_status hn_kmeans_keep(hone_ctx *ctx, hn_arena *arena, const hn_kmeans_job *job,
                           const hn_kmeans_result *r, const double *mean, hn_kmeans_model *s) {
    s->k = job->k;
    s->d = job->d;
    HN_TRY(HN_NEW(ctx, arena, s->centroids, s->k * s->d));
    HN_TRY(HN_NEW(ctx, arena, s->size, s->k));
    for (int64_t c = 0; c < s->k; c++)
        for (int64_t j = 0; j < s->d; j++)
            s->centroids[c * s->d + j] = r->centroids[c * s->d + j] + mean[j];
    int64_t used = 0;
    for (int64_t i = 0; i < job->n; i++) s->size[r->label[i]] += job->weight ? job->weight[i] : 1.0;
    for (int64_t c = 0; c < s->k; c++) used += s->size[c] > 0;
    if (used < s->k)
        hn_say(ctx, HONE_LOG_WARN, "the rows have only %lld distinct places for %lld clusters",
               (long long)used, (long long)s->k);
    s->inertia = r->inertia;
    s->iterations = r->iterations;
    s->converged = r->converged;
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answer_job {
    const hn_kmeans_model *state;
    const hn_table *x;
    double *nearest;      /* [n], or NULL */
    double **distances;   /* [k][n], or NULL */
    hn_kmeans_job sparse; /* of a sparse x */
} answer_job;

/* row NULL: of the sparse matrix as. */
static void answer_row(const answer_job *job, const hn_kmeans_job *as, const double *row,
                       int64_t i) {
    const hn_kmeans_model *s = job->state;
    _Alignas(64) double squared[HN_TILE];
    double best = INFINITY;
    int64_t label = 0;
    for (int64_t first = 0; first < s->k; first += HN_TILE) {
        if (row)
            hn_tile_squared(row, s->d, s->tiles + first * s->d, squared);
        else
            hn_kmeans_squared(as, i, s->tiles + first * s->d, s->squares + first, squared);
        for (int64_t c = first; c < s->k && c < first + HN_TILE; c++) {
            if (job->distances) job->distances[c][i] = sqrt(squared[c - first]);
            if (!(squared[c - first] < best)) continue;
            best = squared[c - first];
            label = c;
        }
    }
    if (job->nearest) job->nearest[i] = (double)label;
}

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const answer_job *job = arg;
    int64_t d = job->state->d;
    HN_SCRATCH(ctx);
    double *rows;
    if (job->sparse.csr) {
        for (int64_t i = chunk.begin; i < chunk.end; i++) answer_row(job, &job->sparse, NULL, i);
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * d));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->x, begin, end, rows);
        for (int64_t i = begin; i < end; i++) answer_row(job, NULL, rows + (i - begin) * d, i);
    }
    return HONE_OK;
}

static hone_status answer_all(hone_ctx *ctx, answer_job *job) {
    HN_SCRATCH(ctx);
    if (job->x->csr) {
        double *squares;
        HN_TRY(hn_kmeans_squares(ctx, job->x->csr, &squares));
        job->sparse = (hn_kmeans_job){.csr = job->x->csr, .squares = squares, .d = job->state->d};
    }
    return hn_parallel(ctx, job->x->n_rows, 4096, answer_chunk, job);
}

hone_status hn_kmeans_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    answer_job job = {.state = state, .x = x, .nearest = ret_out};
    return answer_all(ctx, &job);
}

hone_status hn_kmeans_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out) {
    const hn_kmeans_model *s = state;
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->k};
    double **distances;
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->k));
    HN_TRY(HN_NEW(ctx, arena, distances, s->k));
    for (int64_t c = 0; c < s->k; c++) {
        char *name = hn_arena_printf(ctx, arena, "cluster_%lld", (long long)c);
        if (!name) return HONE_ERROR_MEMORY;
        HN_TRY(HN_NEW(ctx, arena, distances[c], x->n_rows));
        out.columns[c] = hn_column_of_f64(name, distances[c], x->n_rows);
    }
    answer_job job = {.state = s, .x = x, .distances = distances};
    HN_TRY(answer_all(ctx, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- storing and showing -------------------------------------------------------------------- */

/* The number of the nearest centroid. */
int64_t hn_kmeans_outputs(const void *state) {
    (void)state;
    return 1;
}

hone_status hn_kmeans_visit(hn_visitor *v, void *state) {
    hn_kmeans_model *s = state;
    HN_TRY(hn_visit(v, "n_clusters", &s->k));
    HN_TRY(hn_visit(v, "n_features", &s->d));
    HN_TRY(hn_visit_check(v, s->k >= 1 && s->k <= INT32_MAX, "number of clusters out of range"));
    HN_TRY(hn_visit_check(v, s->d >= 1 && s->d <= INT32_MAX, "number of features out of range"));
    HN_TRY(hn_visit(v, "cluster_centers", &s->centroids, s->k, s->d));
    HN_TRY(hn_visit(v, "size", &s->size, s->k));
    HN_TRY(hn_visit(v, "inertia", &s->inertia));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "tried", &s->tried));
    HN_TRY(hn_visit_check(v, s->tried >= 0, "tried numbers out of range"));
    HN_TRY(hn_visit(v, "tried_inertia", &s->tried_inertia, s->tried));
    return hn_visit(v, "tried_silhouette", &s->tried_silhouette, s->tried);
}

void hn_kmeans_moved(hn_kmeans_model *s) {
    hn_tile_centroids(s->centroids, s->k, s->d, s->tiles);
    for (int64_t c = 0; c < s->k; c += HN_TILE)
        hn_tile_squares(s->tiles + c * s->d, s->d, s->squares + c);
}

hone_status hn_kmeans_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    hn_kmeans_model *s = state;
    if (s->d != schema->n_columns) {
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the centroids have %lld coordinates for %d features; the file is damaged",
                       (long long)s->d, (int)schema->n_columns);
    }
    HN_TRY(HN_NEW(ctx, arena, s->tiles, hn_tiles(s->k) * s->d * HN_TILE));
    HN_TRY(HN_NEW(ctx, arena, s->squares, hn_tiles(s->k) * HN_TILE));
    hn_kmeans_moved(s);
    return HONE_OK;
}

/* The number of clusters after which more help least: farthest below the line from first to last. */
static int64_t elbow(const hn_kmeans_model *s) {
    int64_t best = 0, last = s->tried - 1;
    double most = -INFINITY;
    for (int64_t i = 0; i <= last; i++) {
        double line = s->tried_inertia[0] + (s->tried_inertia[last] - s->tried_inertia[0]) *
                                                (double)i / (double)(last > 0 ? last : 1);
        if (line - s->tried_inertia[i] <= most) continue;
        most = line - s->tried_inertia[i];
        best = i;
    }
    return best + 2;
}

static void report_tried(const hn_kmeans_model *s, hn_json_doc *doc, hn_json_mut *object) {
    if (s->tried == 0) return;
    yyjson_mut_obj_add_int(doc, object, "elbow", elbow(s));
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "tried");
    for (int64_t i = 0; i < s->tried; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_int(doc, one, "n_clusters", i + 2);
        yyjson_mut_obj_add_real(doc, one, "inertia", s->tried_inertia[i]);
        yyjson_mut_obj_add_real(doc, one, "silhouette", s->tried_silhouette[i]);
    }
}

hone_status hn_kmeans_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const hn_kmeans_model *s = state;
    yyjson_mut_obj_add_int(doc, object, "n_clusters", s->k);
    yyjson_mut_obj_add_real(doc, object, "inertia", s->inertia);
    report_tried(s, doc, object);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    hn_json_mut *sizes = yyjson_mut_arr(doc), *centroids = yyjson_mut_arr(doc);
    for (int64_t c = 0; c < s->k; c++) {
        hn_json_mut *centroid = yyjson_mut_obj(doc);
        for (int64_t j = 0; j < s->d; j++) {
            hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
            yyjson_mut_obj_add(centroid, name, yyjson_mut_real(doc, s->centroids[c * s->d + j]));
        }
        yyjson_mut_arr_append(centroids, centroid);
        yyjson_mut_arr_add_real(doc, sizes, s->size[c]);
    }
    yyjson_mut_obj_add_val(doc, object, "sizes", sizes);
    yyjson_mut_obj_add_val(doc, object, "centroids", centroids);
    return HONE_OK;
}
