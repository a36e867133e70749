/* near.c - see near.h. */
#include "ml/neighbors/near.h"
#include <string.h>

hone_status hn_near_build(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                          const hn_neighbors_options *options, hn_neighbors *ret_index) {
    HN_SCRATCH(ctx);
    double *rows;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    return hn_neighbors_build(ctx, arena, rows, x->n_rows, x->n_columns, options, ret_index);
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
    enum { NUMBERS = 1 << 20, LEAST = 256 }; /* of neighbours kept at a time */
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, most = NUMBERS / (k + 1) > LEAST ? NUMBERS / (k + 1) : LEAST;
    double *rows, *distance;
    int32_t *row;
    if (most > n) most = n;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, most * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, most * k + 1));
    for (int64_t begin = 0; begin < n; begin += most) {
        int64_t m = n - begin < most ? n - begin : most;
        HN_TRY(hn_neighbors_nearest(ctx, index, rows + begin * x->n_columns, m, k, row, distance));
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
