/* near.c - see near.h. */
#include "ml/neighbors/near.h"
#include "table/rows.h"
#include <string.h>

/* ---- making --------------------------------------------------------------------------------- */

static bool are_floats(const hn_table *x) {
    for (int32_t j = 0; j < x->n_columns; j++)
        if (x->columns[j].type != HN_F32 && x->columns[j].type != HN_BOOL) return false;
    return x->n_columns > 0;
}

typedef struct floats_job {
    const hn_table *x;
    float *to; /* [n, d] */
} floats_job;

static hone_status floats_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const floats_job *job = arg;
    int64_t d = job->x->n_columns;
    int64_t stride;
    const float *from = hn_table_as_row_floats(job->x, &stride);
    double *rows;
    for (int64_t i = chunk.begin; from && i < chunk.end; i++)
        memcpy(job->to + i * d, from + i * stride, (size_t)d * sizeof *from);
    if (from) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * d));
    for (int64_t i = chunk.begin; i < chunk.end; i += ROWS) {
        int64_t end = i + ROWS < chunk.end ? i + ROWS : chunk.end;
        float *to = job->to + i * d;
        hn_table_rows(job->x, i, end, rows);
        for (int64_t e = 0; e < (end - i) * d; e++) to[e] = (float)rows[e];
    }
    return HONE_OK;
}

hone_status hn_near_build(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                          const hn_neighbors_options *options, hn_neighbors *ret_index) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, d = x->n_columns;
    bool borrows = hn_neighbors_borrows(options, n, d);
    if (x->csr) return hn_neighbors_build_sparse(ctx, arena, x->csr, options, ret_index);
    if (borrows && are_floats(x)) {
        float *floats;
        HN_TRY(HN_NEW(ctx, arena, floats, n * d + 1));
        HN_TRY(hn_parallel(ctx, n, 1024, floats_chunk, &(floats_job){x, floats}));
        return hn_neighbors_build_floats(ctx, arena, floats, n, d, options, ret_index);
    }
    double *rows;
    HN_TRY(hn_table_matrix(ctx, borrows ? arena : ctx->scratch, x, &rows));
    HN_TRY(hn_neighbors_build(ctx, arena, rows, n, d, options, ret_index));
    if (ret_index->form == HN_NEIGHBORS_TILES) ret_index->rows = NULL; /* scratch */
    return HONE_OK;
}

/* ---- questions ------------------------------------------------------------------------------ */

/* x as queries of an index: as it is, or its values that are not 0 gathered. */
static hone_status sparse_of(hone_ctx *ctx, const hn_table *x, hn_csr *ret_csr) {
    if (x->csr) {
        *ret_csr = *x->csr;
        return HONE_OK;
    }
    int64_t n = x->n_rows, d = x->n_columns, *start, at = 0;
    int32_t *column;
    double *rows, *value;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    for (int64_t i = 0; i < n * d; i++) at += rows[i] != 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, column, at + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, value, at + 1));
    at = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < d; j++) {
            if (rows[i * d + j] == 0) continue;
            column[at] = (int32_t)j;
            value[at++] = rows[i * d + j];
        }
        start[i + 1] = at;
    }
    *ret_csr = (hn_csr){n, d, start, column, value};
    return HONE_OK;
}

hone_status hn_near_ask(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x, int64_t begin,
                        int64_t m, int64_t k, int32_t *ret_row, double *ret_distance) {
    HN_SCRATCH(ctx);
    hn_table part;
    double *rows;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, x, begin, begin + m, &part));
    if (index->form == HN_NEIGHBORS_SPARSE) {
        hn_csr q;
        HN_TRY(sparse_of(ctx, &part, &q));
        return hn_neighbors_nearest_sparse(ctx, index, &q, k, ret_row, ret_distance);
    }
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, &part, &rows));
    return hn_neighbors_nearest(ctx, index, rows, m, k, ret_row, ret_distance);
}

hone_status hn_near_within(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x,
                           double radius, hn_neighbors_each *each, void *arg) {
    HN_SCRATCH(ctx);
    double *rows;
    if (index->form == HN_NEIGHBORS_SPARSE) {
        hn_csr q;
        HN_TRY(sparse_of(ctx, x, &q));
        return hn_neighbors_within_sparse(ctx, index, &q, radius, each, arg);
    }
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    return hn_neighbors_within(ctx, index, rows, x->n_rows, radius, each, arg);
}

/* Rows whose neighbours are asked for and kept at a time. */
static int64_t batch_of(const hn_table *x, int64_t k) {
    enum { NEIGHBORS = 1 << 20, NUMBERS = 1 << 22, LEAST = 256 };
    int64_t most = NEIGHBORS / (k + 1), wide = NUMBERS / (x->n_columns + 1);
    most = wide < most ? wide : most;
    return most < LEAST ? LEAST : most;
}

hone_status hn_near_neighbors(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x,
                              int64_t k, int64_t *ret_row, double *ret_distance) {
    int64_t others = index->n - (x == NULL);
    if (k > others)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_neighbors"),
                          "%lld neighbours are asked for, and there are %lld rows; ask for fewer",
                          (long long)k, (long long)others);
    HN_SCRATCH(ctx);
    int32_t *row;
    int64_t n = x ? x->n_rows : index->n, most = x ? batch_of(x, k) : n;
    HN_TRY(HN_SCRATCH_NEW(ctx, row, (most < n ? most : n) * k + 1));
    for (int64_t begin = 0; begin < n; begin += most) {
        int64_t m = n - begin < most ? n - begin : most;
        HN_TRY(x ? hn_near_ask(ctx, index, x, begin, m, k, row, ret_distance + begin * k)
                 : hn_neighbors_nearest_self(ctx, index, k, row, ret_distance));
        for (int64_t i = 0; i < m * k; i++) ret_row[begin * k + i] = row[i];
    }
    return HONE_OK;
}

hone_status hn_near_enough(hone_ctx *ctx, const char *kind, int64_t k, const hone_data *data) {
    if (k <= data->x->n_rows) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_neighbors"),
                      "%s: %lld neighbours need as many rows, and there are %lld; ask for fewer",
                      kind, (long long)k, (long long)data->x->n_rows);
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answers {
    hn_near_block block;
    hn_near_answer *answer;
    const void *state;
    int64_t outputs;
    double *out;
} answers;

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const answers *a = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        a->answer(a->state, &a->block, i, a->out + (a->block.begin + i) * a->outputs);
    return HONE_OK;
}

hone_status hn_near_each(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x, int64_t k,
                         hn_near_answer *answer, const void *state, int64_t outputs,
                         double *ret_out) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, most = batch_of(x, k);
    double *distance;
    int32_t *row;
    if (most > n) most = n;
    HN_TRY(HN_SCRATCH_NEW(ctx, row, most * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, most * k + 1));
    for (int64_t begin = 0; begin < n; begin += most) {
        int64_t m = n - begin < most ? n - begin : most;
        HN_TRY(hn_near_ask(ctx, index, x, begin, m, k, row, distance));
        answers a = {{begin, m, k, row, distance}, answer, state, outputs, ret_out};
        HN_TRY(hn_parallel(ctx, m, 1024, answer_chunk, &a));
    }
    return HONE_OK;
}

/* ---- the target ----------------------------------------------------------------------------- */

hone_status hn_near_learn(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          hn_near_target *ret_target) {
    hn_near_target t = {.n = data->x->n_rows,
                        .n_classes = (data->task & HN_TASK_CLASSIFY) ? data->n_classes : 0};
    HN_TRY(HN_NEW(ctx, arena, t.y, t.n));
    HN_TRY(HN_NEW(ctx, arena, t.prior, hn_near_outputs(&t)));
    memcpy(t.y, data->y, (size_t)t.n * sizeof *t.y);
    for (int64_t i = 0; t.n_classes > 0 && i < t.n; i++)
        t.prior[(int64_t)t.y[i]] += 1 / (double)t.n;
    if (t.n_classes == 0) t.prior[0] = hn_sum(t.y, t.n) / (double)t.n;
    *ret_target = t;
    return HONE_OK;
}

hone_status hn_near_visit_target(hn_visitor *v, hn_near_target *t) {
    HN_TRY(hn_visit(v, "n_targets", &t->n));
    HN_TRY(hn_visit(v, "n_classes", &t->n_classes));
    HN_TRY(hn_visit_check(v, t->n >= 1 && t->n_classes >= 0 && t->n_classes <= INT32_MAX,
                          "number of classes out of range"));
    HN_TRY(hn_visit(v, "y", &t->y, t->n));
    HN_TRY(hn_visit(v, "prior", &t->prior, hn_near_outputs(t)));
    bool ok = true;
    for (int64_t i = 0; v->loading && t->n_classes > 0 && i < t->n; i++)
        ok &= t->y[i] >= 0 && t->y[i] < (double)t->n_classes;
    return hn_visit_check(v, ok, "a class that there is not");
}

void hn_near_vote(const hn_near_target *t, int weights, int64_t k, const int32_t *row,
                  const double *distance, double *ret_out) {
    double total = 0, sum = 0;
    bool exact = weights == HN_NEAR_BY_DISTANCE && k > 0 && distance[0] == 0;
    for (int64_t i = 1; weights == HN_NEAR_BY_DISTANCE && i < k; i++) exact |= distance[i] == 0;
    memset(ret_out, 0, (size_t)hn_near_outputs(t) * sizeof *ret_out);
    for (int64_t i = 0; i < k && row[i] >= 0; i++) {
        double w = weights == HN_NEAR_UNIFORM ? 1 : exact ? distance[i] == 0 : 1 / distance[i];
        total += w;
        if (t->n_classes > 0)
            ret_out[(int64_t)t->y[row[i]]] += w;
        else
            sum += w * t->y[row[i]];
    }
    if (!(total > 0)) { /* nobody near, or all infinitely far */
        memcpy(ret_out, t->prior, (size_t)hn_near_outputs(t) * sizeof *ret_out);
        return;
    }
    if (t->n_classes == 0) ret_out[0] = sum / total;
    for (int64_t c = 0; c < t->n_classes; c++) ret_out[c] /= total;
}
