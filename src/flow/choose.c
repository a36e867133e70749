/* choose.c - a model where none is named: candidates by cross-validation, if the table is small. */
#include "flow/evaluate.h"
#include "flow/infer.h"
#include "num/sort.h"
#include <string.h>

/* Cells (rows x features) up to which candidates are compared; beyond, comparing costs more than it
 * tells, and boosting is what wins on large tables. */
enum { COMPARE_CELLS = 2000000, FOLDS = 5 };

static const char *const classifiers[] = {"logistic", "random_forest", "gbdt", NULL};
static const char *const regressors[] = {"ridge", "random_forest", "gbdt", NULL};

typedef struct candidate {
    hn_recipe recipe;
    double score; /* mean over folds */
} candidate;

static hone_status try_candidate(hone_ctx *ctx, hn_arena *arena, const hn_profiled *features,
                                 const hone_data *data, const hn_recipe *recipe, const char *name,
                                 const hn_metric *metric, candidate *ret) {
    double values[FOLDS];
    ret->recipe = *recipe;
    HN_TRY(hn_recipe_set_model(ctx, arena, &ret->recipe, name));
    if (!recipe->steps_given)
        HN_TRY(hn_infer_steps(ctx, arena, features, &ret->recipe.model, &ret->recipe));
    HN_TRY(hn_cross_validate(ctx, &ret->recipe, data, metric, FOLDS, values));
    int counted = 0; /* a fold of one class has no AUC */
    for (int f = 0; f < FOLDS; f++) {
        if (!isfinite(values[f])) continue;
        ret->score += values[f];
        counted++;
    }
    ret->score = counted > 0 ? ret->score / counted : NAN;
    return HONE_OK;
}

static bool is_better(const hn_metric *metric, double a, double b) {
    if (isnan(b)) return !isnan(a);
    return metric->greater_is_better ? a > b : a < b;
}

/* Different times, as far as they matter here. */
static hone_status count_times(hone_ctx *ctx, const hone_data *data, int64_t *ret_count) {
    int64_t n = data->x->n_rows, count = n > 0;
    double *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    memcpy(sorted, data->time, (size_t)n * sizeof *sorted);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    for (int64_t i = 1; i < n; i++) count += sorted[i] != sorted[i - 1];
    *ret_count = count;
    return HONE_OK;
}

static hone_status take(hone_ctx *ctx, hn_arena *arena, const hn_profiled *features,
                        hn_recipe *recipe, const char *name) {
    HN_TRY(hn_recipe_set_model(ctx, arena, recipe, name));
    return recipe->steps_given ? HONE_OK
                               : hn_infer_steps(ctx, arena, features, &recipe->model, recipe);
}

static hone_status compare(hone_ctx *ctx, hn_arena *arena, const hn_profiled *features,
                           const hone_data *data, hn_recipe *recipe, const hn_metric *metric,
                           hn_notes *notes) {
    const char *const *names = (data->task & HN_TASK_CLASSIFY) != 0 ? classifiers : regressors;
    candidate best = {.score = NAN};
    char said[512] = "";
    for (int i = 0; names[i] != NULL; i++) {
        candidate one = {0};
        hn_progress(ctx, "compare models", i, 3, "models");
        HN_TRY(try_candidate(ctx, arena, features, data, recipe, names[i], metric, &one));
        size_t length = strlen(said);
        snprintf(said + length, sizeof said - length, "%s%s %.4g", i > 0 ? ", " : "", names[i],
                 one.score);
        if (is_better(metric, one.score, best.score)) best = one;
    }
    if (best.recipe.model.kind == NULL) return take(ctx, arena, features, recipe, "gbdt");
    *recipe = best.recipe;
    return hn_note(
        notes, "model: %s, because it has the best %s%s over %d folds of the training rows%s (%s)",
        recipe->model.kind->name, metric->name, data->n_targets > 1 ? " (mean of the targets)" : "",
        FOLDS, data->time != NULL ? ", each scored by what was learned before it" : "", said);
}

static hone_status metric_for(hone_ctx *ctx, const hone_data *data, const hn_recipe *recipe,
                              const hn_metric **ret_metric) {
    hn_metric_list metrics;
    hn_task task = data->task;
    for (int32_t t = 0; t < data->n_targets; t++)
        if (data->targets[t].task == HN_TASK_MULTICLASS) task = HN_TASK_MULTICLASS;
    if (data->n_targets > 1)
        return hn_metric_of_targets(ctx, ctx->scratch, &recipe->top.metrics, task, ret_metric);
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &recipe->top.metrics, task, &metrics));
    *ret_metric = metrics.items[0];
    return HONE_OK;
}

hone_status hn_choose_model(hone_ctx *ctx, hn_arena *arena, const hn_profiled *features,
                            const hone_data *data, hn_recipe *recipe, hn_notes *notes) {
    HN_SCRATCH(ctx);
    if (data->task == HN_TASK_ANOMALY)
        return take(ctx, arena, features, recipe, "isolation_forest");
    if (data->task == HN_TASK_RANK) return take(ctx, arena, features, recipe, "gbdt");
    if (data->task == HN_TASK_CLUSTER) return take(ctx, arena, features, recipe, "kmeans");
    const hn_metric *metric;
    HN_TRY(metric_for(ctx, data, recipe, &metric));
    int64_t cells = data->x->n_rows * features->table->n_columns, times = INT64_MAX;
    if (data->time != NULL) HN_TRY(count_times(ctx, data, &times));
    if (cells <= COMPARE_CELLS && hn_smallest_part(data) >= FOLDS && times > FOLDS)
        return compare(ctx, arena, features, data, recipe, metric, notes);
    HN_TRY(take(ctx, arena, features, recipe, "gbdt"));
    return hn_note(notes, "model: gbdt, because %s",
                   cells > COMPARE_CELLS
                       ? "it does best on large tables; name another with --model to compare"
                   : times <= FOLDS ? "there are too few times to compare models over"
                                    : "there are too few rows per class to compare models");
}
