/* cross.c - see cross.h. */
#include "flow/cross.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

enum { MOST_FITS = 10000 };

/* ---- pairs ------------------------------------------------------------------------------------- */

static bool is_by_time(const hn_splitting *split, const hone_data *data) {
    bool open = split->by == HN_BY_AUTO || split->by == HN_BY_TIME || split->by == HN_BY_COLUMN;
    return data->time != NULL && open;
}

static hn_split_keys keys_for(const hn_splitting *split, const hone_data *data) {
    hn_split_keys keys = {0};
    bool open = split->by == HN_BY_AUTO || split->by == HN_BY_COLUMN;
    if (is_by_time(split, data)) {
        keys.time = data->time;
        keys.until = data->until;
        return keys;
    }
    if (open || split->by == HN_BY_GROUP || split->by == HN_BY_STRATIFIED_GROUP)
        keys.group = data->group;
    if ((data->task & HN_TASK_CLASSIFY) != 0 && split->by != HN_BY_RANDOM &&
        split->by != HN_BY_GROUP)
        keys.strata = data->y;
    return keys;
}

hone_status hn_cross_cuts(hone_ctx *ctx, hn_arena *arena, const hn_splitting *split,
                          const hone_data *data, int64_t folds, hn_cuts *ret_cuts) {
    hn_split_keys keys = keys_for(split, data);
    hn_splitting how = *split;
    hn_cuts cuts;
    if (folds > 0) how.folds = folds;
    HN_TRY(hn_cuts_make(ctx, arena, data->x->n_rows, &keys, &how, ctx->seed, &cuts));
    if (cuts.n > MOST_FITS)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "cross"),
                          "the split asks for %lld pairs of rows, and so for as many fits; ask "
                          "for %d at most, by fewer folds or groups",
                          (long long)cuts.n, MOST_FITS);
    *ret_cuts = cuts;
    return HONE_OK;
}

int64_t hn_smallest_part(const hone_data *data) {
    int64_t least = data->x->n_rows;
    for (int32_t c = 0; c < data->n_classes; c++) {
        int64_t count = 0;
        for (int64_t i = 0; i < data->x->n_rows; i++) count += data->y[i] == c;
        if (count < least) least = count;
    }
    return least;
}

/* Different times, as far as they matter here. */
static hone_status count_times(hone_ctx *ctx, const hone_data *data, int64_t *ret_count) {
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, count = n > 0;
    double *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    memcpy(sorted, data->time, (size_t)n * sizeof *sorted);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    for (int64_t i = 1; i < n; i++) count += sorted[i] != sorted[i - 1];
    *ret_count = count;
    return HONE_OK;
}

hone_status hn_cross_enough(hone_ctx *ctx, const hn_splitting *split, const hone_data *data,
                            bool *ret_enough) {
    int64_t times = INT64_MAX;
    bool folds = split->cross == HN_CROSS_AUTO || split->cross == HN_CROSS_FOLDS ||
                 split->cross == HN_CROSS_WALK;
    if (is_by_time(split, data)) HN_TRY(count_times(ctx, data, &times));
    *ret_enough = !folds || (hn_smallest_part(data) >= split->folds && times > split->folds);
    return HONE_OK;
}

hone_status hn_cross_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_cuts *cuts, int64_t i, hone_data *ret_train,
                          hone_data *ret_test) {
    hn_rows train, test;
    HN_TRY(hn_cuts_take(ctx, arena, cuts, i, &train, &test));
    HN_TRY(hn_data_take(ctx, arena, data, train.rows, train.n, ret_train));
    return hn_data_take(ctx, arena, data, test.rows, test.n, ret_test);
}

/* ---- answers ------------------------------------------------------------------------------------ */

static hone_status predict_fold(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                                const hn_cuts *cuts, int64_t i, double *sums, int64_t *counts) {
    HN_SCRATCH(ctx);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_rows rows, held;
    hone_data train, test;
    hn_pipeline pipeline;
    double *out;
    int32_t k = hn_outputs(data->task, data->n_classes);
    HN_TRY(hn_cuts_take(ctx, &arena, cuts, i, &rows, &held));
    HN_TRY(hn_data_take(ctx, &arena, data, rows.rows, rows.n, &train));
    HN_TRY(hn_data_take(ctx, &arena, data, held.rows, held.n, &test));
    HN_TRY(HN_NEW(ctx, &arena, out, held.n * k + 1));
    HN_TRY(hn_pipeline_fit(ctx, recipe, &train, &arena, &pipeline, NULL));
    hone_status status = hn_pipeline_predict(ctx, &pipeline, test.x, out);
    hn_pipeline_done(&pipeline);
    HN_TRY(status);
    for (int64_t j = 0; j < held.n; j++) {
        counts[held.rows[j]]++;
        for (int32_t c = 0; c < k; c++) sums[held.rows[j] * k + c] += out[j * k + c];
    }
    return HONE_OK;
}

hone_status hn_cross_predict(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                             const hn_cuts *cuts, double *ret_out, int64_t *ret_rows,
                             int64_t *ret_n) {
    HN_SCRATCH(ctx);
    int64_t *counts, n = 0;
    int32_t k = hn_outputs(data->task, data->n_classes);
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, data->x->n_rows + 1));
    memset(ret_out, 0, (size_t)(data->x->n_rows * k) * sizeof *ret_out);
    for (int64_t i = 0; i < cuts->n; i++) {
        hn_progress(ctx, "predict out of fold", i, cuts->n, "folds");
        HN_TRY(predict_fold(ctx, recipe, data, cuts, i, ret_out, counts));
    }
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        if (counts[i] == 0) continue;
        ret_rows[n++] = i;
        for (int32_t c = 0; c < k && counts[i] > 1; c++) ret_out[i * k + c] /= (double)counts[i];
    }
    *ret_n = n;
    return HONE_OK;
}

/* ---- figures ------------------------------------------------------------------------------------ */

/* A metric, its mean over the targets. */
static hone_status score_targets(hone_ctx *ctx, const hn_pipeline *pipeline, const hone_data *data,
                                 hn_arena *arena, const hn_metric *metric, double *ret_value) {
    double sum = 0;
    hn_pipeline view = *pipeline;
    for (int32_t t = 0; t < hn_data_targets(data); t++) {
        hone_data one = hn_data_of_target(data, t);
        hn_scored scored;
        double value;
        view.task = one.task;
        view.n_classes = one.n_classes;
        view.n_outputs = hn_outputs(one.task, one.n_classes);
        HN_TRY(hn_scored_of(ctx, &view, &one, arena, &scored));
        HN_TRY(hn_metric_compute(ctx, metric, &scored, &value));
        sum += value;
        view.first += view.n_outputs;
    }
    *ret_value = sum / hn_data_targets(data);
    return HONE_OK;
}

hone_status hn_validate(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *train,
                        const hone_data *test, const hn_metric *metric, double *ret_value) {
    HN_SCRATCH(ctx);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_pipeline pipeline;
    HN_TRY(hn_pipeline_fit(ctx, recipe, train, &arena, &pipeline, NULL));
    hone_status status = score_targets(ctx, &pipeline, test, &arena, metric, ret_value);
    hn_pipeline_done(&pipeline);
    return status;
}

static hone_status validate_fold(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                                 const hn_metric *metric, const hn_cuts *cuts, int64_t i,
                                 double *ret_value) {
    HN_SCRATCH(ctx);
    hone_data train, test;
    HN_TRY(hn_cross_take(ctx, ctx->scratch, data, cuts, i, &train, &test));
    return hn_validate(ctx, recipe, &train, &test, metric, ret_value);
}

hone_status hn_cross_validate(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                              const hn_metric *metric, const hn_cuts *cuts, double *ret_values) {
    for (int64_t i = 0; i < cuts->n; i++)
        HN_TRY(validate_fold(ctx, recipe, data, metric, cuts, i, &ret_values[i]));
    return HONE_OK;
}

double hn_mean_of_folds(const double *values, int64_t n, double *ret_sd) {
    double mean = 0, squares = 0;
    int64_t counted = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i])) continue;
        mean += values[i];
        counted++;
    }
    mean = counted > 0 ? mean / (double)counted : (double)NAN;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i])) squares += (values[i] - mean) * (values[i] - mean);
    if (ret_sd != NULL) *ret_sd = counted > 1 ? sqrt(squares / (double)(counted - 1)) : 0;
    return mean;
}
