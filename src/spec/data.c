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
    if (data->group) {
        int64_t *group;
        HN_TRY(HN_NEW(ctx, arena, group, n));
        for (int64_t i = 0; i < n; i++) group[i] = data->group[rows[i]];
        taken.group = group;
    }
    *ret_data = taken;
    return HONE_OK;
}
