/* fit_examples.c - kind, parameters and rows as the caller of hone.h gives them; see fit.h. */
#include "flow/fit.h"
#include "table/cast.h"
#include <string.h>

hone_status hn_fit_recipe(hone_ctx *ctx, hn_arena *arena, const char *kind, const char *params,
                          hn_recipe *recipe) {
    hn_recipe_part *part = &recipe->model;
    HN_TRY(hn_recipe_init(ctx, arena, recipe));
    HN_TRY(hn_catalog_require(ctx, kind, &part->kind));
    part->params = hn_arena_alloc(ctx, arena, 1, part->kind->params.size);
    if (part->params == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, arena, &part->kind->params, part->params));
    recipe->top.seed = (int64_t)(ctx->seed & INT64_MAX);
    /* All columns or none: those that it can't take are no oversight here, but an error. */
    static const char *every[] = {"*"};
    if (part->kind->tasks == HN_TASK_NONE) part->columns = (hn_texts){every, 1};
    if (params == NULL) return HONE_OK;
    hn_json *object;
    HN_TRY(hn_json_read(ctx, arena, params, strlen(params), "params", &object));
    return hn_params_set_json(ctx, arena, &part->kind->params, part->params, kind, object, "",
                              NULL);
}

/* Room is made for each class before any row is looked at. */
static hone_status check_classes(hone_ctx *ctx, int32_t n) {
    enum { MOST = 1 << 24 };
    if (n <= MOST) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_classes"),
                      "%d classes are more than the %d that there may be; is the target a number?",
                      (int)n, (int)MOST);
}

/* Several targets, in scratch. */
static hone_status take_targets(hone_ctx *ctx, const hone_examples *given, bool classify,
                                hone_data *data) {
    hn_truth *truths;
    if (classify && given->target_classes == NULL)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "target_classes"),
            "several targets need the number of classes of each; pass target_classes");
    HN_TRY(HN_SCRATCH_NEW(ctx, truths, given->n_targets));
    for (int32_t t = 0; t < given->n_targets; t++) {
        int32_t k = classify ? given->target_classes[t] : 0;
        HN_TRY(check_classes(ctx, k));
        truths[t] = (hn_truth){.y = given->y + t * data->x->n_rows,
                               .n_classes = k,
                               .task = !classify ? HN_TASK_REGRESSION
                                       : k == 2  ? HN_TASK_BINARY
                                                 : HN_TASK_MULTICLASS};
    }
    data->targets = truths;
    data->n_targets = given->n_targets;
    data->y = truths[0].y;
    data->n_classes = truths[0].n_classes;
    data->task = truths[0].task;
    return HONE_OK;
}

/* Targets and groups are there where the task needs them, and fit it. */
hone_status hn_fit_examples(hone_ctx *ctx, const hone_examples *given, hone_data *ret_data) {
    hone_data data = {.x = &given->x->view,
                      .y = given->y,
                      .weight = given->weight,
                      .group = given->group,
                      .n_classes = given->n_classes,
                      .objective = given->objective};
    if (given->task == NULL || !hn_task_parse(given->task, &data.task))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "there is no task '%s'; take binary, multiclass, regression, cluster, "
                          "anomaly, rank, rules, or none for a step",
                          given->task != NULL ? given->task : "");
    bool classify = (data.task & HN_TASK_CLASSIFY) != 0;
    if (given->n_targets > 1 && !classify && data.task != HN_TASK_REGRESSION)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "y"),
                          "the task %s takes one target, not %d", given->task,
                          (int)given->n_targets);
    if ((data.task & HN_TASK_SUPERVISED) != 0 && data.y == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "y"),
                          "the task %s needs a target; pass y", given->task);
    if (!classify) data.n_classes = 0;
    HN_TRY(check_classes(ctx, data.n_classes));
    if (given->n_targets > 1) HN_TRY(take_targets(ctx, given, classify, &data));
    *ret_data = data;
    return HONE_OK;
}

hone_status hn_fit_validation(hone_ctx *ctx, const hone_examples *given, const hn_table *schema,
                              const hone_data *data, hone_data *ret_validation, hn_table *ret_x) {
    const hone_examples *held = given->validation;
    hn_where where = HN_AT(.param = "validation");
    hone_data taken = *data;
    if (given->n_targets > 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "rows to validate by are for one target, not %d; leave them out",
                          (int)given->n_targets);
    if (held->x == NULL || held->y == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "rows to validate by need a target; pass it too");
    HN_TRY(hn_columns_match(ctx, ctx->scratch, schema, &held->x->view, false, ret_x));
    taken.x = ret_x;
    taken.y = held->y;
    taken.weight = held->weight;
    taken.group = held->group;
    *ret_validation = taken;
    return HONE_OK;
}

hone_status hn_fit_categories(hone_ctx *ctx, hn_arena *arena, const hone_estimator *kind,
                              const hn_table *x, hn_table *ret_table) {
    hn_table table = *x;
    if (kind->tasks != HN_TASK_NONE || (kind->can & HN_CATEGORY_ONLY) == 0) {
        *ret_table = table;
        return HONE_OK;
    }
    HN_TRY(hn_table_require_dense(ctx, x));
    HN_TRY(HN_NEW(ctx, arena, table.columns, table.n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++)
        HN_TRY(hn_column_cast(ctx, arena, &x->columns[j], HN_CATEGORY, NULL, HN_MISFIT_FAILS,
                              &table.columns[j]));
    *ret_table = table;
    return HONE_OK;
}
