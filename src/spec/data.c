/* data.c - tasks by name, weights, rows of a hone_data; see data.h. */
#include "spec/data.h"
#include "base/parallel.h"
#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    hn_task task;
} tasks[] = {{"none", HN_TASK_NONE},
             {"binary", HN_TASK_BINARY},
             {"multiclass", HN_TASK_MULTICLASS},
             {"regression", HN_TASK_REGRESSION},
             {"cluster", HN_TASK_CLUSTER},
             {"anomaly", HN_TASK_ANOMALY},
             {"rank", HN_TASK_RANK},
             {"rules", HN_TASK_RULES}};

const char *hn_task_name(hn_task task) {
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (tasks[i].task == task) return tasks[i].name;
    }
    return "unknown";
}

bool hn_task_parse(const char *name, hn_task *ret_task) {
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
        if (strcmp(tasks[i].name, name) != 0) continue;
        *ret_task = tasks[i].task;
        return true;
    }
    return false;
}

double hn_data_total_weight(const hone_data *data) {
    return data->weight ? hn_sum(data->weight, data->x->n_rows) : (double)data->x->n_rows;
}

hone_status hn_data_balanced_weights(hone_ctx *ctx, const hone_data *data, double **ret_weight) {
    assert(ctx && data && data->y && data->n_classes >= 1);
    int64_t n = data->x->n_rows;
    double *weight, *count;
    /* Not in a scope of its own: the result is the caller's scratch. */
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, data->n_classes));
    /* Counts are of weight, so that a row of weight 2 counts as two rows do. */
    for (int64_t i = 0; i < n; i++)
        count[(int32_t)data->y[i]] += data->weight ? data->weight[i] : 1;
    double total = hn_data_total_weight(data);
    for (int64_t i = 0; i < n; i++) {
        double own = data->weight ? data->weight[i] : 1;
        double of_class = count[(int32_t)data->y[i]];
        weight[i] = of_class > 0 ? own * (total / (data->n_classes * of_class)) : 0;
    }
    *ret_weight = weight;
    return HONE_OK;
}

static hone_status take_doubles(hone_ctx *ctx, hn_arena *arena, const double *from,
                                const int64_t *rows, int64_t n, const double **ret) {
    if (!from) return HONE_OK;
    double *copy;
    HN_TRY(HN_NEW(ctx, arena, copy, n));
    for (int64_t i = 0; i < n; i++) copy[i] = from[rows[i]];
    *ret = copy;
    return HONE_OK;
}

static hone_status take_targets(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                                const int64_t *rows, int64_t n, hone_data *taken) {
    hn_truth *targets;
    if (data->n_targets < 2) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, targets, data->n_targets));
    memcpy(targets, data->targets, (size_t)data->n_targets * sizeof *targets);
    for (int32_t t = 0; t < data->n_targets; t++)
        HN_TRY(take_doubles(ctx, arena, data->targets[t].y, rows, n, &targets[t].y));
    taken->targets = targets;
    taken->n_targets = data->n_targets;
    return HONE_OK;
}

hone_status hn_data_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data, const int64_t *rows,
                         int64_t n, hone_data *ret_data) {
    assert(ctx && arena && data && data->x && (rows || n == 0));
    hone_data taken = {.n_classes = data->n_classes, .task = data->task};
    hn_table *x;
    HN_TRY(HN_NEW(ctx, arena, x, 1));
    HN_TRY(hn_table_take(ctx, arena, data->x, rows, n, x));
    taken.x = x;
    HN_TRY(take_targets(ctx, arena, data, rows, n, &taken));
    if (taken.n_targets > 0)
        taken.y = taken.targets[0].y;
    else
        HN_TRY(take_doubles(ctx, arena, data->y, rows, n, &taken.y));
    HN_TRY(take_doubles(ctx, arena, data->weight, rows, n, &taken.weight));
    HN_TRY(take_doubles(ctx, arena, data->time, rows, n, &taken.time));
    HN_TRY(take_doubles(ctx, arena, data->until, rows, n, &taken.until));
    if (data->parents) {
        int64_t *parents;
        HN_TRY(HN_NEW(ctx, arena, parents, 2 * n));
        for (int64_t i = 0; i < 2 * n; i++) parents[i] = data->parents[2 * rows[i / 2] + i % 2];
        taken.parents = parents;
    }
    if (data->group) {
        int64_t *group;
        HN_TRY(HN_NEW(ctx, arena, group, n));
        for (int64_t i = 0; i < n; i++) group[i] = data->group[rows[i]];
        taken.group = group;
    }
    *ret_data = taken;
    return HONE_OK;
}

/* ---- rows held out ------------------------------------------------------------------------- */

hone_status hn_data_barred(hone_ctx *ctx, const hone_data *data, const uint8_t *held,
                           uint8_t *ret_barred) {
    int64_t n = data->x->n_rows, most = 0;
    memset(ret_barred, 0, (size_t)n);
    if (!data->parents) return HONE_OK;
    HN_SCRATCH(ctx);
    uint8_t *is_held; /* by row of the training table */
    for (int64_t i = 0; i < 2 * n; i++)
        if (data->parents[i] > most) most = data->parents[i];
    HN_TRY(HN_SCRATCH_NEW(ctx, is_held, most + 1));
    for (int64_t i = 0; i < n; i++)
        if (held[i] && !hn_data_is_made(data, i)) is_held[data->parents[2 * i]] = 1;
    for (int64_t i = 0; i < n; i++)
        ret_barred[i] = hn_data_is_made(data, i) &&
                        (is_held[data->parents[2 * i]] || is_held[data->parents[2 * i + 1]]);
    return HONE_OK;
}

/* rows [n]: those that were there. */
static int64_t list_unmade(const hone_data *data, int64_t *rows) {
    int64_t n = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (!hn_data_is_made(data, i)) rows[n++] = i;
    return n;
}

hone_status hn_data_folds(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_split_keys *keys, int k, uint64_t seed, hn_rows *ret_folds) {
    if (!data->parents)
        return hn_split_folds(ctx, arena, data->x->n_rows, keys, k, seed, ret_folds);
    HN_SCRATCH(ctx);
    int64_t *rows, *group = NULL;
    hn_split_keys some = {0};
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, data->x->n_rows + 1));
    int64_t n = list_unmade(data, rows);
    HN_TRY(take_doubles(ctx, ctx->scratch, keys->strata, rows, n, &some.strata));
    HN_TRY(take_doubles(ctx, ctx->scratch, keys->time, rows, n, &some.time));
    if (keys->group) {
        HN_TRY(HN_SCRATCH_NEW(ctx, group, n + 1));
        for (int64_t i = 0; i < n; i++) group[i] = keys->group[rows[i]];
        some.group = group;
    }
    HN_TRY(hn_split_folds(ctx, arena, n, &some, k, seed, ret_folds));
    for (int f = 0; f < k; f++)
        for (int64_t i = 0; i < ret_folds[f].n; i++)
            ret_folds[f].rows[i] = rows[ret_folds[f].rows[i]];
    return HONE_OK;
}

hone_status hn_data_except(hone_ctx *ctx, hn_arena *arena, const hone_data *data, hn_rows fold,
                           hn_rows *ret_rest) {
    int64_t n = data->x->n_rows, kept = 0;
    hn_rows rest;
    HN_TRY(data->time ? hn_rows_before(ctx, arena, n, data->time, fold, &rest)
                      : hn_rows_except(ctx, arena, n, fold, &rest));
    if (data->parents) {
        HN_SCRATCH(ctx);
        uint8_t *held, *barred;
        HN_TRY(HN_SCRATCH_NEW(ctx, held, n + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, barred, n + 1));
        memset(held, 1, (size_t)n);
        for (int64_t i = 0; i < rest.n; i++) held[rest.rows[i]] = 0;
        HN_TRY(hn_data_barred(ctx, data, held, barred));
        for (int64_t i = 0; i < rest.n; i++)
            if (!barred[rest.rows[i]]) rest.rows[kept++] = rest.rows[i];
        rest.n = kept;
    }
    *ret_rest = rest;
    return HONE_OK;
}
