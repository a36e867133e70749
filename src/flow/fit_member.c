/* fit_member.c - what a fitted method is made of, as models of their own; see hone.h.
 *
 * A member is laid out as a model that borrows all it has from the whole, written as a file in memory and read
 * again: so it owns what it holds, and passes through the gate that all models pass. */
#include "flow/fit.h"
#include <string.h>

static hone_status take_columns(hone_ctx *ctx, const hn_table *schema, const hn_member *member,
                                hone_model *model) {
    hn_arena *arena = &model->arena;
    if (member->schema != NULL) {
        model->schema = *member->schema;
        return HONE_OK;
    }
    if (member->columns == NULL) {
        model->schema = *schema;
        return HONE_OK;
    }
    HN_TRY(HN_NEW(ctx, arena, model->schema.columns, member->n_columns + 1));
    model->schema.n_columns = (int32_t)member->n_columns;
    for (int64_t j = 0; j < member->n_columns; j++)
        model->schema.columns[j] = schema->columns[member->columns[j]];
    return HONE_OK;
}

/* The names of those classes that the member knows. */
static hone_status take_classes(hone_ctx *ctx, const hn_dictionary *all, const hn_member *member,
                                hone_model *model) {
    hn_dictionary *own;
    int64_t *offsets;
    char *bytes;
    if (member->classes == NULL) {
        model->classes = all;
        return HONE_OK;
    }
    HN_TRY(HN_NEW(ctx, &model->arena, own, 1));
    HN_TRY(HN_NEW(ctx, &model->arena, offsets, member->n_classes + 1));
    HN_TRY(HN_NEW(ctx, &model->arena, bytes, all->offsets[all->n] + 1));
    for (int64_t c = 0; c < member->n_classes; c++) {
        int64_t at = member->classes[c], length = all->offsets[at + 1] - all->offsets[at];
        memcpy(bytes + offsets[c], all->bytes + all->offsets[at], (size_t)length);
        offsets[c + 1] = offsets[c] + length;
    }
    *own = (hn_dictionary){.n = (int32_t)member->n_classes, .offsets = offsets, .bytes = bytes};
    model->classes = own;
    model->n_classes = own->n;
    bool both = own->n == 2 && (member->kind->tasks & HN_TASK_BINARY) != 0;
    model->task = both ? HN_TASK_BINARY : HN_TASK_MULTICLASS;
    return HONE_OK;
}

static hone_status take_stage(hone_ctx *ctx, const hn_member *member, const void *params,
                              hone_model *model) {
    hn_arena *arena = &model->arena;
    hn_json_doc *doc;
    hn_json_mut *json;
    char *text;
    size_t length;
    hn_recipe recipe;
    hn_stage *stage;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_params_to_json(ctx, &member->kind->params, params, false, doc, &json));
    HN_TRY(hn_json_write(ctx, ctx->scratch, json, false, &text, &length));
    HN_TRY(hn_fit_recipe(ctx, arena, member->kind->name, text, &recipe));
    HN_TRY(HN_NEW(ctx, arena, stage, 1));
    stage->kind = member->kind;
    stage->params = recipe.model.params;
    stage->state = (void *)(uintptr_t)member->state; /* writing only reads */
    stage->schema = model->schema;
    stage->n_inputs = model->schema.n_columns;
    HN_TRY(HN_NEW(ctx, arena, stage->inputs, stage->n_inputs + 1));
    for (int32_t j = 0; j < stage->n_inputs; j++) stage->inputs[j] = j;
    model->pipeline.stages = stage;
    model->pipeline.n_stages = 1;
    return hn_fit_facts(ctx, &recipe, model, 0);
}

static hone_status build(hone_ctx *ctx, const hone_model *whole, const hn_stage *stage,
                         const hn_member *member, hone_model *model, hone_model **ret_model) {
    hone_model of = hn_model_of_target(whole, member->target);
    const void *params = member->params != NULL ? member->params : stage->params;
    char *bytes;
    size_t length;
    model->task = of.task;
    model->target = of.target;
    model->target_type = of.target_type;
    model->n_classes = of.n_classes;
    HN_TRY(take_columns(ctx, &stage->schema, member, model));
    HN_TRY(take_classes(ctx, of.classes, member, model));
    HN_TRY(take_stage(ctx, member, params, model));
    HN_TRY(hn_model_to_bytes(ctx, model, &bytes, &length));
    hone_status status = hn_model_from_bytes(ctx, bytes, length, ret_model);
    hn_free(ctx, bytes);
    return status;
}

/* ret_array NULL: nobody asks. */
static hone_status give_list(hone_ctx *ctx, const char *name, const int64_t *items, int64_t n,
                             hone_array *ret_array) {
    hone_array list = {.name = name,
                       .type = hn_dtype_name(HN_DTYPE_I64),
                       .values = items,
                       .bytes = (size_t)n * sizeof *items,
                       .ndim = 1,
                       .shape = {n}};
    return ret_array == NULL ? HONE_OK : hn_array_give(ctx, &list, ret_array);
}

/* items, or 0..n-1 where there are none. */
static hone_status list_of(hone_ctx *ctx, const int64_t *items, int64_t n_items, int64_t n,
                           const int64_t **ret_items, int64_t *ret_n) {
    int64_t *all;
    *ret_items = items;
    *ret_n = n_items;
    if (items != NULL) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, n + 1));
    for (int64_t i = 0; i < n; i++) all[i] = i;
    *ret_items = all;
    *ret_n = n;
    return HONE_OK;
}

hone_status hone_model_member(hone_ctx *ctx, const hone_model *model, int64_t index,
                              hone_model **ret_model, hone_array *ret_columns,
                              hone_array *ret_classes, const char **ret_name) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hn_member member = {0};
    hone_model *laid_out, *made = NULL;
    const int64_t *columns, *classes;
    int64_t n_columns, n_classes;
    if (stage->kind->member == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s is not made of other models",
                       stage->kind->name);
    HN_TRY(stage->kind->member(ctx, stage->state, index, ctx->scratch, &member));
    HN_TRY(list_of(ctx, member.columns, member.n_columns, stage->n_inputs, &columns, &n_columns));
    HN_TRY(list_of(ctx, member.classes, member.n_classes,
                   hn_model_of_target(model, member.target).n_classes, &classes, &n_classes));
    if (member.schema != NULL) n_columns = 0;
    if (member.state != NULL) {
        HN_TRY(hn_model_new(ctx, &laid_out));
        hone_status status = build(ctx, model, stage, &member, laid_out, &made);
        laid_out->pipeline.n_stages = 0; /* its state is the whole's */
        hn_model_free(laid_out);
        HN_TRY(status);
    }
    hone_status status = give_list(ctx, "columns", columns, n_columns, ret_columns);
    if (status == HONE_OK) {
        status = give_list(ctx, "classes", classes, n_classes, ret_classes);
        if (status != HONE_OK) hone_array_free(ctx, ret_columns);
    }
    if (status != HONE_OK) {
        hn_model_free(made);
        return status;
    }
    *ret_model = made;
    if (ret_name != NULL) *ret_name = member.name;
    return HONE_OK;
}
