/* fit.c - one kind by itself, as a model of one stage; see hone.h. */
#include "flow/score.h"
#include "table/cast.h"
#include "table/dictionary.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

static hone_status take_model(hone_ctx *ctx, hn_arena *arena, const char *kind, const char *params,
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

hone_status hone_capabilities(hone_ctx *ctx, const char *kind, const char *params,
                              char **ret_json) {
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hn_str str;
    const char *names[HN_NAMES];
    HN_TRY(take_model(ctx, ctx->scratch, kind, params, &recipe));
    hn_capability_names(hn_estimator_can(recipe.model.kind, recipe.model.params), names);
    hn_str_init(&str, ctx, ctx->scratch);
    for (int i = 0; names[i] != NULL; i++)
        hn_str_printf(&str, i > 0 ? ",\"%s\"" : "[\"%s\"", names[i]);
    hn_str_put(&str, names[0] != NULL ? "]" : "[]");
    HN_TRY(hn_str_status(&str));
    char *text = hn_alloc(ctx, str.length + 1, 1);
    if (text == NULL) return HONE_ERROR_MEMORY;
    memcpy(text, str.text, str.length);
    *ret_json = text;
    return HONE_OK;
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
static hone_status take_examples(hone_ctx *ctx, const hone_examples *given, hone_data *ret_data) {
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
    if (given->n_targets > 1) HN_TRY(take_targets(ctx, given, classify, &data));
    *ret_data = data;
    return HONE_OK;
}

/* Classes by the names given (NULL: by their index); they are numbers if every name is one. */
static hone_status name_classes(hone_ctx *ctx, hn_arena *arena, const char *const *names, int32_t n,
                                hn_type *ret_type, const hn_dictionary **ret_classes) {
    enum { DIGITS = 24 };
    hn_dictionary *dictionary;
    int64_t *offsets;
    char *bytes;
    size_t room = (size_t)n * DIGITS;
    for (int32_t c = 0; names != NULL && c < n; c++) room += strlen(names[c]);
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, n + 1));
    HN_TRY(HN_NEW(ctx, arena, bytes, room + 1));
    *ret_type = HN_I64;
    for (int32_t c = 0; c < n; c++) {
        char digits[DIGITS];
        const char *name = digits;
        size_t length;
        int64_t number;
        if (names == NULL) {
            length = hn_format_int(c, digits);
        } else {
            name = names[c];
            length = strlen(name);
            if (!hn_parse_int((hn_slice){name, length}, &number)) *ret_type = HN_CATEGORY;
        }
        memcpy(bytes + offsets[c], name, length);
        offsets[c + 1] = offsets[c] + (int64_t)length;
    }
    *dictionary = (hn_dictionary){.n = n, .offsets = offsets, .bytes = bytes};
    *ret_classes = dictionary;
    return HONE_OK;
}

static hone_status name_targets(hone_ctx *ctx, hn_arena *arena, const hone_examples *given,
                                const hone_data *data, hone_model *model) {
    const char *const *names = given->classes;
    HN_TRY(HN_NEW(ctx, arena, model->targets, data->n_targets));
    for (int32_t t = 0; t < data->n_targets; t++) {
        hn_model_target *one = &model->targets[t];
        *one = (hn_model_target){
            .type = HN_F64, .task = data->targets[t].task, .n_classes = data->targets[t].n_classes};
        one->name = given->target_names != NULL
                        ? hn_arena_strdup(ctx, arena, given->target_names[t])
                        : hn_arena_printf(ctx, arena, "y%d", (int)t);
        if (one->name == NULL) return HONE_ERROR_MEMORY;
        if (one->n_classes > 0)
            HN_TRY(name_classes(ctx, arena, names, one->n_classes, &one->type, &one->classes));
        if (names != NULL) names += one->n_classes;
    }
    model->n_targets = data->n_targets;
    model->target = model->targets[0].name;
    model->target_type = model->targets[0].type;
    model->classes = model->targets[0].classes;
    return HONE_OK;
}

/* What train would have written: how it came about. */
static hone_status keep_facts(hone_ctx *ctx, hn_arena *arena, const hn_recipe *recipe,
                              hone_model *model, int64_t rows) {
    hn_json_doc *doc;
    hn_json_mut *json;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_recipe_to_json(ctx, recipe, true, doc, &json));
    HN_TRY(hn_json_freeze(ctx, arena, json, &model->recipe));
    hn_json_mut *facts = yyjson_mut_obj(doc);
    hn_json_mut *count = yyjson_mut_obj_add_obj(doc, facts, "rows");
    hn_json_mut *lineage = yyjson_mut_obj_add_obj(doc, facts, "lineage");
    if (!yyjson_mut_obj_add_int(doc, count, "train", rows) ||
        !yyjson_mut_obj_add_int(doc, lineage, "seed", recipe->top.seed) ||
        !yyjson_mut_obj_add_str(doc, lineage, "hone", HONE_VERSION))
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the model's facts");
    return hn_json_freeze(ctx, arena, facts, &model->facts);
}

/* A step that takes categories only gets them: numbers are coded by how they print. */
static hone_status as_categories(hone_ctx *ctx, hn_arena *arena, const hone_estimator *kind,
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

static hone_status fit(hone_ctx *ctx, const char *kind, const char *params,
                       const hone_examples *examples, hone_model *model) {
    hn_arena *arena = &model->arena;
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hone_data data;
    hn_table coded;
    HN_TRY(take_model(ctx, arena, kind, params, &recipe));
    HN_TRY(take_examples(ctx, examples, &data));
    if (data.x->n_columns < 1)
        return hn_fail(ctx, HONE_ERROR_DATA, "%s: there are no columns to learn from; give it some",
                       recipe.model.kind->name);
    HN_TRY(as_categories(ctx, ctx->scratch, recipe.model.kind, data.x, &coded));
    data.x = &coded;
    bool answers = recipe.model.kind->tasks != HN_TASK_NONE;
    model->task = answers ? data.task : HN_TASK_NONE;
    model->n_classes = answers ? data.n_classes : 0;
    model->target_type = HN_F64;
    if (answers && (data.task & HN_TASK_SUPERVISED) != 0) model->target = "y";
    HN_TRY(hn_table_schema(ctx, arena, data.x, &model->schema));
    if (!answers)
        ; /* a step names no target, and no classes */
    else if (data.n_targets > 1)
        HN_TRY(name_targets(ctx, arena, examples, &data, model));
    else if (data.n_classes > 0)
        HN_TRY(name_classes(ctx, arena, examples->classes, data.n_classes, &model->target_type,
                            &model->classes));
    HN_TRY(hn_pipeline_fit(ctx, &recipe, &data, arena, &model->pipeline, NULL));
    return keep_facts(ctx, arena, &recipe, model, data.x->n_rows);
}

hone_status hone_fit(hone_ctx *ctx, const char *kind, const char *params,
                     const hone_examples *examples, hone_model **ret_model) {
    HN_SCRATCH(ctx);
    hone_model *model;
    HN_TRY(hn_model_new(ctx, &model));
    hone_status status = fit(ctx, kind, params, examples, model);
    if (status != HONE_OK) {
        hn_model_free(model);
        return status;
    }
    *ret_model = model;
    return HONE_OK;
}

static hone_status give_array(hone_ctx *ctx, const hone_array *array, hone_array *ret_array);

/* ---- rows to learn from --------------------------------------------------------------------- */

static hone_status fit_and_resample(hone_ctx *ctx, const hn_recipe_part *part,
                                    const hone_data *data, hn_arena *arena, void *state,
                                    hn_resampled *ret_made, hn_table *ret_table) {
    const hone_estimator *kind = part->kind;
    HN_TRY(kind->fit(ctx, part->params, data, arena, state));
    if (kind->prepare != NULL) HN_TRY(kind->prepare(ctx, arena, state, data->x));
    HN_TRY(kind->resample(ctx, part->params, data, arena, state, ret_made));
    return hn_resampled_columns(ctx, kind, state, data->x, ret_made, arena, ret_table);
}

static hone_status resample(hone_ctx *ctx, const hn_recipe_part *part, const hone_data *data,
                            hn_arena *arena, hn_table *ret_table, int64_t *ret_n,
                            int64_t **ret_rows, const double **ret_weight) {
    hn_resampled made = {0};
    int64_t *rows;
    double *weight;
    void *state = hn_arena_alloc(ctx, arena, 1, part->kind->state_size);
    if (state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_estimator_check(ctx, part->kind, part->params, data));
    hone_status status = fit_and_resample(ctx, part, data, arena, state, &made, ret_table);
    if (part->kind->done != NULL) part->kind->done(state);
    HN_TRY(status);
    HN_TRY(HN_NEW(ctx, arena, rows, 2 * made.n + 1));
    for (int64_t i = 0; i < made.n; i++) {
        rows[2 * i] = made.source != NULL ? made.source[i] : i;
        rows[2 * i + 1] = made.partner != NULL ? made.partner[i] : -1;
    }
    HN_TRY(HN_NEW(ctx, arena, weight, made.n + 1));
    for (int64_t i = 0; i < made.n; i++)
        weight[i] = made.weight != NULL    ? made.weight[i]
                    : data->weight != NULL ? data->weight[rows[2 * i]]
                                           : 1;
    *ret_n = made.n;
    *ret_rows = rows;
    *ret_weight = weight;
    return HONE_OK;
}

hone_status hone_resample(hone_ctx *ctx, const char *kind, const char *params,
                          const hone_examples *examples, hone_table **ret_table,
                          hone_array *ret_rows, hone_array *ret_weights) {
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hone_data data;
    hone_table *table;
    hn_table coded;
    int64_t n, *rows;
    const double *weight;
    hone_array of_rows, of_weights;
    HN_TRY(take_model(ctx, ctx->scratch, kind, params, &recipe));
    if (recipe.model.kind->resample == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s does not change which rows are learned from; 'hone kinds' lists those "
                       "that do under sampling",
                       recipe.model.kind->name);
    HN_TRY(take_examples(ctx, examples, &data));
    HN_TRY(hn_table_require_dense(ctx, data.x));
    HN_TRY(as_categories(ctx, ctx->scratch, recipe.model.kind, data.x, &coded));
    data.x = &coded;
    HN_TRY(hn_table_new(ctx, "resampled", &table));
    hone_status status =
        resample(ctx, &recipe.model, &data, &table->arena, &table->view, &n, &rows, &weight);
    if (status == HONE_OK)
        status = give_array(ctx,
                            &(hone_array){.name = "rows",
                                          .type = hn_dtype_name(HN_DTYPE_I64),
                                          .values = rows,
                                          .bytes = (size_t)n * 2 * sizeof *rows,
                                          .ndim = 2,
                                          .shape = {n, 2}},
                            &of_rows);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    status = give_array(ctx,
                        &(hone_array){.name = "weights",
                                      .type = hn_dtype_name(HN_DTYPE_F64),
                                      .values = weight,
                                      .bytes = (size_t)n * sizeof *weight,
                                      .ndim = 1,
                                      .shape = {n}},
                        &of_weights);
    if (status != HONE_OK) {
        hone_array_free(ctx, &of_rows);
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    *ret_rows = of_rows;
    *ret_weights = of_weights;
    return HONE_OK;
}

/* ---- going on ------------------------------------------------------------------------------- */

/* A loaded state lies in the mapped file, and update writes to it: arrays become the model's own. */
static hone_status own_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                              int ndim, const int64_t *shape) {
    (void)name;
    size_t length = hn_dtype_size(dtype);
    if (ndim == 0) return HONE_OK;
    for (int d = 0; d < ndim; d++) length *= (size_t)shape[d];
    if (length == 0) return HONE_OK;
    void *copy = hn_arena_alloc(v->ctx, v->arena, 1, length);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    *values = memcpy(copy, *values, length);
    return HONE_OK;
}

hone_status hone_update(hone_ctx *ctx, hone_model *model, const hone_examples *examples) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hone_data data;
    if (stage->kind->update == NULL || model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s cannot go on learning; fit it anew on all rows", stage->kind->name);
    HN_TRY(hn_model_require_one(ctx, model, "an update"));
    HN_TRY(take_examples(ctx, examples, &data));
    hn_table x;
    HN_TRY(hn_columns_match(ctx, ctx->scratch, &model->schema, data.x, false, &x));
    data.x = &x;
    data.n_classes = model->n_classes;
    if (data.task != model->task)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "the model's task is %s, not %s", hn_task_name(model->task),
                          hn_task_name(data.task));
    HN_TRY(hn_estimator_check(ctx, stage->kind, stage->params, &data));
    if (model->file.bytes != NULL && !model->owns_state) {
        hn_visitor visitor = {.ctx = ctx, .arena = &model->arena, .tensor = own_tensor};
        HN_TRY(stage->kind->visit(&visitor, stage->state));
        model->owns_state = true;
    }
    HN_TRY(stage->kind->update(ctx, stage->params, &data, &model->arena, stage->state));
    return stage->kind->prepare != NULL
               ? stage->kind->prepare(ctx, &model->arena, stage->state, &stage->schema)
               : HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* Rows that may go straight to the first stage: by place, and holding nothing that it can't take. */
static hone_status take_rows(hone_ctx *ctx, const hone_model *model, const hn_table *x,
                             hn_arena *arena, hn_table *ret_rows) {
    HN_TRY(hn_columns_match(ctx, arena, &model->schema, x, hn_pipeline_reads_text(&model->pipeline),
                            ret_rows));
    if (model->pipeline.n_stages > 1) return hn_table_require_dense(ctx, x);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return hn_estimator_check_features(ctx, stage->kind, stage->params, ret_rows);
}

int32_t hone_model_inputs(const hone_model *model) { return model->schema.n_columns; }

bool hone_model_gives_probabilities(const hone_model *model) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return model->n_classes > 0 && hn_gives_probabilities(stage->kind, stage->state);
}

int32_t hone_model_outputs(const hone_model *model) {
    return hn_pipeline_outputs(&model->pipeline);
}

hone_status hone_model_answers(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                               double *ret_answers) {
    HN_SCRATCH(ctx);
    hn_table rows;
    HN_TRY(take_rows(ctx, model, &x->view, ctx->scratch, &rows));
    return hn_pipeline_predict(ctx, &model->pipeline, &rows, ret_answers);
}

/* Infinity is refused wherever it comes in, so none goes out; and no gaps from a kind that takes none. */
static hone_status check_numbers(hone_ctx *ctx, const hone_estimator *kind, const hn_table *made) {
    enum { BLOCK = 512 };
    bool gaps = (kind->can & HN_CAN_MISSING) != 0;
    bool good;
    hn_domain domain = HN_ALL_FINITE;
    domain.missing = gaps;
    if ((kind->can & HN_ANY_TYPE) != 0 || made->csr != NULL) return HONE_OK;
    HN_TRY(hn_table_all_in(ctx, made, &domain, &good));
    if (good) return HONE_OK;
    for (int32_t j = 0; j < made->n_columns; j++) {
        const hn_column *column = &made->columns[j];
        double values[BLOCK];
        for (int64_t begin = 0; begin < column->n; begin += BLOCK) {
            if (column->type != HN_F64 && column->type != HN_F32) break;
            int64_t end = begin + BLOCK < column->n ? begin + BLOCK : column->n;
            hn_column_doubles(column, begin, end, values, 1);
            for (int64_t i = begin; i < end; i++)
                if (isinf(values[i - begin]) || (!gaps && isnan(values[i - begin])))
                    return hn_fail_at(
                        ctx, HONE_ERROR_DATA, (hn_where){.column = column->name, .row = i},
                        "%s makes no finite number of row %lld: a number of that row, or of those "
                        "that it learned from, is too large to compute with; look for values far "
                        "out of the usual, or scale the columns",
                        kind->name, (long long)i);
        }
    }
    return HONE_OK;
}

hone_status hone_model_transform(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                 hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->transform == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s is no step: it predicts, it transforms nothing", stage->kind->name);
    hn_table rows, inputs;
    HN_TRY(hn_table_new(ctx, "transformed", &table));
    hone_status status = take_rows(ctx, model, &x->view, &table->arena, &rows);
    if (status == HONE_OK)
        status = hn_pipeline_inputs(ctx, &model->pipeline, &rows, &table->arena, &inputs);
    if (status == HONE_OK)
        status = stage->kind->transform(ctx, stage->state, &inputs, &table->arena, &table->view);
    for (int32_t j = 0; status == HONE_OK && j < table->view.n_columns; j++)
        status = hn_column_settle(ctx, &table->arena, &table->view.columns[j]);
    if (status == HONE_OK) status = check_numbers(ctx, stage->kind, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

/* What transform would give for no rows says which columns there must be. */
static hone_status check_transformed(hone_ctx *ctx, const hn_stage *stage, const hn_table *z,
                                     hn_table *ret_z) {
    hn_table wanted;
    HN_TRY(stage->kind->transform(ctx, stage->state, &stage->schema, ctx->scratch, &wanted));
    HN_TRY(hn_table_require_dense(ctx, z));
    HN_TRY(hn_columns_match(ctx, ctx->scratch, &wanted, z, false, ret_z));
    return hn_columns_precision(ctx, ctx->scratch, &wanted, ret_z, ret_z);
}

hone_status hone_model_inverse(hone_ctx *ctx, const hone_model *model, const hone_table *z,
                               hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->inverse == NULL || model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s has no way back to the columns it was given", stage->kind->name);
    hn_table matched;
    HN_TRY(check_transformed(ctx, stage, &z->view, &matched));
    HN_TRY(hn_table_new(ctx, "inverse", &table));
    /* Names outlive the model in a table of their own. */
    hn_table schema;
    hone_status status = hn_table_schema(ctx, &table->arena, &stage->schema, &schema);
    if (status == HONE_OK)
        status =
            stage->kind->inverse(ctx, stage->state, &matched, &schema, &table->arena, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hone_model_neighbors(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                 int64_t k, int64_t *ret_rows, double *ret_distances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->neighbors == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s keeps no rows, so it has no neighbours to name", stage->kind->name);
    if (k < 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_neighbors"),
                          "%lld neighbours are asked for; ask for one at least", (long long)k);
    if (x == NULL)
        return stage->kind->neighbors(ctx, stage->state, NULL, k, ret_rows, ret_distances);
    hn_table rows, inputs;
    HN_TRY(take_rows(ctx, model, &x->view, ctx->scratch, &rows));
    HN_TRY(hn_pipeline_inputs(ctx, &model->pipeline, &rows, ctx->scratch, &inputs));
    return stage->kind->neighbors(ctx, stage->state, &inputs, k, ret_rows, ret_distances);
}

hone_status hone_model_importances(hone_ctx *ctx, const hone_model *model,
                                   double *ret_importances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if ((hn_estimator_can(stage->kind, stage->params) & HN_CAN_IMPORTANCES) == 0)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s has no importances", stage->kind->name);
    return stage->kind->importances(ctx, stage->state, ret_importances);
}

/* ---- arrays --------------------------------------------------------------------------------- */

typedef struct finder {
    int32_t wanted, seen;
    hone_array found; /* borrowed; name NULL if not found */
} finder;

static hone_status find_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    finder *f = v->user;
    if (f->seen++ != f->wanted) return HONE_OK;
    f->found = (hone_array){.name = hn_arena_strdup(v->ctx, v->arena, name),
                            .type = hn_dtype_name(dtype),
                            .values = *values,
                            .ndim = ndim,
                            .bytes = hn_dtype_size(dtype)};
    for (int d = 0; d < ndim; d++) {
        f->found.shape[d] = shape[d];
        f->found.bytes *= (size_t)shape[d];
    }
    return f->found.name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* One block for values and name. */
static hone_status give_array(hone_ctx *ctx, const hone_array *array, hone_array *ret_array) {
    size_t length = strlen(array->name) + 1;
    char *block = hn_alloc(ctx, array->bytes + length, 1);
    if (block == NULL) return HONE_ERROR_MEMORY;
    if (array->bytes > 0) memcpy(block, array->values, array->bytes);
    memcpy(block + array->bytes, array->name, length);
    *ret_array = *array;
    ret_array->values = block;
    ret_array->name = block + array->bytes;
    return HONE_OK;
}

hone_status hone_model_array(hone_ctx *ctx, const hone_model *model, int32_t index,
                             hone_array *ret_array) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    finder f = {.wanted = index};
    hn_visitor visitor = {.ctx = ctx, .arena = ctx->scratch, .user = &f, .tensor = find_tensor};
    HN_TRY(stage->kind->visit(&visitor, stage->state));
    if (f.found.name == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "index"),
                          "the model has %d arrays, so there is none with index %d", (int)f.seen,
                          (int)index);
    return give_array(ctx, &f.found, ret_array);
}

void hone_array_free(hone_ctx *ctx, hone_array *array) {
    if (array == NULL) return;
    hn_free(ctx, (void *)(uintptr_t)array->values);
    *array = (hone_array){0};
}
