/* projection.c - see projection.h. */
#include "ml/decomp/projection.h"
#include "num/product.h"
#include "num/simd.h"
#include "table/rows.h"
#include <string.h>

enum { ROWS = 64 }; /* gathered from the columns at a time */

/* n rows, stride apart, less mean, side by side in ret, which may be x. */
#define LESS(type)                                                                                 \
    HN_CLONES static void less_##type(const type *x, int64_t stride, int64_t n, int64_t p,         \
                                      const type *restrict mean, type *ret) {                      \
        for (int64_t i = 0; i < n; i++, x += stride, ret += p) {                                   \
            HN_SIMD for (int64_t j = 0; j < p; j++) ret[j] = x[j] - mean[j];                       \
        }                                                                                          \
    }
LESS(double)
LESS(float)

/* ---- to components -------------------------------------------------------------------------- */

hone_status hn_projection_init(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                               int64_t n_features, int64_t n_components, const double *mean,
                               const double *weights, hn_projection *ret) {
    int64_t p = n_features, k = n_components, width = hn_product_width(k);
    hn_projection to = {.n_features = p, .n_components = k, .mean = mean};
    HN_TRY(HN_NEW(ctx, arena, to.weights, p * width));
    for (int64_t c = 0; c < k; c++)
        for (int64_t j = 0; j < p; j++) to.weights[j * width + c] = weights[c * p + j];
    if (hn_table_is_single(schema)) {
        HN_TRY(HN_NEW(ctx, arena, to.weights_single, p * width));
        for (int64_t i = 0; i < p * width; i++) to.weights_single[i] = (float)to.weights[i];
        if (mean != NULL) HN_TRY(HN_NEW(ctx, arena, to.mean_single, p));
        for (int64_t j = 0; j < p && mean != NULL; j++) to.mean_single[j] = (float)mean[j];
    }
    *ret = to;
    return HONE_OK;
}

typedef struct project_job {
    const hn_projection *to;
    const hn_table *x;
    const double *shift; /* [n_components] what the mean comes to, of sparse rows; or NULL */
    void *out;           /* [n_rows, n_components], doubles or floats */
} project_job;

/* Rows that a cache holds at a time. */
static int64_t rows_at_once(int64_t p) {
    int64_t most = 16384 / p;
    return most < 8 ? 8 : most > ROWS ? ROWS : most;
}

static hone_status project_dense(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const project_job *job = arg;
    const hn_projection *to = job->to;
    int64_t p = to->n_features, k = to->n_components, stride, most = rows_at_once(p);
    const double *direct = hn_table_as_rows(job->x, &stride);
    double *own = NULL;
    if (direct == NULL || to->mean != NULL) HN_TRY(HN_SCRATCH_NEW(ctx, own, most * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += most) {
        int64_t n = begin + most < chunk.end ? most : chunk.end - begin;
        const double *rows = direct != NULL ? direct + begin * stride : own;
        if (direct == NULL) hn_table_rows(job->x, begin, begin + n, own);
        if (to->mean != NULL) {
            less_double(rows, rows == own ? p : stride, n, p, to->mean, own);
            rows = own;
        }
        hn_product(rows, rows == own ? p : stride, n, to->weights, p, k,
                   (double *)job->out + begin * k);
    }
    return HONE_OK;
}

static hone_status project_single(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const project_job *job = arg;
    const hn_projection *to = job->to;
    int64_t p = to->n_features, k = to->n_components, stride, most = rows_at_once(p);
    const float *direct = hn_table_as_row_floats(job->x, &stride);
    float *own = NULL;
    double *wide = NULL;
    if (direct == NULL) HN_TRY(HN_SCRATCH_NEW(ctx, wide, most * p));
    if (direct == NULL || to->mean != NULL) HN_TRY(HN_SCRATCH_NEW(ctx, own, most * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += most) {
        int64_t n = begin + most < chunk.end ? most : chunk.end - begin;
        const float *rows = direct != NULL ? direct + begin * stride : own;
        if (direct == NULL) {
            hn_table_rows(job->x, begin, begin + n, wide);
            for (int64_t i = 0; i < n * p; i++) own[i] = (float)wide[i];
        }
        if (to->mean != NULL) {
            less_float(rows, rows == own ? p : stride, n, p, to->mean_single, own);
            rows = own;
        }
        hn_product_single(rows, rows == own ? p : stride, n, to->weights_single, p, k,
                          (float *)job->out + begin * k);
    }
    return HONE_OK;
}

static hone_status project_sparse(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const project_job *job = arg;
    const hn_csr *csr = job->x->csr;
    (void)ctx;
    int64_t k = job->to->n_components, width = hn_product_width(k);
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *sum = (double *)job->out + i * k;
        memset(sum, 0, (size_t)k * sizeof *sum);
        for (int64_t e = csr->start[i]; e < csr->start[i + 1]; e++) {
            const double *row = job->to->weights + csr->column[e] * width;
            for (int64_t c = 0; c < k; c++) sum[c] += csr->value[e] * row[c];
        }
        for (int64_t c = 0; c < k && job->shift != NULL; c++) sum[c] -= job->shift[c];
    }
    return HONE_OK;
}

hone_status hn_project(hone_ctx *ctx, const hn_projection *to, const char *prefix,
                       const hn_table *x, hn_arena *arena, hn_table *ret_out) {
    HN_SCRATCH(ctx);
    project_job job = {.to = to, .x = x};
    bool single = to->weights_single != NULL && hn_table_is_single(x);
    hn_table out;
    if (x->csr != NULL && to->mean != NULL) {
        double *shift;
        HN_TRY(HN_SCRATCH_NEW(ctx, shift, to->n_components));
        hn_product(to->mean, to->n_features, 1, to->weights, to->n_features, to->n_components,
                   shift);
        job.shift = shift;
    }
    HN_TRY(hn_table_numbered_rows(ctx, arena, prefix, x->n_rows, to->n_components,
                                  single ? HN_F32 : HN_F64, &job.out, &out));
    HN_TRY(hn_parallel(ctx, x->n_rows, 1024,
                       x->csr != NULL ? project_sparse
                       : single       ? project_single
                                      : project_dense,
                       &job));
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_turn(hone_ctx *ctx, hn_arena *arena, int64_t k, int64_t n, const double *a,
                    double **ret_turned) {
    double *turned;
    HN_TRY(HN_NEW(ctx, arena, turned, k * n + 1));
    for (int64_t c = 0; c < k; c++)
        for (int64_t j = 0; j < n; j++) turned[j * k + c] = a[c * n + j];
    *ret_turned = turned;
    return HONE_OK;
}

/* ---- and back ------------------------------------------------------------------------------- */

typedef struct back_job {
    int64_t p, k;
    const double *mean, *back;
    const hn_table *z;
    double *out; /* [n_rows, p] */
} back_job;

HN_CLONES static void add_scaled(double *restrict sum, double factor, const double *restrict row,
                                 int64_t p) {
    HN_SIMD
    for (int64_t j = 0; j < p; j++) sum[j] += factor * row[j];
}

static hone_status back_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const back_job *job = arg;
    double *z;
    HN_TRY(HN_SCRATCH_NEW(ctx, z, ROWS * job->k));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->z, begin, end, z);
        for (int64_t i = begin; i < end; i++) {
            double *sum = job->out + i * job->p;
            memset(sum, 0, (size_t)job->p * sizeof *sum);
            for (int64_t c = 0; c < job->k; c++)
                add_scaled(sum, z[(i - begin) * job->k + c], job->back + c * job->p, job->p);
            if (job->mean != NULL) add_scaled(sum, 1, job->mean, job->p);
        }
    }
    return HONE_OK;
}

hone_status hn_project_back(hone_ctx *ctx, int64_t n_features, int64_t n_components,
                            const double *mean, const double *back, const hn_table *z,
                            const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    HN_SCRATCH(ctx);
    back_job job = {.p = n_features, .k = n_components, .mean = mean, .back = back, .z = z};
    hn_table out;
    void *rows;
    HN_TRY(hn_table_numbered_rows(ctx, arena, "x", z->n_rows, n_features, HN_F64, &rows, &out));
    job.out = rows;
    for (int64_t j = 0; j < n_features; j++) out.columns[j].name = schema->columns[j].name;
    HN_TRY(hn_parallel(ctx, z->n_rows, 1024, back_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- moments -------------------------------------------------------------------------------- */

typedef struct moment_job {
    const hn_table *x;
    const double *mean;
    double *parts; /* by chunk: [p] or [p, p] */
    double *matrix;
} moment_job;

/* Sums of the columns less mean. */
static hone_status sum_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const moment_job *job = arg;
    int64_t p = job->x->n_columns;
    double *rows, *part = job->parts + chunk.index * p;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->x, begin, end, rows);
        if (job->mean != NULL) less_double(rows, p, end - begin, p, job->mean, rows);
        for (int64_t i = 0; i < end - begin; i++) add_scaled(part, 1, rows + i * p, p);
    }
    return HONE_OK;
}

/* Chunks of a pass whose partial result has so many numbers: few where that is large. */
static int64_t grain_for(int64_t n, int64_t part) {
    enum { MOST = 32, NUMBERS = 8 << 20, LEAST = 512 };
    int64_t chunks = part > 0 ? NUMBERS / part : MOST;
    chunks = chunks < 2 ? 2 : chunks > MOST ? MOST : chunks;
    int64_t grain = (n + chunks - 1) / chunks;
    return grain < LEAST ? LEAST : grain;
}

static void add_parts(const double *parts, int64_t chunks, int64_t size, double *ret) {
    memset(ret, 0, (size_t)size * sizeof *ret);
    for (int64_t c = 0; c < chunks; c++)
        for (int64_t j = 0; j < size; j++) ret[j] += parts[c * size + j];
}

static void sparse_means(const hn_csr *csr, double *ret_mean) {
    for (int64_t e = csr->start[0]; e < csr->start[csr->rows]; e++)
        ret_mean[csr->column[e]] += csr->value[e];
    for (int64_t j = 0; j < csr->cols; j++) ret_mean[j] /= (double)csr->rows;
}

void hn_sparse_squares(const hn_csr *csr, const double *mean, double *ret_squares) {
    memset(ret_squares, 0, (size_t)csr->cols * sizeof *ret_squares);
    for (int64_t e = csr->start[0]; e < csr->start[csr->rows]; e++) {
        double m = mean[csr->column[e]], d = csr->value[e] - m;
        ret_squares[csr->column[e]] += d * d - m * m;
    }
    for (int64_t j = 0; j < csr->cols; j++) {
        ret_squares[j] += (double)csr->rows * mean[j] * mean[j];
        if (!(ret_squares[j] > 0)) ret_squares[j] = 0;
    }
}

/* What rounding took from the means comes back in a second pass over the differences. */
hone_status hn_column_means(hone_ctx *ctx, const hn_table *x, double *ret_mean) {
    int64_t n = x->n_rows, p = x->n_columns, grain = grain_for(n, p), chunks = hn_chunks(n, grain);
    memset(ret_mean, 0, (size_t)p * sizeof *ret_mean);
    if (x->csr != NULL) {
        sparse_means(x->csr, ret_mean);
        return HONE_OK;
    }
    for (int pass = 0; pass < 2; pass++) {
        HN_SCRATCH(ctx);
        moment_job job = {.x = x, .mean = pass == 0 ? NULL : ret_mean};
        double *sums;
        HN_TRY(HN_SCRATCH_NEW(ctx, job.parts, chunks * p));
        HN_TRY(HN_SCRATCH_NEW(ctx, sums, p));
        HN_TRY(hn_parallel(ctx, n, grain, sum_rows, &job));
        add_parts(job.parts, chunks, p, sums);
        for (int64_t j = 0; j < p; j++) ret_mean[j] += sums[j] / (double)n;
    }
    return HONE_OK;
}

static hone_status center_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const moment_job *job = arg;
    int64_t p = job->x->n_columns;
    double *part = job->parts + chunk.index * p;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *row = job->matrix + i * p;
        less_double(row, p, 1, p, job->mean, row);
        for (int64_t j = 0; j < p; j++) part[j] += row[j] * row[j];
    }
    return HONE_OK;
}

hone_status hn_centered_matrix(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               const double *mean, double **ret_matrix, double *ret_squares) {
    moment_job job = {.x = x, .mean = mean};
    int64_t n = x->n_rows, p = x->n_columns, grain = grain_for(n, p);
    HN_TRY(hn_table_matrix(ctx, arena, x, &job.matrix));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.parts, hn_chunks(n, grain) * p));
    HN_TRY(hn_parallel(ctx, n, grain, center_rows, &job));
    if (ret_squares != NULL) add_parts(job.parts, hn_chunks(n, grain), p, ret_squares);
    *ret_matrix = job.matrix;
    return HONE_OK;
}

/* ---- checks and report ---------------------------------------------------------------------- */

hone_status hn_component_count(hone_ctx *ctx, const char *kind, int64_t asked, int64_t limit,
                               const char *limit_is, int64_t *ret_k) {
    if (asked > limit)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_components"),
                          "%s: 'n_components' (%lld) must be at most %lld, %s; ask for fewer", kind,
                          (long long)asked, (long long)limit, limit_is);
    *ret_k = asked > 0 ? asked : limit;
    return HONE_OK;
}

hone_status hn_need_two_rows(hone_ctx *ctx, const char *kind, const hn_table *x) {
    if (x->n_rows >= 2) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "%s: one row has no spread to find components in; give it two rows and more",
                   kind);
}

hone_status hn_projection_check(hone_ctx *ctx, const char *kind, int64_t n_features,
                                const hn_table *schema) {
    bool ok = schema->n_columns == n_features;
    for (int32_t j = 0; ok && j < schema->n_columns; j++)
        ok = hn_type_is_numeric(schema->columns[j].type);
    if (ok) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_FORMAT,
                   "%s: what was fitted does not fit the columns it is given; the model file is "
                   "damaged: fetch or train it again",
                   kind);
}

void hn_report_components(hn_json_doc *doc, hn_json_mut *object, const hn_table *schema,
                          const hn_component_figure *figures, int64_t k, int64_t p,
                          const double *components) {
    enum { SHOWN = 4096 }; /* weights; more are read as an array */
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "components");
    for (int64_t c = 0; c < k; c++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_int(doc, one, "component", c);
        for (const hn_component_figure *f = figures; f != NULL && f->name != NULL; f++)
            yyjson_mut_obj_add_real(doc, one, f->name, f->values[c]);
        if (k * p > SHOWN) continue;
        hn_json_mut *weights = yyjson_mut_obj_add_obj(doc, one, "weights");
        for (int64_t j = 0; j < p && j < schema->n_columns; j++)
            yyjson_mut_obj_add(weights, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               yyjson_mut_real(doc, components[c * p + j]));
    }
}
