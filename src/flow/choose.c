/* choose.c - a model where none is named: candidates by cross-validation, if the table is small. */
#include "flow/cross.h"
#include "flow/infer.h"
#include <string.h>

/* Cells (rows x features) up to which candidates are compared; beyond, comparing costs more than it
 * tells, and boosting is what wins on large tables. */
enum { COMPARE_CELLS = 2000000 };

static const char *const classifiers[] = {"logistic", "random_forest", "gbdt", NULL};
static const char *const regressors[] = {"ridge", "random_forest", "gbdt", NULL};

typedef struct candidate {
    hn_recipe recipe;
    double score; /* mean over folds */
} candidate;

/* What candidates are judged by: rows held out for that, else pairs of the training rows. */
typedef struct judge {
    const hone_data *data, *validation; /* validation NULL: by cuts */
    hn_cuts cuts;
    double *values; /* [cuts.n] */
    const hn_metric *metric;
} judge;

static hone_status try_candidate(hone_ctx *ctx, hn_arena *arena, const hn_table *seen,
                                 const judge *by, const hn_recipe *recipe, const char *name,
                                 candidate *ret) {
    ret->recipe = *recipe;
    HN_TRY(hn_recipe_set_model(ctx, arena, &ret->recipe, name));
    HN_TRY(hn_infer_steps(ctx, arena, seen, &ret->recipe.model, &ret->recipe));
    if (by->validation != NULL)
        return hn_validate(ctx, &ret->recipe, by->data, by->validation, by->metric, &ret->score);
    HN_TRY(hn_cross_validate(ctx, &ret->recipe, by->data, by->metric, &by->cuts, by->values));
    ret->score = hn_mean_of_folds(by->values, by->cuts.n, NULL);
    return HONE_OK;
}

static bool is_better(const hn_metric *metric, double a, double b) {
    if (isnan(b)) return !isnan(a);
    return metric->greater_is_better ? a > b : a < b;
}

static hone_status take(hone_ctx *ctx, hn_arena *arena, const hn_table *seen, hn_recipe *recipe,
                        const char *name) {
    HN_TRY(hn_recipe_set_model(ctx, arena, recipe, name));
    return hn_infer_steps(ctx, arena, seen, &recipe->model, recipe);
}

static hone_status note_choice(const judge *by, const hn_recipe *recipe, const char *said,
                               hn_notes *notes) {
    static const char *const sorts[] = {
        "", "folds of", "tests within", "rows or groups left out of", "draws of", "bootstraps of"};
    const char *mean = by->data->n_targets > 1 ? " (mean of the targets)" : "";
    if (by->validation != NULL)
        return hn_note(notes,
                       "model: %s, because it has the best %s%s on the %lld rows to choose by (%s)",
                       recipe->model.kind->name, by->metric->name, mean,
                       (long long)by->validation->x->n_rows, said);
    bool walk = by->cuts.how.cross == HN_CROSS_WALK;
    return hn_note(notes,
                   "model: %s, because it has the best %s%s over %lld %s the training rows%s (%s)",
                   recipe->model.kind->name, by->metric->name, mean, (long long)by->cuts.n,
                   walk ? "folds of" : sorts[by->cuts.how.cross],
                   walk ? ", each scored by what was learned before it" : "", said);
}

static hone_status compare(hone_ctx *ctx, hn_arena *arena, const hn_table *seen, const judge *by,
                           hn_recipe *recipe, hn_notes *notes) {
    const char *const *names = (by->data->task & HN_TASK_CLASSIFY) != 0 ? classifiers : regressors;
    candidate best = {.score = NAN};
    char said[512] = "";
    for (int i = 0; names[i] != NULL; i++) {
        candidate one = {0};
        hn_progress(ctx, "compare models", i, 3, "models");
        HN_TRY(try_candidate(ctx, arena, seen, by, recipe, names[i], &one));
        size_t length = strlen(said);
        snprintf(said + length, sizeof said - length, "%s%s %.4g", i > 0 ? ", " : "", names[i],
                 one.score);
        if (is_better(by->metric, one.score, best.score)) best = one;
    }
    if (best.recipe.model.kind == NULL) return take(ctx, arena, seen, recipe, "gbdt");
    *recipe = best.recipe;
    return note_choice(by, recipe, said, notes);
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

hone_status hn_choose_model(hone_ctx *ctx, hn_arena *arena, const hn_table *seen,
                            const hone_data *data, const hone_data *validation, hn_recipe *recipe,
                            hn_notes *notes) {
    HN_SCRATCH(ctx);
    if (data->task == HN_TASK_ANOMALY) return take(ctx, arena, seen, recipe, "isolation_forest");
    if (data->task == HN_TASK_RANK) return take(ctx, arena, seen, recipe, "gbdt");
    if (data->task == HN_TASK_CLUSTER) return take(ctx, arena, seen, recipe, "kmeans");
    judge by = {.data = data, .validation = validation};
    HN_TRY(metric_for(ctx, data, recipe, &by.metric));
    int64_t cells = data->x->n_rows * seen->n_columns;
    bool enough = true;
    if (validation == NULL) HN_TRY(hn_cross_enough(ctx, &recipe->split, data, &enough));
    if (cells <= COMPARE_CELLS && enough) {
        if (validation == NULL) {
            HN_TRY(hn_cross_cuts(ctx, ctx->scratch, &recipe->split, data, 0, &by.cuts));
            HN_TRY(HN_SCRATCH_NEW(ctx, by.values, by.cuts.n));
        }
        return compare(ctx, arena, seen, &by, recipe, notes);
    }
    HN_TRY(take(ctx, arena, seen, recipe, "gbdt"));
    return hn_note(notes, "model: gbdt, because %s",
                   cells > COMPARE_CELLS
                       ? "it does best on large tables; name another with --model to compare"
                       : "there are too few rows per class, or times, to compare models");
}
